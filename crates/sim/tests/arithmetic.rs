//! Tests of interval sets, the longest chain, and losses.

#![allow(clippy::unwrap_used)] // Also in the functions that tests share.

mod common;

use common::{b1, plan, recovery, wait, world};
use failback_sim::{Options, RangeSet, Scenario, Switches, Work, World, longest_chain_ms};
use fastrand::Rng;

fn work(start_ms: i64, end_ms: i64) -> Work {
    Work { start_ms, end_ms, label: "work", server: Some(0) }
}

#[test]
fn the_longest_chain_is_the_heaviest_one() {
    assert_eq!(longest_chain_ms(&[]), 0);
    assert_eq!(longest_chain_ms(&[work(0, 10), work(10, 20), work(5, 12)]), 20);
    assert_eq!(longest_chain_ms(&[work(0, 4), work(3, 9), work(9, 10)]), 7);
}

/// Returns the longest chain of at most eight works, by trying every chain.
fn by_trying(works: &[Work]) -> i64 {
    (0_u32..1 << works.len())
        .filter_map(|set| {
            let mut chain: Vec<&Work> =
                works.iter().enumerate().filter(|(i, _)| set >> i & 1 == 1).map(|(_, work)| work).collect();
            chain.sort_by_key(|work| (work.start_ms, work.end_ms));
            let fits = chain.windows(2).all(|pair| pair[0].end_ms <= pair[1].start_ms);
            fits.then(|| chain.iter().map(|work| work.end_ms - work.start_ms).sum())
        })
        .max()
        .unwrap_or(0)
}

#[test]
fn the_longest_chain_is_what_trying_finds() {
    let mut rng = Rng::with_seed(3);
    for _ in 0..300 {
        let works: Vec<Work> = (0..rng.usize(0..8))
            .map(|_| {
                let start = rng.i64(0..30);
                work(start, start + rng.i64(1..12))
            })
            .collect();
        assert_eq!(longest_chain_ms(&works), by_trying(&works), "{works:?}");
    }
}

#[test]
fn interval_sets_agree_with_plain_sets() {
    let mut rng = Rng::with_seed(5);
    for _ in 0..300 {
        let mut draw = || {
            let (mut ranges, mut plain) = (RangeSet::default(), std::collections::BTreeSet::new());
            for _ in 0..rng.usize(0..6) {
                let from = rng.i64(0..40);
                let to = from + rng.i64(0..10);
                ranges.insert(from, to);
                plain.extend(from..to);
            }
            (ranges, plain)
        };
        let (a, a_plain) = draw();
        let (b, b_plain) = draw();
        let left = a.without(&b);
        let left_plain: Vec<i64> = a_plain.difference(&b_plain).copied().collect();
        assert_eq!((0..60).filter(|n| left.contains(*n)).collect::<Vec<_>>(), left_plain);
        assert_eq!(usize::try_from(left.count()).unwrap(), left_plain.len());
        assert_eq!((left.first(), left.last()), (left_plain.first().copied(), left_plain.last().copied()));
    }
}

#[test]
fn records_are_acknowledged_only_while_the_serving_instance_runs() {
    let mut world = world(Scenario::Recovered);
    let before = world.acknowledged(0);
    world.advance_by(100_000);
    assert_eq!(world.acknowledged(0) - before, 100);
    let instance = world.labels(0).b3.unwrap();
    world.stop_instances(recovery(), std::slice::from_ref(&instance)).unwrap();
    world.advance_by(100_000);
    assert_eq!((world.acknowledged(0) - before, world.dark_ms(0)), (100, 100_000));
    world.start_instances(recovery(), &[instance]).unwrap();
    wait(&mut world, "the instance", |w| w.serving(0).unwrap().running);
    world.advance_by(10_000);
    assert!(world.acknowledged(0) - before >= 109);
    assert_eq!(world.lost(0), None);
}

#[test]
fn production_of_a_steady_scene_is_replicated_but_for_its_lag() {
    let switches = Switches { lag_blips: true, ..Switches::default() };
    let mut world =
        World::build(&plan(), &Options { scenario: Scenario::Steady, switches, ..Options::default() });
    let id = b1(&world, 0);
    let mut lagging = 0;
    for _ in 0..2_000 {
        world.advance_by(20_000);
        let missing = world.acknowledged(0) - world.replicated(recovery(), &id).count();
        let lag = world.describe_source_servers(recovery(), std::slice::from_ref(&id)).unwrap()[0]
            .replication
            .lag_ms;
        assert!(missing.abs_diff(u64::try_from(lag.unwrap()).unwrap() / 1_000) <= 1, "{missing} {lag:?}");
        lagging += usize::from(lag != Some(0));
    }
    assert!((20..=100).contains(&lagging), "at most a twentieth of the time: {lagging} of 2000");
}

#[test]
fn a_thousand_servers_are_described_quickly() {
    let world = World::build(&plan(), &Options { servers: 1_000, ..Options::default() });
    let all = world.describe_source_servers(recovery(), &[]).unwrap();
    assert_eq!(all.iter().filter(|view| view.server.server.is_some()).count(), 1_000);
    let waves: Vec<usize> = (0..2).map(|w| world.fleet().iter().filter(|s| s.wave == w).count()).collect();
    assert_eq!(waves, [500, 500]);
}
