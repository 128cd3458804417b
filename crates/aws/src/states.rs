//! Step Functions.

use async_trait::async_trait;
use aws_sdk_sfn::types::ExecutionStatus;
use failback_core::cloud::{Executions, RunningExecution};
use failback_core::procedure::Procedure;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};
use serde_json::Value;

use crate::aws::Aws;
use crate::config::Config;
use crate::sdk_error::OfOperation;

#[async_trait]
impl Executions for Aws {
    /// ListExecutions leaves out the inputs, so each execution is described. Few run at a time.
    async fn running_executions(&self) -> Result<Vec<RunningExecution>> {
        let machines = self.machines.as_ref().ok_or_else(|| {
            let names = Config::MACHINES.join(" and ");
            Error::internal(format!(
                "running executions cannot be listed: {names} are not set for this function"
            ))
        })?;
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
}
