//! Step Functions.

use async_trait::async_trait;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionError;
use aws_sdk_sfn::types::ExecutionStatus;
use failback_core::catalogue::fault;
use failback_core::cloud::{ExecutionState, Executions, RunningExecution};
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};
use serde_json::Value;

use crate::aws::Aws;
use crate::config::{Config, Machines};
use crate::sdk_error::OfOperation;

#[async_trait]
impl Executions for Aws {
    /// ListExecutions leaves out the inputs, so each execution is described. Few run at a time.
    async fn running_executions(&self) -> Result<Vec<RunningExecution>> {
        let machines = self.state_machines()?;
        let mut found = Vec::new();
        for (machine, procedure) in
            [(&machines.drill, Procedure::Drill), (&machines.failback, Procedure::Failback)]
        {
            let client = self.clients.states(machine)?.read;
            let pages = client
                .list_executions()
                .state_machine_arn(machine)
                .status_filter(ExecutionStatus::Running)
                .into_paginator()
                .items();
            let running: Vec<_> = pages.send().collect::<Result<_, _>>().await.of("states:ListExecutions")?;
            for execution in running {
                let id = execution.execution_arn;
                let described = client.describe_execution().execution_arn(&id).send().await;
                let described = described.of("states:DescribeExecution")?;
                let input = described.input.as_deref().and_then(|input| serde_json::from_str(input).ok());
                let started = Timestamp::from_millis(execution.start_date.to_millis().unwrap_or_default());
                found.push(RunningExecution { id, started, procedure, input: input.unwrap_or(Value::Null) });
            }
        }
        Ok(found)
    }

    async fn execution_state(&self, id: &str) -> Result<Option<ExecutionState>> {
        Ok(self.execution(id).await?.map(|(_, state)| state))
    }

    async fn execution(&self, id: &str) -> Result<Option<(RunningExecution, ExecutionState)>> {
        let machines = self.state_machines()?;
        let both = [(&machines.drill, Procedure::Drill), (&machines.failback, Procedure::Failback)];
        let Some((machine, procedure)) = both.into_iter().find(|(arn, _)| is_of(id, arn)) else {
            return Ok(None);
        };
        let client = self.clients.states(machine)?.read;
        let described = match client.describe_execution().execution_arn(id).send().await {
            Ok(described) => described,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(DescribeExecutionError::is_execution_does_not_exist) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(error).of("states:DescribeExecution"),
        };
        let state = match described.status {
            ExecutionStatus::Running | ExecutionStatus::PendingRedrive => ExecutionState::Runs,
            _ => ExecutionState::Ended,
        };
        let input = described.input.as_deref().and_then(|input| serde_json::from_str(input).ok());
        let started = Timestamp::from_millis(described.start_date.to_millis().unwrap_or_default());
        let input = input.unwrap_or(Value::Null);
        Ok(Some((RunningExecution { id: id.to_owned(), started, procedure, input }, state)))
    }
}

impl Aws {
    fn state_machines(&self) -> Result<&Machines> {
        self.machines
            .as_ref()
            .ok_or_else(|| Error::from(fault::machines_are_not_set(Config::MACHINES.join(" and "))))
    }
}

/// Returns true for an execution of a state machine, by their ARNs.
fn is_of(execution: &str, machine: &str) -> bool {
    let executions = machine.replacen(":stateMachine:", ":execution:", 1);
    execution.strip_prefix(&executions).is_some_and(|name| name.starts_with(':'))
}
