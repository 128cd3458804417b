//! At the end: reports the outcome of the run and of each server, and what is left, from the live state and not from
//! the run's own records.

use failback_core::catalogue::{end, fault};
use failback_core::cloud::Cloud;
use failback_core::fleet::{self, Fleet, LiveState, Reads, Server, oldest_data};
use failback_core::id::JobId;
use failback_core::message::count;
use failback_core::procedure::Procedure;
use failback_core::report::{Approval, Failure, FreezeReport, Loss, Milestones, Outcome, Report};
use failback_core::run::Run;
use failback_core::step::Handler;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod next;
mod server;

use next::End;
use server::Seen;

/// The step.
#[derive(Debug)]
pub struct WriteReport;

/// Bytes above which a report omits timings, then names, so that the execution does not fail: a state takes 256 KiB.
const BYTES_MAX: usize = 250_000;

/// The payload of the step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReportInput {
    /// The run.
    pub run: Run,
    /// The run's servers.
    pub fleet: Fleet,
    /// The failure of the run; null if there is none.
    pub failure: Option<Failure>,
    /// True once the clean-up has started.
    pub cleaning: bool,
    /// The gates at which somebody said yes, or wanted servers launched again.
    #[serde(default)]
    pub approvals: Vec<Approval>,
    /// True for a drill that did nothing but remove what an interrupted drill had left.
    #[serde(default)]
    pub leftover: bool,
}

impl Handler for WriteReport {
    const NAME: &'static str = "write-report";
    const PROCEDURES: &'static [Procedure] = &[Procedure::Drill, Procedure::Failback];
    type Input = ReportInput;
    type Output = Report;

    async fn handle(cloud: &dyn Cloud, input: ReportInput, _deadline: Timestamp) -> Result<Report> {
        let ReportInput { run, mut fleet, failure, cleaning, approvals, leftover } = input;
        let live = read(cloud, &run, &mut fleet).await?;
        let outcome = match (&failure, run.procedure, cleaning) {
            (None, Procedure::Drill, _) if leftover => Outcome::CleanedUp,
            (None, Procedure::Failback, _) if fleet.pending().next().is_none() => Outcome::NothingToDo,
            (None, Procedure::Failback, false) if run.plan.end_when_ready => Outcome::Ready,
            (None, ..) => Outcome::Succeeded,
            (Some(failure), Procedure::Failback, _) if failure.is_abort() => Outcome::Aborted,
            (Some(_), Procedure::Failback, false) => Outcome::Held,
            (Some(_), ..) => Outcome::Failed,
        };
        let seen: Result<Vec<Seen>> =
            fleet.servers.iter().map(|server| server::seen(&run, &live, server, outcome)).collect();
        let seen = seen?;
        let followed = fleet.redirected.and_then(|redirected| redirected.followed());
        let end = End { run: &run, outcome, seen: &seen, followed, now: live.read_at };
        let (next, command) = (end.next(), end.command());
        let failure = failure.map(Failure::plain);
        fitting(Report {
            summary: summary(&run, &fleet, outcome, failure.as_ref()),
            outcome,
            next,
            command,
            failure,
            procedure: run.procedure,
            plan: run.plan.name.clone(),
            execution: run.id.clone(),
            started_by: run.plan.started_by.clone(),
            approvals,
            aborted: run.aborted.clone(),
            began: run.began,
            started: run.started,
            ended: live.read_at,
            rto_seconds: rto(&run, &fleet),
            loss: loss(&run, &fleet),
            freeze: run.frozen.map(|frozen| FreezeReport { since: frozen.at, until: followed }),
            waves: run.plan.wave_names(),
            servers: seen.into_iter().map(|seen| seen.report).collect(),
            jobs: running_jobs(&live, &fleet)?,
        })
    }
}

/// Reads the live state, and adds the ids that the fleet lacks. An ambiguous object is told in its server's report.
async fn read(cloud: &dyn Cloud, run: &Run, fleet: &mut Fleet) -> Result<LiveState> {
    let reads = Reads { b1: true, recovery_jobs: true, records: false, ..Reads::SERVING };
    let mut live = fleet::read_for_report(cloud, run, fleet, reads).await?;
    // Servers that have already failed back have records too.
    live.add_records(cloud, run).await?;
    let home: Vec<&Server> = fleet.servers.iter().filter(|server| server.already_failed_back).collect();
    let at_home = home.iter().flat_map(|server| [server.a1.clone(), server.a4()]).flatten().collect();
    live.add_instances(cloud, run.source(), at_home).await?;
    let recovered = home.iter().filter_map(|server| server.b3()).collect();
    live.add_instances(cloud, run.recovery(), recovered).await?;
    for server in fleet.servers.iter_mut().filter(|server| !server.already_failed_back) {
        complete(&live, run, server, reads)?;
    }
    Ok(live)
}

fn complete(live: &LiveState, run: &Run, server: &mut Server, reads: Reads) -> Result<()> {
    match live.complete_server(run, server, reads) {
        Err(error) if error.name() == ErrorName::Guard => Ok(()),
        completed => completed,
    }
}

fn fitting(mut report: Report) -> Result<Report> {
    if bytes(&report)? > BYTES_MAX {
        for server in &mut report.servers {
            server.seconds_from_start = Milestones::default();
            server.lag_at_launch_seconds = None;
        }
    }
    if bytes(&report)? > BYTES_MAX {
        for server in &mut report.servers {
            server.name.clear();
        }
    }
    Ok(report)
}

fn bytes(report: &Report) -> Result<usize> {
    let text = serde_json::to_string(report)
        .map_err(|error| Error::from(fault::cannot_be_written("the report", error)))?;
    Ok(text.len())
}

/// Returns the jobs that a failed run has left running.
fn running_jobs(live: &LiveState, fleet: &Fleet) -> Result<Vec<JobId>> {
    let mut running = Vec::new();
    for job in live.source_jobs()?.iter().chain(live.recovery_jobs()?) {
        let mut servers = fleet.pending();
        let is_of_fleet = servers.any(|server| {
            job.is_working_on(&server.b1) || server.a2.as_ref().is_some_and(|a2| job.is_working_on(a2))
        });
        if is_of_fleet {
            running.push(job.id.clone());
        }
    }
    Ok(running)
}

fn rto(run: &Run, fleet: &Fleet) -> Option<u64> {
    match run.procedure {
        Procedure::Failback => fleet.redirected?.in_sync.map(|at| at.seconds_since(run.began())),
        Procedure::Drill => {
            let validated: Option<Vec<i64>> = fleet.pending().map(|server| server.times.validated).collect();
            u64::try_from(validated?.into_iter().max()?).ok()
        }
    }
}

fn loss(run: &Run, fleet: &Fleet) -> Option<Loss> {
    if run.procedure == Procedure::Drill {
        return None;
    }
    let redirected = fleet.redirected?;
    // What earlier executions have finished is no longer in the fleet, and its loss is.
    let from = redirected.data_from.into_iter().chain(oldest_data(run, fleet)).min()?;
    if run.freezes() && run.frozen.is_none_or(|frozen| run.seconds(from) >= run.seconds(frozen.at)) {
        // Without a freeze of its own, this execution found traffic at A4: the earlier one has told what that lost.
        return None;
    }
    Some(Loss { from, until: redirected.asked, until_at_most: redirected.followed()? })
}

fn summary(run: &Run, fleet: &Fleet, outcome: Outcome, failure: Option<&Failure>) -> String {
    let servers = match outcome {
        Outcome::NothingToDo => fleet.servers.len(),
        _ => fleet.pending().count(),
    };
    let what = format!("{} of {} ({})", run.procedure, count(servers, "server"), run.plan.name);
    let sentence = match (outcome, failure) {
        (Outcome::NothingToDo, _) => end::summary_nothing_to_do(what, run.source()),
        (Outcome::Ready, None) => end::summary_ready(what),
        (Outcome::CleanedUp, _) => end::summary_cleaned_up(what),
        (_, None) => end::summary_succeeded(what),
        (_, Some(failure)) => {
            end::summary_stopped(what, outcome.as_str(), &failure.step, &failure.error, &failure.cause)
        }
    };
    sentence.to_string()
}

#[cfg(test)]
mod tests;
