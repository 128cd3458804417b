//! How much longer a run takes than AWS's own work, for fleets of 1 to 1,000 servers: a table, and its limits.
//!
//! `cargo bench --no-default-features --bench overhead`. Time is virtual, so the numbers are the same on every machine.

use failback_core::cloud::JobKind;
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
    (1_000, 1, 3.0),
    (1_000, 10, 3.0),
];

/// The TTL of the example's record before the redirect, in seconds.
const TTL_SECONDS: f64 = 60.0;

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

/// The most that clients wait to write, as a multiple of what cannot be left out.
const DOWNTIME_MAX: f64 = 1.15;

/// What the columns of the second table mean, and their names.
const DOWNTIME_HEAD: &str = "
The time in which clients cannot write, of a failback that stops writes to B3 before the launch (`cutover.freeze`), with
waves that wait for nothing. Needed: two contacts of the agent, the longest launch job, the longest boot, the change in
Route 53, and the old TTL. Answers at gates take no time here.

| waves | servers | drain, s | launch, s | boot, s | Route 53, s | TTL, s | needed, s | waited, s | times | limit |
|---|---|---|---|---|---|---|---|---|---|---|";

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
    say(DOWNTIME_HEAD);
    for waves in 1..=10 {
        missed += usize::from(!downtime_row(waves));
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

/// Plays a failback with a freeze and prints how long clients waited. Returns false when that is too long.
fn downtime_row(waves: usize) -> bool {
    let servers = waves * 3;
    let mut input: Value = serde_json::from_str(plans::THREE_TIER).expect("the example is JSON");
    input["cutover"] = json!({ "freeze": "byHand" });
    let wave = |number: usize| {
        let waits_for = if number == 1 { "validation" } else { "nothing" };
        json!({ "name": format!("wave-{number}"), "tags": { "wave": number.to_string() }, "waitsFor": waits_for })
    };
    input["waves"] = (1..=waves).map(wave).collect();
    let plan = Plan::read(&input).expect("the example has no problem");
    let mut rehearsal = Rehearsal::new(Setting::usual(Procedure::Failback, input, plan, servers, 1));
    let run = rehearsal.run(Procedure::Failback, &mut Always(GateAnswer::Yes));
    assert_eq!(run.outcome, Outcome::Succeeded, "{:?}", run.failure);
    assert!(run.is_safe(), "{:?}", run.verdicts);
    let world = rehearsal.simulation.world();
    let freeze = run.report.as_ref().and_then(|report| report.freeze).expect("a freeze");
    let since_ms = freeze.since.millis();
    let waited = freeze.until.expect("traffic was redirected").seconds_since(freeze.since) as f64;
    let (source, _) = world.region_pair();
    let launches = world.jobs(source).filter(|job| job.kind == JobKind::Launch && job.created_ms > since_ms);
    let jobs: Vec<(i64, i64)> = launches.map(|job| (job.created_ms, job.ended_ms.unwrap_or(0))).collect();
    let seconds = |ms: i64| ms as f64 / 1_000.0;
    // The contacts of the agent come once a minute: the second one since the freeze.
    let drain = seconds((since_ms / 60_000 + 2) * 60_000 - since_ms);
    let launch = seconds(jobs.iter().map(|(from, to)| to - from).max().unwrap_or(0));
    let last = jobs.iter().map(|(_, to)| *to).max().unwrap_or(0);
    let a4s = world.fleet().iter().filter_map(|server| world.instance(source, server.a4.last()?));
    let boot = seconds(a4s.filter_map(|a4| a4.checks_pass_ms).max().unwrap_or(last) - last);
    let dns = world
        .works()
        .iter()
        .filter(|work| work.label.contains("DNS"))
        .map(|work| work.end_ms - work.start_ms);
    let dns = seconds(dns.max().unwrap_or(0));
    let needed = drain + launch + boot + dns + TTL_SECONDS;
    let times = waited / needed;
    let all = [drain, launch, boot, dns, TTL_SECONDS, needed, waited].map(|seconds| format!("{seconds:.0}"));
    say(&format!("| {waves} | {servers} | {} | {times:.2} | {DOWNTIME_MAX} |", all.join(" | ")));
    times <= DOWNTIME_MAX
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
