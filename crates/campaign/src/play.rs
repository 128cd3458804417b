//! A case that is played alone.

use failback_sim::{Access, CallOutcome};

use crate::case::Case;
use crate::player::Player;
use crate::stage::{Move, Programs, Stage};
use crate::verdict::CaseResult;
use failback_rehearsal::program::Program;

/// Plays a case with the deployed program.
///
/// # Errors
/// When the case is invalid: a fault that cannot be read, or a wrong plan.
pub fn play(case: &Case) -> Result<CaseResult, String> {
    play_with(&Program::deployed()?, case)
}

/// Plays a case with the given program.
///
/// # Errors
/// Same as [`play`].
pub fn play_with(program: &Program, case: &Case) -> Result<CaseResult, String> {
    let programs = Programs::of(program);
    let (mut stage, mut player) = (Stage::of(&programs, case)?, Player::of(case));
    while go_on(&mut stage, &mut player)? {}
    Ok(player.result(stage.result()))
}

/// Makes the next move of the only case in a world. Returns false when it has ended.
fn go_on<'c>(stage: &mut Stage<'c>, player: &mut Player<'c>) -> Result<bool, String> {
    if player.changes_faults(stage)? {
        return Ok(true);
    }
    let next = player.next(stage);
    let answer = player.answer();
    if stage.make(&next, &mut player.faults, answer).ends_act {
        player.end_act();
    }
    Ok(next != Move::End)
}

/// Plays a case, and describes what happened: the end of each run, each writing call, and what is left of each server.
///
/// # Errors
/// Same as [`play`].
pub fn tell(program: &Program, case: &Case) -> Result<Vec<String>, String> {
    let programs = Programs::of(program);
    let (mut stage, mut player) = (Stage::of(&programs, case)?, Player::of(case));
    let mut told = Vec::new();
    let mut calls = 0;
    for (number, act) in case.acts.iter().enumerate() {
        told.push(format!("{act}"));
        while player.done() == number {
            go_on(&mut stage, &mut player)?;
        }
        told.extend(stage.take_ended().into_iter().map(|end| format!("  {end}")));
        let world = stage.rehearsal().simulation.world();
        let new = world.calls().iter().skip(calls);
        told.extend(new.filter(|call| call.kind == Access::Write).map(written));
        calls = world.calls().len();
        for (index, server) in world.fleet().iter().enumerate() {
            let left: Vec<_> =
                world.left_of(index).iter().map(|left| format!("{} {}", left.label, left.id)).collect();
            let serving = world.serving(index).map(|serving| (serving.instance.to_string(), serving.running));
            let serving = serving.map_or_else(
                || "nothing".to_owned(),
                |(id, running)| {
                    if running { id } else { format!("{id}, which does not run") }
                },
            );
            told.push(format!("  {}: {}; served by {serving}", server.name, left.join(", ")));
        }
    }
    Ok(told)
}

fn written(call: &failback_sim::Call) -> String {
    let at = failback_core::timestamp::Timestamp::from_millis(call.at_ms);
    let actor = call.actor.as_deref().unwrap_or("a person");
    let outcome = match &call.outcome {
        CallOutcome::Ok => String::new(),
        CallOutcome::Lost => ", and the answer was lost".to_owned(),
        CallOutcome::Err(code) => format!(": {code}"),
    };
    let step = call.step.as_deref().unwrap_or("by hand");
    format!("  {at} {actor} {step}: {} {}{outcome}", call.operation, call.targets.join(" "))
}
