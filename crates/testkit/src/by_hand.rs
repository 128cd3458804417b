//! The actions of a person by hand, line by line of the page.

use failback_core::cloud::{JobStatus, RightSizing};
use failback_core::fleet::Redirected;
use failback_core::id::{JobId, SourceServerId};
use failback_core::plan::{NamedNetwork, Network};
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_core::tags::{Tags, tag};
use failback_sim::{ChangeAction, Fault, LaunchChange, RecordChange, Version};

use crate::{Fixture, Response};

impl Fixture {
    /// Reverses replication of every B2 and waits until every A2 is ready (step 1).
    #[must_use]
    pub fn reversed(mut self) -> Self {
        for server in self.servers() {
            let b2 = self.b2(server);
            self.simulation.world().reverse_replication(self.recovery(), &b2).expect("B2 is reversed");
        }
        self.pass(60);
        for server in self.servers() {
            self.fleet.servers[server].a2 = Some(self.a2(server));
        }
        let all = |world: &failback_sim::World| {
            self.servers().all(|server| {
                let a2 =
                    world.source_server(self.source(), &self.fleet.servers[server].a2.clone().expect("A2"));
                a2.and_then(|a2| a2.replication.complete_ms()).is_some_and(|ms| ms <= world.now_ms())
            })
        };
        self.until("healthy A2", all);
        self
    }

    /// Gives every A2 a launch template and settings as the plan asks for (step 2.2, *Launch settings*).
    #[must_use]
    pub fn prepared(self) -> Self {
        let fixture = self.reversed();
        let plan = &fixture.run.plan;
        let NamedNetwork { subnet_id, security_group_ids } =
            match (fixture.run.procedure, &plan.drill.network, &plan.launch.network) {
                (Procedure::Drill, Some(isolated), _) => isolated.clone(),
                (Procedure::Failback, _, Network::Named(named)) => named.clone(),
                _ => panic!("the plan names no network"),
            };
        for server in fixture.servers() {
            let mut world = fixture.simulation.world();
            let a2 = fixture.fleet.servers[server].a2.clone().expect("A2");
            let template = world.source_server(fixture.source(), &a2).expect("A2").launch.template.clone();
            let version = Version {
                subnet: Some(subnet_id.clone()),
                security_groups: Some(security_group_ids.clone()),
                profile: Some("web-role".to_owned()),
                instance_type: Some("m5.large".to_owned()),
            };
            let version = world
                .create_launch_template_version(fixture.source(), &template, 1, version)
                .expect("a version");
            world.set_default_version(fixture.source(), &template, version).expect("it is the default");
            let change = LaunchChange {
                right_sizing: Some(RightSizing::None),
                copy_private_ip: Some(false),
                starts: Some(true),
                ..LaunchChange::default()
            };
            world.update_launch_configuration(fixture.source(), &a2, &change).expect("settings");
        }
        fixture
    }

    /// Launches every A2 for failback and waits until A4 works (step 2.2).
    #[must_use]
    pub fn launched(self) -> Self {
        let mut fixture = self.prepared();
        let job = fixture.launch();
        fixture.until_job(fixture.source(), &job);
        fixture.pass(600);
        for server in fixture.servers() {
            let a3 = fixture.simulation.world().labels(server).a3.expect("A3");
            fixture.fleet.servers[server].a3 = Some(a3);
        }
        fixture
    }

    /// Starts the launch of every A2, with the run's tags as the step does it, and does not wait.
    ///
    /// # Panics
    /// When DRS refuses.
    pub fn launch(&self) -> JobId {
        self.launch_with(self.run.tags())
    }

    /// Starts the launch of every A2 as a person does in the console, without tags.
    ///
    /// # Panics
    /// When DRS refuses.
    pub fn launch_in_console(&self) -> JobId {
        self.launch_with(Tags::new())
    }

    fn launch_with(&self, tags: Tags) -> JobId {
        let servers: Vec<_> = self.servers().map(|server| self.a2(server).into()).collect();
        self.simulation.world().start_recovery(self.source(), &servers, false, tags).expect("a job")
    }

    /// Points the record at A4 and waits until clients use its address (step 2.3).
    #[must_use]
    pub fn redirected(self) -> Self {
        let mut fixture = self.launched();
        let record = fixture.run.plan.redirect.records()[0].clone();
        let a4 = fixture.fleet.find(&record.server).and_then(failback_core::fleet::Server::a4).expect("A4");
        let address =
            fixture.simulation.world().instance(fixture.source(), &a4).expect("A4 runs").private_ip.clone();
        fixture.point_at(&address);
        let redirected =
            Redirected { in_sync: Some(fixture.now()), old_ttl_seconds: Some(0), ..Redirected::default() };
        fixture.fleet.redirected = Some(redirected);
        fixture.record(&redirected);
        fixture
    }

    /// Writes the times of the redirect into the tags of every A2, as the step after the redirect does.
    fn record(&self, redirected: &Redirected) {
        let value = redirected.tag_value().expect("it is INSYNC");
        for server in self.servers() {
            let mut world = self.simulation.world();
            let arn = world.source_server(self.source(), &self.a2_of(server)).expect("A2").arn.clone();
            let tags = Tags::from([(tag::REDIRECTED.to_owned(), value.clone())]);
            world.tag_resource(&arn, &tags).expect("A2 exists");
        }
    }

    fn a2_of(&self, server: usize) -> SourceServerId {
        self.fleet.servers[server].a2.clone().expect("A2")
    }

    /// Points the record at an address.
    ///
    /// # Panics
    /// When Route 53 refuses.
    pub fn point_at(&self, address: &str) {
        let record = self.run.plan.redirect.records()[0].clone();
        let change =
            RecordChange::of_simple(ChangeAction::Upsert, &record.name, 60, vec![address.to_owned()]);
        self.simulation.world().change_record_sets(&record.zone_id, &[change]).expect("a change");
        self.pass(120);
    }

    /// Reverses replication of every A3 and waits until B1 protects A4 (step 3).
    #[must_use]
    pub fn protected(self) -> Self {
        let fixture = self.redirected();
        for server in fixture.servers() {
            let a3 = fixture.a3(server);
            fixture.simulation.world().reverse_replication(fixture.source(), &a3).expect("A3 is reversed");
        }
        fixture.pass(60);
        fixture.until("protection", |world| {
            fixture.servers().all(|server| {
                // Another one, where DRS makes one instead of re-pointing B1.
                let b1 = world.labels(server).b1.expect("B1");
                let b1 = world.source_server(fixture.recovery(), &b1).expect("B1");
                b1.replication.complete_ms().is_some_and(|ms| ms <= world.now_ms())
            })
        });
        fixture
    }

    /// Stops replication of every A2, and lets ten minutes pass so that DRS settles (step 4.1).
    #[must_use]
    pub fn stopped(self) -> Self {
        for server in self.servers() {
            let a2 = self.a2(server);
            self.simulation.world().stop_replication(self.source(), &a2).expect("A2 is stopped");
            if self.run.procedure == Procedure::Drill
                && let Some(a3) = &self.fleet.servers[server].a3
            {
                let found =
                    self.simulation.world().recovery_instance(self.source(), a3).map(|a3| a3.arn.clone());
                let arn = found.expect("A3");
                let tags = Tags::from([(tag::RUN.to_owned(), self.run.tag_value())]);
                self.simulation.world().tag_resource(&arn, &tags).expect("A3 is tagged");
            }
        }
        self.pass(600);
        self
    }

    /// Has DRS show B1 of the first server with a lag of five minutes from now on.
    #[must_use]
    pub fn with_lagging_b1(mut self) -> Self {
        let b1 = self.fleet.servers[0].b1.clone();
        self.tamper(move |seen| {
            if let Response::SourceServers(_, servers) = seen {
                let of_first = servers.iter_mut().filter(|server| server.id == b1);
                of_first.for_each(|b1| b1.replication.lag_seconds = Some(300));
            }
        });
        self
    }

    /// Terminates every B2 (step 4.2).
    #[must_use]
    pub fn without_b2(self) -> Self {
        let all: Vec<_> = self.servers().map(|server| self.b2(server)).collect();
        let job = self.simulation.world().terminate_recovery_instances(self.recovery(), &all).expect("a job");
        self.until_job(self.recovery(), &job);
        self.pass(120);
        self
    }

    /// Terminates every A3, as the clean-up of a drill does.
    #[must_use]
    pub fn without_a4(self) -> Self {
        let all: Vec<_> = self.servers().map(|server| self.a3(server)).collect();
        let job = self.simulation.world().terminate_recovery_instances(self.source(), &all).expect("a job");
        self.until_job(self.source(), &job);
        self.pass(120);
        self
    }

    /// Deletes every record A3 (step 4.4).
    #[must_use]
    pub fn without_a3(self) -> Self {
        for server in self.servers() {
            let a3 = self.a3(server);
            self.simulation.world().delete_recovery_instance(self.source(), &a3).expect("A3 is deleted");
        }
        self
    }

    /// Adds a fault, in the words of `--fail`.
    ///
    /// # Panics
    /// When the text is not a fault.
    pub fn fail(&self, rule: &str) {
        let names: Vec<String> = self.fleet.servers.iter().map(|server| server.name.clone()).collect();
        let known = failback_sim::Known { steps: &[], servers: &names, errors: &[] };
        self.simulation
            .world()
            .add_fault(Fault::parse(rule, &known).unwrap_or_else(|error| panic!("{error}")));
    }

    fn until_job(&self, region: Region, job: &JobId) {
        self.until("a job", |world| {
            world.job(region, job).is_some_and(|job| job.status == JobStatus::Completed)
        });
    }
}
