//! Route 53.

use async_trait::async_trait;
use aws_sdk_route53::types::RrType;
use failback_core::Result;
use failback_core::cloud::{ChangeStatus, RecordSet, RecordType, Route53, record_name};
use failback_core::guard::{ChangeRecords, Warrant};
use failback_core::id::{ChangeId, HostedZoneId};

use crate::aws::Aws;
use crate::sdk_error::{OfOperation, unreadable};
use crate::{read, request};

#[async_trait]
impl Route53 for Aws {
    /// The listing begins at the name and goes on through the whole zone, so it is left where the name ends.
    async fn record_sets(&self, zone: &HostedZoneId, name: &str, kind: RecordType) -> Result<Vec<RecordSet>> {
        let client = self.clients.route53().read;
        let kind_wanted = RrType::from(kind.as_str());
        let wanted = record_name(name);
        let mut start = (Some(wanted.clone()), Some(kind_wanted.clone()), None);
        let mut found = Vec::new();
        loop {
            let (start_name, start_kind, start_identifier) = start;
            let page = client
                .list_resource_record_sets()
                .hosted_zone_id(zone.as_str())
                .set_start_record_name(start_name)
                .set_start_record_type(start_kind)
                .set_start_record_identifier(start_identifier)
                .send()
                .await
                .of("route53:ListResourceRecordSets")?;
            for set in &page.resource_record_sets {
                if record_name(&set.name) != wanted || set.r#type != kind_wanted {
                    return Ok(found);
                }
                found.push(read::route53::record_set(set, kind));
            }
            if !page.is_truncated {
                return Ok(found);
            }
            start = (page.next_record_name, page.next_record_type, page.next_record_identifier);
        }
    }

    async fn record_page(&self, zone: &HostedZoneId, from: &str) -> Result<Vec<RecordSet>> {
        let client = self.clients.route53().read;
        let from = record_name(from);
        let mut start = (Some(from.clone()), None, None);
        let mut found = Vec::new();
        loop {
            let (start_name, start_kind, start_identifier) = start;
            let page = client
                .list_resource_record_sets()
                .hosted_zone_id(zone.as_str())
                .set_start_record_name(start_name)
                .set_start_record_type(start_kind)
                .set_start_record_identifier(start_identifier)
                .send()
                .await
                .of("route53:ListResourceRecordSets")?;
            found.extend(page.resource_record_sets.iter().filter_map(read::route53::address_set));
            let Some(next) = page.next_record_name.filter(|_| page.is_truncated) else { return Ok(found) };
            // A name that goes on in the next page is left out, unless it is the one that was asked for.
            let goes_on = record_name(&next);
            if goes_on != from {
                found.retain(|set| set.name != goes_on);
                return Ok(found);
            }
            start = (Some(next), page.next_record_type, page.next_record_identifier);
        }
    }

    async fn change_status(&self, change: &ChangeId) -> Result<ChangeStatus> {
        let client = self.clients.route53().read;
        let answer = client.get_change().id(change.as_str()).send().await.of("route53:GetChange")?;
        let info = answer.change_info.ok_or_else(|| unreadable("route53:GetChange", "change"))?;
        Ok(read::route53::change_status(&info.status))
    }

    async fn change_records(&self, warrant: Warrant<ChangeRecords>) -> Result<ChangeId> {
        const OPERATION: &str = "route53:ChangeResourceRecordSets";
        let action = warrant.spend();
        let client = self.clients.route53().write;
        let answer = request::route53::change_records(&action)?.send_with(&client).await.of(OPERATION)?;
        let id = answer.change_info.as_ref().and_then(|info| read::route53::change_id(&info.id));
        id.ok_or_else(|| unreadable(OPERATION, "change"))
    }
}
