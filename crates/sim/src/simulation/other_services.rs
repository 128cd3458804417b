//! The cloud traits of Route 53, Service Quotas, Step Functions, the hook and the clock.

use std::future::Future;
use std::pin::Pin;

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{
    ChangeStatus, Clock, DrsQuotas, ExecutionState, Executions, Hook, HookAnswer, Quotas, RecordSet,
    RecordType, Route53, RunningExecution,
};
use failback_core::guard::{CallHook, ChangeRecords, Warrant};
use failback_core::id::{ChangeId, HostedZoneId};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;
use serde_json::json;

use super::Simulation;
use crate::objects::DnsRecord;
use crate::world::{ChangeAction, RecordChange, World};

fn record_set(record: &DnsRecord, kind: RecordType) -> RecordSet {
    RecordSet {
        name: record.name.clone(),
        kind,
        ttl_seconds: record.ttl_seconds,
        values: record.values.clone(),
        set_identifier: record.set_identifier.clone(),
    }
}

/// Returns the changes that replace a record set, if it is still as it was read.
fn replacement(record: failback_core::guard::RecordChange) -> [RecordChange; 2] {
    let seen = record.seen;
    let delete = RecordChange {
        action: ChangeAction::Delete,
        name: seen.name,
        kind: seen.kind.as_str().to_owned(),
        ttl_seconds: seen.ttl_seconds.unwrap_or_default(),
        values: seen.values,
        set_identifier: seen.set_identifier,
        weight: None,
    };
    let create = RecordChange {
        action: ChangeAction::Create,
        ttl_seconds: record.ttl_seconds,
        values: vec![record.value],
        ..delete.clone()
    };
    [delete, create]
}

#[async_trait]
impl Route53 for Simulation {
    async fn record_sets(&self, zone: &HostedZoneId, name: &str, kind: RecordType) -> Result<Vec<RecordSet>> {
        let targets = vec![zone.to_string(), name.to_owned()];
        self.call("route53:ListResourceRecordSets", None, targets, |world| {
            let found = world.list_record_sets(zone, name, kind.as_str())?;
            Ok(found.into_iter().map(|record| record_set(record, kind)).collect())
        })
        .await
    }

    async fn record_page(&self, zone: &HostedZoneId, from: &str) -> Result<Vec<RecordSet>> {
        let targets = vec![zone.to_string(), from.to_owned()];
        self.call("route53:ListResourceRecordSets", None, targets, |world| {
            let page = world.record_page(zone, from)?;
            let kinds = [RecordType::A, RecordType::Aaaa];
            let set = |record: &DnsRecord| {
                let kind = kinds.into_iter().find(|kind| kind.as_str() == record.kind)?;
                Some(record_set(record, kind))
            };
            Ok(page.into_iter().filter_map(set).collect())
        })
        .await
    }

    async fn change_status(&self, change: &ChangeId) -> Result<ChangeStatus> {
        let targets = vec![change.to_string()];
        let in_sync = self.call("route53:GetChange", None, targets, |world| world.get_change(change)).await?;
        Ok(if in_sync { ChangeStatus::InSync } else { ChangeStatus::Pending })
    }

    async fn change_records(&self, warrant: Warrant<ChangeRecords>) -> Result<ChangeId> {
        let ChangeRecords { zone, records } = warrant.spend();
        let mut targets = vec![zone.to_string()];
        let mut batch = Vec::new();
        for record in records {
            targets.push(record.seen.name.clone());
            batch.extend(replacement(record));
        }
        self.call("route53:ChangeResourceRecordSets", None, targets, |world| {
            world.change_record_sets(&zone, &batch)
        })
        .await
    }
}

#[async_trait]
impl Quotas for Simulation {
    async fn drs_quotas(&self, region: Region) -> Result<DrsQuotas> {
        self.call("servicequotas:ListServiceQuotas", region, Vec::new(), |world| Ok(world.quotas(region)))
            .await
    }
}

#[async_trait]
impl Executions for Simulation {
    async fn running_executions(&self) -> Result<Vec<RunningExecution>> {
        self.call("states:ListExecutions", None, Vec::new(), |world| Ok(world.running_executions())).await
    }

    async fn execution_state(&self, id: &str) -> Result<Option<ExecutionState>> {
        Ok(self.execution(id).await?.map(|(_, state)| state))
    }

    async fn execution(&self, id: &str) -> Result<Option<(RunningExecution, ExecutionState)>> {
        let describe =
            |world: &mut World| Ok(world.execution(id).map(|(execution, state)| (execution.clone(), state)));
        self.call("states:DescribeExecution", None, vec![id.to_owned()], describe).await
    }
}

#[async_trait]
impl Hook for Simulation {
    async fn call_hook(&self, warrant: Warrant<CallHook>) -> Result<HookAnswer> {
        let CallHook { function, request } = warrant.spend();
        let payload = json!(request);
        let region = self.world().region_pair().1;
        let call = |world: &mut World| world.invoke_hook(&payload);
        match self.call("lambda:InvokeFunction", region, vec![function], call).await? {
            Ok(answer) => HookAnswer::read(&answer),
            Err(failure) => Err(HookAnswer::failed(&failure)),
        }
    }
}

impl Clock for Simulation {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.world().now_ms())
    }

    fn pause(&self, millis: u64) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        let at_ms = self.world().now_ms() + i64::try_from(millis).unwrap_or(i64::MAX / 2);
        Box::pin(self.until(at_ms))
    }
}
