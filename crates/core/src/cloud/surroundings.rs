//! What a step may know of its surroundings: the time, the quotas, other executions.

use async_trait::async_trait;
use serde_json::Value;

use crate::error::Result;
use crate::procedure::Procedure;
use crate::region::Region;
use crate::timestamp::Timestamp;

/// The time, and how much of it is left.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Quotas of DRS in one Region (drs-facts §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrsQuotas {
    /// L-C1D14A2B: replicating source servers.
    pub replicating_servers: usize,
    /// L-D88FAC3A: concurrent jobs.
    pub concurrent_jobs: usize,
    /// L-B827C881: source servers in one job.
    pub servers_per_job: usize,
    /// L-05AFA8C6: source servers in all jobs.
    pub servers_in_jobs: usize,
}

impl Default for DrsQuotas {
    /// AWS's defaults, used where Service Quotas may not be read.
    fn default() -> Self {
        Self { replicating_servers: 300, concurrent_jobs: 20, servers_per_job: 100, servers_in_jobs: 500 }
    }
}

/// Service Quotas.
#[async_trait]
pub trait Quotas: Send + Sync {
    /// The quotas of DRS in a Region.
    async fn drs_quotas(&self, region: Region) -> Result<DrsQuotas>;
}

/// An execution of one of the state machines that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub struct RunningExecution {
    /// Its ARN.
    pub id: String,
    /// When it was started.
    pub started: Timestamp,
    /// Which machine.
    pub procedure: Procedure,
    /// Its input: a plan, if it is readable.
    pub input: Value,
}

/// Step Functions.
#[async_trait]
pub trait Executions: Send + Sync {
    /// Every running execution of the drill and the failback machine, this one included.
    async fn running_executions(&self) -> Result<Vec<RunningExecution>>;
}
