//! At the end: reports the outcome of the run and of each server, and what is left, from the live state and not from
//! the run's own records.

use failback_core::cloud::Cloud;
use failback_core::fleet::{self, Chain, Fleet, LiveServer, LiveState, Reads, Server, Times};
use failback_core::id::{InstanceId, JobId};
use failback_core::message::count;
use failback_core::procedure::Procedure;
use failback_core::report::{Failure, Loss, Outcome, Report, ServerOutcome, ServerReport};
use failback_core::run::Run;
use failback_core::step::Handler;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, ErrorName, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
}

impl Handler for WriteReport {
    const NAME: &'static str = "write-report";
    const PROCEDURES: &'static [Procedure] = &[Procedure::Drill, Procedure::Failback];
    type Input = ReportInput;
    type Output = Report;

    async fn handle(cloud: &dyn Cloud, input: ReportInput, _deadline: Timestamp) -> Result<Report> {
        let ReportInput { run, mut fleet, failure, cleaning } = input;
        let reads = Reads {
            b1: true,
            b2: true,
            a3: true,
            source_jobs: true,
            recovery_jobs: true,
            source_instances: true,
            recovery_instances: true,
            ..Reads::default()
        };
        let live = fleet::read(cloud, &run, &fleet, reads).await?;
        match live.complete(&run, &mut fleet, reads) {
            // An object that is not provably the server's has ended the run, and the report says so.
            Err(error) if error.name() == ErrorName::Guard => {}
            completed => completed?,
        }
        let outcome = match (&failure, run.procedure, cleaning) {
            (None, ..) => Outcome::Succeeded,
            (Some(_), Procedure::Failback, false) => Outcome::Held,
            (Some(_), ..) => Outcome::Failed,
        };
        let mut servers = Vec::new();
        for server in &fleet.servers {
            servers.push(server_report(&run, &live, server, outcome)?);
        }
        let failure = failure.map(Failure::plain);
        fitting(Report {
            summary: summary(&run, &fleet, outcome, failure.as_ref()),
            outcome,
            next: next(&run, outcome).to_owned(),
            failure,
            procedure: run.procedure,
            plan: run.plan.name.clone(),
            execution: run.id.clone(),
            started_by: run.plan.started_by.clone(),
            started: run.started,
            ended: live.read_at,
            rto_seconds: rto(&run, &fleet),
            loss: loss(&run, &fleet),
            waves: run.plan.wave_names(),
            servers,
            jobs: running_jobs(&live, &fleet)?,
        })
    }
}

fn fitting(mut report: Report) -> Result<Report> {
    if bytes(&report)? > BYTES_MAX {
        for server in &mut report.servers {
            server.times = Times::default();
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
    let text = serde_json::to_string(report).map_err(|error| Error::internal(error.to_string()))?;
    Ok(text.len())
}

fn server_report(run: &Run, live: &LiveState, server: &Server, outcome: Outcome) -> Result<ServerReport> {
    let outcome = match (run.procedure, outcome) {
        _ if server.already_failed_back => ServerOutcome::AlreadyFailedBack,
        (Procedure::Failback, _) if server.times.protected.is_some() => ServerOutcome::FailedBack,
        (Procedure::Drill, _) if server.times.validated.is_some() => ServerOutcome::Drilled,
        (_, Outcome::Held) => ServerOutcome::Held,
        (Procedure::Failback, Outcome::Succeeded) => ServerOutcome::FailedBack,
        (Procedure::Drill, Outcome::Succeeded) => ServerOutcome::Drilled,
        (_, Outcome::Failed) => ServerOutcome::Failed,
    };
    // Nothing was read of a server that the run did not work on.
    let left =
        if server.already_failed_back { "B1".to_owned() } else { left(&live.server(server))?.join(" ") };
    Ok(ServerReport {
        name: server.name.clone(),
        wave: server.wave,
        outcome,
        a1: server.a1.clone(),
        a2: server.a2.clone(),
        a3: server.a3.clone(),
        b1: server.b1.clone(),
        b2: server.b2.clone(),
        times: server.times,
        left,
    })
}

/// Returns the labels of what still exists.
fn left(server: &LiveServer<'_>) -> Result<Vec<&'static str>> {
    let a1_is_a4 = server.a1.is_some() && server.a1 == server.a4();
    // An object that is not provably the server's exists all the same.
    let Chain { a2, a3, b1, b2 } = server.chain();
    let is_a2_unseen = a2.ambiguity().is_none() && b2.ambiguity().is_none() && server.is_a2_unseen()?;
    let all = [
        ("A1", !a1_is_a4 && is_live(server, server.a1.clone())?),
        ("A2", a2.candidate().is_some() || is_a2_unseen),
        ("A3", a3.candidate().is_some()),
        ("A4", is_live(server, server.a4())?),
        ("B1", b1.candidate().is_some()),
        ("B2", b2.candidate().is_some()),
        ("B3", is_live(server, server.b3())?),
    ];
    Ok(all.into_iter().filter(|(_, left)| *left).map(|(label, _)| label).collect())
}

fn is_live(server: &LiveServer<'_>, id: Option<InstanceId>) -> Result<bool> {
    let Some(id) = id else { return Ok(false) };
    Ok(server.live().instance(&id)?.is_some_and(|instance| instance.state.is_live()))
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
        Procedure::Failback => fleet.redirected?.in_sync.map(|at| at.seconds_since(run.started)),
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
    let oldest = fleet.pending().filter_map(|server| server.times.point_in_time).min()?;
    Some(Loss {
        from: Timestamp::from_millis(run.started.millis() + oldest * 1000),
        until: redirected.asked,
        until_at_most: redirected.followed()?,
    })
}

fn summary(run: &Run, fleet: &Fleet, outcome: Outcome, failure: Option<&Failure>) -> String {
    let what =
        format!("{} of {} ({})", run.procedure, count(fleet.pending().count(), "server"), run.plan.name);
    match failure {
        None => format!("{what} succeeded"),
        Some(failure) => {
            format!("{what} {}: {}: {}: {}", outcome.as_str(), failure.step, failure.error, failure.cause)
        }
    }
}

fn next(run: &Run, outcome: Outcome) -> &'static str {
    match (run.procedure, outcome) {
        (Procedure::Drill, Outcome::Succeeded) => "Nothing is left to do.",
        (Procedure::Drill, _) => {
            "Production was not touched. Fix the cause; what is left of the drill is listed per server, and starting \
             the drill again removes it."
        }
        (Procedure::Failback, Outcome::Succeeded) => {
            "Production runs in the source Region and is protected by B1."
        }
        (Procedure::Failback, Outcome::Held) => {
            "Nothing was deleted and production is served where it was. Fix the cause and start again with the same \
             plan: it continues from here."
        }
        (Procedure::Failback, Outcome::Failed) => {
            "Production runs in the source Region. The clean-up is not complete; start again with the same plan, and \
             it continues from here."
        }
    }
}

#[cfg(test)]
mod tests;
