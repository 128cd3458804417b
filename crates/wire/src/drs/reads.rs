//! The reading operations of DRS: servers, instances, jobs, points in time.

use failback_core::id::{JobId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;
use failback_sim::{CallRequest, CallResult, ServiceError, World};
use serde_json::{Value, json};

use super::{Body, Call, shapes};
use crate::paging::Page;
use crate::quirks::Quirk;

/// Returns ids as text, for the call log.
pub(super) fn names<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Returns `items` and, where more follow, `nextToken`.
pub(super) fn listed(page: Page, all: Vec<Value>) -> Value {
    let (items, next) = page.cut(all);
    let mut body = json!({ "items": items });
    if let Some(token) = next {
        body["nextToken"] = json!(token);
    }
    body
}

impl Call<'_> {
    /// Makes the call through the world's single entry point. An invalid input is refused like any other call.
    pub(super) fn make<T>(
        &mut self,
        operation: &str,
        input: Result<T, ServiceError>,
        targets: impl FnOnce(&T) -> Vec<String>,
        run: impl FnOnce(&mut World, Region, T) -> Result<Body, ServiceError>,
    ) -> CallResult<Body> {
        let region = self.region;
        let named = input.as_ref().map(targets).unwrap_or_default();
        let request = CallRequest::new(operation, Some(region), named);
        self.world.call(request, |world| run(world, region, input?))
    }

    fn page(&self) -> Result<Page, ServiceError> {
        self.input.page(self.quirks.page_size())
    }
}

pub(super) fn source_servers(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let hardware = call.input.text("/filters/hardwareId")?.map(str::to_owned);
        Ok((call.input.ids::<SourceServerId>("/filters/sourceServerIDs")?, hardware, call.page()?))
    };
    let input = read();
    call.make(
        "drs:DescribeSourceServers",
        input,
        |(ids, ..)| names(ids),
        |world, region, (ids, hardware, page)| {
            let mut found = world.describe_source_servers(region, &ids)?;
            if let Some(hardware) = hardware {
                found.retain(|view| view.server.source.as_str() == hardware);
            }
            Ok(Some(listed(page, found.iter().map(|view| shapes::source_server(world, view)).collect())))
        },
    )
}

pub(super) fn recovery_instances(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let ids = call.input.ids::<RecoveryInstanceId>("/filters/recoveryInstanceIDs")?;
        Ok((ids, call.input.ids::<SourceServerId>("/filters/sourceServerIDs")?, call.page()?))
    };
    let input = read();
    call.make(
        "drs:DescribeRecoveryInstances",
        input,
        |(ids, servers, _)| [names(ids), names(servers)].concat(),
        |world, region, (ids, servers, page)| {
            let found = world.describe_recovery_instances(region, &ids, &servers)?;
            Ok(Some(listed(page, found.iter().map(|view| shapes::recovery_instance(world, view)).collect())))
        },
    )
}

pub(super) fn jobs(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let until = call.input.moment("/filters/toDate")?;
        let since = call.input.moment("/filters/fromDate")?;
        Ok((call.input.ids::<JobId>("/filters/jobIDs")?, since, until, call.page()?))
    };
    let input = read();
    let with_instances = !call.quirks.has(Quirk::NoRecoveryInstanceIds);
    call.make(
        "drs:DescribeJobs",
        input,
        |(ids, ..)| names(ids),
        |world, region, (ids, since, until, page)| {
            let mut found = world.describe_jobs(region, &ids, since)?;
            found.retain(|job| until.is_none_or(|until| job.created_ms <= until));
            let shapes = found.iter().map(|job| shapes::job(world, job, with_instances)).collect();
            Ok(Some(listed(page, shapes)))
        },
    )
}

pub(super) fn job_log_items(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || Ok((call.input.id::<JobId>("/jobID")?, call.page()?));
    let input = read();
    call.make(
        "drs:DescribeJobLogItems",
        input,
        |(id, _)| vec![id.to_string()],
        |world, region, (id, page)| {
            let lines = world.describe_job_log(region, &id)?;
            Ok(Some(listed(page, lines.iter().map(shapes::log_item).collect())))
        },
    )
}

pub(super) fn recovery_snapshots(call: &mut Call<'_>) -> CallResult<Body> {
    let read = || {
        let ascending = call.input.text("/order")? == Some("ASC");
        let since = call.input.moment("/filters/fromDateTime")?;
        let until = call.input.moment("/filters/toDateTime")?;
        Ok((call.input.id::<SourceServerId>("/sourceServerID")?, ascending, (since, until), call.page()?))
    };
    let input = read();
    call.make(
        "drs:DescribeRecoverySnapshots",
        input,
        |(id, ..)| vec![id.to_string()],
        |world, region, (id, ascending, (since, until), page)| {
            let mut found = world.describe_recovery_snapshots(region, &id)?;
            found.retain(|(_, at)| {
                since.is_none_or(|since| *at >= since) && until.is_none_or(|until| *at <= until)
            });
            if ascending {
                found.reverse();
            }
            let shape = |(snapshot, at): &(failback_core::id::SnapshotId, i64)| {
                let at = crate::time::drs(*at);
                json!({
                    "snapshotID": snapshot.as_str(),
                    "sourceServerID": id.as_str(),
                    "expectedTimestamp": at,
                    "timestamp": at,
                })
            };
            Ok(Some(listed(page, found.iter().map(shape).collect())))
        },
    )
}
