use failback_core::step::Status;
use failback_testkit::{Fixture, Response};

use crate::StopReversedReplication as Step;

#[test]
fn every_a2_is_stopped() {
    let mut fixture = Fixture::drill(|_| ()).reversed();
    let before = fixture.writes();
    assert_eq!(fixture.done::<Step>(), ["replication to the source Region is stopped for all servers"]);
    // Each is tagged while B2 still proves which server it belongs to, and stopped.
    assert_eq!(fixture.writes() - before, 4);
    fixture.idle::<Step>("replication to the source Region is stopped for all servers");
}

#[test]
fn a_failback_stops_them_once_a4_is_production_and_not_while_clients_use_b3() {
    let mut fixture = Fixture::failback(|_| ()).protected();
    fixture.done::<Step>();
    let error = Fixture::failback(|_| ()).launched().call::<Step>().unwrap_err().to_string();
    assert!(error.contains("does not point at A4"), "{error}");
}

#[test]
fn nothing_is_reversed_so_nothing_is_stopped() {
    Fixture::drill(|_| ()).idle::<Step>("replication to the source Region is stopped");
}

#[test]
fn a_launch_that_is_at_work_comes_first() {
    let mut fixture = Fixture::drill(|_| ()).reversed();
    let job = fixture.launch();
    let wait = fixture.waits::<Step>(&format!("all-1: job {job} must end first"), 0);
    assert!(wait > 515, "{wait}: a launch takes nine minutes");
    fixture.done::<Step>();
    fixture.idle::<Step>("replication to the source Region is stopped");
}

#[test]
fn what_drs_refuses_for_now_is_waited_for() {
    let mut fixture = Fixture::drill(|_| ()).reversed();
    fixture.fail("error:drs:StopReplication=ConflictException");
    fixture.waits::<Step>("replication of A2 does not stop yet: all-1", 3);
    fixture.done::<Step>();
    fixture.idle::<Step>("replication to the source Region is stopped");
}

#[test]
fn a_call_that_is_late_leaves_the_rest_to_the_next() {
    let mut fixture = Fixture::drill(|_| ()).reversed();
    let before = fixture.writes();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert_eq!(
        (answer.status, answer.why.as_str()),
        (Status::Waiting, "replication of A2 does not stop yet: web-1, all-1: this call has no time left")
    );
    assert_eq!(fixture.writes(), before);
}

/// Returns a failback whose B2 is reversed, and for which DRS does not show A2.
fn unseen() -> Fixture {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    for server in &mut fixture.fleet.servers {
        server.a2 = None;
    }
    let source = fixture.source();
    fixture.tamper(move |seen| {
        if let Response::SourceServers(region, servers) = seen
            && region == source
        {
            servers.clear();
        }
    });
    fixture
}

#[test]
fn an_a2_that_does_not_show_is_waited_for_a_minute_and_no_longer() {
    let mut fixture = unseen();
    let began = fixture.now();
    fixture.waits::<Step>("B2 replicates and DRS does not show A2 yet", 0);
    fixture.simulation.world().advance_to(began.plus_seconds(59).millis());
    fixture.waits::<Step>("B2 replicates and DRS does not show A2 yet", 0);
    fixture.simulation.world().advance_to(began.plus_seconds(60).millis());
    fixture.idle::<Step>("replication to the source Region is stopped for all servers");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(<crate::StopReversedReplication as failback_core::step::Step>::limit(&plan).seconds(), 3_600);
}

#[test]
fn a_drills_a3_is_tagged_with_the_run_and_a_failbacks_is_not() {
    for (mut fixture, tagged) in
        [(Fixture::drill(|_| ()).launched(), true), (Fixture::failback(|_| ()).protected(), false)]
    {
        fixture.call::<Step>().expect("an answer");
        for server in 0..2 {
            let a3 = fixture.a3(server);
            let world = fixture.simulation.world();
            let tags = &world.recovery_instance(fixture.source(), &a3).expect("A3").tags;
            assert_eq!(tags.get(failback_core::tags::tag::RUN) == Some(&fixture.run.tag_value()), tagged);
        }
    }
}
