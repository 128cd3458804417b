use failback_core::ErrorName;
use failback_core::cloud::{DrsQuotas, Job, JobLogItem, JobServer, JobStatus, LaunchStatus, Tags};
use failback_core::message::count;
use failback_core::step::Status;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use failback_sim::LaunchChange;
use failback_testkit::{Fixture, Response};
use serde_json::{Value, json};

use crate::LaunchForFailback as Step;

/// Returns a failback in which every A2 is ready with the launch settings of the plan.
fn prepared(change: impl FnOnce(&mut Value)) -> Fixture {
    let mut fixture = Fixture::failback(change).prepared();
    fixture.wave = 0;
    fixture
}

#[test]
fn every_a2_of_the_wave_is_launched_once_with_the_tags_of_the_run() {
    let mut fixture = prepared(|_| ());
    let wait = fixture.waits::<Step>("launching web-1, all-1", 1);
    assert!((515..=585).contains(&wait), "{wait}");
    fixture.pass(120);
    let left = fixture.waits::<Step>("launching web-1, all-1, for 2 min so far", 0);
    assert_eq!(left, wait - 120);
    assert_eq!(fixture.done::<Step>().last().unwrap(), "2 servers launched");
    for (index, server) in fixture.fleet.servers.iter().enumerate() {
        let world = fixture.simulation.world();
        assert_eq!(server.a3, world.labels(index).a3);
        let job =
            world.jobs(fixture.source()).find(|job| job.tags.get(tag::RUN) == Some(&fixture.run.id)).unwrap();
        assert_eq!(job.tags.get(tag::PROCEDURE).map(String::as_str), Some("failback"));
        drop(world);
        let launched = fixture.run.seconds(fixture.now());
        assert!((launched - 120..=launched).contains(&server.times.launched.unwrap()), "{:?}", server.times);
    }
}

#[test]
fn the_point_in_time_and_its_lag_are_written_down() {
    let mut fixture = prepared(|_| ());
    fixture.waits::<Step>("launching web-1, all-1", 1);
    fixture.pass(900);
    let began = {
        let world = fixture.simulation.world();
        let job =
            world.jobs(fixture.source()).find(|job| job.tags.get(tag::RUN) == Some(&fixture.run.id)).unwrap();
        Timestamp::from_millis(job.created_ms)
    };
    let point = Timestamp::from_millis(began.millis() - 100_000);
    fixture.tamper(move |seen| {
        if let Response::RecoveryInstances(_, found) = seen {
            for a3 in found.iter_mut() {
                a3.point_in_time = Some(point);
            }
        }
    });
    fixture.idle::<Step>("2 servers launched");
    for server in &fixture.fleet.servers {
        assert_eq!(server.times.point_in_time, Some(fixture.run.seconds(point)));
        assert_eq!(server.times.lag_at_launch, Some(100));
    }
}

#[test]
fn what_is_launched_is_left_as_it_is_and_its_time_stays() {
    let mut fixture = prepared(|_| ());
    fixture.done::<Step>();
    let launched = fixture.fleet.servers[0].times.launched;
    fixture.pass(300);
    fixture.idle::<Step>("2 servers launched");
    assert_eq!(fixture.fleet.servers[0].times.launched, launched);
}

#[test]
fn only_the_wave_is_launched() {
    let mut fixture = prepared(|_| ());
    fixture.fleet.servers[1].wave = 1;
    fixture.waits::<Step>("launching web-1", 1);
    assert_eq!(fixture.done::<Step>().last().unwrap(), "1 server launched");
    assert!(fixture.fleet.servers[1].a3.is_none());
}

#[test]
fn what_is_home_is_not_launched() {
    let mut fixture = prepared(|_| ());
    fixture.fleet.servers[1].already_failed_back = true;
    fixture.done::<Step>();
    assert!(fixture.fleet.servers[1].a3.is_none());
}

#[test]
fn what_is_past_the_launch_counts_as_launched() {
    let mut fixture = Fixture::failback(|_| ()).protected().stopped().without_b2().without_a3();
    fixture.wave = 0;
    fixture.idle::<Step>("2 servers launched");
}

#[test]
fn a_launch_that_somebody_began_is_adopted() {
    let mut fixture = prepared(|_| ());
    fixture.launch();
    fixture.waits::<Step>("launching web-1, all-1, for 0 min so far", 0);
}

#[test]
fn a_server_that_is_to_be_replaced_is_launched_again() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.wave = 0;
    let before = fixture.fleet.servers[0].a3.take();
    fixture.fleet.servers[0].replace.clone_from(&before);
    fixture.fleet.servers[0].times.launched = Some(fixture.run.seconds(fixture.now()));
    fixture.waits::<Step>("launching web-1", 1);
    fixture.done::<Step>();
    let again = &fixture.fleet.servers[0];
    assert!(again.a3.is_some() && again.a3 != before && again.replace.is_none());
    let launched = fixture.run.seconds(fixture.now());
    assert!((launched - 1..=launched).contains(&again.times.launched.unwrap()), "{:?}", again.times);
}

/// The remedy of a refusal may be to terminate A4 in the console; DRS then forgets its record within hours.
#[test]
fn an_a4_that_a_person_has_terminated_is_launched_again() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    fixture.wave = 0;
    let before = fixture.fleet.servers[0].a3.take().unwrap();
    let source = fixture.source();
    fixture.simulation.world().terminate_recovery_instances(source, std::slice::from_ref(&before)).unwrap();
    fixture.pass(86_400);
    assert!(fixture.simulation.world().recovery_instance(source, &before).is_none(), "DRS has forgotten it");
    fixture.waits::<Step>("launching web-1", 1);
    fixture.done::<Step>();
    assert_ne!(fixture.fleet.servers[0].a3.as_ref(), Some(&before));
}

/// Returns a failback after jobs of the run for web-1, newest first, each with its launch status and its age in
/// seconds.
fn after(relaunches_max: u32, tried: &'static [(LaunchStatus, i64)]) -> Fixture {
    let mut fixture = prepared(|plan| plan["launch"]["relaunchesMax"] = json!(relaunches_max));
    let (a2, source, now, run) = (fixture.a2(0), fixture.source(), fixture.now(), fixture.run.tags());
    fixture.tamper(move |seen| {
        if let Response::Jobs(region, jobs) = seen
            && region == source
        {
            let of = |(number, (launch, ago)): (usize, &(LaunchStatus, i64))| Job {
                id: format!("drsjob-{number:017x}").parse().unwrap(),
                kind: failback_core::cloud::JobKind::Launch,
                status: JobStatus::Completed,
                created: Some(Timestamp::from_millis(now.millis() - ago * 1000)),
                tags: run.clone(),
                servers: vec![JobServer {
                    server: a2.clone(),
                    recovery_instance: None,
                    launch: *launch,
                    actions: None,
                }],
            };
            jobs.splice(0..0, tried.iter().enumerate().map(of));
        }
    });
    fixture
}

#[test]
fn a_launch_that_failed_is_repeated_as_often_as_the_plan_allows() {
    const FAILED: (LaunchStatus, i64) = (LaunchStatus::Failed, 600);
    after(1, &[FAILED]).waits::<Step>("launching web-1, all-1", 1);
    after(2, &[FAILED, FAILED]).waits::<Step>("launching web-1, all-1", 1);
    for mut fixture in [after(0, &[FAILED]), after(1, &[FAILED, FAILED]), after(1, &[FAILED, FAILED, FAILED])]
    {
        let before = fixture.writes();
        let error = fixture.call::<Step>().unwrap_err();
        assert_eq!(error.name(), ErrorName::LaunchFailed);
        let times = fixture.run.plan.launch.relaunches_max + 1;
        let said =
            format!("could not be launched, tried {}: web-1: job drsjob-", count(times as usize, "time"));
        assert!(error.to_string().contains(&said), "{error}");
        assert_eq!(fixture.writes(), before, "the other server waits for a person's decision");
    }
}

#[test]
fn a_launch_that_ended_otherwise_than_failed_is_not_counted_as_failed() {
    after(0, &[(LaunchStatus::Terminated, 600)]).waits::<Step>("launching web-1, all-1", 1);
    after(0, &[(LaunchStatus::Launched, 4_500)]).waits::<Step>("launching web-1, all-1", 1);
}

#[test]
fn a_launch_that_succeeded_and_does_not_show_is_waited_for_75_minutes() {
    let mut fixture = after(0, &[(LaunchStatus::Launched, 4_499)]);
    fixture.waits::<Step>("launching all-1", 1);
    // DRS's own job of the other server runs now.
    fixture.waits::<Step>("launching web-1, all-1, for 0 min so far", 0);
}

#[test]
fn an_older_launch_than_the_one_that_was_seen_explains_nothing() {
    for (launched, said) in [(-600, "launching all-1"), (-599, "launching web-1, all-1")] {
        let mut fixture = after(0, &[(LaunchStatus::Launched, 600)]);
        let at = fixture.run.seconds(fixture.now()) + launched;
        fixture.fleet.servers[0].times.launched = Some(at);
        fixture.waits::<Step>(said, 1);
    }
}

#[test]
fn jobs_of_other_runs_that_have_ended_count_for_nothing() {
    let mut fixture = after(0, &[(LaunchStatus::Failed, 600)]);
    fixture.run.id = "arn:aws:states:us-east-1:111122223333:execution:stage:two".to_owned();
    fixture.owner = Some(fixture.run.tag_value());
    fixture.waits::<Step>("launching web-1, all-1", 1);
}

/// Returns the error for a failed job whose log has these items, of web-1 (0), of the other (1), or of the job.
fn logged(items: &'static [(Option<usize>, Option<&'static str>)]) -> String {
    let fixture = after(0, &[(LaunchStatus::Failed, 600)]);
    let (a2, source, now, run) =
        ([fixture.a2(0), fixture.a2(1)], fixture.source(), fixture.now(), fixture.run.tags());
    let mut fixture = fixture;
    let first = a2[0].clone();
    fixture.tamper(move |seen| match seen {
        Response::JobLog(log) => {
            log.extend(items.iter().map(|(server, error)| JobLogItem {
                at: Some(now),
                event: "LAUNCH_FAILED".to_owned(),
                server: server.map(|server| a2[server].clone()),
                error: error.map(str::to_owned),
            }));
        }
        Response::Jobs(region, jobs) if region == source => {
            // A job that exists in the world, so that it has a log.
            let known = jobs
                .first()
                .map_or_else(|| "drsjob-00000000000000000".parse().unwrap(), |job| job.id.clone());
            let launch = LaunchStatus::Failed;
            let part = JobServer { server: first.clone(), recovery_instance: None, launch, actions: None };
            let kind = failback_core::cloud::JobKind::Launch;
            let (status, created) = (JobStatus::Completed, Some(now));
            jobs.insert(0, Job { id: known, kind, status, created, tags: run.clone(), servers: vec![part] });
        }
        _ => {}
    });
    fixture.call::<Step>().unwrap_err().to_string()
}

#[test]
fn a_failure_is_told_in_the_words_of_drs() {
    assert!(logged(&[]).ends_with("an unusable launch template"));
    let last = logged(&[(Some(0), Some("first")), (Some(0), Some("second")), (Some(0), None)]);
    assert!(last.ends_with(": second"), "{last}");
    let of_job = logged(&[(None, Some("of the job"))]);
    assert!(of_job.ends_with(": of the job"), "{of_job}");
    let of_other = logged(&[(Some(0), Some("mine")), (Some(1), Some("another's"))]);
    assert!(of_other.ends_with(": mine"), "{of_other}");
}

#[test]
fn what_drs_has_no_room_for_waits() {
    let with_quotas = |quotas: DrsQuotas| {
        let mut fixture = prepared(|_| ());
        fixture.tamper(move |seen| {
            if let Response::Quotas(_, seen) = seen {
                *seen = quotas;
            }
        });
        fixture
    };
    let one = DrsQuotas { servers_in_jobs: 1, ..DrsQuotas::default() };
    let wait =
        with_quotas(one).waits::<Step>("waiting to be launched: all-1: DRS has no job capacity left", 1);
    assert_eq!(wait, 10);
    let none = DrsQuotas { concurrent_jobs: 0, ..DrsQuotas::default() };
    with_quotas(none).waits::<Step>("waiting to be launched: web-1, all-1: DRS has no job capacity left", 0);
    let singly = DrsQuotas { servers_per_job: 1, ..DrsQuotas::default() };
    with_quotas(singly).waits::<Step>("launching web-1, all-1", 2);
}

#[test]
fn what_drs_refuses_for_now_waits_with_its_words() {
    let mut fixture = prepared(|_| ());
    fixture.fail("error:drs:StartRecovery=ConflictException");
    fixture.waits::<Step>("waiting to be launched: web-1, all-1: refused by a fault of the rehearsal", 0);
    fixture.waits::<Step>("launching web-1, all-1", 1);
}

#[test]
fn an_a2_that_is_not_prepared_waits_and_the_others_do_not() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    fixture.wave = 0;
    fixture.waits::<Step>("web-1, all-1: the launch settings are no longer the plan's", 0);
    let mut fixture = prepared(|_| ());
    let a2 = fixture.a2(0);
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            let stalled = servers.iter_mut().filter(|server| server.id == a2);
            stalled.for_each(|a2| a2.replication.state = failback_core::cloud::ReplicationState::Stalled);
        }
    });
    fixture.waits::<Step>("waiting to be launched: web-1: A2 is not ready", 1);
}

#[test]
fn what_somebody_has_changed_is_prepared_again_once_it_cannot_be_an_old_answer() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    fixture.wave = 0;
    let said = "web-1, all-1: the launch settings are no longer the plan's";
    let wait = fixture.waits::<Step>(said, 0);
    fixture.pass(60.max(i64::try_from(wait).unwrap()));
    let answer = fixture.call::<Step>().unwrap();
    assert_eq!((answer.status, answer.wait_seconds), (Status::Prepare, 0));
    assert_eq!(answer.why, format!("{said}, so they are prepared again"));
}

#[test]
fn a_call_that_is_late_begins_nothing() {
    let mut fixture = prepared(|_| ());
    let before = fixture.writes();
    let answer = fixture.call_until::<Step>(fixture.now()).unwrap();
    assert!(
        answer.why.ends_with("waiting to be launched: web-1, all-1: this call has no time left"),
        "{}",
        answer.why
    );
    assert_eq!((answer.wait_seconds, fixture.writes()), (1, before));
}

#[test]
fn a_log_that_cannot_be_read_for_now_is_asked_for_again() {
    let mut fixture = after(0, &[(LaunchStatus::Failed, 600)]);
    fixture.fail("error:drs:DescribeJobLogItems=ThrottlingException");
    assert_eq!(fixture.call::<Step>().unwrap_err().name(), ErrorName::Throttled);
}

#[test]
fn a_drill_launches_nothing_into_an_original() {
    let mut fixture = Fixture::drill(|_| ()).prepared();
    fixture.wave = 0;
    let (a2, a1) = (fixture.a2(0), fixture.a1(0));
    let change =
        LaunchChange { launch_into: Some(Some(a1)), copy_tags: Some(false), ..LaunchChange::default() };
    fixture.simulation.world().update_launch_configuration(fixture.source(), &a2, &change).unwrap();
    fixture.refused::<Step>("which is A1 (S1:");
}

#[test]
fn where_the_plan_says_like_source_a1_is_copied() {
    let mut fixture = prepared(|_| ());
    // The launch template names m5.large and web-role; A1 shows another type.
    fixture.run.plan.launch.instance_type = "like-source".to_owned();
    fixture.tamper(|seen| {
        if let Response::Instances(_, instances) = seen {
            for a1 in instances.iter_mut() {
                a1.instance_type = "m5.large".to_owned();
            }
        }
    });
    fixture.waits::<Step>("launching web-1, all-1", 1);
}

#[test]
fn a_launch_over_what_may_be_production_is_refused() {
    let mut fixture = prepared(|_| ());
    let b3 = fixture.fleet.servers[0].b3();
    fixture.tamper(move |seen| {
        if let Response::SourceServers(_, servers) = seen {
            let of_first = servers.iter_mut().filter(|server| server.instance == b3);
            of_first.for_each(|a2| a2.last_launch = failback_core::cloud::LastLaunch::Succeeded);
        }
    });
    fixture.waits::<Step>("waiting to be launched: web-1: A2 s-", 1);
    let tags = Tags::new();
    assert!(!fixture.run.owns(&tags));
}

#[test]
fn it_waits_as_long_as_the_plan_allows() {
    let plan = prepared(|_| ()).run.plan;
    assert_eq!(<crate::LaunchForFailback as failback_core::step::Step>::limit(&plan).seconds(), 7_200);
}

/// EC2 terminates an instance as soon as it was launched, and only its state reason tells why.
#[test]
fn an_a4_that_died_at_its_launch_is_launched_again_where_that_helps() {
    let died = |code: &str| {
        let mut fixture = Fixture::failback(|_| ()).prepared();
        fixture.fail(&format!("dies:web-1={code}"));
        fixture.waits::<Step>("launching web-1, all-1", 1);
        // DRS no longer shows a terminated instance.
        fixture.pass(1_500);
        fixture
    };
    died("Server.InternalError").waits::<Step>("launching web-1", 1);
    let mut fixture = died("Server.InsufficientInstanceCapacity");
    fixture.waits::<Step>("launching web-1", 1);
    for (code, remedy) in [("Client.VolumeLimitExceeded", "quota"), ("Client.InternalError", "KMS key")] {
        let mut fixture = died(code);
        let before = fixture.writes();
        let error = fixture.call::<Step>().unwrap_err();
        let said = error.to_string();
        assert_eq!(error.name(), ErrorName::LaunchFailed);
        assert!(said.contains(code) && said.contains(remedy) && said.contains("does not help"), "{said}");
        assert_eq!(fixture.writes(), before);
    }
}

/// DRS would terminate it with the next launch.
#[test]
fn a_launched_a4_that_nobody_shows_yet_is_not_launched_again() {
    let mut fixture = Fixture::failback(|_| ()).launched();
    for server in &mut fixture.fleet.servers {
        server.a3 = None;
        server.times.launched = None;
    }
    let source = fixture.source();
    fixture.tamper(move |seen| match seen {
        Response::RecoveryInstances(region, records) if region == source => records.clear(),
        Response::Instances(region, instances) if region == source => instances.clear(),
        _ => {}
    });
    let before = fixture.writes();
    fixture.waits::<Step>("launching web-1, all-1", 0);
    assert_eq!(fixture.writes(), before);
}
