//! One server in the state in which a warrant is granted, and the means to falsify one precondition.

use failback_core::cloud::{
    Check, Direction, FailbackState, Instance, InstanceState, InstanceStatus, Job, JobKind, JobServer,
    JobStatus, LastLaunch, LaunchConfiguration, LaunchStatus, LaunchTemplateVersion, RecordSet, RecordType,
    RecoveryInstance, Replication, ReplicationState, RightSizing, SourceServer, Tags,
};
use failback_core::fleet::{
    self, Fleet, LaunchConfigurations, LaunchTemplates, LiveServer, LiveState, Reads, Redirected, Server,
    Times,
};
use failback_core::guard::Guard;
use failback_core::id::{InstanceId, RecoveryInstanceId, SourceServerId};
use failback_core::plan::Plan;
use failback_core::procedure::{Procedure, Scope};
use failback_core::run::{Aborted, Frozen, Run};
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use crate::aws::{Aws, Half};

pub const A1: &str = "i-0000000000000000a";
pub const A4: &str = "i-0000000000000004a";
pub const B3: &str = "i-0000000000000003b";
pub const OTHER: &str = "i-0000000000000009f";
pub const A2: &str = "s-000000000000000a2";
pub const B1: &str = "s-000000000000000b1";
pub const OTHERS: &str = "s-000000000000000f9";
pub const JOB: &str = "drsjob-00000000000000001";
pub const LAUNCH: &str = "drsjob-00000000000000002";

/// The reads of every part.
pub const ALL_READS: Reads = Reads {
    b1: true,
    b2: true,
    a2: true,
    a3: true,
    source_jobs: true,
    recovery_jobs: true,
    source_instances: true,
    recovery_instances: true,
    records: true,
};

/// Reads an id.
pub fn id<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// A world, the requested reads, and the time of the request.
#[derive(Debug, Clone)]
pub struct Case {
    pub procedure: Procedure,
    pub plan: Value,
    pub aws: Aws,
    pub fleet: Fleet,
    pub checks: Vec<InstanceStatus>,
    pub traffic_moved_by_hand: bool,
    pub clean_up_approved: Option<u32>,
    pub frozen: Option<Frozen>,
    pub redrives: u32,
    pub aborted: Option<Aborted>,
    pub reads: Reads,
    /// The time between reading and the request for the warrant.
    pub asked_after_seconds: u64,
}

impl Case {
    /// Returns a failback that has reached its clean-up: A4 works, carries traffic and is protected; A2 is stopped; A1
    /// is stopped and B2 still lives.
    pub fn failback() -> Self {
        Self::new(Procedure::Failback, A4, "10.0.0.4", InstanceState::Stopped)
    }

    /// Returns a drill that has reached its clean-up: production runs on A1, a drill launched B2, A2 is stopped.
    pub fn drill() -> Self {
        let mut case = Self::new(Procedure::Drill, A1, "10.0.0.1", InstanceState::Running);
        case.b2().tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
        case.a3().replication_state = ReplicationState::NotStarted;
        let launch = Job { status: JobStatus::Completed, tags: case.run().tags(), ..job_on(A2) };
        let launch = Job { id: id(LAUNCH), ..launch };
        case.a3().job = Some(launch.id.clone());
        case.aws.source.jobs.push(launch);
        let own = case.run().tag_value();
        case.a3().tags.insert(tag::RUN.to_owned(), own);
        case
    }

    fn new(procedure: Procedure, protected: &str, traffic: &str, a1: InstanceState) -> Self {
        let source = Half {
            servers: vec![source_server(A2, Direction::Failback, B3, ReplicationState::Stopped)],
            recovery_instances: vec![recovery_instance(A4, A2)],
            jobs: Vec::new(),
            instances: vec![instance(A1, a1, "10.0.0.1"), instance(A4, InstanceState::Running, "10.0.0.4")],
        };
        let recovery = Half {
            servers: vec![source_server(B1, Direction::Failover, protected, ReplicationState::Continuous)],
            recovery_instances: vec![recovery_instance(B3, B1)],
            jobs: Vec::new(),
            instances: vec![instance(B3, InstanceState::Running, "10.1.0.3")],
        };
        let redirected = Redirected { in_sync: Some(start()), ..Redirected::default() };
        let mut case = Self {
            procedure,
            plan: serde_json::from_str(include_str!("../../src/plan/complete.json")).unwrap(),
            aws: Aws {
                now: start(),
                source,
                recovery,
                records: vec![record(traffic)],
                snapshots: vec![(id("pit-00000000000000001"), start())],
                configuration: configured(),
                template: template(),
                execution: None,
            },
            fleet: Fleet { servers: vec![server()], redirected: Some(redirected) },
            checks: [B3, A4].map(passed).to_vec(),
            traffic_moved_by_hand: false,
            clean_up_approved: None,
            frozen: None,
            redrives: 0,
            aborted: None,
            reads: ALL_READS,
            asked_after_seconds: 0,
        };
        let run = case.run().tag_value();
        case.claimed_by(Some(&run));
        case
    }

    /// Has a run own the server, as the tags of B2 and A2 say; or nobody.
    pub fn claimed_by(&mut self, run: Option<&str>) {
        let (b2, a2) =
            (self.aws.recovery.recovery_instances.first_mut(), self.aws.source.servers.first_mut());
        for tags in b2.map(|b2| &mut b2.tags).into_iter().chain(a2.map(|a2| &mut a2.tags)) {
            match run {
                Some(run) => tags.insert(tag::RUN.to_owned(), run.to_owned()),
                None => tags.remove(tag::RUN),
            };
        }
    }

    /// Returns the launch settings of every B1, as a step reads them.
    pub fn settings(&self) -> LaunchConfigurations {
        self.fleet.servers.iter().map(|server| (server.b1.clone(), self.aws.configuration.clone())).collect()
    }

    /// Returns the launch template of every B1, as a step reads them.
    pub fn templates(&self) -> LaunchTemplates {
        self.fleet.servers.iter().map(|server| (server.b1.clone(), self.aws.template.clone())).collect()
    }

    pub fn a1(&mut self) -> &mut Instance {
        &mut self.aws.source.instances[0]
    }
    pub fn a2(&mut self) -> &mut SourceServer {
        &mut self.aws.source.servers[0]
    }
    pub fn a3(&mut self) -> &mut RecoveryInstance {
        &mut self.aws.source.recovery_instances[0]
    }
    pub fn a4(&mut self) -> &mut Instance {
        &mut self.aws.source.instances[1]
    }
    pub fn b1(&mut self) -> &mut SourceServer {
        &mut self.aws.recovery.servers[0]
    }
    pub fn b2(&mut self) -> &mut RecoveryInstance {
        &mut self.aws.recovery.recovery_instances[0]
    }
    pub fn b3(&mut self) -> &mut Instance {
        &mut self.aws.recovery.instances[0]
    }
    pub fn server(&mut self) -> &mut Server {
        &mut self.fleet.servers[0]
    }
    pub fn set(&mut self, pointer: &str, value: Value) {
        *self.plan.pointer_mut(pointer).unwrap() = value;
    }
    pub fn points_at(&mut self, address: &str) {
        self.aws.records[0].values = vec![address.to_owned()];
    }
    pub fn moved_by_hand(&mut self, said: bool) {
        self.plan["redirect"] = json!({ "byHand": true });
        self.plan["launch"]["dataAgeSecondsMax"] = json!(1_209_600);
        self.traffic_moved_by_hand = said;
        self.clean_up_approved = said.then_some(0);
    }

    /// Removes the launch for failback.
    pub fn without_a3(mut self) -> Self {
        self.aws.source.recovery_instances.clear();
        self.aws.source.instances.truncate(1);
        self.server().a3 = None;
        self
    }

    /// Removes the reversed replication.
    pub fn without_a2(mut self) -> Self {
        self = self.without_a3();
        self.aws.source.servers.clear();
        self.server().a2 = None;
        self
    }

    /// Terminates B2.
    pub fn without_b2(mut self) -> Self {
        self.aws.recovery.recovery_instances.clear();
        self
    }

    pub fn run(&self) -> Run {
        Run {
            id: "arn:aws:states:us-east-1:111122223333:execution:failback:one".into(),
            procedure: self.procedure,
            started: start(),
            began: None,
            plan: Plan::read(&self.plan).unwrap(),
            traffic_moved_by_hand: self.traffic_moved_by_hand,
            clean_up_approved: self.clean_up_approved,
            frozen: self.frozen,
            hook: Some("arn:aws:lambda:us-east-2:111122223333:function:freeze".to_owned()),
            redrives: self.redrives,
            aborted: self.aborted.clone(),
            again: None,
        }
    }

    /// Reads this world, and asks the guard `asked_after_seconds` later.
    pub fn ask<S: Scope, T>(
        &self,
        ask: impl FnOnce(&Guard<'_, S>, &[LiveServer<'_>]) -> Result<T>,
    ) -> Result<T> {
        let (run, live) = (self.run(), self.live()?);
        let mut later = self.aws.clone();
        later.now = later.now.plus_seconds(self.asked_after_seconds);
        ask(&Guard::new(&run, &later)?, &live.servers(&self.fleet))
    }

    /// Returns the live state of this world.
    pub fn live(&self) -> Result<LiveState> {
        fleet::read(&self.aws, &self.run(), &self.fleet, self.reads).now_or_never().unwrap()
    }
}

pub fn all<'s, 'l>(servers: &'s [LiveServer<'l>]) -> Vec<&'s LiveServer<'l>> {
    servers.iter().collect()
}

pub fn start() -> Timestamp {
    Timestamp::parse("2026-11-02T08:00:00Z").unwrap()
}

pub fn server() -> Server {
    Server {
        name: "web-1".into(),
        wave: 0,
        a1: Some(id(A1)),
        b1: id(B1),
        b2: Some(id(B3)),
        a2: Some(id(A2)),
        a3: Some(id(A4)),
        replace: None,
        drained: false,
        asked: None,
        already_failed_back: false,
        times: Times::default(),
    }
}

pub fn healthy(state: ReplicationState) -> Replication {
    Replication {
        state,
        lag_seconds: None,
        eta: None,
        total_bytes: 100,
        replicated_bytes: 100,
        rescanned_bytes: 100,
        backlog_bytes: 0,
        rescan_complete: true,
        error: None,
        step: None,
    }
}

pub fn source_server(
    name: &str,
    direction: Direction,
    instance: &str,
    state: ReplicationState,
) -> SourceServer {
    SourceServer {
        id: id(name),
        arn: format!("arn:aws:drs:us-east-1:111122223333:source-server/{name}"),
        tags: Tags::new(),
        direction,
        instance: Some(id(instance)),
        hostname: None,
        origin_region: None,
        recovery_instance: None,
        last_seen: None,
        last_launch: LastLaunch::NotStarted,
        last_launch_job: None,
        replication: healthy(state),
        reversed_arn: None,
    }
}

pub fn recovery_instance(name: &str, of: &str) -> RecoveryInstance {
    RecoveryInstance {
        id: id::<RecoveryInstanceId>(name),
        arn: format!("arn:aws:drs:us-east-2:111122223333:recovery-instance/{name}"),
        tags: Tags::new(),
        instance: id(name),
        state: InstanceState::Running,
        job: None,
        source_server: id::<SourceServerId>(of),
        is_drill: false,
        originated_in_aws: true,
        failback_state: FailbackState::NotStarted,
        agent_seen: None,
        replication_state: ReplicationState::Continuous,
        // A3 was launched after B2.
        point_in_time: Some(if of == B1 { start().days_before(1) } else { start() }),
    }
}

pub fn instance(name: &str, state: InstanceState, address: &str) -> Instance {
    Instance {
        id: id::<InstanceId>(name),
        state,
        state_reason: None,
        tags: Tags::new(),
        instance_type: "m5.large".into(),
        subnet: Some(id("subnet-0a1b2c3d4e5f60718")),
        security_groups: vec![id("sg-0a1b2c3d4e5f60718")],
        profile_arn: Some("arn:aws:iam::111122223333:instance-profile/web".into()),
        private_ip: Some(address.to_owned()),
        public_ip: None,
        network_interfaces: 1,
        metadata_reachable: true,
    }
}

pub fn record(value: &str) -> RecordSet {
    RecordSet {
        name: "shop.example.com.".into(),
        kind: RecordType::A,
        ttl_seconds: Some(60),
        values: vec![value.to_owned()],
        set_identifier: None,
    }
}

pub fn passed(instance: &str) -> InstanceStatus {
    InstanceStatus { id: id(instance), system: Check::Ok, instance: Check::Ok }
}

/// Returns a job of either Region that is working on a server.
pub fn job_on(server: &str) -> Job {
    let part = JobServer {
        server: id(server),
        recovery_instance: None,
        launch: LaunchStatus::InProgress,
        actions: None,
    };
    Job {
        id: id(JOB),
        kind: JobKind::Launch,
        status: JobStatus::Started,
        created: Some(start()),
        tags: Tags::new(),
        servers: vec![part],
    }
}

/// Returns the tags of an instance whose owner lets DRS launch into it.
pub fn may_be_launched_into() -> Tags {
    Tags::from([("AWSDRS".to_owned(), "AllowLaunchingIntoThisInstance".to_owned())])
}

pub fn configured() -> LaunchConfiguration {
    LaunchConfiguration {
        launch_template: Some(id("lt-00000001")),
        launch_into: None,
        right_sizing: RightSizing::None,
        copy_private_ip: false,
        starts: true,
        post_launch_actions: false,
    }
}

pub fn template() -> LaunchTemplateVersion {
    LaunchTemplateVersion {
        template: id("lt-00000001"),
        version: 2,
        subnet: Some(id("subnet-0a1b2c3d4e5f60718")),
        security_groups: vec![id("sg-0a1b2c3d4e5f60718")],
        profile: Some("arn:aws:iam::111122223333:instance-profile/web".into()),
        instance_type: Some("m5.large".into()),
        protects_from_termination: false,
    }
}

/// One precondition falsified, and the words of the refusal.
pub type Row = (&'static str, fn(&mut Case));

/// Requests a warrant in a world where it is due, and again with each row's precondition falsified.
pub fn granted_unless<T>(base: &Case, ask: impl Fn(&Case) -> Result<T>, rows: &[Row]) -> T {
    servers_of_others_are_left_alone(base, &ask);
    granted_to_anyone_unless(base, ask, rows)
}

/// Same as [`granted_unless`], for what needs no claim: the launch of B2, and judgments.
pub fn granted_to_anyone_unless<T>(base: &Case, ask: impl Fn(&Case) -> Result<T>, rows: &[Row]) -> T {
    let granted = ask(base).unwrap_or_else(|error| panic!("in the world where it is due: {error}"));
    stale_state_proves_nothing(base, &ask);
    for (said, falsify) in rows {
        refused(base, &ask, ErrorName::Guard, said, *falsify);
    }
    granted
}

/// Asserts that the same world with one change is refused under this name and with these words.
pub fn refused<T>(
    base: &Case,
    ask: impl Fn(&Case) -> Result<T>,
    name: ErrorName,
    said: &str,
    change: impl FnOnce(&mut Case),
) -> Error {
    let mut case = base.clone();
    change(&mut case);
    let Err(error) = ask(&case) else { panic!("granted although: {said}") };
    assert_eq!(error.name(), name, "{said}: {error}");
    assert!(error.to_string().contains(said), "`{said}` is not what was said: {error}");
    error
}

fn servers_of_others_are_left_alone<T>(base: &Case, ask: &impl Fn(&Case) -> Result<T>) {
    refused(base, ask, ErrorName::Guard, "has not claimed it", |case| case.claimed_by(None));
    refused(base, ask, ErrorName::Guard, "execution:other has claimed", |case| {
        case.claimed_by(Some("execution:other"));
    });
}

fn stale_state_proves_nothing<T>(base: &Case, ask: impl Fn(&Case) -> Result<T>) {
    let later = |seconds| Case { asked_after_seconds: seconds, ..base.clone() };
    assert!(ask(&later(60)).is_ok(), "a minute is fresh enough");
    refused(base, &ask, ErrorName::Stale, "too long ago", |case| case.asked_after_seconds = 61);
}
