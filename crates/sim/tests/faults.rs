//! Tests of the entry point of every call: the call log, the observers, and each fault.

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use std::sync::{Arc, Mutex};

use common::{a2, b2, configure, launch_all, plan, recovery, reverse_all, source, wait_for_job, world};
use failback_core::ErrorName;
use failback_core::cloud::{Check, LaunchStatus, Tags};
use failback_core::region::Region;
use failback_sim::{
    Access, CallOutcome, CallRequest, CallResult, Changed, Fault, Known, Observer, Occurrence, Options,
    Phase, Scenario, ServiceError, World,
};

fn fault(text: &str) -> Fault {
    let names = ["web-1", "data-1"].map(str::to_owned);
    let steps = ["Start Reversed Replication".to_owned()];
    Fault::parse(text, &Known { steps: &steps, servers: &names, errors: &[] }).unwrap()
}

fn reverse(world: &mut World, server: usize) -> CallResult<String> {
    let id = b2(world, server);
    let request = CallRequest::new("drs:ReverseReplication", Some(recovery()), [&id]);
    world.call(request, |w| w.reverse_replication(recovery(), &id))
}

fn describe(world: &mut World, region: Region) -> CallResult<usize> {
    let request = CallRequest::new("DescribeSourceServers", Some(region), Vec::<String>::new());
    world.call(request, |w| Ok(w.describe_source_servers(region, &[])?.len()))
}

#[test]
fn a_call_takes_time_and_is_logged() {
    let mut world = world(Scenario::Recovered);
    let before = world.now_ms();
    world.enter_step(Some("Start Reversed Replication"), Some("run-1"));
    assert!(matches!(describe(&mut world, recovery()), CallResult::Ok(6)));
    assert!((40..=60).contains(&(world.now_ms() - before)));
    assert!(reverse(&mut world, 0).ok().is_some());
    let call = &world.calls()[1];
    assert_eq!((call.service, call.operation, call.kind), ("drs", "ReverseReplication", Access::Write));
    assert_eq!(
        (call.actor.as_deref(), call.step.as_deref()),
        (Some("run-1"), Some("Start Reversed Replication"))
    );
    assert_eq!(call.outcome, CallOutcome::Ok);
    assert!(call.changed.contains(&Changed::SourceServer(source(), a2(&world, 0))));
}

#[test]
fn an_error_is_answered_as_often_as_the_rule_says() {
    let mut world = world(Scenario::Recovered);
    world.add_fault(fault("error:DescribeSourceServers=ThrottlingException x2"));
    for _ in 0..2 {
        let CallResult::Refused(fault) = describe(&mut world, recovery()) else { panic!("refused") };
        assert_eq!((fault.http, fault.name()), (429, ErrorName::Throttled));
    }
    assert!(matches!(describe(&mut world, recovery()), CallResult::Ok(_)));
    assert!(world.faults()[0].is_used_up());
}

#[test]
fn a_lost_answer_took_effect() {
    let mut world = world(Scenario::Recovered);
    world.add_fault(fault("lost:drs:ReverseReplication"));
    assert!(matches!(reverse(&mut world, 0), CallResult::Lost));
    assert!(world.labels(0).a2.is_some());
    assert_eq!(world.calls()[0].outcome, CallOutcome::Lost);
}

#[test]
fn a_step_dies_after_its_first_write_and_only_then() {
    let mut world = world(Scenario::Recovered);
    world.add_fault(fault("crash:Start Reversed Replication"));
    world.enter_step(Some("Start Reversed Replication"), None);
    assert!(matches!(describe(&mut world, recovery()), CallResult::Ok(_)));
    assert!(matches!(reverse(&mut world, 0), CallResult::Died));
    assert!(world.labels(0).a2.is_some());
    world.enter_step(Some("Start Reversed Replication"), None);
    assert!(matches!(reverse(&mut world, 1), CallResult::Ok(_)));
}

#[test]
fn a_stall_holds_the_initial_sync_up_for_that_long() {
    let build = || World::build(&plan(), &Options::default());
    let complete = |world: &mut World| {
        let server = world.index_of("web-1").unwrap();
        assert!(reverse(world, server).ok().is_some());
        (
            server,
            world.source_server(source(), &a2(world, server)).unwrap().replication.complete_ms().unwrap(),
        )
    };
    let (_, usual) = complete(&mut build());
    let mut world = build();
    world.add_fault(fault("stall:web-1=90"));
    let (server, stalled) = complete(&mut world);
    assert_eq!(stalled - usual, 90 * 60_000);
    world.advance_to(world.now_ms() + (usual - world.now_ms()) / 2 + 30 * 60_000);
    let course = &world.source_server(source(), &a2(&world, server)).unwrap().replication;
    assert_eq!(course.phase(world.now_ms()), Phase::NotConverging);
}

#[test]
fn a_launch_fails_once_and_works_the_second_time() {
    let mut world = world(Scenario::Recovered);
    world.add_fault(fault("launch:web-1"));
    reverse_all(&mut world);
    (0..world.fleet().len()).for_each(|server| configure(&mut world, server, false));
    let server = world.index_of("web-1").unwrap();
    let id = a2(&world, server);
    let job = world.start_recovery(source(), &[id.into()], false, Tags::new()).unwrap();
    wait_for_job(&mut world, source(), &job);
    assert_eq!(world.job(source(), &job).unwrap().parts[0].launch, LaunchStatus::Failed);
    launch_all(&mut world);
}

#[test]
fn an_impaired_boot_never_passes_its_check() {
    let mut world = world(Scenario::Recovered);
    world.add_fault(fault("boot:web-1"));
    reverse_all(&mut world);
    (0..world.fleet().len()).for_each(|server| configure(&mut world, server, false));
    launch_all(&mut world);
    let server = world.index_of("web-1").unwrap();
    let instance = world.labels(server).a4.unwrap();
    let checks = |w: &World| w.describe_instance_status(source(), std::slice::from_ref(&instance))[0].clone();
    assert_eq!(checks(&world).instance, Check::Initializing);
    world.advance_by(3 * 60_000);
    let after = checks(&world);
    assert_eq!((after.system, after.instance), (Check::Ok, Check::Impaired));
}

#[test]
fn a_rule_that_cannot_be_read_lists_what_could_be_meant() {
    let servers = ["web-1".to_owned(), "box1".to_owned()];
    let known = Known { servers: &servers, ..Known::default() };
    let error = |text: &str| Fault::parse(text, &known).unwrap_err().to_string();
    assert_eq!(error("launch:web-9"), "`launch:web-9`: unknown server; known are: web-1, box1");
    assert!(error("error:Nonsense=ConflictException").contains("drs:StartRecovery"));
    assert!(error("error:StartRecovery=Nonsense").contains("ThrottlingException"));
    assert!(error("gremlin:web-1").contains("crash:"));
    assert!(error("stall:web-1=soon").contains("minutes"));
    assert!(Fault::parse("launch:box1", &known).is_ok(), "a name may end like a count");
    assert!(Fault::parse("launch:box1x3", &known).is_ok());
    assert!(Fault::parse("boot:web-1 x*", &known).is_ok());
}

#[derive(Default)]
struct Ear(Arc<Mutex<Vec<String>>>);

impl Observer for Ear {
    fn after(&mut self, world: &World, what: &Occurrence<'_>) {
        let said = match what {
            Occurrence::Call(call) => format!("{} {}", call.operation, world.calls().len()),
            Occurrence::Event { label, changed, .. } => format!("{label} {}", changed.len()),
        };
        self.0.lock().unwrap().push(said);
    }
}

#[test]
fn an_observer_hears_of_calls_and_events() {
    let mut world = world(Scenario::Recovered);
    let heard = Arc::new(Mutex::new(Vec::new()));
    world.observe(Box::new(Ear(Arc::clone(&heard))));
    assert!(reverse(&mut world, 0).ok().is_some());
    world.advance_by(10_000);
    assert_eq!(*heard.lock().unwrap(), ["ReverseReplication 0", "source server visible 1"]);
}

#[test]
fn every_code_has_the_name_under_which_the_caller_decides() {
    let name = |code| ServiceError::new(code, "").name();
    assert_eq!(name("PriorRequestNotComplete"), ErrorName::Throttled);
    assert_eq!(name("IncorrectInstanceState"), ErrorName::Conflict);
    assert_eq!(name("InvalidInstanceID.NotFound"), ErrorName::NotFound);
    assert_eq!(name("UnauthorizedOperation"), ErrorName::AccessDenied);
    assert_eq!(name("InternalServerException"), ErrorName::Unavailable);
    assert_eq!(name("InvalidChangeBatch"), ErrorName::Conflict);
    assert_eq!(name("ServiceQuotaExceededException"), ErrorName::QuotaExceeded);
}
