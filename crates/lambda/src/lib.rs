//! Runs a step as a Lambda function: JSON logs, clients made once, a deadline, and errors under the names that the
//! state machine retries and catches.
//!
//! A function's `main` is one call of [`serve`].

mod deadline;
mod failure;
mod log;

use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use failback_aws::{Aws, Config};
use failback_core::cloud::{Clock as _, Cloud};
use failback_core::step::{self, Handler};
use failback_core::step_functions::StepFunctions;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

/// Serves calls of the state machine until Lambda ends the process.
pub fn serve<H: Handler>() -> ExitCode {
    run(H::NAME, async || poll(H::NAME, step::call::<H>).await)
}

fn run(name: &'static str, work: impl AsyncFnOnce() -> Result<(), lambda_runtime::Error>) -> ExitCode {
    log::begin(environment);
    // One thread: a function answers one call at a time, and a small one has less than one processor.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            tracing::error!(step = name, %error, "the asynchronous runtime does not start");
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(work()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(step = name, %error, "Lambda's Runtime API does not answer");
            ExitCode::FAILURE
        }
    }
}

async fn poll(
    name: &'static str,
    step: impl AsyncFn(&dyn Cloud, Value, Timestamp) -> Result<Value>,
) -> Result<(), lambda_runtime::Error> {
    // Wrong settings are answered to every call: dying here would show the state machine a nameless error.
    let cloud = Config::read(environment).map(|config| Mutex::new(Arc::new(Aws::load(config, environment))));
    let (cloud, step) = (&cloud, &step);
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        call(name, step, cloud.as_ref(), event.payload, event.context.deadline).await
    }))
    .await
}

/// Returns AWS for the calls of an execution: one environment serves several, one after the other.
fn of_execution(cloud: &Mutex<Arc<Aws>>, execution: &str) -> Arc<Aws> {
    let mut known = cloud.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(other) = known.for_execution(execution) {
        *known = Arc::new(other);
    }
    Arc::clone(&known)
}

/// Serves requests of an HTTP API until Lambda ends the process.
///
/// `name` is the function's, for the logs; `api` is its crate's `answer`, which turns every error into an answer.
pub fn serve_http(
    name: &'static str,
    api: &impl AsyncFn(&dyn StepFunctions, Value, Timestamp) -> Value,
) -> ExitCode {
    run(name, async || {
        let aws = Config::read(environment).map(|config| Aws::load(config, environment));
        let aws = &aws;
        lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| match aws {
            Ok(aws) => Ok::<_, Diagnostic>(api(aws, event.payload, aws.now()).await),
            Err(error) => Err(failure::diagnostic(error)),
        }))
        .await
    })
}

/// Serves calls of a schedule that watches executions, until Lambda ends the process.
///
/// `name` is the function's; `watch` is its crate's.
pub fn serve_watch(
    name: &'static str,
    watch: &impl AsyncFn(&dyn StepFunctions, Value, Timestamp) -> Result<Value>,
) -> ExitCode {
    run(name, async || poll_watch(name, watch).await)
}

async fn poll_watch(
    name: &'static str,
    watch: &impl AsyncFn(&dyn StepFunctions, Value, Timestamp) -> Result<Value>,
) -> Result<(), lambda_runtime::Error> {
    let aws = Config::read(environment).map(|config| Aws::load(config, environment));
    let aws = &aws;
    lambda_runtime::run(service_fn(async move |event: LambdaEvent<Value>| {
        look(name, watch, aws.as_ref(), event.payload, event.context.deadline).await
    }))
    .await
}

/// Answers one call of a schedule, and logs how it began and ended.
async fn look(
    name: &'static str,
    watch: &impl AsyncFn(&dyn StepFunctions, Value, Timestamp) -> Result<Value>,
    aws: Result<&Aws, &Error>,
    payload: Value,
    deadline_millis: u64,
) -> Result<Value, Diagnostic> {
    let call = log::Invocation::of(name, &payload);
    call.begins();
    let result = match aws {
        Ok(aws) => deadline::within(deadline_millis, aws, |_| watch(aws, payload, aws.now())).await,
        Err(error) => Err(error.clone()),
    };
    call.ends(&result);
    result.map_err(|error| failure::diagnostic(&error))
}

/// Answers one call, and logs how it began and ended.
async fn call(
    name: &'static str,
    step: &impl AsyncFn(&dyn Cloud, Value, Timestamp) -> Result<Value>,
    cloud: Result<&Mutex<Arc<Aws>>, &Error>,
    payload: Value,
    deadline_millis: u64,
) -> Result<Value, Diagnostic> {
    let call = log::Invocation::of(name, &payload);
    call.begins();
    let result = match cloud {
        Ok(cloud) => {
            let cloud: &Aws = &of_execution(cloud, call.execution());
            deadline::within(deadline_millis, cloud, |last| step(cloud, payload, last)).await
        }
        Err(error) => Err(error.clone()),
    };
    call.ends(&result);
    result.map_err(|error| failure::diagnostic(&error))
}

/// The one place that reads the environment, apart from the SDK.
#[expect(
    clippy::disallowed_methods,
    reason = "a function is set up by its environment; its steps see the payload alone"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[cfg(test)]
mod tests {
    use failback_aws::SdkConfig;
    use failback_core::catalogue::fault;
    use serde_json::json;

    use super::*;

    fn cloud() -> Mutex<Arc<Aws>> {
        Mutex::new(Arc::new(Aws::new(Config::default(), SdkConfig::builder().build())))
    }

    fn now(cloud: &Mutex<Arc<Aws>>) -> Timestamp {
        cloud.lock().unwrap().now()
    }

    fn in_a_minute(cloud: &Mutex<Arc<Aws>>) -> u64 {
        u64::try_from(now(cloud).plus_seconds(60).millis()).unwrap()
    }

    #[tokio::test]
    async fn a_step_is_given_the_payload_and_five_seconds_less_than_there_are() {
        let cloud = cloud();
        let deadline = in_a_minute(&cloud);
        let step = async |_: &dyn Cloud, payload: Value, last: Timestamp| Ok(json!([payload, last.millis()]));
        let answer = call("step", &step, Ok(&cloud), json!("payload"), deadline).await;
        assert_eq!(answer, Ok(json!(["payload", deadline - 5_000])));
    }

    #[tokio::test]
    async fn an_error_keeps_its_name() {
        let cloud = cloud();
        let step = async |_: &dyn Cloud, _: Value, _: Timestamp| Err(Error::from(fault::nobody_aborted()));
        let answer = call("step", &step, Ok(&cloud), Value::Null, in_a_minute(&cloud)).await.unwrap_err();
        assert_eq!(
            (answer.error_type.as_str(), answer.error_message.as_str()),
            ("Failback.Guard", fault::nobody_aborted().to_string().as_str())
        );
    }

    #[tokio::test]
    async fn a_step_that_does_not_end_is_given_up_with_a_name() {
        let cloud = cloud();
        let deadline = u64::try_from(now(&cloud).millis()).unwrap() + 1_050;
        let step = async |_: &dyn Cloud, _: Value, _: Timestamp| std::future::pending().await;
        let answer = call("step", &step, Ok(&cloud), Value::Null, deadline).await.unwrap_err();
        assert_eq!(answer.error_type, "Failback.Unavailable");
    }

    #[tokio::test]
    async fn wrong_settings_are_answered_to_every_call() {
        let error = Error::from(fault::setting_is_wrong("FAILBACK_ROLES", "not JSON"));
        let step = async |_: &dyn Cloud, _: Value, _: Timestamp| Ok(Value::Null);
        let answer = call("step", &step, Err(&error), Value::Null, 0).await.unwrap_err();
        assert_eq!(answer.error_type, "Failback.Internal");
    }
}
