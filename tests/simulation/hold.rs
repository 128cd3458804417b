use failback_asl::Event;
use failback_core::id::InstanceId;
use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::region::Region;
use failback_core::report::Outcome;
use failback_rehearsal::rehearsal::{Rehearsal, RunResult};
use failback_rehearsal::runner::{GateAnswer, Watcher};
use failback_sim::{Stack, World};
use serde_json::json;

use crate::support::{
    assert_done, assert_left, assert_safe, cause, failure, rehearsal, rest, run, setting, three_tier,
};

const DRILL: Procedure = Procedure::Drill;

/// Returns a drill that keeps A4 for people's tests.
fn held(minutes: u64) -> Rehearsal {
    let plan = three_tier(|plan| plan["drill"]["hold"] = json!({ "timeoutMinutes": minutes }));
    Rehearsal::new(setting(DRILL, plan, 3, 1)).with_arns()
}

/// People's answers to the questions of a hold, and the questions.
struct Testers {
    answers: Vec<GateAnswer>,
    asked: Vec<String>,
}

impl Testers {
    fn who(answers: &[GateAnswer]) -> Self {
        Self { answers: answers.to_vec(), asked: Vec::new() }
    }
}

impl Watcher for Testers {
    fn event(&mut self, _: &World, _: &Event) {}

    fn gate(&mut self, message: &str) -> GateAnswer {
        let answer = self.answers.get(self.asked.len()).cloned().unwrap_or(GateAnswer::Silence);
        self.asked.push(message.to_owned());
        answer
    }
}

fn drilled(rehearsal: &mut Rehearsal, testers: &mut Testers) -> RunResult {
    let run = rehearsal.run(DRILL, testers);
    assert_safe(rehearsal, &run);
    run
}

fn gates(run: &RunResult) -> Vec<String> {
    let approvals = &run.report.as_ref().expect("a report").approvals;
    approvals.iter().map(|approval| approval.gate.clone()).collect()
}

#[test]
fn a_drill_that_is_held_says_how_to_reach_a4_and_what_is_billed() {
    let mut rehearsal = held(480);
    let mut testers = Testers::who(&[GateAnswer::Yes]);
    let run = drilled(&mut rehearsal, &mut testers);
    assert_done(&rehearsal, &run, rest(DRILL));
    assert_eq!(gates(&run), ["Ask Before Clean Up"]);
    let [question] = testers.asked.as_slice() else { panic!("{:#?}", testers.asked) };
    for words in [
        "for 480 min",
        "subnet-0f1e2d3c4b5a69788 of us-east-1",
        "Billed by the hour until then",
        "https://aws.amazon.com/ec2/pricing/on-demand/",
        "--region us-east-2 --task-output",
    ] {
        assert!(question.contains(words), "{words}: {question}");
    }
    let world = rehearsal.simulation.world();
    let (source, _) = world.region_pair();
    for server in world.fleet() {
        let a4 = world.instance(source, &server.a4[0]).expect("an A4");
        let line = format!("{}: {} or ", server.name, a4.private_ip);
        for words in [line.as_str(), a4.id.as_str(), a4.instance_type.as_str()] {
            assert!(question.contains(words), "{words}: {question}");
        }
    }
}

/// Nobody has said that anything is wrong.
#[test]
fn time_running_out_releases_after_a_reminder() {
    let mut rehearsal = held(480);
    let mut testers = Testers::who(&[]);
    let run = drilled(&mut rehearsal, &mut testers);
    assert_done(&rehearsal, &run, rest(DRILL));
    assert!(run.virtual_seconds >= 480.0 * 60.0);
    assert_eq!(gates(&run), Vec::<String>::new());
    let [question, reminder] = testers.asked.as_slice() else { panic!("{:#?}", testers.asked) };
    assert!(question.contains("for 480 min") && reminder.contains("60 min are left"), "{reminder}");
    assert!(reminder.contains("no longer work"), "{reminder}");
}

#[test]
fn the_reminder_can_be_answered_too() {
    let mut rehearsal = held(20);
    let mut testers = Testers::who(&[GateAnswer::Silence, GateAnswer::Yes]);
    let run = drilled(&mut rehearsal, &mut testers);
    assert_done(&rehearsal, &run, rest(DRILL));
    assert_eq!(gates(&run), ["Ask Before Hold Ends"]);
    assert!(testers.asked[1].contains("5 min are left"), "{}", testers.asked[1]);
}

#[test]
fn a_no_is_a_test_that_failed_and_everything_is_cleaned_up() {
    let no = GateAnswer::No("the shop shows no prices".to_owned());
    for (answers, gate, why) in [
        (vec![no.clone()], "Ask Before Clean Up", "the shop shows no prices"),
        (vec![GateAnswer::Silence, no], "Ask Before Hold Ends", "the shop shows no prices"),
        (vec![GateAnswer::not_approved()], "Ask Before Clean Up", "the answer was not a yes"),
    ] {
        let mut rehearsal = held(60);
        let run = drilled(&mut rehearsal, &mut Testers::who(&answers));
        assert_eq!((run.outcome, failure(&run)), (Outcome::Failed, (gate, "Failback.Refused")));
        assert_eq!(cause(&run), why);
        assert_eq!(gates(&run), Vec::<String>::new());
        assert_left(&rehearsal, rest(DRILL));
    }
}

#[test]
fn the_hold_is_no_part_of_the_rto() {
    let rto = |run: &RunResult| run.report.as_ref().and_then(|report| report.rto_seconds).expect("an RTO");
    let mut without = rehearsal(DRILL, 3, 1);
    let without = rto(&run(&mut without, DRILL));
    assert_eq!(rto(&drilled(&mut held(480), &mut Testers::who(&[]))), without);
}

type Act = fn(&mut World, Region, InstanceId);

/// People test in A4: they stop it, start it again, or end it. The clean-up then ends what is left.
#[test]
fn whatever_people_do_to_a4_meanwhile_it_is_cleaned_up() {
    let acts: [Act; 4] = [
        |world, source, a4| world.stop_instances(source, &[a4]).expect("it runs"),
        |world, source, a4| world.reboot_instances(source, &[a4]).expect("it runs"),
        |world, source, a4| world.terminate_instances(source, &[a4]).expect("it runs"),
        |world, source, a4| {
            let a3 = a4.to_string().parse().expect("the same id");
            world.terminate_recovery_instances(source, &[a3]).map(drop).expect("DRS has it");
        },
    ];
    for act in acts {
        let mut rehearsal = held(60);
        let program = rehearsal.program().clone();
        let mut running = rehearsal.start(&program, DRILL, Stack::First);
        let mut testers = Testers::who(&[]);
        while testers.asked.is_empty() {
            running.go_on(&rehearsal.simulation, &mut testers);
        }
        assert_eq!(running.state(), "Ask Before Clean Up");
        {
            let mut world = rehearsal.simulation.world();
            let (source, _) = world.region_pair();
            let a4 = world.fleet()[0].a4[0].clone();
            rehearsal.auditor.let_act(&mut world, |world| act(world, source, a4));
        }
        while running.goes_on() {
            running.go_on(&rehearsal.simulation, &mut testers);
        }
        let run = rehearsal.ended(&running);
        assert_safe(&rehearsal, &run);
        assert_done(&rehearsal, &run, rest(DRILL));
    }
}

/// A drill that was stopped while it was held has cleaned up nothing. It is started again.
#[test]
fn a_hold_that_was_stopped_is_held_again() {
    let mut rehearsal = held(60);
    let program = rehearsal.program().clone();
    let mut running = rehearsal.start(&program, DRILL, Stack::First);
    let mut testers = Testers::who(&[]);
    while testers.asked.is_empty() {
        running.go_on(&rehearsal.simulation, &mut testers);
    }
    running.stop(&rehearsal.simulation);
    let mut again = Testers::who(&[GateAnswer::Yes]);
    let run = drilled(&mut rehearsal, &mut again);
    assert_done(&rehearsal, &run, rest(DRILL));
    assert_eq!(again.asked.len(), 1);
}

#[test]
fn a_hold_is_as_long_as_a_gate_may_be() {
    for minutes in [0, 20_161] {
        let plan = three_tier(|plan| plan["drill"]["hold"] = json!({ "timeoutMinutes": minutes }));
        let problems = Plan::read(&plan).expect_err("out of range").0;
        assert_eq!(problems[0].path, "$.drill.hold.timeoutMinutes", "{problems:?}");
        assert_eq!(problems[0].remedy, "Use 1 to 20160");
    }
}
