use failback_core::cloud::{Instance, InstanceState, Job, JobKind, JobStatus, RecoveryInstance, Tags};
use failback_core::procedure::Procedure;
use failback_core::tags::tag;
use failback_testkit::{Fixture, Response, Scenario};
use serde_json::{Value, json};

use super::{blocked, by_hand, check, silent, warned};

fn name(fixture: &Fixture) -> String {
    fixture.fleet.servers[0].name.clone()
}

/// Tampers with B2 of the first server.
fn b2(change: impl Fn(&mut RecoveryInstance) + Send + Sync + 'static) -> Fixture {
    b2_of(0, change)
}

/// Tampers with B2 of a server. Only the first has a record.
fn b2_of(server: usize, change: impl Fn(&mut RecoveryInstance) + Send + Sync + 'static) -> Fixture {
    let mut fixture = Fixture::failback(|_| ());
    let id = fixture.b2(server);
    fixture.tamper(move |seen| {
        if let Response::RecoveryInstances(_, found) = seen {
            found.iter_mut().filter(|found| found.id == id).for_each(&change);
        }
    });
    fixture
}

/// Tampers with A1 of the first server, and with the setting that DRS launches into A1.
fn a1(mut fixture: Fixture, into: bool, change: impl Fn(&mut Instance) + Send + Sync + 'static) -> Fixture {
    let id = fixture.fleet.servers[0].a1.clone().unwrap();
    fixture.tamper(move |seen| match seen {
        Response::Instances(_, instances) => {
            instances.iter_mut().filter(|found| found.id == id).for_each(&change);
        }
        Response::LaunchConfigurationTemplates(_, templates) => {
            for template in templates.iter_mut() {
                template.launch_into_source = into;
            }
        }
        _ => {}
    });
    fixture
}

fn procedure(of: &str) -> (String, String) {
    (tag::PROCEDURE.to_owned(), of.to_owned())
}

#[test]
fn what_a_drill_launched_is_not_failed_back_unless_a_record_points_at_it() {
    let said = "B3 was launched by a drill, and no record shows that it is production";
    let second = |fixture: &Fixture| fixture.fleet.servers[1].name.clone();
    let fixture = b2_of(1, |b2| b2.is_drill = true);
    blocked(&fixture, &second(&fixture), said);
    let fixture = b2_of(1, |b2| b2.tags.extend([procedure("drill")]));
    blocked(&fixture, &second(&fixture), said);
    silent(&b2_of(1, |b2| b2.tags.extend([procedure("failback")])), "drill");
    // In an emergency, a person may have started a drill in place of a recovery.
    let fixture = b2(|b2| b2.is_drill = true);
    warned(&fixture, &name(&fixture), "a record shows that it is production");
}

#[test]
fn what_a_drills_job_launched_is_not_failed_back() {
    for (refused, of) in [(true, "drill"), (false, "failback")] {
        let mut fixture = Fixture::failback(|_| ());
        let (id, away) = (fixture.b2(1), fixture.recovery());
        fixture.tamper(move |seen| match seen {
            Response::RecoveryInstances(_, found) => {
                let of_second = found.iter_mut().filter(|found| found.id == id);
                of_second.for_each(|b2| b2.job = Some("drsjob-0123456789abcdef0".parse().unwrap()));
            }
            Response::Jobs(region, jobs) if region == away => {
                let job = "drsjob-0123456789abcdef0".parse().unwrap();
                let (kind, status, servers) = (JobKind::Launch, JobStatus::Completed, Vec::new());
                jobs.push(Job {
                    id: job,
                    kind,
                    status,
                    created: None,
                    tags: Tags::from([procedure(of)]),
                    servers,
                });
            }
            _ => {}
        });
        assert_eq!(check(&fixture).is_err(), refused);
    }
}

#[test]
fn the_job_that_launched_b2_is_found_however_old() {
    // The list of the newest jobs lacks it. When requested by its id, DRS shows it.
    let mut fixture = Fixture::failback(|_| ());
    let (id, away) = (fixture.b2(1), fixture.recovery());
    let asked = std::sync::atomic::AtomicUsize::new(0);
    fixture.tamper(move |seen| match seen {
        Response::RecoveryInstances(_, found) => {
            let of_second = found.iter_mut().filter(|found| found.id == id);
            of_second.for_each(|b2| b2.job = Some("drsjob-0123456789abcdef0".parse().unwrap()));
        }
        Response::Jobs(region, jobs) if region == away => {
            jobs.clear();
            if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 0 {
                let job = "drsjob-0123456789abcdef0".parse().unwrap();
                let (kind, status, servers) = (JobKind::Launch, JobStatus::Completed, Vec::new());
                let tags = Tags::from([procedure("drill")]);
                jobs.push(Job { id: job, kind, status, created: None, tags, servers });
            }
        }
        _ => {}
    });
    let second = fixture.fleet.servers[1].name.clone();
    blocked(&fixture, &second, "B3 was launched by a drill, and no record shows that it is production");
}

#[test]
fn where_a_record_points_at_a1_it_is_production() {
    let point_at_a1 = |fixture: Fixture| {
        let mut fixture = fixture;
        let id = fixture.fleet.servers[0].a1.clone().unwrap();
        fixture.tamper(move |seen| match seen {
            Response::Instances(_, instances) => {
                let of_a1 = instances.iter_mut().filter(|found| found.id == id);
                of_a1.for_each(|a1| a1.private_ip = Some("203.0.113.9".to_owned()));
            }
            Response::Records(sets) => {
                for set in sets.iter_mut() {
                    set.values = vec!["203.0.113.9".to_owned()];
                }
            }
            _ => {}
        });
        fixture
    };
    let fixture = point_at_a1(Fixture::failback(|_| ()));
    blocked(&fixture, &name(&fixture), "the record holds an address of A1");
    // Once replication is reversed, the failback of B3 was intended, and a person has moved traffic since.
    let fixture = point_at_a1(Fixture::failback(|_| ()).reversed());
    blocked(&fixture, &name(&fixture), "the record holds an address of A1");
}

#[test]
fn where_a_record_points_at_an_unknown_address_it_is_production() {
    let mut fixture = Fixture::failback(|_| ());
    fixture.tamper(|seen| {
        if let Response::Records(sets) = seen {
            sets[0].values = vec!["203.0.113.9".to_owned()];
        }
    });
    blocked(&fixture, &name(&fixture), "the record holds no address of B3 or A4");
}

#[test]
fn where_no_record_shows_it_an_original_that_runs_may_be_production() {
    let running = |instance: &mut Instance| instance.state = InstanceState::Running;
    let with = |change: fn(&mut Value)| a1(Fixture::failback(change), false, running);
    let fixture = with(by_hand);
    // Without a name in a record, a server is called by its wave.
    blocked(&fixture, "all-1", "A1 runs, and no record shows whether clients use it or B3");
    let fixture = with(|plan| {
        by_hand(plan);
        plan["redirect"]["originalsMayRun"] = json!(true);
    });
    warned(&fixture, "all-1", "runs");
    let fixture = with(|_| ());
    warned(&fixture, &name(&fixture), "runs");
}

#[test]
fn b1_of_an_original_that_may_serve_is_not_to_be_stopped() {
    let stops = |plan: &mut Value| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    };
    let fixture = Fixture::failback(stops);
    let source = fixture.source();
    let a1s = [fixture.a1(0), fixture.a1(1)];
    fixture.simulation.world().start_instances(source, &a1s).unwrap();
    fixture.pass(60);
    // A record shows that clients of the first use B3.
    blocked(&fixture, &fixture.fleet.servers[1].name, "A1 runs, no record shows that clients use B3");
}

#[test]
fn an_original_is_terminated_only_with_its_owners_leave() {
    let said = "A1 is to be terminated, and its owner has not tagged it for that";
    let untagged = |a1: &mut Instance| drop(a1.tags.remove(tag::ORIGINAL));
    let fixture = a1(Fixture::failback(|_| ()), false, untagged);
    blocked(&fixture, &name(&fixture), said);
    let other = |a1: &mut Instance| drop(a1.tags.insert(tag::ORIGINAL.to_owned(), "no".to_owned()));
    let fixture = a1(Fixture::failback(|_| ()), false, other);
    blocked(&fixture, &name(&fixture), said);
    let keeping = Fixture::failback(|plan| plan["cleanup"]["terminateOriginals"] = json!(false));
    silent(&a1(keeping, false, untagged), "terminated");
    let gone = |a1: &mut Instance| {
        a1.tags.remove(tag::ORIGINAL);
        a1.state = InstanceState::Terminated;
    };
    assert!(check(&a1(Fixture::failback(|_| ()), false, gone)).is_ok());
    // An A1 that becomes A4 is not terminated.
    let into = Fixture::failback(|plan| plan["launch"]["intoSource"] = json!(true));
    assert!(check(&a1(into, true, untagged)).is_ok());
}

#[test]
fn an_a1_that_is_a4_already_is_not_terminated() {
    let mut fixture = Fixture::failback(|plan| plan["launch"]["intoSource"] = json!(true)).launched();
    let (id, a3) = (fixture.fleet.servers[0].a1.clone().unwrap(), fixture.a3(0));
    fixture.tamper(move |seen| match seen {
        Response::Instances(_, instances) => {
            instances
                .iter_mut()
                .filter(|found| found.id == id)
                .for_each(|a1| drop(a1.tags.remove(tag::ORIGINAL)));
        }
        Response::RecoveryInstances(_, found) => {
            for a3 in found.iter_mut().filter(|found| found.id == a3) {
                a3.id = id.recovery_instance();
                a3.instance = id.clone();
            }
        }
        _ => {}
    });
    let answer = check(&fixture);
    assert!(answer.is_ok(), "{}", answer.unwrap_err());
}

#[test]
fn drs_launches_into_an_original_only_where_the_plan_says_so() {
    let stopped = |a1: &mut Instance| a1.state = InstanceState::Stopped;
    let unwanted = a1(Fixture::failback(|_| ()), true, stopped);
    blocked(&unwanted, "us-east-1", "DRS launches into the source instance here: A4 would become A1");
    let wanted = || Fixture::failback(|plan| plan["launch"]["intoSource"] = json!(true));
    assert!(check(&a1(wanted(), true, stopped)).is_ok());
    let fixture = a1(wanted(), true, |a1| a1.state = InstanceState::Running);
    blocked(&fixture, &name(&fixture), "A1 is not stopped, and is to be launched into");
    // A server that is already launched is not launched into A1 any more.
    let launched = a1(Fixture::failback(|_| ()).launched(), true, stopped);
    assert!(check(&launched).is_ok());
}

#[test]
fn what_is_home_is_told() {
    let fixture = Fixture::new(Procedure::Failback, Scenario::Steady, |_| ());
    let output = check(&fixture).unwrap_or_else(|error| panic!("{error}"));
    assert!(output.fleet.servers.iter().all(|server| server.already_failed_back));
    assert_eq!(output.summary, "0 servers (2 more failed back already) in 1 wave; 3 warnings");
    warned(&fixture, "the fleet", "every server has failed back already");
    let source = output
        .warnings
        .iter()
        .filter(|it| it.message == "it has no recovered server: it has failed back already");
    assert_eq!(source.count(), 1);
    silent(&Fixture::failback(|_| ()), "home");
}

#[test]
fn what_cannot_be_taken_back_is_told() {
    let stop = |plan: &mut Value| {
        plan["stopOriginalReplication"] = json!(true);
        plan["gates"]["beforeStop"] = json!({ "timeoutMinutes": 60 });
    };
    warned(&Fixture::failback(stop), "$.stopOriginalReplication", "deletes every point in time");
    silent(&Fixture::failback(|_| ()), "deletes every point in time");
    warned(&Fixture::failback(|_| ()), "$.cleanup.terminateOriginals", "will be terminated");
    let keeping = Fixture::failback(|plan| plan["cleanup"]["terminateOriginals"] = json!(false));
    silent(&keeping, "will be terminated");
}

/// Tags every A2 as a drill's, and keeps or removes B2 of the first server.
fn of_a_drill(mut fixture: Fixture, b2_lives: bool) -> Fixture {
    let (source, b2) = (fixture.source(), fixture.b2(0));
    let of: Vec<_> = (0..2).map(|server| (fixture.a2(server), fixture.b1(server))).collect();
    fixture.tamper(move |seen| match seen {
        Response::SourceServers(region, servers) if region == source => {
            for (a2, b1) in &of {
                let of_b1 = (tag::B1.to_owned(), b1.to_string());
                let tags = [procedure("drill"), of_b1];
                servers.iter_mut().filter(|it| it.id == *a2).for_each(|it| it.tags.extend(tags.clone()));
            }
        }
        Response::RecoveryInstances(region, found) if region != source && !b2_lives => {
            found.retain(|found| found.id != b2);
        }
        _ => {}
    });
    fixture
}

#[test]
fn what_an_interrupted_drill_left_is_cleaned_up_by_the_drill() {
    let both = "all-1, web-1";
    let launched = of_a_drill(Fixture::failback(|_| ()).launched(), true);
    blocked(&launched, both, "an interrupted drill left A3 and A4 in its isolated network");
    let stopped = of_a_drill(Fixture::failback(|_| ()).reversed().stopped(), true);
    blocked(&stopped, both, "an interrupted drill had started to clean up and left A2");
    let without_b2 = of_a_drill(Fixture::failback(|_| ()).reversed(), false);
    blocked(&without_b2, &name(&without_b2), "an interrupted drill had started to clean up and left A2");
    // Replication only reversed by an abandoned drill: that is step 1 of this failback.
    silent(&of_a_drill(Fixture::failback(|_| ()).reversed(), true), "drill");
}

#[test]
fn a_b3_that_existed_before_is_told() {
    let fixture = Fixture::with_existing(Procedure::Failback, Scenario::Recovered, |_| ());
    warned(&fixture, "all-1, web-1", "existed before B1 was launched into it");
    silent(&Fixture::failback(|_| ()), "existed before");
}
