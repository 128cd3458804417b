use failback_core::cloud::{Instance, InstanceState, Job, JobKind, JobStatus, RecoveryInstance, Tags};
use failback_core::procedure::Procedure;
use failback_core::tags::tag;
use failback_sim::LaunchChange;
use failback_testkit::{Fixture, Response, Scenario};
use serde_json::{Value, json};

use super::{blocked, check, check_plan, silent, warned};

/// Returns a drill of servers that a person has recovered for it.
fn with_recovered(change: impl FnOnce(&mut Value)) -> Fixture {
    Fixture::drill(change)
}

fn name(fixture: &Fixture) -> String {
    fixture.fleet.servers[0].name.clone()
}

/// Tampers with B2 of the first server.
fn b2(mut fixture: Fixture, change: impl Fn(&mut RecoveryInstance) + Send + Sync + 'static) -> Fixture {
    let id = fixture.b2(0);
    fixture.tamper(move |seen| {
        if let Response::RecoveryInstances(_, found) = seen {
            found.iter_mut().filter(|found| found.id == id).for_each(&change);
        }
    });
    fixture
}

/// Tampers with A1 of the first server.
fn a1(mut fixture: Fixture, change: impl Fn(&mut Instance) + Send + Sync + 'static) -> Fixture {
    let id = fixture.fleet.servers[0].a1.clone().unwrap();
    fixture.tamper(move |seen| {
        if let Response::Instances(_, instances) = seen {
            instances.iter_mut().filter(|found| found.id == id).for_each(&change);
        }
    });
    fixture
}

#[test]
fn servers_that_were_recovered_as_a_drill_are_ready() {
    let output = check(&with_recovered(|_| ())).unwrap_or_else(|error| panic!("{error}"));
    assert!(!output.leftover);
    assert!(output.fleet.servers.iter().all(|server| server.b2.is_some() && !server.already_failed_back));
}

#[test]
fn a_drill_needs_an_isolated_network() {
    let fixture = with_recovered(|_| ());
    let mut plan = serde_json::to_value(&fixture.run.plan).unwrap();
    plan["drill"].as_object_mut().unwrap().remove("network");
    let error = check_plan(&fixture, &plan).unwrap_err().to_string();
    assert!(
        error.contains("$.drill.network: a drill needs an isolated network of the source Region"),
        "{error}"
    );
}

#[test]
fn a_network_where_originals_live_is_not_isolated() {
    let fixture = with_recovered(|_| ());
    let network = fixture.run.plan.drill.network.clone().unwrap();
    let fixture = a1(fixture, move |a1| a1.subnet = Some(network.subnet_id.clone()));
    blocked(&fixture, "$.drill.network.subnetId", "original servers use subnet-0f1e2d3c4b5a69788");
}

#[test]
fn a_drill_launches_nothing_into_an_original() {
    let mut fixture = with_recovered(|_| ());
    fixture.tamper(|seen| {
        if let Response::LaunchConfigurationTemplates(_, templates) = seen {
            for template in templates.iter_mut() {
                template.launch_into_source = true;
            }
        }
    });
    blocked(&fixture, "us-east-1", "DRS launches into the source instance here");
}

#[test]
fn there_must_be_something_to_drill_with() {
    let steady = |launch: bool| {
        let change = |plan: &mut Value| {
            launching(plan);
            plan["drill"]["launchRecoveredServers"] = json!(launch);
        };
        Fixture::new(Procedure::Drill, Scenario::Steady, change)
    };
    let error = check(&steady(false)).unwrap_err().to_string();
    assert!(error.contains("it has no recovered server (B2) to drill with"), "{error}");
    silent(&steady(true), "B2");
    let fixture = a1(steady(true), |a1| a1.state = InstanceState::Stopped);
    blocked(&fixture, &name(&fixture), "A1 does not run, so production may be elsewhere");
}

fn launching(plan: &mut Value) {
    plan["drill"]["launchRecoveredServers"] = json!(true);
    plan["drill"]["recoveredSubnetIds"] = json!(["subnet-0b1e2d3c4b5a69788"]);
}

#[test]
fn a_b1_that_launches_into_an_instance_that_exists_is_not_drilled() {
    let fixture = Fixture::with_existing(Procedure::Drill, Scenario::Steady, launching);
    let error = check(&fixture).unwrap_err().to_string();
    assert!(error.contains("1 thing stands in the way; nothing was changed"), "{error}");
    assert!(
        error.contains("the drill would overwrite it, and then terminate it. Leave the server out"),
        "{error}"
    );
    // Without a launch of B1, its settings do not matter.
    let error = check(&Fixture::with_existing(Procedure::Drill, Scenario::Steady, |_| ())).unwrap_err();
    assert!(!error.to_string().contains("overwrite"), "{error}");
}

#[test]
fn b3_starts_only_in_a_subnet_that_the_plan_names() {
    let with_subnet = |subnet: &'static str| {
        let mut fixture = Fixture::new(Procedure::Drill, Scenario::Steady, launching);
        fixture.tamper(move |seen| {
            if let Response::LaunchTemplateVersion(_, version) = seen {
                version.subnet = subnet.parse().ok();
            }
        });
        fixture
    };
    let about = "all-1, web-1";
    let said = "B3, a copy of production, would start";
    blocked(
        &with_subnet("subnet-0c1e2d3c4b5a69788"),
        about,
        &format!("{said} where a recovery would, in subnet-0c1e"),
    );
    blocked(&with_subnet("none"), about, &format!("{said} in the default subnet"));
    assert!(check(&with_subnet("subnet-0b1e2d3c4b5a69788")).is_ok());
    // B3 runs already.
    assert!(check(&with_recovered(|_| ())).is_ok());
}

#[test]
fn a_b3_that_existed_before_is_not_drilled_away() {
    let existing =
        |change: fn(&mut Value)| Fixture::with_existing(Procedure::Drill, Scenario::DrilledRecovered, change);
    let said = "existed before B1 was launched into it, and the drill's clean-up terminates B3";
    for change in [|_: &mut Value| (), launching] {
        let error = check(&existing(change)).unwrap_err().to_string();
        assert!(error.contains("1 thing stands") && error.contains("all-1 (i-"), "{error}");
        assert!(error.contains("web-1 (i-") && error.contains(said), "{error}");
    }
    silent(&existing(|plan| plan["drill"]["keepRecoveredServers"] = json!(true)), "existed before");
}

#[test]
fn a_b2_that_a_failback_has_left_is_not_launched_over() {
    for launch_into in [true, false] {
        let mut fixture = b2(with_recovered(launching), |b2| {
            b2.job = Some("drsjob-0123456789abcdef0".parse().unwrap());
            b2.tags.insert(tag::LEFT.to_owned(), "drsjob-0123456789abcdef0".to_owned());
        });
        if launch_into {
            let (b1, b3) = (fixture.b1(0), fixture.b2(0).instance());
            let into = LaunchChange { launch_into: Some(Some(b3)), ..LaunchChange::default() };
            let recovery = fixture.recovery();
            fixture.simulation.world().update_launch_configuration(recovery, &b1, &into).unwrap();
        }
        let b3 = fixture.fleet.servers[0].b3().unwrap();
        let error = check(&fixture).unwrap_err().to_string();
        assert!(
            error.contains(&format!("web-1 ({b3})")) && error.contains("a failback has left B3"),
            "{error}"
        );
        fixture.run.plan.drill.launch_recovered_servers = false;
        let error = check(&fixture).unwrap_err().to_string();
        assert!(error.contains("web-1: it has no recovered server (B2) to drill with"), "{error}");
    }
}

#[test]
fn a_live_b2_is_not_launched_over() {
    let error = check(&with_recovered(launching)).unwrap_err().to_string();
    assert!(error.contains("which DRS would terminate"), "{error}");
    // An earlier drill's is adopted.
    let earlier = b2_tags(with_recovered(launching));
    silent(&earlier, "which DRS would terminate");
}

/// Tags every B2 as a drill's.
fn b2_tags(mut fixture: Fixture) -> Fixture {
    fixture.tamper(|seen| {
        if let Response::RecoveryInstances(_, found) = seen {
            for b2 in found.iter_mut() {
                {
                    b2.tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
                };
            }
        }
    });
    fixture
}

#[test]
fn what_was_launched_by_a_drills_job_is_of_that_drill() {
    for (of_drill, tags) in [(true, "drill"), (false, "failback")] {
        let mut fixture = with_recovered(launching);
        fixture.tamper(move |seen| match seen {
            Response::RecoveryInstances(_, found) => {
                for b2 in found.iter_mut() {
                    b2.job = Some("drsjob-0123456789abcdef0".parse().unwrap());
                }
            }
            Response::Jobs(_, jobs) => {
                let tags = Tags::from([(tag::PROCEDURE.to_owned(), tags.to_owned())]);
                jobs.push(Job {
                    id: "drsjob-0123456789abcdef0".parse().unwrap(),
                    kind: JobKind::Launch,
                    status: JobStatus::Completed,
                    created: None,
                    tags,
                    servers: Vec::new(),
                });
            }
            _ => {}
        });
        assert_eq!(check(&fixture).is_ok(), of_drill);
    }
}

#[test]
fn a_b3_that_may_be_production_is_not_taken_down() {
    let fixture = a1(with_recovered(|_| ()), |a1| a1.state = InstanceState::Stopped);
    blocked(&fixture, &name(&fixture), "A1 does not run, so B3 may be production");
    let fixture = b2(with_recovered(|_| ()), |b2| b2.is_drill = false);
    blocked(&fixture, &name(&fixture), "B3 was not launched as a drill, so it may be production");
}

#[test]
fn a_b3_that_a_record_points_at_is_not_taken_down() {
    for public in [true, false] {
        let mut fixture = with_recovered(|_| ());
        let b3 = fixture.fleet.servers[0].b3().unwrap();
        fixture.tamper(move |seen| match seen {
            Response::Instances(_, instances) => {
                for b3 in instances.iter_mut().filter(|found| found.id == b3) {
                    if public {
                        b3.public_ip = Some("203.0.113.9".to_owned());
                    } else {
                        b3.private_ip = Some("203.0.113.9".to_owned());
                    }
                }
            }
            Response::Records(sets) => {
                for set in sets.iter_mut() {
                    set.values = vec!["203.0.113.9".to_owned()];
                }
            }
            _ => {}
        });
        blocked(&fixture, &name(&fixture), "a record of the plan points at B3, so it may be production");
    }
}

#[test]
fn a_plan_that_keeps_b3_or_calls_it_disposable_may_drill_with_it() {
    let keeping = with_recovered(|plan| plan["drill"]["keepRecoveredServers"] = json!(true));
    silent(&b2(keeping, |b2| b2.is_drill = false), "B3");
    let disposable = with_recovered(|plan| plan["drill"]["recoveredServersAreDisposable"] = json!(true));
    silent(&b2(disposable, |b2| b2.is_drill = false), "B3");
}

#[test]
fn a_record_at_an_address_of_nobody_may_be_production() {
    let elsewhere = |keep: bool| {
        let fixture = with_recovered(|plan| plan["drill"]["keepRecoveredServers"] = json!(keep));
        fixture.point_at("192.0.2.7");
        fixture
    };
    let error = check(&elsewhere(false)).expect_err("a blocker").to_string();
    assert!(error.contains("holds 192.0.2.7: this is an address of none of the plan's servers"), "{error}");
    silent(&elsewhere(true), "an address of none");
}

/// Returns a drill in which a procedure created A2 of the first server, running or stopped.
fn reversed(procedure: Option<&'static str>, keep: bool, stopped: bool) -> Fixture {
    let fixture = with_recovered(|plan| plan["drill"]["keepRecoveredServers"] = json!(keep)).reversed();
    let mut fixture = if stopped { fixture.stopped() } else { fixture };
    let a2 = fixture.a2(0);
    fixture.tamper(move |seen| {
        if let (Response::SourceServers(_, servers), Some(procedure)) = (seen, procedure) {
            for server in servers.iter_mut().filter(|server| server.id == a2) {
                server.tags.insert(tag::PROCEDURE.to_owned(), procedure.to_owned());
            }
        }
    });
    fixture
}

#[test]
fn an_a2_of_a_failback_is_not_drilled_with() {
    let fixture = reversed(Some("failback"), false, false);
    blocked(&fixture, &name(&fixture), "a failback of it was started and has not finished");
}

#[test]
fn an_a2_that_a_person_made_is_reported_where_the_drill_deletes_it() {
    let said = "replication is reversed already, and the drill's clean-up deletes this A2";
    let fixture = reversed(Some("nobody's"), false, false);
    warned(&fixture, "all-1, web-1", said);
    silent(&reversed(None, true, false), said);
    let own = reversed(Some("drill"), false, false);
    let output = check(&own).unwrap_or_else(|error| panic!("{error}"));
    let about: Vec<_> = output.warnings.iter().filter(|it| it.message.contains(said)).collect();
    assert!(about.iter().all(|it| it.about.starts_with(&own.fleet.servers[1].name)), "{about:#?}");
    assert_eq!(about.len(), 1);
}

#[test]
fn a_drill_that_was_interrupted_at_its_clean_up_is_cleaned_up() {
    let leftover = |fixture: &Fixture| check(fixture).unwrap_or_else(|error| panic!("{error}")).leftover;
    assert!(leftover(&reversed(Some("drill"), false, true)));
    assert!(!leftover(&reversed(Some("drill"), false, false)));
    assert!(!leftover(&reversed(None, false, true)));
    // A drill that keeps B3 does not clean up A2.
    assert!(!leftover(&reversed(Some("drill"), true, true)));
}

#[test]
fn what_a_drill_has_cleaned_up_already_needs_no_b2() {
    let fixture = reversed(Some("drill"), false, true);
    let (a2, b2) = (fixture.a2(0), fixture.b2(1));
    let mut fixture = fixture;
    fixture.tamper(move |seen| match seen {
        Response::SourceServers(_, servers) => {
            for server in servers.iter_mut().filter(|server| server.id == a2) {
                server.tags.insert(tag::PROCEDURE.to_owned(), "drill".to_owned());
            }
        }
        Response::RecoveryInstances(_, found) => found.retain(|found| found.id != b2),
        _ => {}
    });
    let output = check(&fixture).unwrap_or_else(|error| panic!("{error}"));
    assert!(output.leftover);
}
