//! Claims: which run owns a server.
//!
//! DRS has no lock, and Step Functions shows executions with delay. A run therefore writes its id into a tag of B2 and A2,
//! waits until every earlier owner must have seen that, and reads again: of several claims the last one stays. Every
//! warrant needs the claim, as it was just read. A run that has lost it changes nothing more, whatever it was doing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::live_server::LiveServer;
use crate::at_once::read_at_once;
use crate::catalogue::{Fact, fact};
use crate::cloud::{Cloud, ExecutionState, Job, RecoveryInstance};
use crate::error::Result;
use crate::region::Region;
use crate::run::Run;
use crate::tags::{Tags, tag};

/// An object whose tag names the run that owns its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// The recovery instance in the recovery Region.
    B2,
    /// The source server in the source Region.
    A2,
}

impl Claimed {
    /// Returns the Region that the object is in.
    pub fn region(self, run: &Run) -> Region {
        match self {
            Self::B2 => run.recovery(),
            Self::A2 => run.source(),
        }
    }
}

impl fmt::Display for Claimed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::B2 => "B2",
            Self::A2 => "A2",
        })
    }
}

/// The owner of one object of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim<'l> {
    /// The object.
    pub on: Claimed,
    /// ARN of the object.
    pub arn: &'l str,
    /// The execution that owns it: by its tag, or, where it has none, by the tags of the job that launched it.
    pub owner: Option<&'l str>,
    /// True when the object has the tag.
    pub is_written: bool,
}

impl<'l> Claim<'l> {
    fn of(on: Claimed, arn: &'l str, tags: &'l Tags, job: Option<&'l Job>) -> Self {
        let (own, of_job) = (tags.get(tag::RUN), job.and_then(|job| job.tags.get(tag::RUN)));
        Self { on, arn, owner: own.or(of_job).map(String::as_str), is_written: own.is_some() }
    }

    /// Returns the owner, unless it is this run.
    pub fn other(&self, run: &Run) -> Option<&'l str> {
        self.owner.filter(|owner| *owner != run.tag_value())
    }
}

impl<'l> LiveServer<'l> {
    /// Returns the claims on B2 and A2, as far as they exist. The job that launched B2 counts where jobs were read.
    ///
    /// # Errors
    /// `Guard` when B2 or A2 is ambiguous; `Internal` when they were not read.
    pub fn claims(&self) -> Result<Vec<Claim<'l>>> {
        let jobs = self.live().recovery_jobs().unwrap_or_default();
        let job = |b2: &RecoveryInstance| jobs.iter().find(|job| Some(&job.id) == b2.job.as_ref());
        let b2 = self.b2()?.map(|b2| Claim::of(Claimed::B2, &b2.arn, &b2.tags, job(b2)));
        let a2 = self.a2()?.map(|a2| Claim::of(Claimed::A2, &a2.arn, &a2.tags, None));
        Ok(b2.into_iter().chain(a2).collect())
    }

    /// Returns another run that owns the server.
    ///
    /// # Errors
    /// Same as [`claims`](Self::claims).
    pub fn other_owner(&self, run: &Run) -> Result<Option<&'l str>> {
        Ok(self.claims()?.iter().find_map(|claim| claim.other(run)))
    }
}

/// The other runs that own servers of a fleet, with their states; `None` for one that Step Functions does not show here.
#[derive(Debug, Clone, Default)]
pub struct Owners(BTreeMap<String, Option<ExecutionState>>);

impl Owners {
    /// Reads the states of all other runs that own one of these servers.
    ///
    /// # Errors
    /// Those of AWS.
    pub async fn read(cloud: &dyn Cloud, run: &Run, servers: &[LiveServer<'_>]) -> Result<Self> {
        let mut others = BTreeSet::new();
        for server in servers {
            // A server that is ambiguous is a finding of its own, and cannot be claimed.
            let claims = server.claims().unwrap_or_default();
            others.extend(claims.iter().filter_map(|claim| claim.other(run)).map(str::to_owned));
        }
        let others: Vec<String> = others.into_iter().collect();
        let mut owners = BTreeMap::new();
        let states = read_at_once(cloud, &others, |owner| cloud.execution_state(owner)).await?;
        owners.extend(others.into_iter().zip(states));
        Ok(Self(owners))
    }

    /// Returns true when no other run owns any of the servers.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns why a run may not take a server over from this owner; `None` if it may, because the owner has ended, or the
    /// plan names it.
    pub fn obstacle(&self, run: &Run, owner: &str) -> Option<Obstacle> {
        match self.0.get(owner).copied().flatten() {
            Some(ExecutionState::Ended) => None,
            Some(ExecutionState::Runs) => Some(Obstacle::Runs),
            None if run.plan.take_over.iter().any(|named| named == owner) => None,
            None => Some(Obstacle::Unknown),
        }
    }
}

/// The reason why a run may not take a server over from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The owner runs.
    Runs,
    /// The owner is an execution of another stack, or Step Functions does not know it.
    Unknown,
}

impl Obstacle {
    /// Returns what is in the way, and what a person does about it.
    pub fn fact(self, owner: &str) -> Fact {
        match self {
            Self::Runs => fact::another_run_owns_it(owner),
            Self::Unknown => fact::another_run_may_own_it(owner),
        }
    }
}
