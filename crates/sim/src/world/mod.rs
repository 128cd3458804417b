//! The world: every object, the clock, and the one way through which calls come in.

mod call;
mod describe;
mod dns;
mod ec2;
mod event;
mod evidence;
mod fleet;
mod instances;
mod jobs;
mod launch;
mod launched;
mod read;
mod region;
mod retire;
mod reverse;
mod settings;
mod terminate;
mod workload;

use std::collections::{BTreeMap, BTreeSet};

use failback_core::cloud::RunningExecution;
use failback_core::id::{ChangeId, HostedZoneId, InstanceId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;
use fastrand::Rng;

use crate::chain::{Work, longest_chain_ms};
use crate::fault::{Fault, TaskFault};
use crate::objects::{Change, Zone};
use crate::permission;
use crate::switches::Switches;

pub use call::{Call, CallOutcome, CallRequest, CallResult, Changed, Observer, Occurrence};
pub use dns::RecordChange;
pub use ec2::Version;
pub use fleet::{FleetServer, Labels, Left, LeftKind};
pub use launch::RecoveryRequest;
pub use settings::LaunchChange;
pub use workload::{LossWindow, Serving};

pub(crate) use dns::with_dot;
pub(crate) use event::Event;
pub(crate) use evidence::BUCKET;
pub(crate) use region::RegionState;
pub(crate) use reverse::LAUNCH_INTO_TAG;
pub(crate) use workload::{Traffic, Workload};

/// Other people's objects, which no run may change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bystanders {
    /// Their source servers.
    pub source_servers: Vec<(Region, SourceServerId)>,
    /// Their recovery instances.
    pub recovery_instances: Vec<(Region, RecoveryInstanceId)>,
    /// Their EC2 instances.
    pub instances: Vec<(Region, InstanceId)>,
    /// Their record sets: zone, name, type, set identifier.
    pub records: Vec<(HostedZoneId, String, String, Option<String>)>,
}

/// Two Regions of DRS and EC2, Route 53, and what goes on in them.
pub struct World {
    pub(crate) now_ms: i64,
    pub(crate) start_ms: i64,
    pub(crate) rng: Rng,
    pub(crate) latency: Rng,
    pub(crate) switches: Switches,
    pub(crate) account: String,
    pub(crate) pair: (Region, Region),
    pub(crate) regions: BTreeMap<Region, RegionState>,
    pub(crate) zones: BTreeMap<HostedZoneId, Zone>,
    pub(crate) changes: BTreeMap<ChangeId, Change>,
    pub(crate) queue: BTreeMap<(i64, u64), Event>,
    pub(crate) queued: u64,
    pub(crate) calls: Vec<Call>,
    pub(crate) permissions: permission::Log,
    pub(crate) faults: Vec<Fault>,
    pub(crate) observers: Vec<Box<dyn Observer + Send>>,
    pub(crate) actor: Option<String>,
    pub(crate) step: Option<String>,
    pub(crate) wrote: bool,
    pub(crate) executions: BTreeMap<String, RunningExecution>,
    pub(crate) fleet: Vec<FleetServer>,
    pub(crate) workload: Workload,
    pub(crate) works: Vec<Work>,
    pub(crate) changed: Vec<Changed>,
    pub(crate) addresses: BTreeMap<String, (Region, InstanceId)>,
    pub(crate) replicating: BTreeMap<InstanceId, BTreeSet<(Region, SourceServerId)>>,
    pub(crate) evidence: BTreeMap<String, String>,
    pub(crate) bystanders: Bystanders,
    pub(crate) public_addresses: u32,
}

impl World {
    /// A world without any object.
    pub(crate) fn empty(seed: u64, start_ms: i64, pair: (Region, Region), switches: Switches) -> Self {
        Self {
            now_ms: start_ms,
            start_ms,
            rng: Rng::with_seed(seed),
            // Reading must not change how long later work takes.
            latency: Rng::with_seed(seed ^ 0x5EED_1A7E),
            switches,
            account: "111122223333".to_owned(),
            pair,
            regions: BTreeMap::new(),
            zones: BTreeMap::new(),
            changes: BTreeMap::new(),
            queue: BTreeMap::new(),
            queued: 0,
            calls: Vec::new(),
            permissions: permission::Log::default(),
            faults: Vec::new(),
            observers: Vec::new(),
            actor: None,
            step: None,
            wrote: false,
            executions: BTreeMap::new(),
            fleet: Vec::new(),
            workload: Workload::default(),
            works: Vec::new(),
            changed: Vec::new(),
            addresses: BTreeMap::new(),
            replicating: BTreeMap::new(),
            evidence: BTreeMap::new(),
            bystanders: Bystanders::default(),
            public_addresses: 0,
        }
    }

    /// Virtual now, in milliseconds since 1970.
    pub fn now_ms(&self) -> i64 {
        self.now_ms
    }

    /// When the scenario began.
    pub fn start_ms(&self) -> i64 {
        self.start_ms
    }

    /// When the next thing happens by itself.
    pub fn next_event_ms(&self) -> Option<i64> {
        self.queue.first_key_value().map(|(&(at, _), _)| at)
    }

    /// Lets time pass: everything that is due by then happens, in order.
    pub fn advance_to(&mut self, ms: i64) {
        while let Some((&(at, seq), _)) = self.queue.first_key_value() {
            if at > ms {
                break;
            }
            let Some(event) = self.queue.remove(&(at, seq)) else { break };
            self.now_ms = self.now_ms.max(at);
            self.happen(event);
        }
        self.now_ms = self.now_ms.max(ms);
    }

    /// Lets this much time pass.
    pub fn advance_by(&mut self, ms: i64) {
        self.advance_to(self.now_ms + ms);
    }

    /// Has something happen later.
    pub(crate) fn after(&mut self, delay_ms: i64, event: Event) {
        let at = self.now_ms + delay_ms;
        self.queue.insert((at, self.queued), event);
        self.queued += 1;
    }

    /// Adds a fault that makes something go wrong.
    pub fn add_fault(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// What a fault does to the answer of a step that is called now; uses the fault up.
    pub fn fault_of_task(&mut self, step: &str) -> Option<TaskFault> {
        self.faults.iter_mut().find_map(|fault| fault.answers(step))
    }

    /// Takes every fault away: from now on nothing goes wrong.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// The faults, with how often each still applies.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Installs an observer, which is told of every call and every event from now on.
    pub fn observe(&mut self, observer: Box<dyn Observer + Send>) {
        self.observers.push(observer);
    }

    /// Says which execution acts now, and in which step of it: for the call log and for the crash faults.
    pub fn enter_step(&mut self, step: Option<&str>, execution: Option<&str>) {
        self.step = step.map(str::to_owned);
        self.actor = execution.map(str::to_owned);
        self.wrote = false;
    }

    /// An execution was started.
    pub fn execution_started(&mut self, execution: RunningExecution) {
        self.executions.insert(execution.id.clone(), execution);
    }

    /// An execution has ended.
    pub fn execution_ended(&mut self, id: &str) {
        self.executions.remove(id);
    }

    /// Work that AWS has done for the fleet since the scenario began.
    pub fn works(&self) -> &[Work] {
        &self.works
    }

    /// The longest chain of AWS's own work: no orchestration can be quicker.
    #[allow(clippy::cast_precision_loss)] // Milliseconds of a few weeks fit in 53 bits.
    pub fn aws_seconds(&self) -> f64 {
        longest_chain_ms(&self.works) as f64 / 1_000.0
    }

    /// Notes work for a server of the fleet that began at a moment and is over now.
    pub(crate) fn worked(&mut self, start_ms: i64, label: &'static str, server: Option<usize>) {
        if server.is_some() && start_ms >= self.start_ms && start_ms < self.now_ms {
            self.works.push(Work { start_ms, end_ms: self.now_ms, label, server });
        }
    }

    /// Everything as text: equal for equal seeds and equal calls.
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
            self.queue
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
