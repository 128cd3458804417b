//! Step Functions, as the HTTP API asks it.

use async_trait::async_trait;
use aws_sdk_sfn::Client;
use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types;
use failback_core::catalogue::fault;
use failback_core::procedure::Procedure;
use failback_core::step_functions::{Execution, ExecutionPage, ExecutionStatus, HistoryEvent, StepFunctions};
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};
use serde_json::Value;

use crate::aws::Aws;
use crate::config::Config;
use crate::errors::STEP_FUNCTIONS_MISSING;
use crate::sdk_error::OfOperation;

/// Events of a history that tell how an execution stands: more than any state of the machines makes, retries included.
const EVENTS: i32 = 200;

impl Aws {
    /// A procedure's machine.
    fn machine(&self, procedure: Procedure) -> Result<&str> {
        let machines = self
            .machines
            .as_ref()
            .ok_or_else(|| Error::from(fault::machines_are_not_set(Config::MACHINES.join(" and "))))?;
        Ok(match procedure {
            Procedure::Drill => &machines.drill,
            Procedure::Failback => &machines.failback,
        })
    }

    fn states(&self, procedure: Procedure, writes: bool) -> Result<Client> {
        let pair = self.clients.states(self.machine(procedure)?)?;
        Ok(if writes { pair.write } else { pair.read })
    }

    /// The ARN of an execution by its name.
    fn execution(&self, procedure: Procedure, name: &str) -> Result<String> {
        Ok(format!("{}:{name}", self.machine(procedure)?.replacen(":stateMachine:", ":execution:", 1)))
    }
}

#[async_trait]
impl StepFunctions for Aws {
    async fn start(&self, procedure: Procedure, name: &str, input: &Value) -> Result<Execution> {
        let request = self.states(procedure, true)?.start_execution().name(name).input(input.to_string());
        let started = request.state_machine_arn(self.machine(procedure)?).send().await;
        let started = started.of("states:StartExecution")?;
        Ok(Execution {
            id: started.execution_arn,
            name: name.to_owned(),
            procedure,
            status: ExecutionStatus::Running,
            started: moment(&started.start_date),
            stopped: None,
            input: Some(input.clone()),
            failure: None,
        })
    }

    async fn list(
        &self,
        procedure: Procedure,
        only: Option<ExecutionStatus>,
        limit: u16,
        after: Option<&str>,
    ) -> Result<ExecutionPage> {
        let request = self.states(procedure, false)?.list_executions().max_results(i32::from(limit));
        let request =
            request.set_status_filter(only.map(|status| types::ExecutionStatus::from(status.as_str())));
        let request = request.set_next_token(after.map(str::to_owned));
        let found = request.state_machine_arn(self.machine(procedure)?).send().await;
        let found = found.of("states:ListExecutions")?;
        let executions = found.executions.into_iter().map(|item| Execution {
            id: item.execution_arn,
            name: item.name,
            procedure,
            status: status(&item.status),
            started: moment(&item.start_date),
            stopped: item.stop_date.as_ref().map(moment),
            input: None,
            failure: None,
        });
        Ok(ExecutionPage { executions: executions.collect(), next: found.next_token })
    }

    async fn describe(&self, procedure: Procedure, name: &str) -> Result<Option<Execution>> {
        let request = self.states(procedure, false)?.describe_execution();
        let found = request.execution_arn(self.execution(procedure, name)?).send().await;
        let found = match found.of("states:DescribeExecution") {
            Err(error) if error.aws_error().is_some_and(|answer| answer.code == STEP_FUNCTIONS_MISSING) => {
                return Ok(None);
            }
            other => other?,
        };
        let failed = matches!(
            status(&found.status),
            ExecutionStatus::Failed | ExecutionStatus::Aborted | ExecutionStatus::TimedOut
        );
        Ok(Some(Execution {
            id: found.execution_arn,
            name: name.to_owned(),
            procedure,
            status: status(&found.status),
            started: moment(&found.start_date),
            stopped: found.stop_date.as_ref().map(moment),
            input: found.input.as_deref().map(json),
            failure: failed.then(|| (found.error.unwrap_or_default(), found.cause.unwrap_or_default())),
        }))
    }

    async fn history(&self, id: &str) -> Result<Vec<HistoryEvent>> {
        let client = self.clients.states(id)?.read;
        let request = client.get_execution_history().execution_arn(id).reverse_order(true);
        let history = request.include_execution_data(true).max_results(EVENTS).send().await;
        let history = history.of("states:GetExecutionHistory")?;
        Ok(history.events.into_iter().filter_map(happened).collect())
    }

    async fn approve(&self, token: &str, output: &Value) -> Result<()> {
        let client = self.states(Procedure::Failback, true)?;
        let sent = client.send_task_success().task_token(token).output(output.to_string()).send().await;
        sent.of("states:SendTaskSuccess").map(|_| ())
    }

    async fn refuse(&self, token: &str, error: &str, cause: &str) -> Result<()> {
        let client = self.states(Procedure::Failback, true)?;
        let sent = client.send_task_failure().task_token(token).error(error).cause(cause).send().await;
        sent.of("states:SendTaskFailure").map(|_| ())
    }

    async fn stop(&self, id: &str, error: &str, cause: &str) -> Result<()> {
        let client = self.clients.states(id)?.write;
        let stopped = client.stop_execution().execution_arn(id).error(error).cause(cause).send().await;
        stopped.of("states:StopExecution").map(|_| ())
    }
}

/// An execution that waits for a redrive is one that has not ended.
fn status(status: &types::ExecutionStatus) -> ExecutionStatus {
    ExecutionStatus::parse(status.as_str()).unwrap_or(ExecutionStatus::Running)
}

fn moment(at: &DateTime) -> Timestamp {
    Timestamp::from_millis(at.to_millis().unwrap_or_default())
}

/// What is too long for a history is cut off by AWS, and then is no JSON.
fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

fn happened(event: types::HistoryEvent) -> Option<HistoryEvent> {
    let at = moment(&event.timestamp);
    if let Some(entered) = event.state_entered_event_details {
        return Some(HistoryEvent::Entered { state: entered.name, at });
    }
    if let Some(exited) = event.state_exited_event_details {
        let output = exited.output.as_deref().map_or(Value::Null, json);
        return Some(HistoryEvent::Exited { state: exited.name, output });
    }
    if let Some(scheduled) = event.task_scheduled_event_details {
        let (resource, parameters) = (scheduled.resource, scheduled.parameters);
        return Some(HistoryEvent::Scheduled { resource, parameters });
    }
    if let Some(succeeded) = event.task_succeeded_event_details {
        return Some(HistoryEvent::Succeeded(succeeded.output.as_deref().map_or(Value::Null, json)));
    }
    let failed = event.task_failed_event_details.is_some() || event.task_timed_out_event_details.is_some();
    failed.then_some(HistoryEvent::Failed)
}
