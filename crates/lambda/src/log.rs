//! Logs: JSON, one line when a call begins and one when it ends.

use std::time::Instant;

use failback_core::error::Chain;
use failback_core::message::listed;
use failback_core::{Error, Result};
use serde_json::Value;
use tracing::level_filters::LevelFilter;
use tracing::{Subscriber, info, warn};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::prelude::*;

/// Sends logs to the standard output, which Lambda keeps.
pub(crate) fn begin(variable: impl Fn(&str) -> Option<String>) {
    // Fails where a subscriber is set already, as in a test; then that one is used.
    let _ = tracing::subscriber::set_global_default(subscriber(filter(variable), std::io::stdout));
}

fn subscriber<W>(filter: Targets, writer: W) -> impl Subscriber + Send + Sync
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines =
        tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false).with_writer(writer);
    tracing_subscriber::registry().with(lines.with_filter(filter))
}

/// `RUST_LOG` says everything; without it `AWS_LAMBDA_LOG_LEVEL` sets the level of this project's own lines, and of
/// everything else only warnings are logged.
fn filter(variable: impl Fn(&str) -> Option<String>) -> Targets {
    if let Some(targets) = variable("RUST_LOG").and_then(|text| text.parse().ok()) {
        return targets;
    }
    let level = match variable("AWS_LAMBDA_LOG_LEVEL").as_deref() {
        Some("FATAL") => LevelFilter::ERROR,
        Some(level) => level.parse().unwrap_or(LevelFilter::INFO),
        None => LevelFilter::INFO,
    };
    Targets::new()
        .with_default(level.min(LevelFilter::WARN))
        .with_target("failback", level)
        // The HTTP API's crate: who started, approved, rejected and stopped what.
        .with_target("api", level)
        // It repeats every error that a step answers.
        .with_target("lambda_runtime::layers::panic", LevelFilter::OFF)
}

/// One call, as its log lines name it.
#[derive(Debug)]
pub(crate) struct Invocation {
    step: &'static str,
    execution: String,
    procedure: String,
    servers: String,
    began: Instant,
}

impl Invocation {
    /// Reads what the payload says of itself. It may be anything: the step refuses what it does not know.
    pub(crate) fn of(step: &'static str, payload: &Value) -> Self {
        let text = |paths: &[&str]| {
            let found = paths.iter().find_map(|path| payload.pointer(path)?.as_str());
            found.unwrap_or_default().to_owned()
        };
        let members = payload.pointer("/fleet/servers").and_then(Value::as_array);
        let names = members.into_iter().flatten().filter_map(|member| member.get("name")?.as_str());
        Self {
            step,
            execution: text(&["/run/id", "/execution/id"]),
            procedure: text(&["/run/procedure", "/procedure"]),
            servers: listed(names),
            began: Instant::now(),
        }
    }

    /// The ARN of the execution, or an empty text.
    pub(crate) fn execution(&self) -> &str {
        &self.execution
    }

    /// Logs that the call begins.
    pub(crate) fn begins(&self) {
        let Self { step, execution, procedure, servers, .. } = self;
        info!(step, execution, procedure, servers, "begins");
    }

    /// Logs how the call ended.
    pub(crate) fn ends(&self, result: &Result<Value>) {
        let Self { step, execution, procedure, .. } = self;
        let millis = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        match result {
            Ok(answer) => {
                let of_step = &answer["answer"];
                let text = |name: &str| of_step[name].as_str().unwrap_or_default();
                let (status, why) = (text("status"), text("why"));
                let wait_seconds = of_step["waitSeconds"].as_u64().unwrap_or(0);
                // Of the report alone: the template's metrics and dashboard read them.
                let outcome = answer.get("outcome").and_then(Value::as_str);
                let rto_seconds = answer.get("rtoSeconds").and_then(Value::as_u64);
                // Of the watches alone: likewise.
                let in_trouble = answer.get("inTrouble").and_then(Value::as_u64);
                let gate_minutes = answer.get("gateMinutes").and_then(Value::as_u64);
                let drill_days = answer.get("drillDays").and_then(Value::as_u64);
                // Of the second party of a freeze alone: likewise.
                let overdue = answer.get("overdue").and_then(Value::as_u64);
                info!(
                    step,
                    execution,
                    procedure,
                    status,
                    why,
                    wait_seconds,
                    outcome,
                    rto_seconds,
                    in_trouble,
                    gate_minutes,
                    drill_days,
                    overdue,
                    millis,
                    "ends"
                );
            }
            Err(error) => {
                let code = error.aws_error().map_or("", |answer| answer.code.as_str());
                let name = Error::name(error).as_str();
                let chain = Chain(error);
                warn!(step, execution, procedure, error = name, code, why = %chain, millis, "fails");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use failback_core::catalogue::fault;
    use serde_json::json;

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn of(work: impl FnOnce()) -> Vec<Value> {
            let lines = Self::default();
            let writer = lines.clone();
            tracing::subscriber::with_default(subscriber(filter(|_| None), move || writer.clone()), work);
            let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        }
    }

    fn payload() -> Value {
        json!({
            "run": { "id": "arn:aws:states:us-east-1:1:execution:drill:x", "procedure": "drill" },
            "fleet": { "servers": [{ "name": "web" }, { "name": "db" }] },
        })
    }

    #[test]
    fn a_call_that_waits_is_two_lines() {
        let lines = Lines::of(|| {
            let call = Invocation::of("check-launch-state", &payload());
            call.begins();
            let answer = json!({ "status": "waiting", "why": "web: initial sync", "waitSeconds": 30 });
            call.ends(&Ok(json!({ "answer": answer })));
        });
        let [begins, ends] = lines.as_slice() else { panic!("{lines:?}") };
        for line in [begins, ends] {
            assert_eq!(line["level"], "INFO");
            assert_eq!(line["step"], "check-launch-state");
            assert_eq!(line["execution"], "arn:aws:states:us-east-1:1:execution:drill:x");
            assert_eq!(line["procedure"], "drill");
        }
        assert_eq!(begins["servers"], "web, db");
        assert_eq!((&ends["status"], &ends["why"]), (&json!("waiting"), &json!("web: initial sync")));
        assert_eq!(ends["wait_seconds"], 30);
    }

    #[test]
    fn the_audit_lines_of_the_api_reach_the_log() {
        let lines = Lines::of(|| {
            info!(target: "api::gate", by = "arn:aws:iam::1:user/op", "has approved");
            info!(target: "aws_smithy_runtime", "noise");
        });
        let [approved] = lines.as_slice() else { panic!("{lines:?}") };
        assert_eq!(
            (&approved["by"], &approved["message"]),
            (&json!("arn:aws:iam::1:user/op"), &json!("has approved"))
        );
    }

    #[test]
    fn a_report_ends_with_its_outcome_and_rto() {
        let lines = Lines::of(|| {
            let call = Invocation::of("write-report", &payload());
            call.ends(&Ok(json!({ "outcome": "succeeded", "rtoSeconds": 3_900 })));
            call.ends(&Ok(json!({ "outcome": "failed", "rtoSeconds": null })));
            call.ends(&Ok(json!({ "status": "done" })));
        });
        assert_eq!((&lines[0]["outcome"], &lines[0]["rto_seconds"]), (&json!("succeeded"), &json!(3_900)));
        assert_eq!((&lines[1]["outcome"], lines[1].get("rto_seconds")), (&json!("failed"), None));
        assert_eq!(lines[2].get("outcome"), None);
    }

    #[test]
    fn a_watch_ends_with_what_is_in_trouble() {
        let lines = Lines::of(|| {
            let payload = json!({ "source": "us-east-1", "lagSecondsMax": 900 });
            let call = Invocation::of("watch-replication", &payload);
            let answer = json!({ "status": "done", "why": "db-1: STALLED", "waitSeconds": 0 });
            call.ends(&Ok(json!({ "answer": answer, "watched": 3, "inTrouble": 1 })));
            call.ends(&Ok(json!({ "answer": answer, "watched": 3, "inTrouble": 0 })));
        });
        assert_eq!((&lines[0]["why"], &lines[0]["in_trouble"]), (&json!("db-1: STALLED"), &json!(1)));
        assert_eq!(lines[1]["in_trouble"], 0, "quiet is a number too: it ends the alarm");
        assert!(lines[1]["gate_minutes"].is_null(), "another watch's");
    }

    #[test]
    fn a_watch_of_runs_ends_with_what_alarms_compare() {
        let lines = Lines::of(|| {
            let call = Invocation::of("watch-runs", &json!({}));
            let answer = json!({ "status": "done", "why": "no failback waits", "waitSeconds": 0 });
            call.ends(&Ok(json!({ "answer": answer, "gateMinutes": 0, "drillDays": 3 })));
        });
        assert_eq!((&lines[0]["gate_minutes"], &lines[0]["drill_days"]), (&json!(0), &json!(3)));
    }

    #[test]
    fn a_second_party_ends_with_what_is_overdue() {
        let lines = Lines::of(|| {
            let call = Invocation::of("lift-freezes", &json!({ "recovery": "us-east-2", "hook": "arn" }));
            let answer = json!({ "status": "done", "why": "not lifted", "waitSeconds": 0 });
            call.ends(&Ok(json!({ "answer": answer, "frozen": 3, "overdue": 2 })));
            call.ends(&Ok(json!({ "answer": answer, "frozen": 0, "overdue": 0 })));
        });
        assert_eq!((&lines[0]["overdue"], &lines[1]["overdue"]), (&json!(2), &json!(0)));
    }

    #[test]
    fn a_call_that_fails_warns() {
        let lines = Lines::of(|| {
            let payload = json!({ "execution": { "id": "x" }, "procedure": "failback" });
            Invocation::of("check-readiness", &payload)
                .ends(&Err(Error::from(fault::a1_lacks("web-1", "no subnet"))));
        });
        assert_eq!(lines[0]["level"], "WARN");
        assert_eq!((&lines[0]["execution"], &lines[0]["procedure"]), (&json!("x"), &json!("failback")));
        assert_eq!(
            (&lines[0]["error"], &lines[0]["why"]),
            (&json!("Failback.NotReady"), &json!("web-1: no subnet"))
        );
    }

    #[test]
    fn levels_come_from_the_environment() {
        let filter_with = |name: &'static str, value: &'static str| {
            filter(move |asked| (asked == name).then(|| value.to_owned()))
        };
        let usual = filter(|_| None);
        assert!(usual.would_enable("failback_lambda", &tracing::Level::INFO));
        assert!(!usual.would_enable("aws_config", &tracing::Level::INFO));
        assert!(usual.would_enable("lambda_runtime", &tracing::Level::WARN));
        assert!(!usual.would_enable("lambda_runtime::layers::panic", &tracing::Level::ERROR));
        let quiet = filter_with("AWS_LAMBDA_LOG_LEVEL", "ERROR");
        assert!(!quiet.would_enable("failback_lambda", &tracing::Level::WARN));
        assert!(!quiet.would_enable("aws_config", &tracing::Level::WARN));
        let loud = filter_with("RUST_LOG", "aws_config=trace");
        assert!(loud.would_enable("aws_config", &tracing::Level::TRACE));
    }
}
