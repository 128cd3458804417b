//! The state of the world.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use failback_core::id::{ChangeId, HostedZoneId, InstanceId, SourceServerId};
use failback_core::region::Region;
use fastrand::Rng;

use super::call::{Call, Changed, Occurrence};
use super::event::EventQueue;
use super::executions::Executions;
use super::fleet::{Bystanders, FleetServer};
use super::log::Log;
use super::rate_limits::RateLimits;
use super::region::RegionState;
use super::workload::Workload;
use crate::chain::{Work, longest_chain_ms};
use crate::fault::Faults;
use crate::objects::{Change, Zone};
use crate::permission::{AuthorizationLog, Caller};
use crate::switches::Switches;

/// A watcher of the world, such as an auditor. It keeps its findings where its owner can reach them.
pub trait Observer {
    /// Runs after every call and every event.
    fn after(&mut self, world: &World, what: &Occurrence<'_>);
}

/// The observers of one world. A copy of the world has none: they would take what happens in the one for the other.
#[derive(Default)]
pub(crate) struct Observers(Vec<Box<dyn Observer + Send>>);

impl Clone for Observers {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// DRS and EC2 of two Regions, Route 53, and the clients of the fleet. Moments are in milliseconds since 1970. From a
/// copy on, each of the two goes its own way, and nobody observes the copy yet.
#[derive(Clone)]
pub struct World {
    pub(crate) now_ms: i64,
    pub(crate) start_ms: i64,
    pub(crate) events: EventQueue,
    /// Random numbers of everything but latency.
    pub(crate) rng: Rng,
    pub(crate) latency_rng: Rng,
    pub(crate) rate_limits: RateLimits,
    pub(crate) switches: Switches,
    /// Account number, of twelve digits.
    pub(crate) account: String,
    /// The source Region and the recovery Region.
    pub(crate) region_pair: (Region, Region),
    pub(crate) regions: BTreeMap<Region, RegionState>,
    pub(crate) zones: BTreeMap<HostedZoneId, Zone>,
    pub(crate) changes: BTreeMap<ChangeId, Change>,
    /// Instance of each private and public address.
    pub(crate) addresses: BTreeMap<String, (Region, InstanceId)>,
    /// Count of public addresses given out so far.
    pub(crate) public_addresses: u32,
    /// Source servers that replicate, or did until they were stopped, from each instance.
    pub(crate) replicating: BTreeMap<InstanceId, BTreeSet<(Region, SourceServerId)>>,
    /// Executions of the state machines.
    pub(crate) executions: Executions,
    /// Objects of the bucket for evidence: JSON by key.
    pub(crate) evidence: BTreeMap<String, String>,
    pub(crate) fleet: Vec<FleetServer>,
    pub(crate) bystanders: Bystanders,
    pub(crate) workload: Workload,
    pub(crate) faults: Faults,
    pub(crate) caller: Caller,
    /// The present step has made a writing call, after which it may crash.
    pub(crate) has_written: bool,
    pub(crate) calls: Log<Call>,
    pub(crate) authorizations: AuthorizationLog,
    pub(crate) works: Vec<Work>,
    /// Objects that the present call or event has changed so far.
    pub(crate) changed: Vec<Changed>,
    pub(crate) observers: Observers,
}

impl World {
    /// Creates a world without any object.
    pub(crate) fn empty(seed: u64, start_ms: i64, region_pair: (Region, Region), switches: Switches) -> Self {
        Self {
            now_ms: start_ms,
            start_ms,
            events: EventQueue::default(),
            rng: Rng::with_seed(seed),
            // The number of reading calls must not change how long later work takes.
            latency_rng: Rng::with_seed(seed ^ 0x5EED_1A7E),
            rate_limits: RateLimits::default(),
            switches,
            account: "111122223333".to_owned(),
            region_pair,
            regions: BTreeMap::new(),
            zones: BTreeMap::new(),
            changes: BTreeMap::new(),
            addresses: BTreeMap::new(),
            public_addresses: 0,
            replicating: BTreeMap::new(),
            executions: Executions::default(),
            evidence: BTreeMap::new(),
            fleet: Vec::new(),
            bystanders: Bystanders::default(),
            workload: Workload::default(),
            faults: Faults::default(),
            caller: Caller::default(),
            has_written: false,
            calls: Log::default(),
            authorizations: AuthorizationLog::default(),
            works: Vec::new(),
            changed: Vec::new(),
            observers: Observers::default(),
        }
    }

    /// Adds an observer of every call and every event from now on.
    pub fn observe(&mut self, observer: Box<dyn Observer + Send>) {
        self.observers.0.push(observer);
    }

    /// Sets the execution and the step that make the next calls.
    pub fn enter_step(&mut self, step: Option<&str>, execution: Option<&str>) {
        self.caller = Caller { execution: execution.map(Arc::from), step: step.map(Arc::from) };
        self.has_written = false;
    }

    /// Returns the work that AWS has done for the fleet since the scenario started.
    pub fn works(&self) -> &[Work] {
        &self.works
    }

    /// Returns the seconds of the longest chain of AWS's own work: no orchestration can be quicker.
    #[allow(clippy::cast_precision_loss)] // Milliseconds of a few weeks fit in 53 bits.
    pub fn aws_seconds(&self) -> f64 {
        longest_chain_ms(&self.works) as f64 / 1_000.0
    }

    /// Returns the same for what AWS did between two moments, in milliseconds since 1970.
    #[allow(clippy::cast_precision_loss)]
    pub fn aws_seconds_between(&self, from_ms: i64, until_ms: i64) -> f64 {
        let within = |work: &Work| Work {
            start_ms: work.start_ms.max(from_ms),
            end_ms: work.end_ms.min(until_ms),
            ..work.clone()
        };
        let works: Vec<Work> = self.works.iter().map(within).collect();
        longest_chain_ms(&works) as f64 / 1_000.0
    }

    /// Records work for a server of the fleet that ends now.
    pub(crate) fn record_work(&mut self, start_ms: i64, label: &'static str, server: Option<usize>) {
        // Work of the past and work for bystanders do not lengthen a run.
        if server.is_some() && start_ms >= self.start_ms && start_ms < self.now_ms {
            self.works.push(Work { start_ms, end_ms: self.now_ms, label, server });
        }
    }

    /// Marks an object as changed by the present call or event.
    pub(crate) fn mark_changed(&mut self, changed: Changed) {
        self.changed.push(changed);
    }

    /// Returns the changed objects, in order and each once, and forgets them.
    pub(crate) fn take_changed(&mut self) -> Vec<Changed> {
        let mut changed = std::mem::take(&mut self.changed);
        changed.sort();
        changed.dedup();
        changed
    }

    /// Runs every observer.
    pub(crate) fn notify_observers(&mut self, what: &Occurrence<'_>) {
        let mut observers = std::mem::take(&mut self.observers);
        for observer in &mut observers.0 {
            observer.after(self, what);
        }
        self.observers = observers;
    }

    /// Returns everything as text, which is equal for equal seeds and equal calls.
    pub fn dump(&self) -> String {
        format!(
            "{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n",
            self.now_ms,
            self.fleet,
            self.workload,
            self.regions,
            self.zones,
            self.changes,
            self.calls,
            self.works,
            self.events
        )
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World")
            .field("now_ms", &self.now_ms)
            .field("servers", &self.fleet.len())
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}
