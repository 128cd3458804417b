//! The age of A4's data: A4 does not follow B3, so everything written to B3 since A4's point in time is lost when clients
//! come to use A4.

use super::live_server::LiveServer;
use super::serving::not_in_use;
use crate::cloud::RecoveryInstance;
use crate::error::Result;
use crate::run::Run;

/// Returns the age of A4's data in seconds: since its point in time or, where DRS does not show that, since its launch
/// was started. `None` when neither is known.
///
/// # Errors
/// `Internal` when jobs of the source Region were not read.
pub fn data_age_seconds(server: &LiveServer<'_>, a3: &RecoveryInstance) -> Result<Option<u64>> {
    let launched = server.live().source_job_of(a3)?.and_then(|job| job.created);
    let taken = a3.point_in_time.or(launched);
    Ok(taken.map(|taken| server.live().read_at.seconds_since(taken)))
}

/// Returns the live A3 whose data is older than the plan allows, or of unknown age, or from before the freeze of B3. Once
/// clients use it, the age is history.
///
/// # Errors
/// `Internal` when records, instances or jobs were not read; `Guard` when A3 is ambiguous.
pub fn too_old<'l>(run: &Run, server: &LiveServer<'l>) -> Result<Option<&'l RecoveryInstance>> {
    let Some(a3) = not_in_use(run, server)? else { return Ok(None) };
    let is_young =
        data_age_seconds(server, a3)?.is_some_and(|age| age <= run.plan.launch.data_age_seconds_max);
    Ok(if is_young && has_all_data(run, a3) { None } else { Some(a3) })
}

/// Returns the live A3 that clients do not use yet, and that lacks what B3 accepted before the freeze.
///
/// # Errors
/// Same as [`too_old`].
pub fn from_before_the_freeze<'l>(
    run: &Run,
    server: &LiveServer<'l>,
) -> Result<Option<&'l RecoveryInstance>> {
    if !run.freezes() {
        return Ok(None);
    }
    Ok(not_in_use(run, server)?.filter(|a3| !has_all_data(run, a3)))
}

/// Returns true for an A3 that holds all that B3 has accepted: its point in time lies after the freeze. Without a freeze,
/// no A3 does, and none is asked to.
fn has_all_data(run: &Run, a3: &RecoveryInstance) -> bool {
    if !run.freezes() {
        return true;
    }
    run.frozen.is_some_and(|frozen| a3.point_in_time.is_some_and(|taken| taken >= frozen.at))
}
