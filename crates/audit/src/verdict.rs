//! The rules for a run that has ended.

use std::collections::BTreeSet;

use failback_core::cloud::JobKind;
use failback_core::id::InstanceId;
use failback_core::procedure::Procedure;
use failback_core::report::{Outcome, Report, ServerOutcome, ServerReport};
use failback_sim::objects::Job;
use failback_sim::{Call, Changed, FleetServer, World};

use crate::observations::{Observations, Violation, WatchedRun};
use crate::{abort, existing, originals, others, serving};
use failback_core::rule::SafetyRule;

/// The end of a run, as its runner observed it.
#[derive(Debug, Clone)]
pub struct End {
    /// The report, if the run reached it.
    pub report: Option<Report>,
    /// True if the report could not be written. The execution's own error then says so.
    pub report_missing: bool,
    /// Events of the execution's history.
    pub history_events: u64,
    /// States that waited without a reason.
    pub silent_waits: Vec<String>,
}

/// A rule with its violations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The rule.
    pub rule: SafetyRule,
    /// Violations of the rule; empty if it held.
    pub violations: Vec<Violation>,
}

impl Verdict {
    /// Reports whether the rule held.
    pub fn held(&self) -> bool {
        self.violations.is_empty()
    }
}

pub(crate) fn check(observations: &mut Observations, world: &World, execution: &str, end: &End) {
    let Some(run) = observations.runs.get(execution).cloned() else { return };
    records(observations, world, &run);
    if !end.report_missing {
        left(observations, world, execution, &run, end.report.as_ref());
    }
    if !end.report_missing {
        orphans(observations, world, execution, &run, end.report.as_ref());
    }
    if let Some(report) = &end.report {
        serving::check(observations, world, &run, report);
        abort::led_back(observations, world, execution, &run, report);
    }
    loss(observations, world, &run, end.report.as_ref());
    nothing_lost(observations, world, &run);
    bounded(observations, world, end);
}

/// Judges S5: records that the run may not change are unchanged.
fn records(observations: &mut Observations, world: &World, run: &WatchedRun) {
    let planned = |name: &str| {
        let same =
            |planned: &str| planned.trim_end_matches('.').eq_ignore_ascii_case(name.trim_end_matches('.'));
        run.procedure == Procedure::Failback
            && run.plan.redirect.records().iter().any(|record| same(&record.name))
    };
    let before = observations.records.clone();
    for zone in world.zones() {
        for record in zone.records() {
            let same = |old: &(String, String, Vec<String>)| {
                old.0 == zone.id.as_str() && old.1 == record.name && old.2 == record.values
            };
            // In the same world, a failback of another run may have changed the record earlier.
            let by_a_failback = run.procedure == Procedure::Drill
                && observations.runs.values().any(|run| run.procedure == Procedure::Failback);
            if !before.iter().any(same) && !planned(&record.name) && !by_a_failback {
                observations.violated(
                    SafetyRule::OwnFleetOnly,
                    world.now_ms(),
                    format!("record {} was changed", record.name),
                );
            }
        }
    }
}

/// Judges S6: only the expected objects are left, or a run that did not succeed reports what is left.
fn left(
    observations: &mut Observations,
    world: &World,
    execution: &str,
    run: &WatchedRun,
    report: Option<&Report>,
) {
    let Some(report) = report else {
        // The run ended before it started, or failed while writing its report.
        if let Some(call) = written(world, execution).next() {
            observations.violated(
                SafetyRule::NothingLeftUnreported,
                call.at_ms,
                format!("{} without a report", call.operation),
            );
        }
        return;
    };
    for (index, server) in world.fleet().iter().enumerate() {
        let left = originals::left(world, index, &run.originals[index]);
        let began = &run.began_with[index];
        let Some(told) = report.servers.iter().find(|told| server.has_b1(told.b1.as_str())) else { continue };
        if told.outcome == ServerOutcome::AlreadyFailedBack
            || others::is_at_work(observations, world, index, execution)
        {
            continue;
        }
        let expected = expected(run, began, server);
        let mut told: BTreeSet<&str> = told.left.split_whitespace().collect();
        // Objects that a job in the report has launched or terminated since.
        for label in ["A3", "A4", "B2", "B3"].into_iter().filter(|_| !report.jobs.is_empty()) {
            if left.contains(label) {
                told.insert(label)
            } else {
                told.remove(label)
            };
        }
        if matches!(report.outcome, Outcome::Succeeded | Outcome::CleanedUp) && left != expected {
            let what = format!("{}: {left:?} is left instead of {expected:?}", server.name);
            observations.violated(SafetyRule::NothingLeftUnreported, world.now_ms(), what);
        }
        if is_kept_by_another(run, report, server) && left != expected {
            let what = format!("{}: {left:?} is left because another server is ambiguous", server.name);
            observations.violated(SafetyRule::NothingLeftUnreported, world.now_ms(), what);
        }
        if told != left {
            let what = format!("{}: the report lists {told:?} as left, and {left:?} is left", server.name);
            observations.violated(SafetyRule::NothingLeftUnreported, world.now_ms(), what);
        }
    }
}

/// Returns true for a server of a drill that has nothing ambiguous itself, if the guard refused to clean up one that has.
fn is_kept_by_another(run: &WatchedRun, report: &Report, server: &FleetServer) -> bool {
    let is_refused = report.failure.as_ref().is_some_and(|failure| failure.error == "Failback.Guard");
    let ambiguous = |told: &ServerReport| told.problem.is_some();
    let own = |told: &ServerReport| server.has_b1(told.b1.as_str());
    run.procedure == Procedure::Drill
        && is_refused
        && report.servers.iter().any(ambiguous)
        && !report.servers.iter().any(|told| own(told) && ambiguous(told))
}

fn expected(
    run: &WatchedRun,
    began: &BTreeSet<&'static str>,
    server: &FleetServer,
) -> BTreeSet<&'static str> {
    let into_source = run.procedure == Procedure::Failback && server.a4.contains(&server.a1);
    let mut left = if into_source { BTreeSet::from(["A4", "B1"]) } else { usual(run, began) };
    // A failback leaves a B3 that existed before, and so B2.
    if run.procedure == Procedure::Failback && existing::b3(server).is_some() {
        left.extend(["B2", "B3"].into_iter().filter(|label| began.contains(label)));
    }
    left
}

fn usual(run: &WatchedRun, began: &BTreeSet<&'static str>) -> BTreeSet<&'static str> {
    match run.procedure {
        Procedure::Drill if run.plan.drill.keep_recovered_servers => {
            // The A2 that replicates the B3 which is kept is its only protection.
            let kept = ["A1", "B1", "B2", "B3"].into_iter().filter(|label| began.contains(label));
            kept.chain(began.contains("B3").then_some("A2")).collect()
        }
        Procedure::Drill => BTreeSet::from(["A1", "B1"]),
        Procedure::Failback if run.plan.cleanup.terminate_originals || !began.contains("A1") => {
            BTreeSet::from(["A4", "B1"])
        }
        Procedure::Failback => BTreeSet::from(["A1", "A4", "B1"]),
    }
}

/// Returns the calls of an execution that changed something.
pub(crate) fn written<'w>(world: &'w World, execution: &'w str) -> impl Iterator<Item = &'w Call> {
    world.calls().iter().filter(move |call| call.actor.as_deref() == Some(execution) && call.has_changed())
}

/// Judges S7: no launch that a drill started is in progress after the drill has ended, because no run would terminate
/// its instances. A terminate job leaves nothing. The next start adopts the job of a failback that is held. A drill
/// that fails in its clean-up reports the jobs that are left.
fn orphans(
    observations: &mut Observations,
    world: &World,
    execution: &str,
    run: &WatchedRun,
    report: Option<&Report>,
) {
    if run.procedure == Procedure::Failback {
        return;
    }
    let changed = written(world, execution).flat_map(|call| &call.changed);
    let jobs = changed.filter_map(|changed| match changed {
        Changed::Job(region, id) => Some((*region, world.job(*region, id)?)),
        _ => None,
    });
    let orphans: Vec<_> = jobs.filter(|(_, job)| job.kind == JobKind::Launch && job.is_active()).collect();
    let told = |job: &Job| report.is_some_and(|report| report.jobs.contains(&job.id));
    for (region, job) in orphans.into_iter().filter(|(_, job)| !told(job)) {
        observations.violated(
            SafetyRule::LaunchedOnce,
            world.now_ms(),
            format!("job {} in {region} is still in progress", job.id),
        );
    }
}

/// Judges S11 of a failback that has writes to B3 stopped: nothing is missing where clients have come to.
fn nothing_lost(observations: &mut Observations, world: &World, run: &WatchedRun) {
    if run.procedure != Procedure::Failback || run.plan.cutover.freeze.is_none() {
        return;
    }
    for (index, server) in world.fleet().iter().enumerate() {
        if run.began_home[index] || observations.by_hand.contains(&index) {
            continue;
        }
        let failed_back =
            world.serving(index).is_some_and(|serving| run.is_a4(index, server, &serving.instance));
        if let Some(lost) = world.lost_besides(index, &run.began_without[index]).filter(|_| failed_back) {
            let what = format!("{}: {} records are lost in spite of the freeze", server.name, lost.records);
            observations.violated(SafetyRule::DataYoungEnough, world.now_ms(), what);
        }
    }
}

/// Judges S8: every missing record lies in the window that the report names, and the window is not larger.
fn loss(observations: &mut Observations, world: &World, run: &WatchedRun, report: Option<&Report>) {
    let reported = report.and_then(|report| report.loss);
    if run.plan.redirect.is_by_hand() && run.procedure == Procedure::Failback {
        return;
    }
    for (index, server) in world.fleet().iter().enumerate() {
        let name = &server.name;
        if run.began_home[index] || observations.by_hand.contains(&index) {
            continue;
        }
        let to_a4 = |id: &InstanceId| run.is_a4(index, server, id);
        let failed_back = world.serving(index).is_some_and(|serving| to_a4(&serving.instance));
        match (world.lost_besides(index, &run.began_without[index]), reported) {
            (Some(lost), Some(said)) if failed_back => {
                let told = said.from.millis() - 1_000..=said.until_at_most.millis() + 1_000;
                if !told.contains(&lost.first_ms) || !told.contains(&lost.last_ms) {
                    let what =
                        format!("{name}: {} records are lost outside the reported window", lost.records);
                    observations.violated(SafetyRule::LossReported, world.now_ms(), what);
                }
                // While nothing served, clients wrote nothing that could be lost.
                let wrote = world.dark_ms(index) == 0;
                if wrote && said.until.is_some_and(|until| lost.last_ms < until.millis() - 2_000) {
                    let what = format!("{name}: the report claims a loss after the last record was lost");
                    observations.violated(SafetyRule::LossReported, world.now_ms(), what);
                }
            }
            (Some(lost), None) if failed_back && report.is_some_and(|r| r.outcome == Outcome::Succeeded) => {
                observations.violated(
                    SafetyRule::LossReported,
                    world.now_ms(),
                    format!("{name}: {} lost records are not reported", lost.records),
                );
            }
            (None, Some(_)) if failed_back && world.dark_ms(index) == 0 => {
                observations.violated(
                    SafetyRule::LossReported,
                    world.now_ms(),
                    format!("{name}: a loss is reported, and nothing is lost"),
                );
            }
            _ => {}
        }
    }
}

/// Judges S9: every wait is bounded and has a reason.
fn bounded(observations: &mut Observations, world: &World, end: &End) {
    if end.history_events >= 25_000 {
        observations.violated(
            SafetyRule::BoundedWaits,
            world.now_ms(),
            format!("{} history events", end.history_events),
        );
    }
    for state in &end.silent_waits {
        observations.violated(
            SafetyRule::BoundedWaits,
            world.now_ms(),
            format!("{state} waits without a reason"),
        );
    }
}
