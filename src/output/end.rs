//! The end of a run, and the verdict on the safety rules.

use std::fmt::Write as _;

use failback_core::fleet::Serving;
use failback_core::procedure::Procedure;
use failback_core::report::{Approval, FreezeReport, Protection, Report};
use failback_sim::{Access, World};

use crate::output::table::SHOWN;
use crate::output::{duration, hanging};
use failback_rehearsal::rehearsal::RunResult;

/// Returns the end of a run as text.
pub(crate) fn end(world: &World, run: &RunResult, seed: u64) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} {}", run.procedure, run.outcome.as_str());
    if let Some(failure) = &run.failure {
        let _ = writeln!(text, "  {} at {}", failure.error, failure.step);
        text.push_str(&hanging("    ", &failure.cause));
    }
    if let Some(report) = &run.report {
        text.push_str(&hanging("  ", &report.next));
        if let Some(command) = &report.command {
            let _ = writeln!(text, "  {command}");
        }
        if report.outcome.is_stopped() {
            servers(&mut text, report);
        }
        for Approval { gate, at, by, launch_again, .. } in &report.approvals {
            let what = launch_again
                .as_ref()
                .map_or_else(|| "yes".to_owned(), |which| format!("another launch ({which}) by the wish"));
            let by = by.as_deref().unwrap_or("somebody unnamed");
            text.push_str(&hanging("  ", &format!("{gate}: {what} of {by}, {at}")));
        }
        facts(&mut text, report);
    }
    costs(&mut text, world, run);
    let _ = writeln!(text, "\nsafety rules");
    for verdict in &run.verdicts {
        let state = if verdict.held() { "held  " } else { "BROKEN" };
        text.push_str(&hanging(&format!("  {:<3} {state}  ", verdict.rule.code()), verdict.rule.name()));
        for violation in &verdict.violations {
            text.push_str(&hanging("       ", &violation.what));
        }
    }
    if !run.is_safe() {
        let _ = writeln!(text, "\na safety rule was broken: run again with --seed {seed} to see it again");
    } else if run.outcome.is_stopped() {
        let _ = writeln!(text, "\nthe {} did not succeed, and did so safely", run.procedure);
    }
    text
}

/// Appends the RTO and the loss, each with what it counts from.
fn facts(text: &mut String, report: &Report) {
    if let Some(rto) = report.rto_seconds {
        let (from, until) =
            match (report.procedure, report.began, report.loss.is_some_and(|loss| loss.until.is_none())) {
                (Procedure::Drill, ..) => ("the start", "the last server worked"),
                (Procedure::Failback, None, false) => ("the start", "traffic had moved"),
                (Procedure::Failback, Some(_), false) => {
                    ("the start of the first execution", "traffic had moved")
                }
                (Procedure::Failback, None, true) => ("the start", "the yes that traffic has moved"),
                (Procedure::Failback, Some(_), true) => {
                    ("the start of the first execution", "the yes that traffic has moved")
                }
            };
        text.push_str(&hanging("  ", &format!("RTO {}, from {from} until {until}", duration(rto as f64))));
    }
    if let Some(FreezeReport { since, until: Some(until) }) = report.freeze {
        let waited = duration(until.seconds_since(since) as f64);
        let waited = format!("nothing lost: writes to B3 were stopped, and clients waited {waited} to write");
        text.push_str(&hanging("  ", &waited));
    }
    let Some(loss) = report.loss else { return };
    let seconds = loss.until.unwrap_or(loss.until_at_most).seconds_since(loss.from);
    let lost = duration(seconds as f64);
    let lost = format!("what clients wrote to B3 in the {lost} from A4's point in time to the redirect");
    text.push_str(&hanging("  lost: ", &lost));
    let lags = report.servers.iter().filter_map(|server| server.lag_at_launch_seconds);
    if let Some(lag) = lags.max() {
        let of_that =
            format!("of that, A2 lagged {lag} s at most; launch, validation and gates took the rest");
        text.push_str(&hanging("        ", &of_that));
    }
}

/// Appends a line for each server: what serves, its protection, and what is left.
fn servers(text: &mut String, report: &Report) {
    for server in report.servers.iter().take(SHOWN) {
        let serves = match server.serves {
            Serving::A1 => "A1 serves",
            Serving::B3 => "B3 serves",
            Serving::A4 => "A4 serves",
            Serving::Unknown => "not known what serves",
        };
        let protection = match server.protection {
            Protection::Healthy => ", protected",
            Protection::Incomplete => ", not protected yet",
            Protection::None => ", not protected",
            Protection::Unknown => "",
        };
        let of_server = format!("{serves}{protection}; left: {}", server.left);
        text.push_str(&hanging(&format!("    {:<14} ", server.name), &of_server));
        if let Some(problem) = &server.problem {
            text.push_str(&hanging("      ", problem));
        }
    }
    if report.servers.len() > SHOWN {
        let _ = writeln!(text, "    and {} more", report.servers.len() - SHOWN);
    }
}

fn costs(text: &mut String, world: &World, run: &RunResult) {
    let reads = world.calls().iter().filter(|call| call.kind == Access::Read).count();
    let took = format!(
        "took {}, of which AWS's own work {}; {} polls that waited",
        duration(run.virtual_seconds),
        duration(run.aws_seconds),
        run.polls
    );
    text.push_str(&hanging("  ", &took));
    let used = format!(
        "{} transitions, {} events, {} KiB largest payload, {reads} reads and {} writes",
        run.transitions,
        run.history_events,
        run.payload_bytes_max.div_ceil(1024),
        world.calls().len() - reads
    );
    text.push_str(&hanging("  ", &used));
}
