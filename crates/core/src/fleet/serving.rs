//! The instance that serves a server's clients: decided here alone, from live state, for the guard, the readiness check
//! and the report.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::cycle::tag_of_cycle;
use super::live_server::LiveServer;
use crate::cloud::{Instance, InstanceState, RecoveryInstance};
use crate::error::Result;
use crate::id::InstanceId;
use crate::plan::Redirect;
use crate::run::Run;
use crate::tags::{made_by_a_run, tag};

/// The instance that serves a server's clients, by its label.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Serving {
    /// The original instance in the source Region.
    A1,
    /// The recovered instance in the recovery Region.
    B3,
    /// The failed-back instance in the source Region.
    A4,
    /// Live state does not show it. Each of them counts as serving.
    #[default]
    #[serde(rename = "unknown")]
    Unknown,
}

impl Serving {
    /// Returns true when this instance serves, or may serve.
    pub fn may_be(self, instance: Self) -> bool {
        self == Self::Unknown || self == instance
    }
}

/// Returns the live A3 that clients do not use yet, and that B1 does not protect.
///
/// # Errors
/// `Internal` when records, instances or jobs were not read; `Guard` when A3 is ambiguous.
pub(super) fn not_in_use<'l>(run: &Run, server: &LiveServer<'l>) -> Result<Option<&'l RecoveryInstance>> {
    let Some(a3) = server.a3()? else { return Ok(None) };
    let may_be_live = match serving(run, server)? {
        Serving::A4 => true,
        // Clients of a server without records of its own follow those of the fleet.
        Serving::Unknown => !run.plan.redirect.is_by_hand() && server.live().has_record_at_a4()?,
        Serving::A1 | Serving::B3 => false,
    };
    Ok(if a3.is_reversed() || may_be_live { None } else { Some(a3) })
}

/// Returns the live A3 that no run of this program launched, as far as DRS still shows its job, and that clients do not
/// use yet. They come to use it only after a person was asked.
///
/// # Errors
/// `Internal` when records, instances or jobs were not read; `Guard` when A3 is ambiguous.
pub fn launched_by_a_person<'l>(run: &Run, server: &LiveServer<'l>) -> Result<Option<&'l RecoveryInstance>> {
    let Some(a3) = not_in_use(run, server)? else { return Ok(None) };
    let job = server.live().source_job_of(a3)?;
    Ok(if job.is_some_and(|job| made_by_a_run(&job.tags)) { None } else { Some(a3) })
}

/// Returns the instance that serves a server's clients. A record of one server proves nothing for another, and values
/// that lead to different instances, or to none of these, are unknown.
///
/// # Errors
/// `Internal` when records or instances were not read; `Guard` when A3 is ambiguous.
pub fn serving(run: &Run, server: &LiveServer<'_>) -> Result<Serving> {
    let live = server.live();
    let mut values = Vec::new();
    for (index, record) in run.plan.redirect.records().iter().enumerate() {
        if server.is_called(&record.server) {
            values.extend(live.records()?[index].iter().flat_map(|set| &set.values));
        }
    }
    if values.is_empty() {
        return without_records(server);
    }
    let known = instances(server)?;
    let mut found = None;
    for value in values {
        let mut of_value = None;
        for (id, serving) in &known {
            if live.instance(id)?.is_some_and(|instance| instance.has_address(value)) {
                of_value = Some(*serving);
            }
        }
        match (of_value, found) {
            (Some(serving), None) => found = Some(serving),
            (Some(serving), Some(earlier)) if serving == earlier => {}
            _ => return Ok(Serving::Unknown),
        }
    }
    Ok(found.unwrap_or(Serving::Unknown))
}

/// Returns the running A1 that clients may use: it runs, and live state does not show that they use another instance.
/// The plan's word that originals may run counts where people redirect traffic, which no record shows.
///
/// # Errors
/// Those of [`serving`].
pub fn a1_may_serve<'l>(run: &Run, server: &LiveServer<'l>) -> Result<Option<&'l Instance>> {
    let a1 = server.a1_instance()?.filter(|a1| a1.state == InstanceState::Running);
    let is_said_not_to = matches!(run.plan.redirect, Redirect::ByHand { originals_may_run: true });
    Ok(if is_said_not_to || !serving(run, server)?.may_be(Serving::A1) { None } else { a1 })
}

/// Returns the server's instances that could serve. A4 comes last: it may be A1 itself.
fn instances(server: &LiveServer<'_>) -> Result<Vec<(InstanceId, Serving)>> {
    let mut known = Vec::new();
    known.extend(server.a1.clone().map(|a1| (a1, Serving::A1)));
    known.extend(server.b3().map(|b3| (b3, Serving::B3)));
    known.extend(a4(server)?.map(|a4| (a4, Serving::A4)));
    Ok(known)
}

/// Returns A4 once a person has confirmed that traffic was redirected to it by hand, which is recorded on A2.
fn without_records(server: &LiveServer<'_>) -> Result<Serving> {
    let moved = server.a2()?.and_then(|a2| tag_of_cycle(a2, tag::TRAFFIC));
    let a4 = a4(server)?;
    let is_a4 = moved.zip(a4).is_some_and(|(to, a4)| to == a4.as_str());
    Ok(if is_a4 { Serving::A4 } else { Serving::Unknown })
}

/// Returns A4: the live one, or the one that the run knows once its record is deleted.
fn a4(server: &LiveServer<'_>) -> Result<Option<InstanceId>> {
    Ok(match server.a3()? {
        Some(a3) => Some(a3.instance.clone()),
        None => server.a4(),
    })
}
