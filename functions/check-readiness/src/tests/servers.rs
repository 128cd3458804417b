use failback_core::cloud::{
    Instance, InstanceState, Job, JobKind, JobServer, JobStatus, LastLaunch, LaunchStatus, RecordSet,
    RecordType, RecoveryInstance, ReplicationState, Tags,
};
use failback_core::id::SourceServerId;
use failback_core::tags::tag;
use failback_core::timestamp::Timestamp;
use failback_testkit::{Fixture, Response};
use serde_json::json;

use super::{blocked, check, check_plan, silent, warned};

/// Tampers with B2 of the first server.
fn b2(change: impl Fn(&mut RecoveryInstance) + Send + Sync + 'static) -> Fixture {
    b2_of(Fixture::failback(|_| ()), change)
}

fn b2_of(mut fixture: Fixture, change: impl Fn(&mut RecoveryInstance) + Send + Sync + 'static) -> Fixture {
    let id = fixture.b2(0);
    fixture.tamper(move |seen| {
        if let Response::RecoveryInstances(_, found) = seen {
            found.iter_mut().filter(|found| found.id == id).for_each(&change);
        }
    });
    fixture
}

/// Tampers with B3 of the first server.
fn b3(change: impl Fn(&mut Instance) + Send + Sync + 'static) -> Fixture {
    let mut fixture = Fixture::failback(|_| ());
    let id = fixture.fleet.servers[0].b3().unwrap();
    fixture.tamper(move |seen| {
        if let Response::Instances(_, instances) = seen {
            instances.iter_mut().filter(|instance| instance.id == id).for_each(&change);
        }
    });
    fixture
}

fn name(fixture: &Fixture) -> String {
    fixture.fleet.servers[0].name.clone()
}

#[test]
fn a_world_after_a_failover_is_ready() {
    let output = check(&Fixture::failback(|_| ())).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(output.summary, "2 servers in 1 wave; 1 warning");
    assert_eq!((output.waves, output.leftover), (1, false));
    assert_eq!(output.warnings[0].about, "$.cleanup.terminateOriginals");
}

#[test]
fn b3_must_run_and_come_from_ec2() {
    let fixture = b2(|b2| b2.originated_in_aws = false);
    blocked(&fixture, &name(&fixture), "B2 did not originate in AWS");
    let fixture = b2(|b2| b2.state = InstanceState::Stopped);
    blocked(&fixture, &name(&fixture), "B3 does not run");
}

#[test]
fn an_agent_that_was_not_seen_is_told() {
    let fixture = b2(|b2| b2.agent_seen = None);
    warned(&fixture, &name(&fixture), "DRS has not seen the agent on B3 yet");
    silent(&b2(|_| ()), "has not seen the agent");
}

/// Tampers with the time at which the agent of the first server was seen.
fn seen_ago(fixture: Fixture, seconds: i64, reversed: bool) -> Fixture {
    let now = fixture.now();
    b2_of(fixture, move |b2| {
        b2.agent_seen = Some(Timestamp::from_millis(now.millis() - seconds * 1000));
        if reversed {
            b2.replication_state = ReplicationState::Continuous;
        }
    })
}

#[test]
fn an_agent_that_was_not_seen_for_long_is_told_unless_replication_is_reversed() {
    let said = "for more than 15 minutes";
    let fixture = seen_ago(Fixture::failback(|_| ()), 901, false);
    warned(&fixture, &name(&fixture), said);
    silent(&seen_ago(Fixture::failback(|_| ()), 900, false), said);
    silent(&seen_ago(Fixture::failback(|_| ()), 901, true), said);
}

#[test]
fn b3_must_be_fit_for_reversed_replication() {
    let of = |change: fn(&mut Instance), said: &str| {
        let fixture = b3(change);
        blocked(&fixture, &name(&fixture), said);
    };
    of(|b3| b3.network_interfaces = 0, "B3 has no network interface");
    of(|b3| b3.metadata_reachable = false, "instance metadata of B3 is not reachable");
    of(|b3| b3.profile_arn = None, "B3 has no instance profile");
}

#[test]
fn b3_must_be_known_to_ec2() {
    let mut fixture = Fixture::failback(|_| ());
    let id = fixture.fleet.servers[0].b3().unwrap();
    fixture.tamper(move |seen| {
        if let Response::Instances(_, instances) = seen {
            instances.retain(|instance| instance.id != id);
        }
    });
    blocked(&fixture, &name(&fixture), "EC2 does not know B3");
}

/// A1 is gone. A2's launch template was prepared before, and a person is asked before clients use what it launches.
#[test]
fn a2s_launch_template_stands_in_for_an_original_that_is_gone() {
    let gone = |fixture: Fixture| {
        let all: Vec<_> = (0..2).map(|server| fixture.a1(server)).collect();
        fixture.simulation.world().terminate_instances(fixture.source(), &all).unwrap();
        fixture.pass(300);
        fixture
    };
    let like_source = |fixture: &Fixture, gates: serde_json::Value| {
        let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
        plan["launch"]["network"] = json!({ "likeSource": true });
        plan["gates"] = gates;
        check_plan(fixture, &plan)
    };
    let asks = json!({ "beforeRedirect": { "timeoutMinutes": 60 } });
    let prepared = gone(Fixture::failback(|_| ()).prepared());
    let output = like_source(&prepared, asks.clone()).unwrap_or_else(|error| panic!("{error}"));
    let said = "A1 no longer shows what the plan copies with like-source";
    assert!(output.warnings.iter().any(|found| found.message.contains(said)), "{:#?}", output.warnings);
    assert!(output.notice.contains(said), "who is asked is told: {}", output.notice);
    // Nobody is asked, or nothing was prepared.
    let reversed = gone(Fixture::failback(|_| ()).reversed());
    for refused in [like_source(&prepared, json!({})), like_source(&reversed, asks)] {
        let text = refused.expect_err("A1 is gone").to_string();
        assert!(text.contains("the plan has like-source, but A1 shows no subnet"), "{text}");
    }
}

#[test]
fn an_original_must_show_what_is_to_be_copied() {
    let plan = |plan: &mut serde_json::Value| plan["launch"]["instanceProfile"] = json!("like-source");
    let without_profile = |mut fixture: Fixture| {
        let id = fixture.fleet.servers[0].a1.clone().unwrap();
        fixture.tamper(move |seen| {
            if let Response::Instances(_, instances) = seen {
                instances.iter_mut().filter(|a1| a1.id == id).for_each(|a1| a1.profile_arn = None);
            }
        });
        fixture
    };
    let fixture = without_profile(Fixture::failback(plan));
    blocked(
        &fixture,
        &name(&fixture),
        "the plan has like-source, but A1 shows no instance profile. Name it in $.launch.instanceProfile",
    );
    silent(&without_profile(Fixture::failback(|_| ())), "like-source");
    // A server that is already launched copies nothing from A1.
    let launched = without_profile(Fixture::failback(|_| ()).launched());
    let mut input = serde_json::to_value(&launched.run.plan).unwrap();
    plan(&mut input);
    check_plan(&launched, &input).unwrap_or_else(|error| panic!("{error}"));
}

/// Returns a failback in which a launch of A2 succeeded and its recovery instance does not show, with a job of this
/// age.
fn launched_before(tagged: bool, job_seconds_ago: Option<i64>) -> Fixture {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let (a2, b1, source, now) = (fixture.a2(0), fixture.b1(0), fixture.source(), fixture.now());
    fixture.tamper(move |seen| match seen {
        Response::SourceServers(_, servers) => {
            for server in servers.iter_mut().filter(|server| server.id == a2) {
                server.last_launch = LastLaunch::Succeeded;
                if tagged {
                    server.tags.insert(tag::B1.to_owned(), b1.to_string());
                }
            }
        }
        Response::Jobs(region, jobs) if region == source => {
            if let Some(ago) = job_seconds_ago {
                let began = Timestamp::from_millis(now.millis() - ago * 1000);
                jobs.push(job(JobKind::Launch, JobStatus::Completed, &a2, Some(began), Tags::new()));
            }
        }
        _ => {}
    });
    fixture
}

fn job(
    kind: JobKind,
    status: JobStatus,
    server: &SourceServerId,
    began: Option<Timestamp>,
    tags: Tags,
) -> Job {
    let launch = LaunchStatus::Launched;
    let part = JobServer { server: server.clone(), recovery_instance: None, launch, actions: None };
    let id = "drsjob-0123456789abcdef0".parse().unwrap();
    Job { id, kind, status, created: began, tags, servers: vec![part] }
}

#[test]
fn what_a2_launched_before_may_be_production() {
    let said = "was launched before, and its A3 was deleted";
    let fixture = launched_before(false, None);
    blocked(&fixture, &name(&fixture), &format!("this A2 {said}"));
    let old = launched_before(false, Some(1_800));
    blocked(&old, &name(&old), &format!("this A2 {said}"));
    silent(&launched_before(false, Some(1_799)), said);
    silent(&launched_before(true, None), said);
    silent(&Fixture::failback(|_| ()).launched(), said);
}

#[test]
fn a_recent_job_of_another_server_explains_nothing() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let (a2, other, source, now) = (fixture.a2(0), fixture.a2(1), fixture.source(), fixture.now());
    fixture.tamper(move |seen| match seen {
        Response::SourceServers(_, servers) => {
            let of_a2 = servers.iter_mut().filter(|server| server.id == a2);
            of_a2.for_each(|server| server.last_launch = LastLaunch::Succeeded);
        }
        Response::Jobs(region, jobs) if region == source => {
            jobs.push(job(JobKind::Launch, JobStatus::Completed, &other, Some(now), Tags::new()));
        }
        _ => {}
    });
    blocked(&fixture, &name(&fixture), "this A2 was launched before");
}

/// Returns a failback in which a job is working on B1 of the first server, or on its A2.
fn at_work(of_a2: bool, kind: JobKind, tags: &[(&str, &str)], b2_tags: &[(&str, &str)]) -> Fixture {
    let owned = |tags: &[(&str, &str)]| -> Tags {
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let server = if of_a2 { fixture.a2(0) } else { fixture.b1(0) };
    let busy = if of_a2 { fixture.source() } else { fixture.recovery() };
    let (tags, b2_tags, b2) = (owned(tags), owned(b2_tags), fixture.b2(0));
    fixture.tamper(move |seen| match seen {
        Response::Jobs(region, jobs) if region == busy => {
            jobs.push(job(kind, JobStatus::Started, &server, None, tags.clone()));
        }
        Response::RecoveryInstances(_, found) => {
            found.iter_mut().filter(|found| found.id == b2).for_each(|b2| b2.tags.extend(b2_tags.clone()));
        }
        _ => {}
    });
    fixture
}

#[test]
fn a_job_of_somebody_else_must_end_first() {
    let said = "a job of DRS that no run of this procedure started is working on it";
    for of_a2 in [true, false] {
        for tags in [&[][..], &[(tag::PROCEDURE, "drill")]] {
            let fixture = at_work(of_a2, JobKind::Launch, tags, &[]);
            blocked(&fixture, &name(&fixture), said);
        }
        let fixture = at_work(of_a2, JobKind::Terminate, &[], &[]);
        blocked(&fixture, &name(&fixture), said);
    }
    // Only a terminate job carries no tags of its own.
    let fixture = at_work(true, JobKind::Launch, &[], &[(tag::PROCEDURE, "failback")]);
    blocked(&fixture, &name(&fixture), said);
}

#[test]
fn a_job_of_an_earlier_run_is_waited_for() {
    let said = "a job of DRS is working on it";
    let ours = [(tag::PROCEDURE, "failback")];
    for of_a2 in [true, false] {
        let fixture = at_work(of_a2, JobKind::Launch, &ours, &[]);
        warned(&fixture, &name(&fixture), said);
        let fixture = at_work(of_a2, JobKind::Terminate, &[], &ours);
        warned(&fixture, &name(&fixture), said);
    }
}

#[test]
fn a_terminate_job_is_of_an_earlier_run_where_a2_is() {
    let mut fixture = Fixture::failback(|_| ()).reversed();
    let (a2, busy) = (fixture.a2(0), fixture.source());
    fixture.tamper(move |seen| match seen {
        Response::Jobs(region, jobs) if region == busy => {
            jobs.push(job(JobKind::Terminate, JobStatus::Pending, &a2, None, Tags::new()));
        }
        Response::SourceServers(_, servers) => {
            for server in servers.iter_mut().filter(|server| server.id == a2) {
                server.tags.insert(tag::PROCEDURE.to_owned(), "failback".to_owned());
            }
        }
        _ => {}
    });
    warned(&fixture, &name(&fixture), "is working on it");
}

#[test]
fn a_job_that_somebody_began_in_the_console_is_found() {
    let fixture = Fixture::failback(|_| ()).prepared();
    fixture.launch_in_console();
    fixture.pass(60);
    let error = check(&fixture).unwrap_err().to_string();
    assert!(error.contains("all-1 (drsjob-") && error.contains("is working on it"), "{error}");
}

#[test]
fn a_job_that_has_ended_is_nothing() {
    let mut fixture = Fixture::failback(|_| ());
    let b1 = fixture.b1(0);
    fixture.tamper(move |seen| {
        if let Response::Jobs(_, jobs) = seen {
            jobs.push(job(JobKind::Launch, JobStatus::Completed, &b1, None, Tags::new()));
        }
    });
    silent(&fixture, "is at work");
}

/// Tampers with the record of the plan.
fn records(change: impl Fn(&mut Vec<RecordSet>) + Send + Sync + 'static) -> Fixture {
    let mut fixture = Fixture::failback(|_| ());
    fixture.tamper(move |seen| {
        if let Response::Records(sets) = seen {
            change(sets);
        }
    });
    fixture
}

#[test]
fn only_a_simple_record_that_exists_is_redirected() {
    let path = "$.redirect.records[0].name";
    blocked(&records(Vec::clear), path, "the zone has no A record of this name");
    let policy = "the record is an alias or has a routing policy";
    blocked(&records(|sets| sets[0].set_identifier = Some("blue".to_owned())), path, policy);
    blocked(&records(|sets| sets[0].ttl_seconds = None), path, policy);
    let several = |sets: &mut Vec<RecordSet>| sets.push(sets[0].clone());
    blocked(&records(several), path, "the name has several records chosen by a routing policy");
    let both = |sets: &mut Vec<RecordSet>| sets[0].values.push("10.0.0.9".to_owned());
    blocked(&records(both), path, "the record has several values");
}

#[test]
fn an_aaaa_record_beside_the_record_stands_in_the_way() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.tamper(|seen| {
        if let Response::Ipv6Records(sets) = seen {
            sets.push(RecordSet {
                name: "shop.example.com.".to_owned(),
                kind: RecordType::Aaaa,
                ttl_seconds: Some(60),
                values: vec!["2001:db8::3".to_owned()],
                set_identifier: None,
            });
        }
    });
    blocked(&fixture, "$.redirect.records[0].name", "there is an AAAA record too: IPv6 clients");
}

#[test]
fn a_long_ttl_is_warned_of_and_noted() {
    let path = "$.redirect.records[0].name";
    warned(&records(|sets| sets[0].ttl_seconds = Some(301)), path, "the TTL is more than 300 s");
    let fixture = records(|sets| sets[0].ttl_seconds = Some(300));
    silent(&fixture, "TTL");
    assert_eq!(check(&fixture).unwrap().fleet.redirected.unwrap().old_ttl_seconds, Some(300));
    // An earlier execution has recorded what the record held before. If none has, it is not known.
    let mut fixture = Fixture::failback(|_| ()).redirected();
    let noted = check(&fixture).unwrap().fleet.redirected;
    assert_eq!(noted, fixture.fleet.redirected);
    fixture.tamper(|seen| {
        if let Response::SourceServers(_, servers) = seen {
            for server in servers.iter_mut() {
                server.tags.remove(tag::REDIRECTED);
            }
        }
    });
    assert_eq!(check(&fixture).unwrap().fleet.redirected.unwrap().old_ttl_seconds, Some(3_600));
}

#[test]
fn a_record_names_a_server_of_the_plan() {
    let fixture = Fixture::failback(|_| ());
    let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
    plan["redirect"]["records"][0]["server"] = json!("nobody");
    let error = check_plan(&fixture, &plan).unwrap_err().to_string();
    assert!(
        error.contains("$.redirect.records[0].server (`nobody`): this is not a server of the plan"),
        "{error}"
    );
}

#[test]
fn what_is_gone_is_not_judged() {
    let fixture = b2(|b2| {
        b2.state = InstanceState::Terminated;
        b2.originated_in_aws = false;
    });
    let error = check(&fixture).unwrap_err().to_string();
    assert!(!error.contains("did not originate"), "{error}");
}

#[test]
fn a_server_without_b2_is_home_only_if_b1_replicates_a_running_instance() {
    // DRS no longer knows B2, whose B3 may be production.
    let gone = b2(|b2| b2.state = InstanceState::Terminated);
    blocked(&gone, &name(&gone), "it has no recovery instance, and B1 does not replicate");
}
