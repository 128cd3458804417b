//! The safety kernel: decides what may be done, from what was just read.
//!
//! A step asks its [`Guard`] for a warrant and shows the live state it has read. The guard checks the safety rules
//! S1 to S5 and S7 of ARCHITECTURE.md against that state and answers a warrant for exactly one call, or an error
//! that says which rule forbids it. What a [`Scope`] may never do has no method: a step of
//! the drill cannot ask for a change of A1, B1 or production DNS.

mod drill;
mod failback;
mod shared;
mod warrant;

use std::marker::PhantomData;

use crate::cloud::SourceServer;
use crate::error::{Error, ErrorName, Result};
use crate::fleet::Server;
use crate::live::Live;
use crate::procedure::Scope;
use crate::run::Run;
use crate::timestamp::Timestamp;

pub use drill::may_be_production;
pub use shared::{Launchable, a2_tags};
pub use warrant::{
    ChangeRecords, CreateLaunchTemplateVersion, DeleteRecoveryInstance, DeleteSourceServer,
    DisconnectSourceServer, RecordChange, ReverseReplication, SetDefaultVersion, StartRecovery,
    StopReplication, TagResource, TerminateInstances, TerminateRecoveryInstances, UpdateLaunchConfiguration,
    Warrant,
};

/// What was read longer ago than this proves nothing any more.
const STALE_SECONDS: u64 = 60;

/// Issues warrants to the steps of one scope.
#[derive(Debug)]
pub struct Guard<'a, S> {
    run: &'a Run,
    scope: PhantomData<S>,
}

impl<'a, S: Scope> Guard<'a, S> {
    /// A guard for a run of a procedure that the scope accepts.
    ///
    /// # Errors
    /// `Guard` when the step does not belong to the run's procedure.
    pub fn new(run: &'a Run) -> Result<Self> {
        if S::ACCEPTS.contains(&run.procedure) {
            Ok(Self { run, scope: PhantomData })
        } else {
            Err(forbidden(format!("this step is no part of a {}", run.procedure)))
        }
    }
}

/// Refuses what was read too long ago.
fn fresh(live: &Live, now: Timestamp) -> Result<()> {
    if now.seconds_since(live.at) > STALE_SECONDS {
        return Err(Error::internal("the live state was read too long ago to act upon"));
    }
    Ok(())
}

fn forbidden(why: impl Into<String>) -> Error {
    Error::new(ErrorName::Guard, why)
}

/// A2, which must exist and be this member's.
fn a2<'l>(live: &'l Live, server: &Server) -> Result<&'l SourceServer> {
    live.a2(server)?.ok_or_else(|| forbidden(format!("{}: A2 is not there", server.name)))
}

/// A2, which must have stopped replicating: the page's first line of cleaning up (S4).
fn stopped_a2<'l>(live: &'l Live, server: &Server) -> Result<Option<&'l SourceServer>> {
    match live.a2(server)? {
        Some(a2) if a2.replication.is_running() => Err(forbidden(format!(
            "{}: A2 {} still replicates; it is stopped first (S4)",
            server.name, a2.id
        ))),
        other => Ok(other),
    }
}

/// Refuses when a job of either Region is at work on a server of this member (S7).
fn no_job(live: &Live, server: &Server) -> Result<()> {
    let (source, recovery) = (live.source_jobs()?, live.recovery_jobs()?);
    let at_work = |server| {
        let active = source.iter().chain(recovery).filter(|job| job.is_active());
        active.into_iter().find(|job| job.part_of(server).is_some())
    };
    let servers = [Some(&server.b1), server.a2.as_ref()];
    match servers.into_iter().flatten().find_map(at_work) {
        Some(job) => Err(forbidden(format!("{}: job {} is at work on it (S7)", server.name, job.id))),
        None => Ok(()),
    }
}
