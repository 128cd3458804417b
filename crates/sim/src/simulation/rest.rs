//! Route 53, Service Quotas, Step Functions and the clock over the world.

use async_trait::async_trait;
use failback_core::Result;
use failback_core::cloud::{
    ChangeStatus, Clock, DrsQuotas, Executions, Quotas, RecordSet, RecordType, Route53, RunningExecution,
};
use failback_core::guard::{ChangeRecords, Warrant};
use failback_core::id::{ChangeId, HostedZoneId};
use failback_core::region::Region;
use failback_core::timestamp::Timestamp;

use super::Simulation;
use crate::objects::DnsRecord;
use crate::world::{RecordChange, World};

#[async_trait]
impl Route53 for Simulation {
    async fn record_sets(&self, zone: &HostedZoneId, name: &str, kind: RecordType) -> Result<Vec<RecordSet>> {
        let targets = vec![zone.to_string(), name.to_owned()];
        self.call("route53:ListResourceRecordSets", None, targets, |w| {
            let set = |record: &DnsRecord| RecordSet {
                name: record.name.clone(),
                kind,
                ttl_seconds: record.ttl_seconds,
                values: record.values.clone(),
                set_identifier: record.set_identifier.clone(),
            };
            Ok(w.list_record_sets(zone, name, kind.as_str())?.into_iter().map(set).collect())
        })
        .await
    }

    async fn change_status(&self, change: &ChangeId) -> Result<ChangeStatus> {
        let run = |w: &mut World| w.get_change(change);
        let in_sync = self.call("route53:GetChange", None, vec![change.to_string()], run).await?;
        Ok(if in_sync { ChangeStatus::InSync } else { ChangeStatus::Pending })
    }

    async fn change_records(&self, warrant: Warrant<ChangeRecords>) -> Result<ChangeId> {
        let ChangeRecords { zone, records } = warrant.spend();
        let mut targets = vec![zone.to_string()];
        targets.extend(records.iter().map(|record| record.name.clone()));
        let batch: Vec<RecordChange> = records
            .into_iter()
            .map(|record| RecordChange {
                name: record.name,
                kind: record.kind.as_str().to_owned(),
                ttl_seconds: record.ttl_seconds,
                values: vec![record.value],
            })
            .collect();
        let run = |w: &mut World| w.change_record_sets(&zone, &batch);
        self.call("route53:ChangeResourceRecordSets", None, targets, run).await
    }
}

#[async_trait]
impl Quotas for Simulation {
    async fn drs_quotas(&self, region: Region) -> Result<DrsQuotas> {
        self.call("servicequotas:ListServiceQuotas", region, Vec::new(), |w| Ok(w.quotas(region))).await
    }
}

#[async_trait]
impl Executions for Simulation {
    async fn running_executions(&self) -> Result<Vec<RunningExecution>> {
        self.call("states:ListExecutions", None, Vec::new(), |w| Ok(w.running_executions())).await
    }
}

impl Clock for Simulation {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.world().now_ms())
    }
}
