use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use serde_json::Value;

use failback_rehearsal::rehearsal::Rehearsal;

use crate::support::{BOTH, assert_left, failure, rehearsal, rest, run, setting, three_tier};

fn evidence(rehearsal: &Rehearsal) -> Vec<(String, Value)> {
    let world = rehearsal.simulation.world();
    let read = |(key, body): (&str, &str)| (key.to_owned(), serde_json::from_str(body).expect("JSON"));
    world.evidence().map(read).collect()
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
fn a_run_whose_report_cannot_be_kept_does_not_succeed_in_silence() {
    for procedure in BOTH {
        let mut rehearsal = rehearsal(procedure, 3, 1);
        rehearsal.fail("error:s3:PutObject=AccessDeniedExceptionx*").expect("a rule");
        let done = run(&mut rehearsal, procedure);
        assert!(evidence(&rehearsal).is_empty());
        // Everything is done, and the report says so. The execution fails, so that people are notified.
        assert_eq!(done.report.as_ref().map(|report| report.outcome), Some(Outcome::Succeeded));
        assert_eq!((done.outcome, failure(&done)), (Outcome::Failed, ("Keep Report", "S3.S3Exception")));
        assert_left(&rehearsal, rest(procedure));
    }
}
