//! Service Quotas, as far as the procedures need it.

use async_trait::async_trait;

use crate::error::Result;
use crate::region::Region;

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
    /// Returns AWS's defaults, used where Service Quotas may not be read.
    fn default() -> Self {
        Self { replicating_servers: 300, concurrent_jobs: 20, servers_per_job: 100, servers_in_jobs: 500 }
    }
}

/// Service Quotas.
#[async_trait]
pub trait Quotas: Send + Sync {
    /// Returns the quotas of DRS in a Region.
    async fn drs_quotas(&self, region: Region) -> Result<DrsQuotas>;
}
