//! Fleets as large as they get, in worlds as slow as they get: each procedure must reach its end in one execution.

use failback_core::plan::SERVERS_MAX;
use failback_core::procedure::Procedure;
use fastrand::Rng;

use crate::case::{Act, Case};
use crate::options::{PlanOption, Switch};

/// The number of servers that DRS replicates in a Region, unless AWS allows more.
const SERVERS: usize = 300;

/// The length of the outage, in minutes.
const OUTAGE_MINUTES: u64 = 10;

/// The random worlds for which there is one large one: it takes as long as hundreds of small ones.
const SHARE: u64 = 100;

/// Returns cases of each procedure with one wave and with ten, one of each for a hundred seeds, and a tenth as many with the
/// largest fleet: calls take 0.3 seconds, lags come and go, and AWS answers nothing for ten minutes at some moment.
pub fn large(seeds: u64) -> Vec<Case> {
    let mut cases = Vec::new();
    for seed in 1..=seeds.div_ceil(SHARE) {
        for procedure in [Procedure::Drill, Procedure::Failback] {
            cases.push(of(procedure, SERVERS, "one-wave", seed));
            cases.push(of(procedure, SERVERS, "ten-waves", seed));
            if seed % 10 == 1 {
                cases.push(of(procedure, SERVERS_MAX, "one-wave", seed));
            }
        }
    }
    cases
}

fn of(procedure: Procedure, servers: usize, waves: &str, seed: u64) -> Case {
    let mut rng = Rng::with_seed(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ servers as u64);
    // The moments of a procedure, and some after it.
    let moment = rng.u64(..if waves == "one-wave" { 130 } else { 240 });
    let outage = Act::Fail(format!("outage:all={OUTAGE_MINUTES}@{moment}"));
    let mut case = Case::of(procedure, seed, vec![outage, Act::Finish(procedure)]);
    case.servers = servers;
    case.plan.extend(PlanOption::find(waves));
    case.switches = ["lag_blips", "slow_calls"].into_iter().filter_map(Switch::find).collect();
    case
}
