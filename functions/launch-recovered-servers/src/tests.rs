use failback_core::ErrorName;
use failback_core::cloud::{DrsQuotas, InstanceState, JobStatus, LaunchStatus};
use failback_core::message::count;
use failback_core::procedure::Procedure;
use failback_core::tags::tag;
use failback_testkit::{Fixture, Response, Scenario};
use serde_json::{Value, json};

use crate::LaunchRecoveredServers as Step;

fn launching(plan: &mut Value) {
    plan["drill"]["launchRecoveredServers"] = json!(true);
    plan["drill"]["recoveredSubnetIds"] = json!(["subnet-0b1e2d3c4b5a69788"]);
}

/// Returns a drill in which production runs on A1, and nothing is recovered.
fn steady() -> Fixture {
    Fixture::new(Procedure::Drill, Scenario::Steady, launching)
}

#[test]
fn every_b1_is_launched_once_as_a_drill_and_its_agent_waited_for() {
    let mut fixture = steady();
    let wait = fixture.waits::<Step>("launching 2 recovered servers", 1);
    assert!((500..=600).contains(&wait), "{wait}");
    fixture.pass(60);
    let wait = fixture.waits::<Step>("launching B3 of web-1, all-1", 0);
    assert!((440..=540).contains(&wait), "a minute is over: {wait}");
    let said = fixture.done::<Step>();
    assert_eq!(said.last().unwrap(), "2 recovered servers up");
    let world = fixture.simulation.world();
    for server in &fixture.fleet.servers {
        let b2 = server.b2.as_ref().expect("it is written down");
        let b2 = world.recovery_instance(fixture.recovery(), b2).expect("it exists");
        assert_eq!(b2.tags.get(tag::PROCEDURE).map(String::as_str), Some("drill"));
        assert_eq!(b2.tags.get(tag::RUN).map(String::as_str), Some(fixture.run.id.as_str()));
    }
    let of_run = world.jobs(fixture.recovery()).filter(|job| job.tags.get(tag::RUN) == Some(&fixture.run.id));
    assert_eq!(of_run.count(), 1);
}

#[test]
fn a_b1_is_not_launched_into_an_instance_that_exists() {
    Fixture::with_existing(Procedure::Drill, Scenario::Steady, launching)
        .refused::<Step>("which exists (S5:");
    // The settings are read when it is launched, whatever they were before.
    let mut fixture = steady();
    fixture.tamper(|seen| {
        if let Response::LaunchConfiguration(_, settings) = seen {
            settings.launch_into = Some("i-0123456789abcdef0".parse().unwrap());
        }
    });
    fixture.refused::<Step>("B1 would be launched into i-0123456789abcdef0, which exists");
}

#[test]
fn what_is_up_and_tagged_is_left_as_it_is() {
    let mut fixture = steady();
    fixture.done::<Step>();
    fixture.idle::<Step>("2 recovered servers up");
}

/// Hundreds of tags are more than AWS takes at once. Once, each refusal ended the call, and the next one came minutes later.
#[test]
fn a_b2_whose_tagging_aws_asks_to_slow_down_is_tagged_by_the_next_call() {
    let mut fixture = steady();
    fixture.fail("error:drs:TagResource=ThrottlingException x*");
    let mut said = Vec::new();
    while !said.iter().any(|why: &String| why.starts_with("B2 cannot be tagged with this drill yet")) {
        let answer = fixture.call::<Step>().unwrap();
        said.push(answer.why);
        assert!(said.len() < 100, "{said:?}");
        fixture.pass(i64::try_from(answer.wait_seconds).unwrap());
    }
    fixture.simulation.world().clear_faults();
    assert_eq!(fixture.done::<Step>(), ["2 recovered servers up"]);
    let world = fixture.simulation.world();
    for server in &fixture.fleet.servers {
        let b2 = world.recovery_instance(fixture.recovery(), server.b2.as_ref().unwrap()).unwrap();
        assert_eq!(b2.tags["drs-failback:procedure"], "drill");
    }
}

#[test]
fn a_b2_that_no_drill_of_this_program_launched_is_not_adopted() {
    Fixture::new(Procedure::Drill, Scenario::DrilledRecovered, launching)
        .refused::<Step>("was not launched by a drill");
}

#[test]
fn a_b2_whose_agent_was_not_seen_or_that_does_not_run_is_waited_for() {
    for agent in [true, false] {
        let mut fixture = steady();
        fixture.done::<Step>();
        let b2 = fixture.b2(0);
        fixture.tamper(move |seen| {
            if let Response::RecoveryInstances(_, found) = seen {
                for b2 in found.iter_mut().filter(|found| found.id == b2) {
                    if agent {
                        b2.agent_seen = None;
                    } else {
                        b2.state = InstanceState::Stopped;
                    }
                }
            }
        });
        let wait = fixture.waits::<Step>("DRS has not seen the agents of web-1 yet", 0);
        assert!((500..=700).contains(&wait), "{wait}");
        fixture.pass(700);
        let wait = fixture.waits::<Step>("DRS has not seen the agents of web-1 yet", 0);
        assert_eq!(wait, 16, "the usual time is over by 40 s");
    }
}

/// Returns a drill after this many launches with this status.
fn tried(launch: LaunchStatus, times: usize, relaunches_max: u32) -> Fixture {
    let mut fixture = Fixture::new(Procedure::Drill, Scenario::Steady, |plan| {
        launching(plan);
        plan["launch"]["relaunchesMax"] = json!(relaunches_max);
    });
    fixture.waits::<Step>("launching", 1);
    let away = fixture.recovery();
    fixture.tamper(move |seen| match seen {
        Response::Jobs(region, jobs) if region == away && !jobs.is_empty() => {
            jobs[0].status = JobStatus::Completed;
            jobs[0].servers.iter_mut().for_each(|part| part.launch = launch);
            let first = jobs[0].clone();
            for number in 1..times {
                let id = format!("drsjob-{number:017x}").parse().unwrap();
                jobs.push(failback_core::cloud::Job { id, ..first.clone() });
            }
        }
        _ => {}
    });
    fixture
}

#[test]
fn a_launch_that_failed_is_repeated_as_often_as_the_plan_allows() {
    // DRS itself refuses here: its own job is still running, and tampering shows it as ended.
    tried(LaunchStatus::Failed, 1, 1).waits::<Step>("DRS does not launch all recovered servers yet", 0);
    tried(LaunchStatus::Failed, 2, 2).waits::<Step>("DRS does not launch all recovered servers yet", 0);
    for (times, max) in [(1, 0), (2, 1), (3, 2)] {
        let answer = tried(LaunchStatus::Failed, times, max).call::<Step>();
        let error = answer.expect_err(&format!("{times} of {max}"));
        assert_eq!(error.name(), ErrorName::LaunchFailed);
        let text = error.to_string();
        assert!(
            text.contains(&format!(
                "launching B2 failed {}; see the log of job drsjob-",
                count(times, "time")
            )),
            "{text}"
        );
        assert!(text.contains("in us-east-2"), "{text}");
    }
}

#[test]
fn a_launch_that_succeeded_and_does_not_show_is_waited_for() {
    for launch in [LaunchStatus::Launched, LaunchStatus::Unknown, LaunchStatus::Pending] {
        tried(launch, 1, 0).waits::<Step>("launching B3 of", 0);
    }
}

#[test]
fn an_a2_that_somebody_left_is_looked_at_for_jobs() {
    let mut fixture =
        Fixture::new(Procedure::Drill, Scenario::DrilledRecovered, launching).reversed().stopped();
    let all: Vec<_> = (0..2).map(|server| fixture.b2(server)).collect();
    fixture.simulation.world().terminate_recovery_instances(fixture.recovery(), &all).unwrap();
    fixture.pass(1_200);
    fixture.waits::<Step>("launching 2 recovered servers", 1);
}

#[test]
fn jobs_of_others_that_have_ended_count_for_nothing() {
    let mut fixture = tried(LaunchStatus::Failed, 3, 0);
    fixture.run.id = "arn:aws:states:us-east-1:111122223333:execution:stage:two".to_owned();
    fixture.waits::<Step>("DRS does not launch all recovered servers yet", 0);
}

#[test]
fn a_job_of_somebody_else_is_adopted_while_it_runs() {
    let mut fixture = steady();
    let all: Vec<_> = (0..2).map(|server| fixture.b1(server).into()).collect();
    let tags = failback_core::tags::Tags::new();
    fixture.simulation.world().start_recovery(fixture.recovery(), &all, true, tags).unwrap();
    fixture.waits::<Step>("launching B3 of", 0);
}

#[test]
fn what_drs_has_no_room_for_is_waited_for() {
    let with_quotas = |quotas: DrsQuotas| {
        let mut fixture = steady();
        fixture.tamper(move |seen| {
            if let Response::Quotas(_, seen) = seen {
                *seen = quotas;
            }
        });
        fixture
    };
    let one = DrsQuotas { servers_in_jobs: 1, ..DrsQuotas::default() };
    let wait = with_quotas(one).waits::<Step>("yet: DRS has no job capacity left for 1 server", 1);
    assert_eq!(wait, 10);
    let none = DrsQuotas { concurrent_jobs: 0, ..DrsQuotas::default() };
    with_quotas(none).waits::<Step>("yet: DRS has no job capacity left for 2 servers", 0);
    let singly = DrsQuotas { servers_per_job: 1, ..DrsQuotas::default() };
    with_quotas(singly).waits::<Step>("launching 2 recovered servers", 2);
}

#[test]
fn what_drs_refuses_for_now_is_waited_for_with_its_words() {
    let mut fixture = steady();
    fixture.fail("error:drs:StartRecovery=ConflictException");
    fixture.waits::<Step>(
        "DRS does not launch all recovered servers yet: refused by a fault of the rehearsal",
        0,
    );
    fixture.waits::<Step>("launching 2 recovered servers", 1);
}

#[test]
fn a_call_that_is_late_begins_nothing() {
    let mut fixture = steady();
    let before = fixture.writes();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert!(answer.why.ends_with("this call has no time left"), "{}", answer.why);
    assert_eq!((answer.wait_seconds, fixture.writes()), (1, before));
}

#[test]
fn a_plan_that_does_not_ask_for_it_launches_nothing() {
    Fixture::new(Procedure::Drill, Scenario::Steady, |_| ())
        .refused::<Step>("the plan does not request the launch of recovered servers");
}

#[test]
fn it_does_not_belong_to_a_failback() {
    Fixture::failback(|_| ()).refused::<Step>("does not belong to a failback");
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = steady().run.plan;
    assert_eq!(<crate::LaunchRecoveredServers as failback_core::step::Step>::limit(&plan).seconds(), 10_800);
}
