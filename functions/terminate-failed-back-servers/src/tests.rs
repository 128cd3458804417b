use failback_core::run::Aborted;
use failback_core::tags::tag;
use failback_testkit::Fixture;
use serde_json::{Value, json};

use crate::TerminateFailedBackServers as Step;

/// Returns a failback whose A4 work, and which a person has aborted. A3 carries the run's tag.
fn aborted(change: impl FnOnce(&mut Value)) -> Fixture {
    let mut fixture = Fixture::failback(change).launched();
    abort(&mut fixture);
    for server in 0..2 {
        let arn = {
            let world = fixture.simulation.world();
            let a3 = world.recovery_instance(fixture.source(), &fixture.a3(server));
            a3.expect("an A3").arn.clone()
        };
        let tags = [(tag::RUN.to_owned(), fixture.run.tag_value())].into();
        let tagged = fixture.simulation.world().tag_resource(&arn, &tags);
        tagged.expect("A3 is tagged");
    }
    fixture.pass(60);
    fixture
}

fn abort(fixture: &mut Fixture) {
    let gate = Some("Ask Before Redirect".to_owned());
    fixture.run.aborted = Some(Aborted { gate, at: fixture.now(), by: None, comment: None });
}

#[test]
fn a4_is_terminated_and_everything_else_is_as_before() {
    let mut fixture = aborted(|_| ());
    fixture.waits::<Step>("terminating A4 of web-1, all-1", 1);
    fixture.pass(40);
    let next = fixture.waits::<Step>("terminating A4 of web-1, all-1", 0);
    assert!(next < 30, "{next}: the job began 40 s ago");
    let told = fixture.done::<Step>();
    assert_eq!(told.last().unwrap(), "A4 of 2 servers terminated; B3 serves, and A2 protects it");
    assert_eq!(fixture.left(), ["A1 A2 B1 B2 B3", "A1 A2 B1 B2 B3"]);
    fixture.idle::<Step>("terminated");
}

#[test]
fn the_plan_may_keep_a4() {
    let mut fixture = aborted(|plan| plan["cutover"]["onAbort"] = json!("keep"));
    fixture.idle::<Step>("the plan keeps A4");
    assert_eq!(fixture.left(), ["A1 A2 A3 A4 B1 B2 B3", "A1 A2 A3 A4 B1 B2 B3"]);
}

#[test]
fn nothing_is_terminated_unless_somebody_has_aborted() {
    let mut fixture = aborted(|_| ());
    fixture.run.aborted = None;
    fixture.refused::<Step>("nobody has aborted this failback (S5:");
}

#[test]
fn nothing_is_terminated_once_a_record_points_at_any_a4() {
    let mut fixture = aborted(|_| ());
    let a4 = fixture.fleet.servers[0].a4().or(Some(fixture.a3(0).instance())).expect("an A4");
    let address = {
        let world = fixture.simulation.world();
        world.instance(fixture.source(), &a4).expect("an instance").private_ip.clone()
    };
    fixture.point_at(&address);
    fixture.refused::<Step>("traffic has moved to A4, or some of it");
}

/// AWS would refuse it: the function may terminate only what carries the tag, and may not write it.
#[test]
fn an_a3_without_this_runs_tag_is_waited_for_and_then_left() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    abort(&mut fixture);
    fixture.waits::<Step>("does not show this run's tag on A3 of web-1, all-1 yet", 0);
    fixture.wait_in_vain(130);
    fixture.refused::<Step>("does not carry this run's tag");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut fixture = aborted(|_| ());
    fixture.fail("error:drs:TerminateRecoveryInstances=ConflictException");
    fixture.waits::<Step>("does not terminate A3 of web-1, all-1 yet", 0);
    fixture.done::<Step>();
    assert_eq!(fixture.left(), ["A1 A2 B1 B2 B3", "A1 A2 B1 B2 B3"]);
}

#[test]
fn it_does_not_belong_to_a_drill() {
    Fixture::drill(|_| ()).launched().refused::<Step>("does not belong to a drill");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<Step as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}
