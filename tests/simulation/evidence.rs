use failback_asl::{Event, ExecutionResult};
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::Rehearsal;
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_sim::World;
use serde_json::Value;

use crate::support::{BOTH, assert_left, calls, failure, rehearsal, rest, run, setting, three_tier};

/// Returns true for an object that holds what was there before a change.
fn is_previous(key: &str) -> bool {
    key.ends_with("-records.json") || key.ends_with("-settings.json")
}

/// Returns reports and refusals.
fn evidence(rehearsal: &Rehearsal) -> Vec<(String, Value)> {
    let world = rehearsal.simulation.world();
    let read = |(key, body): (&str, &str)| (key.to_owned(), serde_json::from_str(body).expect("JSON"));
    world.evidence().filter(|(key, _)| !is_previous(key)).map(read).collect()
}

#[test]
fn every_run_leaves_its_report_under_a_name_of_its_own() {
    for procedure in BOTH {
        let mut rehearsal = rehearsal(procedure, 3, 1);
        rehearsal.fail("launch:db-1x3").expect("a rule");
        run(&mut rehearsal, procedure);
        let second = run(&mut rehearsal, procedure);
        let kept = evidence(&rehearsal);
        let outcomes: Vec<&Value> = kept.iter().map(|(_, report)| &report["outcome"]).collect();
        let first = if procedure == Procedure::Drill { "failed" } else { "held" };
        assert_eq!(outcomes, [first, "succeeded"]);
        assert_eq!(kept[1].1, serde_json::to_value(&second.report).expect("a report"));
        assert!(kept[1].0.starts_with(&format!("{procedure}/2026-11-02T")), "{}", kept[1].0);
        assert!(kept[1].0.ends_with(&format!("-{}.json", second.execution)), "{}", kept[1].0);
    }
}

#[test]
fn a_refusal_is_kept_too() {
    let mut setting = setting(Procedure::Failback, three_tier(|_| ()), 3, 1);
    setting.switches.launch_into_source = true;
    let mut rehearsal = Rehearsal::new(setting);
    let refused = run(&mut rehearsal, Procedure::Failback);
    let kept = evidence(&rehearsal);
    let [(_, refusal)] = kept.as_slice() else { panic!("{kept:?}") };
    assert_eq!(refusal["outcome"], "refused");
    assert_eq!(refusal["execution"], refused.execution.as_str());
    assert_eq!(refusal["plan"]["name"], "three-tier shop");
    let cause = refusal["failure"]["cause"].as_str().expect("a cause");
    assert!(cause.contains("launch.intoSource"), "{cause}");
}

#[test]
fn records_are_kept_before_they_are_changed() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    let done = run(&mut rehearsal, Procedure::Failback);
    let world = rehearsal.simulation.world();
    let mut kept = world.evidence().filter(|(key, _)| key.ends_with("-records.json"));
    let (key, body) = kept.next().expect("the records before the change");
    assert!(key.contains(&format!("-{}-", done.execution)), "{key}");
    let body: Value = serde_json::from_str(body).expect("JSON");
    let set = &body["records"][0]["ChangeBatch"]["Changes"][0]["ResourceRecordSet"];
    assert_eq!((set["Name"].as_str(), set["Type"].as_str()), (Some("shop.example.com."), Some("A")));
    let value = set["ResourceRecords"][0]["Value"].as_str().expect("an address");
    let (_, owner) = world.owner_of(value).expect("an instance");
    assert!(world.fleet().iter().any(|server| server.b3.contains(owner)), "{value}");
}

#[test]
fn records_that_cannot_be_kept_are_not_changed() {
    let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
    rehearsal.fail("task:keep-previous-records=S3.S3Exceptionx*").expect("a rule");
    let held = run(&mut rehearsal, Procedure::Failback);
    assert_eq!(held.report.as_ref().map(|report| report.outcome), Some(Outcome::Held));
    assert_eq!(failure(&held), ("Keep Previous Records", "S3.S3Exception"));
    assert_eq!(calls(&rehearsal, "ChangeResourceRecordSets"), 0);
}

#[test]
fn launch_settings_are_kept_before_they_are_changed() {
    for procedure in BOTH {
        let mut rehearsal = rehearsal(procedure, 160, 1);
        let done = run(&mut rehearsal, procedure);
        let world = rehearsal.simulation.world();
        let kept = world.evidence().filter(|(key, _)| key.ends_with("-settings.json"));
        let mut servers = Vec::new();
        for (key, body) in kept {
            assert!(key.contains(&format!("-{}-", done.execution)), "{key}");
            let body: Value = serde_json::from_str(body).expect("JSON");
            servers.push(body["settings"].as_array().expect("a list").len());
            let before = &body["settings"][0];
            assert_eq!(before["launchConfiguration"]["targetInstanceTypeRightSizingMethod"], "BASIC");
            assert_eq!(before["launchTemplate"]["DefaultVersion"], "1");
        }
        assert_eq!(servers.iter().sum::<usize>(), 160, "{procedure}: each once, {servers:?}");
        assert!(servers.iter().all(|kept| *kept <= 150), "{procedure}: {servers:?}");
    }
}

#[test]
fn launch_settings_that_cannot_be_kept_are_not_changed() {
    for procedure in BOTH {
        let mut rehearsal = rehearsal(procedure, 3, 1);
        rehearsal.fail("error:s3:PutObject=AccessDeniedExceptionx*").expect("a rule");
        let ended = run(&mut rehearsal, procedure);
        assert_eq!(failure(&ended), ("Keep Previous Settings", "S3.S3Exception"), "{procedure}");
        assert_eq!(calls(&rehearsal, "UpdateLaunchConfiguration"), 0);
        assert_eq!(calls(&rehearsal, "ModifyLaunchTemplate"), 0);
    }
}

#[test]
fn a_run_whose_report_cannot_be_kept_does_not_succeed_in_silence() {
    for procedure in BOTH {
        let mut rehearsal = rehearsal(procedure, 3, 1);
        rehearsal.fail("task:keep-report=S3.S3Exceptionx*").expect("a rule");
        let done = run(&mut rehearsal, procedure);
        assert!(evidence(&rehearsal).is_empty());
        // Everything is done, and the report says so. The execution fails, so that people are notified.
        assert_eq!(done.report.as_ref().map(|report| report.outcome), Some(Outcome::Succeeded));
        assert_eq!((done.outcome, failure(&done)), (Outcome::Failed, ("Keep Report", "S3.S3Exception")));
        assert_left(&rehearsal, rest(procedure));
    }
}

/// The cause with which an execution ends, as Step Functions shows it.
#[derive(Default)]
struct Cause(String);

impl Watcher for Cause {
    fn event(&mut self, _: &World, event: &Event) {
        if let Event::Ended { outcome: ExecutionResult::Failed(failure), .. } = event {
            self.0.clone_from(&failure.cause);
        }
    }

    fn gate(&mut self, _: &str) -> GateAnswer {
        GateAnswer::Yes
    }
}

/// Whoever has only the execution reads there what serves clients and what comes next.
#[test]
fn the_cause_of_an_execution_says_what_serves_and_what_comes_next() {
    for (fault, wanted) in [
        (
            "task:launch-for-failback=Failback.Internalx*",
            [
                ") held: Launch For Failback: Failback.Internal: ",
                "Clients of web-1 use B3, in the recovery Region",
                "start the failback again",
            ],
        ),
        (
            "task:write-report=Failback.Internalx*",
            [
                "Write Report: by a fault of the rehearsal. The report",
                "does not say what serves clients",
                "Start the failback again",
            ],
        ),
        (
            "task:keep-report=S3.S3Exceptionx*",
            [
                ") succeeded. Clients of web-1 use A4",
                "could not be kept in the bucket",
                "aws stepfunctions get-execution-history --execution-arn",
            ],
        ),
        ("task:check-readiness=Failback.NotReadyx*", ["by a fault of the rehearsal"; 3]),
    ] {
        let mut rehearsal = rehearsal(Procedure::Failback, 3, 1);
        rehearsal.fail(fault).expect("a rule");
        let mut cause = Cause::default();
        rehearsal.run(Procedure::Failback, &mut cause);
        for words in wanted {
            assert!(cause.0.contains(words), "{fault}: {words}: {}", cause.0);
        }
        assert!(!cause.0.contains("errorMessage"), "{fault}: {}", cause.0);
    }
}
