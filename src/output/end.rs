//! The end of a run, and the verdict on the safety rules.

use std::fmt::Write as _;

use failback_core::fleet::Serving;
use failback_core::procedure::Procedure;
use failback_core::report::{Approval, FreezeReport, Protection, Report};
use failback_sim::{Access, World};

use crate::output::table::SHOWN;
use crate::output::{duration, wrapped};
use failback_rehearsal::rehearsal::RunResult;

/// Returns the end of a run as text.
pub(crate) fn end(world: &World, run: &RunResult, seed: u64) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{} {}", run.procedure, run.outcome.as_str());
    if let Some(failure) = &run.failure {
        let cause = failure.cause.replace('\n', "\n    ");
        let _ = writeln!(text, "  {} at {}\n    {cause}", failure.error, failure.step);
    }
    if let Some(report) = &run.report {
        let _ = writeln!(text, "  {}", wrapped(&report.next).join("\n  "));
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
            let _ =
                writeln!(text, "  {gate}: {what} of {}, {at}", by.as_deref().unwrap_or("somebody unnamed"));
        }
        facts(&mut text, report);
    }
    costs(&mut text, world, run);
    let _ = writeln!(text, "\nsafety rules");
    for verdict in &run.verdicts {
        let state = if verdict.held() { "held  " } else { "BROKEN" };
        let _ = writeln!(text, "  {:<3} {state}  {}", verdict.rule.code(), verdict.rule.name());
        for violation in &verdict.violations {
            let _ = writeln!(text, "       {}", violation.what);
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
        let _ = writeln!(text, "  RTO {}, from {from} until {until}", duration(rto as f64));
    }
    if let Some(FreezeReport { since, until: Some(until) }) = report.freeze {
        let waited = duration(until.seconds_since(since) as f64);
        let _ =
            writeln!(text, "  nothing lost: writes to B3 were stopped, and clients waited {waited} to write");
    }
    let Some(loss) = report.loss else { return };
    let seconds = loss.until.unwrap_or(loss.until_at_most).seconds_since(loss.from);
    let _ = writeln!(
        text,
        "  lost: what clients wrote to B3 in the {} from A4's point in time to the redirect",
        duration(seconds as f64)
    );
    let lags = report.servers.iter().filter_map(|server| server.lag_at_launch_seconds);
    if let Some(lag) = lags.max() {
        let _ = writeln!(
            text,
            "        of that, A2 lagged {lag} s at most; launch, validation and gates took the rest"
        );
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
        let _ = writeln!(text, "    {:<14} {serves}{protection}; left: {}", server.name, server.left);
        if let Some(problem) = &server.problem {
            let _ = writeln!(text, "      {problem}");
        }
    }
    if report.servers.len() > SHOWN {
        let _ = writeln!(text, "    and {} more", report.servers.len() - SHOWN);
    }
}

fn costs(text: &mut String, world: &World, run: &RunResult) {
    let reads = world.calls().iter().filter(|call| call.kind == Access::Read).count();
    let _ = writeln!(
        text,
        "  took {}, of which AWS's own work {}; {} polls that had to wait",
        duration(run.virtual_seconds),
        duration(run.aws_seconds),
        run.polls
    );
    let _ = writeln!(
        text,
        "  {} transitions, {} history events, {} KiB largest payload, {reads} reading and {} writing calls",
        run.transitions,
        run.history_events,
        run.payload_bytes_max.div_ceil(1024),
        world.calls().len() - reads
    );
}
