use failback_core::plan::SERVERS_MAX;
use failback_core::procedure::Procedure;
use failback_rehearsal::rehearsal::Rehearsal;

use serde_json::json;

use crate::support::{BOTH, assert_done, calls, rehearsal, rest, run, setting, three_tier};

/// The fixed price of a claim of servers without an owner, however long the procedure takes.
const CLAIM_SECONDS: f64 = 60.0;

#[test]
fn waiting_costs_little_more_than_awss_own_work() {
    for seed in 1..=50 {
        let mut rehearsal = rehearsal(Procedure::Failback, 3, seed);
        let run = run(&mut rehearsal, Procedure::Failback);
        let waited = run.virtual_seconds - CLAIM_SECONDS;
        let ratio = waited / rehearsal.simulation.world().aws_seconds();
        assert!(ratio <= 1.03, "seed {seed}: {ratio}");
        assert!(run.polls <= 120, "seed {seed}: {} polls", run.polls);
    }
}

/// What AWS refuses because there were too many calls is done a second later. Once, each of these refusals cost a poll of ten
/// seconds or more, and a disconnect that was refused was not requested again for seven polls.
#[test]
fn aws_asks_hundreds_of_servers_to_slow_down_and_that_costs_little() {
    for procedure in BOTH {
        let input = three_tier(|plan| {
            plan["waves"] = json!([]);
            plan["redirect"] = json!({ "byHand": true });
            plan["launch"]["dataAgeSecondsMax"] = json!(18_000);
        });
        let mut rehearsal = Rehearsal::new(setting(procedure, input, 300, 1));
        let run = run(&mut rehearsal, procedure);
        assert_done(&rehearsal, &run, rest(procedure));
        let world = rehearsal.simulation.world();
        let least = world.aws_seconds() + world.rate_limit_seconds();
        let ratio = (run.virtual_seconds - CLAIM_SECONDS) / least;
        assert!(ratio <= 1.02, "{procedure}: {ratio}");
    }
}

#[test]
fn transitions_do_not_grow_with_the_fleet() {
    for procedure in BOTH {
        // Waits vary from run to run. The sum over seeds evens that out.
        let sum = |servers| {
            let mut sum = (0, 0);
            for seed in 1..=6 {
                let run = run(&mut rehearsal(procedure, servers, seed), procedure);
                sum = (sum.0 + run.transitions, sum.1 + run.history_events);
            }
            sum
        };
        let (three, three_hundred) = (sum(3), sum(300));
        for (small, large) in [(three.0, three_hundred.0), (three.1, three_hundred.1)] {
            let ratio = large as f64 / small as f64;
            // A hundred times as many writes take some more polls, at the rate at which AWS answers.
            assert!((0.8..=1.5).contains(&ratio), "{procedure}: {small} and {large}");
        }
    }
}

/// Calls take 0.3 seconds, and lags come and go.
fn largest(procedure: Procedure) {
    let mut setting = setting(procedure, three_tier(|plan| plan["waves"] = json!([])), SERVERS_MAX, 1);
    setting.switches.slow_calls = true;
    setting.switches.lag_blips = true;
    let mut rehearsal = Rehearsal::new(setting);
    let run = run(&mut rehearsal, procedure);
    assert_done(&rehearsal, &run, rest(procedure));
    assert!(run.payload_bytes_max < 262_144, "{}", run.payload_bytes_max);
    assert!(run.history_events < 25_000);
    let report = run.report.expect("a report");
    assert!(report.servers.iter().all(|server| !server.name.is_empty()));
}

#[test]
fn the_largest_fleet_is_drilled_in_one_execution() {
    largest(Procedure::Drill);
}

#[test]
fn the_largest_fleet_fails_back_in_one_execution() {
    largest(Procedure::Failback);
}

/// Route 53 answers five calls a second for all of an account.
#[test]
fn hundreds_of_records_are_read_and_changed_at_route_53s_rate() {
    for records in [12, 300] {
        let plan = three_tier(|plan| {
            let record = plan["redirect"]["records"][0].clone();
            let of = |index: usize| {
                let mut record = record.clone();
                record["name"] = format!("host-{index}.example.com").into();
                record["server"] = format!("{}-{}", ["db", "app", "web"][index % 3], index / 3 + 1).into();
                record
            };
            plan["redirect"]["records"] = (0..records).map(of).collect();
        });
        let mut rehearsal = Rehearsal::new(setting(Procedure::Failback, plan, records, 1));
        let run = run(&mut rehearsal, Procedure::Failback);
        assert_done(&rehearsal, &run, rest(Procedure::Failback));
        let reads = calls(&rehearsal, "ListResourceRecordSets");
        assert!(reads < 80, "{records} records: {reads} reads");
    }
}
