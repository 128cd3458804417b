//! Every step, by the name under which the state machines call it.

use std::future::Future;
use std::pin::Pin;

use failback_core::Result;
use failback_core::cloud::Cloud;
use failback_core::timestamp::Timestamp;
use serde_json::Value;

/// An answer that a step will give.
pub type Answer<'a> = Pin<Box<dyn Future<Output = Result<Value>> + Send + 'a>>;

/// A step: what Lambda runs.
#[derive(Clone, Copy)]
pub struct Step {
    /// Its crate's name.
    pub name: &'static str,
    handle: for<'a> fn(&'a dyn Cloud, Value, Timestamp) -> Answer<'a>,
}

impl Step {
    /// Answers one call.
    pub fn call<'a>(&self, cloud: &'a dyn Cloud, payload: Value, deadline: Timestamp) -> Answer<'a> {
        (self.handle)(cloud, payload, deadline)
    }

    /// The state that calls it: its name in Title Case.
    pub fn state(&self) -> String {
        words(self.name).join(" ")
    }

    /// The name of the step, or of the gate, that a state calls.
    pub fn name_of(state: &str) -> String {
        state.to_ascii_lowercase().replace(' ', "-")
    }

    /// What stands for its function in the state machines, until it is deployed.
    pub fn placeholder(&self) -> String {
        format!("${{{}FunctionArn}}", words(self.name).concat())
    }

    /// The step behind a function's name in a state machine.
    pub fn find(function: &str) -> Option<Self> {
        STEPS.iter().copied().find(|step| step.placeholder() == function)
    }
}

fn words(name: &str) -> Vec<String> {
    let title = |word: &str| {
        let mut letters = word.chars();
        letters
            .next()
            .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
    };
    name.split('-').map(title).collect()
}

/// Every step, in the order of its name.
pub const STEPS: &[Step] = &[
    Step {
        name: "check-launch-state",
        handle: |cloud, payload, deadline| Box::pin(check_launch_state::handle(cloud, payload, deadline)),
    },
    Step {
        name: "check-readiness",
        handle: |cloud, payload, deadline| Box::pin(check_readiness::handle(cloud, payload, deadline)),
    },
    Step {
        name: "delete-recovery-instances",
        handle: |cloud, payload, deadline| {
            Box::pin(delete_recovery_instances::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "launch-for-failback",
        handle: |cloud, payload, deadline| Box::pin(launch_for_failback::handle(cloud, payload, deadline)),
    },
    Step {
        name: "launch-recovered-servers",
        handle: |cloud, payload, deadline| {
            Box::pin(launch_recovered_servers::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "prepare-launch",
        handle: |cloud, payload, deadline| Box::pin(prepare_launch::handle(cloud, payload, deadline)),
    },
    Step {
        name: "protect-failed-back-servers",
        handle: |cloud, payload, deadline| {
            Box::pin(protect_failed_back_servers::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "redirect-traffic",
        handle: |cloud, payload, deadline| Box::pin(redirect_traffic::handle(cloud, payload, deadline)),
    },
    Step {
        name: "remove-source-servers",
        handle: |cloud, payload, deadline| Box::pin(remove_source_servers::handle(cloud, payload, deadline)),
    },
    Step {
        name: "start-reversed-replication",
        handle: |cloud, payload, deadline| {
            Box::pin(start_reversed_replication::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "stop-original-replication",
        handle: |cloud, payload, deadline| {
            Box::pin(stop_original_replication::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "stop-reversed-replication",
        handle: |cloud, payload, deadline| {
            Box::pin(stop_reversed_replication::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "terminate-drill-servers",
        handle: |cloud, payload, deadline| {
            Box::pin(terminate_drill_servers::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "terminate-original-servers",
        handle: |cloud, payload, deadline| {
            Box::pin(terminate_original_servers::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "terminate-recovered-servers",
        handle: |cloud, payload, deadline| {
            Box::pin(terminate_recovered_servers::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "validate-failed-back-servers",
        handle: |cloud, payload, deadline| {
            Box::pin(validate_failed_back_servers::handle(cloud, payload, deadline))
        },
    },
    Step {
        name: "write-report",
        handle: |cloud, payload, deadline| Box::pin(write_report::handle(cloud, payload, deadline)),
    },
];
