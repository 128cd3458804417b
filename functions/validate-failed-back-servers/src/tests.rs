use failback_core::cloud::{
    Check, InstanceState, Job, JobKind, JobServer, JobStatus, LaunchStatus, PostLaunchActions, Tags,
};
use failback_core::procedure::Procedure;
use failback_core::step::{Answer, Status};
use failback_core::{ErrorName, Result};
use failback_testkit::{Fixture, Response};
use serde_json::Value;

use crate::ValidateFailedBackServers as Step;

#[test]
fn servers_work_when_both_status_checks_pass() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.idle::<Step>("2 failed-back servers working");
    assert!(fixture.fleet.servers.iter().all(|server| server.times.validated.is_some()));
}

/// Where the plan asks a person next, the last wave says what the person must know.
#[test]
fn the_person_at_the_gate_is_told_the_age_of_the_data() {
    let gate =
        |plan: &mut Value| plan["gates"]["beforeRedirect"] = serde_json::json!({ "timeoutMinutes": 60 });
    let mut fixture = Fixture::failback(gate).launched();
    let answer = fixture.call::<Step>().unwrap();
    let notice = answer.notice.expect("a notice");
    assert!(notice.contains("(web-1, all-1) passed validation.\nA4 holds data of 2026-11-02"), "{notice}");
    assert!(notice.contains("A1 of web-1, all-1 is stopped."), "{notice}");
    fixture.run.procedure = failback_core::procedure::Procedure::Drill;
    assert_eq!(fixture.call::<Step>().unwrap().notice, None, "nobody is asked in a drill");
    let mut without = Fixture::failback(|_| ()).launched();
    assert_eq!(without.call::<Step>().unwrap().notice, None);
}

/// A drill that is held tells where A4 is and which instances are billed, by the types that run.
#[test]
fn the_people_who_test_are_told_where_a4_is_and_what_is_billed() {
    let hold = |plan: &mut Value| plan["drill"]["hold"] = serde_json::json!({ "timeoutMinutes": 60 });
    let mut fixture = Fixture::drill(hold).launched();
    let notice = fixture.call::<Step>().unwrap().notice.expect("a notice");
    assert!(notice.contains("2 servers (web-1, all-1) passed validation"), "{notice}");
    for server in &fixture.fleet.servers {
        assert!(notice.contains(server.a4().unwrap().as_str()), "{notice}");
    }
    assert!(notice.contains("2 source servers of DRS (A2)") && notice.contains("B3 ("), "{notice}");
    fixture.run.plan.drill.keep_recovered_servers = true;
    let notice = fixture.call::<Step>().unwrap().notice.expect("a notice");
    assert!(!notice.contains("B3 ("), "what the drill keeps is billed without it too: {notice}");
    let two = |plan: &mut Value| {
        hold(plan);
        plan["waves"] =
            serde_json::json!([{ "name": "a", "tags": { "a": "b" } }, { "name": "rest", "tags": {} }]);
    };
    let mut fixture = Fixture::drill(two).launched();
    assert_eq!(fixture.call::<Step>().unwrap().notice, None, "another wave follows");
    assert_eq!(Fixture::drill(|_| ()).launched().call::<Step>().unwrap().notice, None);
}

#[test]
fn an_a4_that_is_gone_is_launched_again() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let a4 = fixture.fleet.servers[0].a4().unwrap();
    fixture.simulation.world().terminate_instances(fixture.source(), &[a4]).unwrap();
    fixture.pass(120);
    let answer = fixture.call::<Step>().unwrap();
    assert!(answer.why.contains("launched again: web-1: EC2 terminated A4 i-"), "{}", answer.why);
    assert!(fixture.fleet.servers[0].a3.is_none() && fixture.fleet.servers[0].replace.is_some());
    assert!(fixture.fleet.servers[1].a3.is_some() && fixture.fleet.servers[1].replace.is_none());
}

/// Returns the answer once a boot has taken as long as the plan allows.
fn after_its_time(fixture: &mut Fixture) -> Result<Answer> {
    fixture.call::<Step>().unwrap();
    fixture.wait_in_vain(20 * 60 + 5);
    fixture.call::<Step>()
}

#[test]
fn what_has_passed_is_not_asked_again_while_others_boot() {
    let mut fixture = checked(Check::Impaired, Check::Ok);
    let seconds = fixture.run.seconds(fixture.now());
    fixture.fleet.servers[0].times.validated = Some(seconds);
    fixture.idle::<Step>("2 failed-back servers working");
    fixture.fleet.servers[0].times.validated = None;
    assert_eq!(after_its_time(&mut fixture).unwrap().status, Status::Relaunch);
}

#[test]
fn nothing_is_launched_so_nothing_works() {
    let answer = Fixture::failback(|_| ()).reversed().call::<Step>().unwrap();
    assert!(answer.why.contains("A4 no longer exists"), "{}", answer.why);
}

/// Tampers with the status checks of the first server's A4.
fn checked(system: Check, instance: Check) -> Fixture {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let a4 = fixture.fleet.servers[0].a4().unwrap();
    fixture.tamper(move |seen| {
        if let Response::InstanceStatus(checks) = seen {
            let of_a4 = checks.iter_mut().filter(|status| status.id == a4);
            of_a4.for_each(|status| (status.system, status.instance) = (system, instance));
        }
    });
    fixture
}

#[test]
fn each_status_check_must_pass_or_not_apply() {
    for (system, instance) in [(Check::NotApplicable, Check::Ok), (Check::Ok, Check::NotApplicable)] {
        checked(system, instance).idle::<Step>("2 failed-back servers working");
    }
    for (system, instance, said) in [
        (Check::Impaired, Check::Ok, "launched again: web-1: the system status check fails"),
        (Check::Impaired, Check::Initializing, "launched again: web-1: the system status check fails"),
        (Check::Ok, Check::Impaired, "launched again: web-1: the instance status check fails"),
    ] {
        let mut fixture = checked(system, instance);
        fixture.waits::<Step>("status check does not pass yet", 0);
        let answer = after_its_time(&mut fixture).unwrap();
        assert_eq!((answer.status, answer.why.as_str()), (Status::Relaunch, said));
    }
    for (system, instance) in [
        (Check::Ok, Check::Initializing),
        (Check::Initializing, Check::Ok),
        (Check::InsufficientData, Check::Ok),
    ] {
        checked(system, instance).waits::<Step>("web-1: status checks are initializing", 0);
    }
}

#[test]
fn an_a4_of_which_ec2_says_nothing_is_waited_for_by_how_long_it_runs() {
    let wait_after = |seconds: i64| {
        let mut fixture = Fixture::failback(|_| ()).launched();
        fixture.tamper(|seen| {
            if let Response::InstanceStatus(checks) = seen {
                checks.clear();
            }
        });
        let now = fixture.run.seconds(fixture.now());
        for server in &mut fixture.fleet.servers {
            server.times.launched = Some(now - seconds);
        }
        fixture.waits::<Step>("web-1, all-1: EC2 shows no status checks yet", 0)
    };
    let usual = failback_core::poll_interval::typical::BOOT;
    for seconds in [0, 60, 400] {
        let expected = failback_core::poll_interval::by_typical(usual, 2, u64::try_from(seconds).unwrap());
        assert!(wait_after(seconds).abs_diff(expected) <= 1, "{seconds}");
    }
    assert_ne!(wait_after(0), wait_after(60));
}

/// Another launch would boot as slowly.
#[test]
fn what_only_boots_slowly_is_not_launched_again() {
    let mut fixture = checked(Check::Ok, Check::Initializing);
    let answer = after_its_time(&mut fixture).unwrap();
    let said = "web-1: status checks are initializing; if it only needs longer, raise limits.validationMinutes and \
                start again";
    assert_eq!((answer.status, answer.why.as_str()), (Status::Waiting, said));
    fixture.wait_in_vain(31 * 60);
    let error = fixture.call::<Step>().unwrap_err();
    assert_eq!(error.name(), ErrorName::TimedOut);
    assert!(error.to_string().contains("raise limits.validationMinutes"), "{error}");
}

/// Tampers with A4 of the first server, which has no status checks.
fn idle(state: InstanceState, reason: &'static str) -> Fixture {
    let mut fixture = Fixture::failback(|_| ()).launched();
    let a4 = fixture.fleet.servers[0].a4().unwrap();
    fixture.tamper(move |seen| match seen {
        Response::InstanceStatus(checks) => checks.retain(|status| status.id != a4),
        Response::Instances(_, instances) => {
            for instance in instances.iter_mut().filter(|instance| instance.id == a4) {
                (instance.state, instance.state_reason) = (state, Some(reason.to_owned()));
            }
        }
        _ => {}
    });
    fixture
}

#[test]
fn what_ec2_has_ended_is_told_with_its_reason() {
    let mut stopped = idle(InstanceState::Stopped, "Client.UserInitiatedShutdown: User initiated shutdown");
    let why = stopped.call::<Step>().unwrap().why;
    assert!(why.contains("is stopped (Client.UserInitiatedShutdown") && why.contains("Start A4"), "{why}");
    let answer = idle(InstanceState::Terminated, "Server.InternalError").call::<Step>().unwrap();
    assert_eq!(answer.status, Status::Relaunch);
    assert!(answer.why.contains("EC2 terminated A4") && answer.why.contains("Server.InternalError"));
    let error = idle(InstanceState::Terminated, "Client.VolumeLimitExceeded").call::<Step>().unwrap_err();
    let text = error.to_string();
    assert!(text.contains("Launching again does not help. Have the quota"), "{text}");
}

#[test]
fn only_the_wave_is_looked_at() {
    let mut fixture = checked(Check::Impaired, Check::Ok);
    fixture.fleet.servers[0].wave = 1;
    fixture.idle::<Step>("1 failed-back server working");
    let mut fixture = checked(Check::Impaired, Check::Ok);
    fixture.fleet.servers[0].already_failed_back = true;
    fixture.idle::<Step>("1 failed-back server working");
}

/// Tampers with the post-launch actions of web-1 in the launch job of both servers.
fn acted(asked: bool, actions: Option<PostLaunchActions>) -> Fixture {
    let of_plan =
        move |plan: &mut Value| plan["validation"] = serde_json::json!({ "postLaunchActions": asked });
    let mut fixture = Fixture::failback(of_plan).launched();
    let a2 = fixture.a2(0);
    fixture.tamper(move |seen| {
        if let Response::Jobs(_, jobs) = seen {
            for job in jobs {
                job.servers
                    .iter_mut()
                    .filter(|part| part.server == a2)
                    .for_each(|part| part.actions.clone_from(&actions));
            }
        }
    });
    fixture
}

#[test]
fn post_launch_actions_must_have_succeeded_where_the_plan_asks() {
    let of = |running: usize, failed: &[&str]| {
        let failed = failed.iter().map(|name| (*name).to_owned()).collect();
        Some(PostLaunchActions {
            running,
            succeeded: 1,
            failed,
            agent_found: true,
            ..PostLaunchActions::default()
        })
    };
    acted(true, None).idle::<Step>("2 failed-back servers working");
    acted(true, of(0, &[])).idle::<Step>("2 failed-back servers working");
    acted(true, of(2, &[])).waits::<Step>("web-1: post-launch actions run", 0);
    let answer = acted(true, of(1, &["Mount", "Ping"])).call::<Step>().unwrap();
    assert_eq!(answer.why, "launched again: web-1: post-launch actions failed: Mount, Ping");
    acted(false, of(2, &["Mount"])).idle::<Step>("2 failed-back servers working");
}

/// DRS's jobs show a server without actions as they show one whose SSM agent was not found yet.
#[test]
fn actions_that_have_not_begun_have_not_succeeded() {
    let none = || Some(PostLaunchActions::default());
    acted(true, none()).idle::<Step>("2 failed-back servers working");
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.tamper(|seen| match seen {
        Response::LaunchConfiguration(_, configuration) => configuration.post_launch_actions = true,
        Response::Jobs(_, jobs) => {
            let parts = jobs.iter_mut().flat_map(|job| &mut job.servers);
            for part in parts {
                part.actions = Some(PostLaunchActions::default());
            }
        }
        _ => {}
    });
    fixture.waits::<Step>("DRS has not found the SSM agent on A4", 0);
}

#[test]
fn an_optional_action_may_fail() {
    let actions = PostLaunchActions {
        succeeded: 1,
        failed_optional: vec!["tidy: no route".to_owned()],
        agent_found: true,
        ..PostLaunchActions::default()
    };
    let said = "2 failed-back servers working; optional post-launch actions failed: web-1: tidy: no route";
    acted(true, Some(actions)).idle::<Step>(said);
}

/// B1 could not protect it, and that would show only once clients used it.
#[test]
fn an_a4_whose_agent_drs_has_not_seen_takes_no_traffic() {
    let unseen = |procedure| {
        let mut fixture = Fixture::failback(|_| ()).launched();
        fixture.run.procedure = procedure;
        fixture.tamper(|seen| {
            if let Response::RecoveryInstances(_, records) = seen {
                for record in records.iter_mut() {
                    record.agent_seen = None;
                }
            }
        });
        fixture
    };
    unseen(Procedure::Failback).waits::<Step>("AWSElasticDisasterRecoveryRecoveryInstancePolicy", 0);
    unseen(Procedure::Drill).idle::<Step>("2 failed-back servers working");
}

/// Returns a failback with an impaired A4, after this many launches and with this many relaunches allowed.
fn launched_often(launches: usize, relaunches_max: u32, of_run: bool) -> Fixture {
    let mut fixture = impaired(|plan| plan["launch"]["relaunchesMax"] = serde_json::json!(relaunches_max));
    let (a2, tags) = (fixture.a2(0), if of_run { fixture.run.tags() } else { Tags::new() });
    fixture.tamper(move |seen| {
        if let Response::Jobs(_, jobs) = seen {
            jobs.retain(|job| job.part_of(&a2).is_none());
            for number in 0..launches {
                let part = JobServer {
                    server: a2.clone(),
                    recovery_instance: None,
                    launch: LaunchStatus::Launched,
                    actions: None,
                };
                jobs.push(Job {
                    id: format!("drsjob-{number:017x}").parse().unwrap(),
                    kind: JobKind::Launch,
                    status: JobStatus::Completed,
                    created: None,
                    tags: tags.clone(),
                    servers: vec![part],
                });
            }
        }
    });
    fixture
}

#[test]
fn a_server_is_launched_again_as_often_as_the_plan_allows() {
    for (launches, max) in [(1, 1), (2, 2), (0, 0)] {
        let answer = after_its_time(&mut launched_often(launches, max, true)).unwrap();
        assert_eq!(answer.status, Status::Relaunch, "{launches} of {max}");
    }
    for (launches, max) in [(1, 0), (2, 1), (3, 1)] {
        let error = after_its_time(&mut launched_often(launches, max, true)).unwrap_err();
        assert_eq!(error.name(), ErrorName::ValidationFailed, "{launches} of {max}");
        let text = error.to_string();
        assert!(
            text.contains(
                "A4 does not work: web-1: the instance status check fails. It was launched as often"
            ),
            "{text}"
        );
        assert!(text.contains("Check A4 in us-east-1"), "{text}");
    }
    assert_eq!(
        after_its_time(&mut launched_often(3, 0, false)).unwrap().status,
        Status::Relaunch,
        "others' launches do not count"
    );
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = Fixture::failback(|_| ()).run.plan;
    assert_eq!(
        <crate::ValidateFailedBackServers as failback_core::step::Step>::limit(&plan).seconds(),
        3_000
    );
}

/// Returns a failback in which A4 of the first server started with an impaired instance status check.
fn impaired(change: impl FnOnce(&mut Value)) -> Fixture {
    let fixture = Fixture::failback(change);
    fixture.fail("boot:web-1");
    fixture.launched()
}

#[test]
fn an_a4_that_is_impaired_is_launched_again_and_the_other_is_not() {
    let mut fixture = impaired(|_| ());
    let answer = after_its_time(&mut fixture).unwrap();
    assert!(answer.why.contains("launched again: web-1: the instance status check fails"), "{}", answer.why);
    let again = fixture.fleet.find("web-1").unwrap();
    assert!(again.a3.is_none() && again.replace.is_some() && again.times.validated.is_none());
    let works = fixture.fleet.servers.iter().find(|server| server.name != "web-1").unwrap();
    assert!(works.a3.is_some() && works.replace.is_none() && works.times.validated.is_some());
}

#[test]
fn a_plan_without_status_checks_takes_what_runs() {
    let mut fixture = impaired(|plan| plan["validation"] = serde_json::json!({ "statusChecks": false }));
    fixture.idle::<Step>("2 failed-back servers working");
}

/// Returns a failback whose A4 work, and what a person at the gate wants launched again.
fn asked(which: Value) -> Fixture {
    let gate =
        |plan: &mut Value| plan["gates"]["beforeRedirect"] = serde_json::json!({ "timeoutMinutes": 60 });
    let mut fixture = Fixture::failback(gate).launched();
    fixture.run.again = serde_json::from_value(which).expect("an answer");
    fixture
}

fn marked(fixture: &Fixture) -> Vec<bool> {
    let servers = &fixture.fleet.servers;
    servers.iter().map(|server| server.replace.is_some() && server.asked.is_some()).collect()
}

#[test]
fn a_person_has_servers_launched_again_by_name_by_id_or_all() {
    let b1 = asked(serde_json::json!("all")).b1(1).to_string();
    for (which, wanted) in [
        (serde_json::json!("all"), [true, true]),
        (serde_json::json!("web-1"), [true, false]),
        (serde_json::json!(["web-1"]), [true, false]),
        (serde_json::json!([b1]), [false, true]),
    ] {
        let mut fixture = asked(which);
        let answer = fixture.call::<Step>().unwrap();
        assert_eq!(answer.status, Status::Relaunch, "{}", answer.why);
        assert!(answer.why.starts_with("somebody asked for another launch of"), "{}", answer.why);
        assert_eq!(marked(&fixture), wanted);
    }
}

#[test]
fn what_cannot_be_launched_again_is_told_and_nothing_is_launched() {
    for (which, said) in [
        (serde_json::json!(["web-1", "web-9"]), "`web-9` is no server of the plan"),
        (serde_json::json!([]), "it names no server: send `all`, or a list of names"),
        (serde_json::json!({ "web-1": true }), "it names no server"),
    ] {
        let mut fixture = asked(which);
        let answer = fixture.call::<Step>().unwrap();
        assert_eq!(answer.status, Status::Done);
        let notice = answer.notice.expect("a question");
        assert!(notice.starts_with("Nothing was launched again: ") && notice.contains(said), "{notice}");
        assert!(notice.contains("Yes: "), "the gate asks again: {notice}");
        assert_eq!(marked(&fixture), [false, false]);
    }
    let mut serves = asked(serde_json::json!("all"));
    let address = {
        let world = serves.simulation.world();
        world.instance(serves.source(), &serves.a3(0).instance()).expect("A4").private_ip.clone()
    };
    serves.point_at(&address);
    let notice = serves.call::<Step>().unwrap().notice.expect("a question");
    assert!(notice.contains("is not launched again: clients use it"), "{notice}");
}
