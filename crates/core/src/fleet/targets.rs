//! The records of the plan, and the servers that they should point at.

use super::live_server::LiveServer;
use crate::error::Result;
use crate::plan::Record;
use crate::run::Run;

/// A record of the plan and the server that it should point at.
#[derive(Debug)]
pub struct Target<'a> {
    /// The record.
    pub record: &'a Record,
    /// The record's position in the plan, by which its live sets are found.
    pub index: usize,
    /// The server.
    pub server: &'a LiveServer<'a>,
}

/// The TTL that is assumed of a set that was replaced before the run could read it, in seconds.
pub const UNKNOWN_TTL_SECONDS: u64 = 3_600;

impl Target<'_> {
    /// Returns true when the record holds the address of A4 that the plan wants, and nothing else.
    ///
    /// # Errors
    /// `Internal` when records or A4 were not read.
    pub fn points_at_a4(&self) -> Result<bool> {
        let a4 = self.server.a4_instance()?;
        let Some(address) = a4.and_then(|a4| a4.address(self.record.address)) else { return Ok(false) };
        let sets = &self.server.live().records()?[self.index];
        Ok(!sets.is_empty() && sets.iter().all(|set| set.values == [address]))
    }
}

/// Returns the largest TTL with which clients may hold what the records held before they pointed at A4. `unknown_seconds`
/// is assumed of a record that points at A4 already.
///
/// # Errors
/// `Internal` when records or an A4 were not read.
pub fn old_ttl_seconds(targets: &[Target<'_>], unknown_seconds: u64) -> Result<u64> {
    let mut largest = 0;
    for target in targets {
        let sets = &target.server.live().records()?[target.index];
        let seen = sets.iter().filter_map(|set| set.ttl_seconds).max().unwrap_or_default();
        largest = largest.max(if target.points_at_a4()? { unknown_seconds } else { seen });
    }
    Ok(largest)
}

/// Finds the servers behind the plan's records. A record of a server that is not among these is left out.
pub fn targets<'a>(run: &'a Run, servers: &'a [LiveServer<'a>]) -> Vec<Target<'a>> {
    let mut found = Vec::new();
    for (index, record) in run.plan.redirect.records().iter().enumerate() {
        if let Some(server) = servers.iter().find(|server| server.is_called(&record.server)) {
            found.push(Target { record, index, server });
        }
    }
    found
}
