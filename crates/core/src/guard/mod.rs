//! The safety kernel, which decides what a step may do, from state that was just read.
//!
//! A step requests a warrant from its [`Guard`] and passes the servers with their live state. The guard checks the
//! [safety rules](crate::rule::SafetyRule) against that state and returns a warrant for exactly one call, or an error
//! that names the rule. Changes that a [`Scope`] must not make have no method: a step of the drill cannot request a
//! change of A1, B1 or production DNS.

mod abort;
mod claim;
mod drill;
mod failback;
mod freeze;
mod redirect;
mod shared;
mod warrant;

use std::marker::PhantomData;

pub use abort::{ClaimOfA3, is_own};
pub use claim::{CLAIM_SETTLES_SECONDS, CLAIM_STALE_SECONDS, ClaimWarrant};
pub use drill::{is_disposable, may_be_production};
pub use failback::traffic_tags;
pub use freeze::{LIFT_SECONDS, Lift, SecondParty};
pub use shared::{LaunchReady, LaunchSettings, Launchable, a2_tags};
pub use warrant::{
    CallHook, ChangeRecords, CreateLaunchTemplateVersion, DeleteRecoveryInstance, DeleteSourceServer,
    DisconnectSourceServer, RecordChange, ReverseReplication, SetDefaultVersion, StartRecovery,
    StopReplication, TagResource, TerminateInstances, TerminateRecoveryInstances, UpdateLaunchConfiguration,
    Warrant,
};

use crate::catalogue::{Fault, fault};
use crate::cloud::{Clock, Job, RecoveryInstance, SourceServer};
use crate::error::{Error, Result};
use crate::fleet::{LaunchConfigurations, LiveServer, existed_before};
use crate::procedure::{Drill, Either, Failback, Procedure, Scope};
use crate::run::Run;
use crate::timestamp::Timestamp;

/// The age from which live state is no longer proof. A step reads, decides and writes within one Lambda call, which
/// takes a minute at most.
const STALE_SECONDS: u64 = 60;

/// The issuer of warrants for the steps of one scope.
pub struct Guard<'a, S> {
    run: &'a Run,
    clock: &'a dyn Clock,
    scope: PhantomData<S>,
}

/// The guard of the running procedure, for a step of both procedures whose rules differ.
pub enum ProcedureGuard<'a> {
    /// The guard of a drill.
    Drill(Guard<'a, Drill>),
    /// The guard of a failback.
    Failback(Guard<'a, Failback>),
}

impl<'a, S: Scope> Guard<'a, S> {
    /// Returns a guard for a run.
    ///
    /// # Errors
    /// `Guard` when the scope does not accept the run's procedure.
    pub fn new(run: &'a Run, clock: &'a dyn Clock) -> Result<Self> {
        if S::ACCEPTS.contains(&run.procedure) {
            Ok(Self { run, clock, scope: PhantomData })
        } else {
            Err(refuse(fault::step_is_of_another_procedure(run.procedure)))
        }
    }

    /// Refuses state that was read too long ago.
    fn fresh(&self, read_at: Timestamp) -> Result<()> {
        self.fresh_for(read_at, STALE_SECONDS)
    }

    fn fresh_for(&self, read_at: Timestamp, seconds: u64) -> Result<()> {
        if self.clock.now().seconds_since(read_at) > seconds {
            return Err(Error::from(fault::read_too_long_ago()));
        }
        Ok(())
    }

    fn fresh_server(&self, server: &LiveServer<'_>) -> Result<()> {
        self.fresh(server.live().read_at)
    }

    /// Refuses a change of a server on old state, or by a run that does not own it.
    fn may_change(&self, server: &LiveServer<'_>) -> Result<()> {
        self.fresh_server(server)?;
        self.owned(server)
    }

    fn may_change_all(&self, servers: &[&LiveServer<'_>]) -> Result<()> {
        servers.iter().try_for_each(|server| self.may_change(server))
    }
}

impl<'a> Guard<'a, Either> {
    /// Returns the guard of the running procedure.
    pub fn of_procedure(&self) -> ProcedureGuard<'a> {
        let (run, clock) = (self.run, self.clock);
        match run.procedure {
            Procedure::Drill => ProcedureGuard::Drill(Guard { run, clock, scope: PhantomData }),
            Procedure::Failback => ProcedureGuard::Failback(Guard { run, clock, scope: PhantomData }),
        }
    }
}

/// Returns a refusal under a rule.
fn refuse(refusal: Fault) -> Error {
    Error::from(refusal)
}

/// Returns A2, which must exist and be this server's.
fn a2<'l>(server: &LiveServer<'l>) -> Result<&'l SourceServer> {
    server.a2()?.ok_or_else(|| refuse(fault::a2_does_not_exist(&server.name)))
}

/// Returns A2, which must have stopped replicating: the first line of the page's clean-up.
fn stopped_a2<'l>(server: &LiveServer<'l>) -> Result<Option<&'l SourceServer>> {
    match server.a2()? {
        Some(a2) if a2.replication.is_running() => {
            Err(refuse(fault::a2_still_replicates(&server.name, &a2.id)))
        }
        other => Ok(other),
    }
}

/// Refuses to terminate a B3 that existed before B1 was launched into it: it is somebody's.
fn is_drs_own(server: &LiveServer<'_>, b2: &RecoveryInstance, settings: &LaunchConfigurations) -> Result<()> {
    if existed_before(server, b2, settings)? {
        return Err(refuse(fault::b3_existed(&server.name, &b2.instance)));
    }
    Ok(())
}

/// Waits while a job is working on the server: what a person launches or terminates at this moment decides whether A4 will
/// still be there.
fn settled(server: &LiveServer<'_>, job: Option<&Job>) -> Result<()> {
    match job {
        Some(job) => Err(Error::from(fault::job_is_waited_for(&server.name, &job.id))),
        None => Ok(()),
    }
}

/// Refuses while a job of either Region is working on the server.
fn no_job(server: &LiveServer<'_>) -> Result<()> {
    match server.active_job()? {
        Some(job) => Err(refuse(fault::job_is_at_work(&server.name, &job.id))),
        None => Ok(()),
    }
}
