//! What a person is told at a gate, from live state: the servers, the age of the data, the state of A1, and what an answer
//! does. A mail has about twenty lines, for one server and for a hundred.

mod hold;

use std::collections::BTreeSet;

use super::Notice;
use crate::cloud::{Instance, InstanceState};
use crate::error::Result;
use crate::fleet::{LiveServer, data_age_seconds};
use crate::message::{Reasons, count, listed};
use crate::plan::{OnAbort, WaitsFor};
use crate::poll_interval::typical;
use crate::procedure::Procedure;
use crate::run::Run;
use crate::timestamp::Timestamp;

pub use hold::during_hold;

/// The number of servers whose addresses are listed, three in a line.
const ADDRESSES_SHOWN: usize = 36;

/// Returns what a person is told before replication of B1 is stopped.
///
/// # Errors
/// `Internal` when instances of the source Region were not read.
pub fn before_stop(run: &Run, servers: &[LiveServer<'_>]) -> Result<Notice> {
    let lines = [
        format!("A2 of {} can be launched, and B1 still replicates the original.", who(servers)),
        originals(servers)?,
        "Yes: replication of B1 is stopped, which deletes every point in time of B1. Until A4 is protected, A2 is then \
         the only copy of B3, and making B1 protect A4 copies every disk again."
            .to_owned(),
        "No, or no answer: B1 keeps its points in time, and nothing is deleted. Start again with the same plan to be \
         asked again, or without stopOriginalReplication to go on."
            .to_owned(),
        abort(run).to_owned(),
    ];
    Ok(Notice(lines.join("\n")))
}

/// The time that a wave usually takes, in seconds: the launch job, and the boot.
const WAVE_SECONDS: u64 = typical::LAUNCH_JOB.high_seconds + typical::BOOT.high_seconds;

/// The time that A2 usually takes to hold all that B3 accepted before a freeze, in seconds: two contacts of the agent.
const DRAIN_SECONDS: u64 = 120;

/// Returns what a person is told before A4 is launched, where the plan has somebody asked: it does not accept the loss, and
/// a server is left to launch.
///
/// # Errors
/// `Internal` when A3, or instances of the source Region, were not read; `Guard` when A3 is ambiguous.
pub fn if_asked_before_launch(run: &Run, servers: Vec<LiveServer<'_>>) -> Result<Option<Notice>> {
    if run.procedure == Procedure::Drill || run.plan.cutover.accept_loss_seconds.is_some() {
        return Ok(None);
    }
    let mut to_launch = Vec::new();
    for server in servers {
        let is_launched = server.a3()?.is_some() && server.replace.is_none();
        if !is_launched && !server.is_past_launch()? {
            to_launch.push(server);
        }
    }
    if to_launch.is_empty() {
        Ok(None)
    } else if run.freezes() {
        before_freeze(run, &to_launch).map(Some)
    } else {
        before_launch(run, &to_launch).map(Some)
    }
}

/// Says what a person stops before a launch that loses nothing, and for how long.
fn before_freeze(run: &Run, servers: &[LiveServer<'_>]) -> Result<Notice> {
    let asks_again = if run.plan.gates.before_redirect.is_some() {
        " Somebody is asked once more before traffic is redirected, and writes wait for that answer too."
    } else {
        ""
    };
    let minutes = usual_seconds(run, servers).saturating_add(DRAIN_SECONDS).div_ceil(60);
    if run.freezes_by_hook() {
        return before_freeze_by_hook(run, servers, minutes, asks_again);
    }
    let lines = [
        format!("A2 of {} can be launched. B3 serves until traffic is redirected.", who(servers)),
        originals(servers)?,
        "Before you answer yes, stop whatever writes to B3 of these servers, and flush it to disk: applications, jobs, \
         queues, people. Leave the instances running."
            .to_owned(),
        format!(
            "Yes: nothing has written to B3 since before your answer, and nothing will. Once A2 holds it all, A4 is \
             launched from it: nothing is lost. Writes wait until traffic is redirected, usually {minutes} min from your \
             answer.{asks_again} If the failback is held before that, you are told, and let writes to B3 go on.",
        ),
        "No, or no answer: nothing is launched, B3 serves, and A2 goes on protecting it. Start again with the same plan \
         to be asked again."
            .to_owned(),
        abort(run).to_owned(),
    ];
    Ok(Notice(lines.join("\n")))
}

/// Says what the hook stops before a launch that loses nothing, and for how long.
fn before_freeze_by_hook(
    run: &Run,
    servers: &[LiveServer<'_>],
    minutes: u64,
    asks_again: &str,
) -> Result<Notice> {
    let lines = [
        format!("A2 of {} can be launched. B3 serves until traffic is redirected.", who(servers)),
        originals(servers)?,
        format!(
            "Yes: the hook of the stack stops writes to B3 of these servers, and flushes them. Once A2 holds them all, A4 is \
             launched from it: nothing is lost. Writes wait until traffic is redirected, usually {minutes} min from your \
             answer, and never longer than {} min (cutover.freezeMinutesMax): then, or once the failback has ended before \
             that, they go on at B3.{asks_again}",
            run.plan.cutover.freeze_minutes_max,
        ),
        "No, or no answer: nothing is stopped or launched, B3 serves, and A2 goes on protecting it. Start again with the same \
         plan to be asked again."
            .to_owned(),
        abort(run).to_owned(),
    ];
    Ok(Notice(lines.join("\n")))
}

/// Returns the time that it usually takes from a launch until traffic is redirected, in seconds.
fn usual_seconds(run: &Run, servers: &[LiveServer<'_>]) -> u64 {
    let waves: BTreeSet<usize> = servers.iter().map(|server| server.wave).collect();
    let of_wave = |wave: &usize| match run.plan.waves.get(*wave).map(|wave| wave.waits_for) {
        _ if Some(wave) == waves.first() => WAVE_SECONDS,
        Some(WaitsFor::Nothing) => 0,
        Some(WaitsFor::Launch) => typical::LAUNCH_JOB.high_seconds,
        Some(WaitsFor::Validation) | None => WAVE_SECONDS,
    };
    waves.iter().map(of_wave).sum::<u64>() + typical::DNS.high_seconds
}

fn waves(servers: &[LiveServer<'_>]) -> u64 {
    servers.iter().map(|server| server.wave).collect::<BTreeSet<_>>().len() as u64
}

/// Says what a launch loses, and for how long.
fn before_launch(run: &Run, servers: &[LiveServer<'_>]) -> Result<Notice> {
    let limit = run.plan.launch.data_age_seconds_max;
    let by_hand =
        if run.plan.redirect.is_by_hand() { " and the time that people take to redirect it" } else { "" };
    let asks_again = if run.plan.gates.before_redirect.is_some() {
        " Somebody is asked once more before traffic is redirected, with the age of the data."
    } else {
        ""
    };
    let lines = [
        format!("A2 of {} can be launched. B3 serves until traffic is redirected.", who(servers)),
        originals(servers)?,
        format!(
            "Yes: A4 is launched, in {}. What clients write to B3 after a server's point in time is lost once traffic \
             is redirected: usually {} min{by_hand}, and at most {} min (launch.dataAgeSecondsMax), unless \
             somebody agrees to more. To lose nothing, say no, and have the plan stop writes first: \
             cutover.freeze.{asks_again}",
            count(usize::try_from(waves(servers)).unwrap_or(usize::MAX), "wave"),
            usual_seconds(run, servers).div_ceil(60),
            limit / 60,
        ),
        "No, or no answer: nothing is launched, B3 serves, and A2 goes on protecting it. Start again with the same plan \
         to be asked again."
            .to_owned(),
        abort(run).to_owned(),
    ];
    Ok(Notice(lines.join("\n")))
}

/// Returns what a person is told before traffic is redirected.
///
/// # Errors
/// `Internal` when A3, jobs of the source Region or instances of it were not read; `Guard` when A3 is ambiguous.
pub fn before_redirect(run: &Run, servers: &[LiveServer<'_>]) -> Result<Notice> {
    let mut lines =
        vec![format!("A4 of {} passed validation.", who(servers)), data(run, servers)?, originals(servers)?];
    if run.plan.redirect.is_by_hand() {
        lines.push(
            "Before you answer yes, redirect the traffic of each server by your own means, from B3 to A4:"
                .into(),
        );
        lines.extend(addresses(servers)?);
        lines.push("Yes: you have redirected it. B1 is then made to protect A4.".to_owned());
        lines.push(
            "No, or no answer: leave traffic at B3. Nothing is deleted, and starting again with the \
             same plan continues from here."
                .to_owned(),
        );
    } else {
        let records = run.plan.redirect.records().iter().map(|record| record.name.as_str());
        lines.push(format!(
            "Yes: Route 53 then points {} at A4. Until the present TTL has passed, clients use B3 too.",
            listed(records)
        ));
        lines.push(
            "No, or no answer: the records stay as they are, nothing is deleted, and starting again with the same plan \
             continues from here."
                .to_owned(),
        );
    }
    let if_unmoved = if run.plan.redirect.is_by_hand() { ", if no traffic has moved" } else { "" };
    lines.push(format!(
        "Launch again{if_unmoved}: A4 of the servers that you name is terminated and launched from what A2 holds then; \
         after validation you are asked again."
    ));
    lines.push(abort(run).to_owned());
    Ok(Notice(lines.join("\n")))
}

/// The most characters of names and reasons that a question repeats.
const REASONS_MAX: usize = 1_000;

/// Returns the question with the reasons why the last answer, to launch servers again, was not followed.
pub fn not_launched_again(reasons: &Reasons, question: &Notice) -> Notice {
    let reasons: String = reasons.to_string().chars().take(REASONS_MAX).collect();
    Notice(format!("Nothing was launched again: {reasons}.\n{}", question.0))
}

/// Says what an abort does, while no traffic has moved.
fn abort(run: &Run) -> &'static str {
    match (run.plan.cutover.on_abort, run.plan.redirect.is_by_hand()) {
        (OnAbort::Keep, _) => {
            "Abort: traffic stays at B3, and A4 is kept and billed. A2 goes on protecting B3."
        }
        (OnAbort::Terminate, true) => {
            "Abort, if no traffic has moved: A4 that this failback launched is terminated. A2 goes on protecting B3."
        }
        (OnAbort::Terminate, false) => {
            "Abort: A4 that this failback launched is terminated. B3 serves, and A2 goes on protecting it."
        }
    }
}

/// Returns what a person is told before the clean-up.
///
/// # Errors
/// `Internal` when instances of the source Region were not read.
pub fn before_cleanup(run: &Run, servers: &[LiveServer<'_>]) -> Result<Notice> {
    let ends_a1 = run.plan.cleanup.terminate_originals;
    let ended = if ends_a1 { "B3 and A1 of each server are" } else { "B3 of each server is" };
    let by_hand =
        "No record shows what clients use. Say yes only if they use A4 now, and then put no traffic back.";
    let word = run.plan.redirect.is_by_hand().then(|| by_hand.to_owned());
    let mut lines = vec![format!("B1 protects A4 of {}.", who(servers)), originals(servers)?];
    lines.extend(word);
    lines.extend([
        format!(
            "Yes: {ended} terminated, and A2 and the record A3 are deleted. B3 is the last \
             copy of what clients wrote to it after A4's point in time."
        ),
        "No, or no answer: nothing is deleted, B3 and A2 stay and are billed, and starting again with the same plan \
         continues from here."
            .to_owned(),
    ]);
    Ok(Notice(lines.join("\n")))
}

fn who(servers: &[LiveServer<'_>]) -> String {
    format!(
        "{} ({})",
        count(servers.len(), "server"),
        listed(servers.iter().map(|server| server.name.as_str()))
    )
}

/// Says how old the oldest data of an A4 is.
fn data(run: &Run, servers: &[LiveServer<'_>]) -> Result<String> {
    if let Some(frozen) = run.frozen {
        return Ok(format!(
            "Writes to B3 have been stopped since {}, and A4 holds all that came before: nothing is lost with a yes, as \
             long as nothing writes to B3.",
            frozen.at.to_the_minute()
        ));
    }
    let mut oldest: Option<(u64, &LiveServer<'_>)> = None;
    for server in servers {
        let age = match server.a3()? {
            Some(a3) => data_age_seconds(server, a3)?,
            None => None,
        };
        let Some(age) = age else {
            return Ok(format!("It is not known how old the data of A4 of {} is.", server.name));
        };
        if oldest.is_none_or(|(most, _)| age > most) {
            oldest = Some((age, server));
        }
    }
    let Some((age, server)) = oldest else { return Ok("There is no A4.".to_owned()) };
    let now = server.live().read_at;
    let taken = Timestamp::from_millis(now.millis() - i64::try_from(age).unwrap_or(0) * 1_000);
    let of = if servers.len() == 1 { "" } else { ", the oldest" };
    Ok(format!(
        "A4 holds data of {}, {} min old now ({}{of}). What clients write to B3 after that time is lost with a yes.",
        taken.to_the_minute(),
        age / 60,
        server.name
    ))
}

/// Says in which state A1 is. One that runs may be production.
fn originals(servers: &[LiveServer<'_>]) -> Result<String> {
    let (mut running, mut stopped, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for server in servers.iter().filter(|server| server.a1.is_some() && server.a1 != server.a4()) {
        match server.a1_instance()?.map(|a1| a1.state) {
            Some(InstanceState::Stopped | InstanceState::Stopping) => stopped.push(server.name.as_str()),
            None => gone.push(server.name.as_str()),
            Some(state) if !state.is_live() => gone.push(server.name.as_str()),
            Some(_) => running.push(server.name.as_str()),
        }
    }
    let mut parts = Vec::new();
    if !running.is_empty() {
        parts.push(format!("A1 of {} RUNS: if clients use it, answer no.", listed(running)));
    }
    if !stopped.is_empty() {
        parts.push(format!("A1 of {} is stopped.", listed(stopped)));
    }
    if !gone.is_empty() {
        parts.push(format!("A1 of {} no longer exists.", listed(gone)));
    }
    Ok(if parts.is_empty() { "A4 is A1, or A1 is not known.".to_owned() } else { parts.join(" ") })
}

/// Lists the addresses of each A4.
fn addresses(servers: &[LiveServer<'_>]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for server in servers.iter().take(ADDRESSES_SHOWN) {
        let address = server.a4_instance()?.map_or_else(|| "unknown".to_owned(), addresses_of);
        all.push(format!("{}: {address}", server.name));
    }
    let mut lines: Vec<String> = all.chunks(3).map(|chunk| format!("  {}", chunk.join("; "))).collect();
    if servers.len() > ADDRESSES_SHOWN {
        let more = count(servers.len() - ADDRESSES_SHOWN, "server");
        lines.push(format!(
            "  and {more} more: EC2 shows the addresses of the instances that the run names as `a3`"
        ));
    }
    Ok(lines)
}

fn addresses_of(a4: &Instance) -> String {
    let known = [&a4.private_ip, &a4.public_ip].into_iter().flatten();
    let addresses: Vec<&str> = known.map(String::as_str).collect();
    format!("{} ({})", addresses.join(" or "), a4.id)
}
