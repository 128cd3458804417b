//! How much longer a run takes than AWS's own work, for fleets of 1 to 1,000 servers: a table, and its limits.
//!
//! `cargo bench --no-default-features --bench overhead`. Time is virtual, so the numbers are the same on every machine.

use failback_core::plan::Plan;
use failback_core::procedure::Procedure;
use failback_core::report::Outcome;
use failback_rehearsal::plans;
use failback_rehearsal::rehearsal::{Always, Rehearsal, RunResult, Setting};
use failback_rehearsal::runner::GateAnswer;
use failback_sim::{Access, World};
use serde_json::{Value, json};

/// Servers, waves, and the most that a run may take beyond AWS's own time, in percent.
const FLEETS: &[(usize, usize, f64)] = &[
    (1, 1, 3.0),
    (3, 3, 3.0),
    (30, 1, 3.0),
    (30, 10, 3.0),
    (300, 1, 2.0),
    (300, 10, 3.0),
    // Without rate limits, what takes longest are the calls themselves: a step makes eight at a time.
    (1_000, 1, 4.0),
    (1_000, 10, 3.0),
];

/// The fixed price of the claim of servers without an owner: every other run must have seen it.
const CLAIM_SECONDS: f64 = 60.0;

/// What the columns mean, and their names.
const HEAD: &str = "\
The first rows of a procedure are of a world in which AWS answers any number of calls in a second, the others of one with
rate limits (docs/simulator.md, `rate_limits`).

AWS: the longest chain of AWS's own work. Rates: what the writing calls take at least at the rates that the simulator
assumes, if those of one kind follow those of another. Over: what a run takes beyond AWS and rates, without the 60 s of the
claim; below 0 where calls of two kinds are made at the same time.

| procedure | servers | waves | transitions | events | polls | payload, KiB | reads | writes | AWS, s | rates, s | took, s \
| over, % | limit, % |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

fn main() -> std::process::ExitCode {
    say(HEAD);
    let mut missed = 0;
    for procedure in [Procedure::Drill, Procedure::Failback] {
        for rate_limits in [false, true] {
            for &(servers, waves, limit) in FLEETS {
                let setting = setting(procedure, servers, waves, rate_limits);
                missed += usize::from(!row(&setting, procedure, waves, limit));
            }
        }
    }
    say("");
    say(&format!("{missed} of the limits missed"));
    std::process::ExitCode::from(u8::from(missed > 0))
}

/// Plays one run and prints its row. Returns false when it misses its limit.
fn row(setting: &Setting, procedure: Procedure, waves: usize, limit: f64) -> bool {
    let mut rehearsal = Rehearsal::new(setting.clone());
    let run = rehearsal.run(procedure, &mut Always(GateAnswer::Yes));
    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
    assert!(run.is_safe(), "{:?}", run.verdicts);
    let world = rehearsal.simulation.world();
    let over =
        (run.virtual_seconds - CLAIM_SECONDS) / (world.aws_seconds() + world.rate_limit_seconds()) - 1.0;
    let over_percent = over * 100.0;
    let servers = setting.servers;
    let numbers = numbers(&world, &run);
    say(&format!("| {procedure} | {servers} | {waves} | {numbers} | {over_percent:.1} | {limit} |"));
    over_percent <= limit
}

fn numbers(world: &World, run: &RunResult) -> String {
    let reads = world.calls().iter().filter(|call| call.kind == Access::Read).count();
    let counts = [
        run.transitions,
        run.history_events,
        run.polls,
        run.payload_bytes_max.div_ceil(1024) as u64,
        reads as u64,
        (world.calls().len() - reads) as u64,
    ];
    let seconds = [world.aws_seconds(), world.rate_limit_seconds(), run.virtual_seconds];
    let counts = counts.iter().map(ToString::to_string);
    counts.chain(seconds.iter().map(|seconds| format!("{seconds:.0}"))).collect::<Vec<_>>().join(" | ")
}

/// Returns the example of three tiers with so many waves, whose traffic is redirected by hand.
fn setting(procedure: Procedure, servers: usize, waves: usize, rate_limits: bool) -> Setting {
    let mut input: Value = serde_json::from_str(plans::THREE_TIER).expect("the example is JSON");
    input["redirect"] = json!({ "byHand": true });
    let wave =
        |number: usize| json!({ "name": format!("wave-{number}"), "tags": { "wave": number.to_string() } });
    input["waves"] = if waves == 1 { json!([]) } else { (1..=waves).map(wave).collect() };
    // Each wave takes its time, while the data of the first grows old.
    input["launch"]["dataAgeSecondsMax"] = json!(30_000);
    let plan = Plan::read(&input).expect("the example has no problem");
    let mut setting = Setting::usual(procedure, input, plan, servers, 1);
    setting.switches.rate_limits = rate_limits;
    setting
}

#[allow(clippy::print_stdout, reason = "a table is what a benchmark is for")]
fn say(line: &str) {
    println!("{line}");
}
