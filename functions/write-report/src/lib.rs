//! At the end: says how the run ended, what became of each server, and what is left, read from the live state and not from what
//! the run believes.

use failback_core::cloud::{Cloud, Job};
use failback_core::fleet::{Fleet, Server, count};
use failback_core::id::JobId;
use failback_core::live::{self, Live, Look};
use failback_core::procedure::Procedure;
use failback_core::report::{Failure, Loss, Outcome, Report, ServerReport};
use failback_core::run::Run;
use failback_core::step;
use failback_core::timestamp::Timestamp;
use failback_core::{Error, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The step's name.
pub const NAME: &str = "write-report";

/// A report larger than this leaves out timings, then names, rather than fail the execution.
const BYTES_MAX: usize = 250_000;

/// What the state machine hands to this step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Input {
    /// The run.
    pub run: Run,
    /// The ledger.
    pub fleet: Fleet,
    /// Where the run went wrong; null if it did not.
    pub failure: Option<Failure>,
    /// True once the clean-up has begun.
    pub cleaning: bool,
}

/// Answers one call of the state machine.
///
/// # Errors
/// Those of AWS.
pub async fn handle(cloud: &dyn Cloud, payload: Value, _deadline: Timestamp) -> Result<Value> {
    let Input { run, mut fleet, failure, cleaning } = step::read(payload, NAME)?;
    let look = Look {
        b1: true,
        b2: true,
        a3: true,
        source_jobs: true,
        recovery_jobs: true,
        source_instances: true,
        recovery_instances: true,
        ..Look::default()
    };
    let live = live::read(cloud, &run, &fleet, look).await?;
    live.complete(&run, &mut fleet)?;
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
    let report = Report {
        summary: summary(&run, &fleet, outcome, failure.as_ref()),
        outcome,
        next: next(&run, outcome),
        failure,
        procedure: run.procedure,
        plan: run.plan.name.clone(),
        execution: run.id.clone(),
        started_by: run.plan.started_by.clone(),
        started: run.started,
        ended: live.at,
        rto_seconds: rto(&run, &fleet),
        loss: loss(&run, &fleet),
        waves: run.plan.wave_names(),
        servers,
        jobs: jobs(&live, &fleet)?,
    };
    fitting(report)
}

fn fitting(mut report: Report) -> Result<Value> {
    let bytes = |report: &Report| serde_json::to_string(report).map(|text| text.len());
    let internal = |error: serde_json::Error| Error::internal(error.to_string());
    if bytes(&report).map_err(internal)? > BYTES_MAX {
        for server in &mut report.servers {
            server.times = failback_core::fleet::Times::default();
        }
    }
    if bytes(&report).map_err(internal)? > BYTES_MAX {
        for server in &mut report.servers {
            server.name.clear();
        }
    }
    serde_json::to_value(report).map_err(internal)
}

fn server_report(run: &Run, live: &Live, server: &Server, outcome: Outcome) -> Result<ServerReport> {
    let outcome = match (run.procedure, outcome) {
        _ if server.already_failed_back => "alreadyFailedBack",
        (Procedure::Failback, _) if server.times.protected.is_some() => "failedBack",
        (Procedure::Drill, _) if server.times.validated.is_some() => "drilled",
        (_, Outcome::Held) => "held",
        (Procedure::Failback, Outcome::Succeeded) => "failedBack",
        (Procedure::Drill, Outcome::Succeeded) => "drilled",
        (_, Outcome::Failed) => "failed",
    };
    Ok(ServerReport {
        name: server.name.clone(),
        wave: server.wave,
        outcome: outcome.to_owned(),
        a1: server.a1.clone(),
        a2: server.a2.clone(),
        a3: server.a3.clone(),
        b1: server.b1.clone(),
        b2: server.b2.clone(),
        times: server.times,
        left: left(live, server)?,
    })
}

/// The labels of what still exists. A server that was home is not looked at.
fn left(live: &Live, server: &Server) -> Result<String> {
    if server.already_failed_back {
        return Ok("B1".to_owned());
    }
    let lives = |id: Option<failback_core::id::InstanceId>| -> Result<bool> {
        let Some(id) = id else { return Ok(false) };
        Ok(live.instance(&id)?.is_some_and(|instance| instance.state.is_live()))
    };
    let a1_is_a4 = server.a1.is_some() && server.a1 == server.a4();
    let all = [
        ("A1", !a1_is_a4 && lives(server.a1.clone())?),
        ("A2", live.a2(server)?.is_some() || live.is_a2_unseen(server)?),
        ("A3", live.a3(server)?.is_some()),
        ("A4", lives(server.a4())?),
        ("B1", live.b1(server)?.is_some()),
        ("B2", live.b2(server)?.is_some()),
        ("B3", lives(server.b3())?),
    ];
    let left: Vec<&str> = all.iter().filter(|(_, left)| *left).map(|(label, _)| *label).collect();
    Ok(left.join(" "))
}

/// The jobs that a run which failed has left at work.
fn jobs(live: &Live, fleet: &Fleet) -> Result<Vec<JobId>> {
    let of_fleet = |job: &&Job| {
        let at_work = |id| job.part_of(id).is_some();
        fleet.pending().any(|server| at_work(&server.b1) || server.a2.as_ref().is_some_and(at_work))
    };
    let jobs = live.source_jobs()?.iter().chain(live.recovery_jobs()?);
    Ok(jobs.filter(|job| job.is_active()).filter(of_fleet).map(|job| job.id.clone()).collect())
}

fn rto(run: &Run, fleet: &Fleet) -> Option<u64> {
    match run.procedure {
        Procedure::Failback => fleet.redirected?.in_sync.map(|at| at.seconds_since(run.started)),
        Procedure::Drill => {
            let all: Option<Vec<i64>> = fleet.pending().map(|server| server.times.validated).collect();
            all?.into_iter().max().and_then(|seconds| u64::try_from(seconds).ok())
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
        until_at_most: redirected.in_sync?,
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

fn next(run: &Run, outcome: Outcome) -> String {
    let text = match (run.procedure, outcome) {
        (Procedure::Drill, Outcome::Succeeded) => "Nothing is left to do.",
        (Procedure::Drill, _) => {
            "Production was not touched. Mend the cause; what is left of the drill is listed per server, and starting \
             the drill again removes it."
        }
        (Procedure::Failback, Outcome::Succeeded) => {
            "Production runs in the source Region and is protected by B1."
        }
        (Procedure::Failback, Outcome::Held) => {
            "Nothing was deleted and production is served where it was. Mend the cause and start again with the same \
             plan: it carries on from here."
        }
        (Procedure::Failback, Outcome::Failed) => {
            "Production runs in the source Region. The clean-up is not complete; start again with the same plan, and \
             it carries on from here."
        }
    };
    text.to_owned()
}

#[cfg(test)]
mod tests;
