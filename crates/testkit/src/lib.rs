//! Worlds brought by hand to a line of AWS's page, for the steps' own tests.
//!
//! Each step is tested alone. In place of the steps before it, a person acts in the simulator with the console's own
//! operations. A test selects a line of the page, calls its step, and checks the world.

#![allow(clippy::missing_panics_doc, reason = "for tests: it panics where a test has set up what cannot be")]

mod by_hand;
mod call;
mod tamper;

use failback_core::cloud::Clock as _;
use failback_core::fleet::{Fleet, Server, Times};
use failback_core::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_core::run::Run;
use failback_core::step::PollState;
use failback_core::timestamp::Timestamp;
use failback_sim::{Options, Simulation, World};
use serde_json::Value;

pub use failback_sim::{Scenario, Switches};
pub use tamper::{Response, Tampered};

/// A plan with one record, whose traffic is moved by Route 53, and an isolated network.
const PLAN: &str = include_str!("plan.json");

/// A world at a line of the page, with the run up to that line.
pub struct Fixture {
    /// The world.
    pub simulation: Simulation,
    /// The run.
    pub run: Run,
    /// The fleet of the run.
    pub fleet: Fleet,
    /// Index of the wave, for a step that works wave by wave.
    pub wave: usize,
    /// The execution that owns the servers at each call: the run's, unless a test says otherwise.
    pub owner: Option<String>,
    /// The state of polling, as the last call returned it.
    pub poll: Option<PollState>,
    tamper: Box<dyn Fn(Response<'_>) + Send + Sync>,
}

impl Fixture {
    /// Creates the start of a failback: production runs on B3, A1 is stopped.
    ///
    /// # Panics
    /// When the changed plan is not valid. All functions here also panic when the world does not behave as expected.
    #[must_use]
    pub fn failback(change: impl FnOnce(&mut Value)) -> Self {
        Self::new(Procedure::Failback, Scenario::Recovered, change)
    }

    /// Creates the start of a drill: production runs on A1, B2 and B3 were launched as a drill.
    #[must_use]
    pub fn drill(change: impl FnOnce(&mut Value)) -> Self {
        Self::new(Procedure::Drill, Scenario::DrilledRecovered, change)
    }

    /// Creates the start of a procedure, in a world of two servers.
    #[must_use]
    pub fn new(procedure: Procedure, scenario: Scenario, change: impl FnOnce(&mut Value)) -> Self {
        Self::with_switches(procedure, scenario, Switches::default(), change)
    }

    /// Creates the start of a procedure where B1 launches into an instance that exists in the recovery Region.
    #[must_use]
    pub fn with_existing(procedure: Procedure, scenario: Scenario, change: impl FnOnce(&mut Value)) -> Self {
        let switches = Switches { launch_into_existing: true, ..Switches::default() };
        Self::with_switches(procedure, scenario, switches, change)
    }

    /// Creates the start of a procedure where open questions about DRS are answered so.
    #[must_use]
    pub fn with_switches(
        procedure: Procedure,
        scenario: Scenario,
        switches: Switches,
        change: impl FnOnce(&mut Value),
    ) -> Self {
        let mut plan: Value = serde_json::from_str(PLAN).expect("the plan is JSON");
        change(&mut plan);
        let plan = Plan::read(&plan).unwrap_or_else(|problems| panic!("{problems}"));
        let world = World::build(&plan, &Options { scenario, servers: 2, switches, ..Options::default() });
        let servers = (0..world.fleet().len()).map(|index| server(&world, index)).collect();
        let started = Timestamp::from_millis(world.now_ms());
        let run = Run {
            id: "arn:aws:states:us-east-1:111122223333:execution:stage:one".to_owned(),
            procedure,
            started,
            began: None,
            plan,
            traffic_moved_by_hand: false,
            clean_up_approved: None,
            frozen: None,
            hook: world.hook_arn(),
            redrives: 0,
            aborted: None,
            again: None,
        };
        let fleet = Fleet { servers, redirected: None };
        let owner = Some(run.tag_value());
        Self {
            simulation: Simulation::new(world),
            run,
            fleet,
            wave: 0,
            owner,
            poll: None,
            tamper: Box::new(|_| ()),
        }
    }

    /// Changes what the step reads from now on, to states that no simulated world reaches by itself.
    pub fn tamper(&mut self, tamper: impl Fn(Response<'_>) + Send + Sync + 'static) {
        self.tamper = Box::new(tamper);
    }

    /// Returns the source Region.
    #[must_use]
    pub fn source(&self) -> Region {
        self.run.source()
    }

    /// Returns the recovery Region.
    #[must_use]
    pub fn recovery(&self) -> Region {
        self.run.recovery()
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.simulation.now()
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.simulation.world().advance_by(seconds * 1000);
    }

    /// Lets time pass in which the step that waits was called as often as it asked for, and found nothing new.
    pub fn wait_in_vain(&mut self, seconds: i64) {
        self.pass(seconds);
        if let Some(poll) = &mut self.poll {
            poll.due = poll.due.max(self.simulation.now());
        }
    }

    /// Lets time pass until a condition holds, for at most a day.
    pub fn until(&self, what: &str, is_so: impl Fn(&World) -> bool) {
        for _ in 0..24 * 720 {
            if is_so(&self.simulation.world()) {
                return;
            }
            self.pass(5);
        }
        panic!("waited a day for {what}");
    }

    /// Returns the number of accepted writing calls.
    #[must_use]
    pub fn writes(&self) -> usize {
        let writes = |call: &&failback_sim::Call| {
            call.kind == failback_sim::Access::Write
                && !matches!(call.outcome, failback_sim::CallOutcome::Err(_))
        };
        self.simulation.world().calls().iter().filter(writes).count()
    }

    /// Returns what still exists of every server, as labels in order, such as `A4 B1`.
    #[must_use]
    pub fn left(&self) -> Vec<String> {
        let world = self.simulation.world();
        let labels = |server| {
            let mut labels: Vec<_> = world.left_of(server).into_iter().map(|left| left.label).collect();
            labels.sort_unstable();
            labels.dedup();
            labels.join(" ")
        };
        (0..world.fleet().len()).map(labels).collect()
    }

    /// Returns B1 of a server.
    #[must_use]
    pub fn b1(&self, server: usize) -> SourceServerId {
        self.fleet.servers[server].b1.clone()
    }

    /// Returns B2 of a server.
    #[must_use]
    pub fn b2(&self, server: usize) -> RecoveryInstanceId {
        self.fleet.servers[server].b2.clone().expect("it is recovered")
    }

    /// Returns A2 of a server.
    #[must_use]
    pub fn a2(&self, server: usize) -> SourceServerId {
        self.simulation.world().labels(server).a2.expect("it is reversed")
    }

    /// Returns A3 of a server.
    #[must_use]
    pub fn a3(&self, server: usize) -> RecoveryInstanceId {
        self.fleet.servers[server].a3.clone().expect("it is launched")
    }

    /// Returns A1 of a server.
    #[must_use]
    pub fn a1(&self, server: usize) -> InstanceId {
        self.fleet.servers[server].a1.clone().expect("it had an original")
    }

    pub(crate) fn servers(&self) -> std::ops::Range<usize> {
        0..self.fleet.servers.len()
    }
}

fn server(world: &World, index: usize) -> Server {
    let labels = world.labels(index);
    Server {
        name: world.fleet()[index].name.clone(),
        wave: 0,
        a1: Some(world.fleet()[index].a1.clone()),
        b1: labels.b1.expect("each server is protected"),
        b2: labels.b2,
        a2: None,
        a3: None,
        replace: None,
        drained: false,
        asked: None,
        already_failed_back: false,
        times: Times::default(),
    }
}
