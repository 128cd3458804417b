//! EC2.

use async_trait::async_trait;
use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, InstanceAttributeName};
use failback_core::catalogue::fault;
use failback_core::cloud::{Ec2, Instance, InstanceStatus, LaunchTemplateVersion, Subnet};
use failback_core::guard::{CreateLaunchTemplateVersion, SetDefaultVersion, TerminateInstances, Warrant};
use failback_core::id::{InstanceId, LaunchTemplateId, SubnetId};
use failback_core::region::Region;
use failback_core::{Error, ErrorName, Result};

use crate::aws::Aws;
use crate::sdk_error::{OfOperation, unreadable};
use crate::{read, request};

/// How many values a filter may have.
const VALUES: usize = 200;
/// How many instances DescribeInstanceStatus may be asked about; it has no filter for ids.
const STATUSES: usize = 100;

#[async_trait]
impl Ec2 for Aws {
    /// Asked by filter: one unknown id would fail a call that names the ids.
    async fn instances(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<Instance>> {
        let client = self.clients.ec2(region).read;
        let mut found = Vec::new();
        for ids in ids.chunks(VALUES) {
            let pages =
                client.describe_instances().filters(filter("instance-id", ids)).into_paginator().send();
            let pages: Vec<_> = pages.collect::<Result<_, _>>().await.of("ec2:DescribeInstances")?;
            for reservation in pages.iter().flat_map(|page| page.reservations.iter().flatten()) {
                found.extend(reservation.instances().iter().filter_map(read::ec2::instance));
            }
        }
        Ok(found)
    }

    /// Ids that EC2 does not know have no status, so they are looked up when EC2 complains of one, and left out.
    async fn instance_status(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>> {
        match self.status_of(region, ids).await {
            Err(error) if error.name() == ErrorName::NotFound => {
                let known: Vec<_> =
                    self.instances(region, ids).await?.into_iter().map(|known| known.id).collect();
                self.status_of(region, &known).await
            }
            answer => answer,
        }
    }

    async fn is_protected_from_termination(&self, region: Region, id: &InstanceId) -> Result<bool> {
        let client = self.clients.ec2(region).read;
        let call = client.describe_instance_attribute().instance_id(id.as_str());
        let answer = call
            .attribute(InstanceAttributeName::DisableApiTermination)
            .send()
            .await
            .of("ec2:DescribeInstanceAttribute");
        match answer {
            Err(error) if error.name() == ErrorName::NotFound => Ok(false),
            answer => {
                Ok(answer?.disable_api_termination().and_then(AttributeBooleanValue::value).unwrap_or(false))
            }
        }
    }

    /// Asked by filter, as instances are.
    async fn subnets(&self, region: Region, ids: &[SubnetId]) -> Result<Vec<Subnet>> {
        let client = self.clients.ec2(region).read;
        let mut found = Vec::new();
        for ids in ids.chunks(VALUES) {
            let pages = client.describe_subnets().filters(filter("subnet-id", ids)).into_paginator().items();
            let items: Vec<_> = pages.send().collect::<Result<_, _>>().await.of("ec2:DescribeSubnets")?;
            found.extend(items.iter().filter_map(read::ec2::subnet));
        }
        Ok(found)
    }

    async fn default_launch_template_version(
        &self,
        region: Region,
        template: &LaunchTemplateId,
    ) -> Result<LaunchTemplateVersion> {
        const OPERATION: &str = "ec2:DescribeLaunchTemplateVersions";
        let client = self.clients.ec2(region).read;
        let call = client.describe_launch_template_versions().launch_template_id(template.as_str());
        let answer = call.versions("$Default").send().await.of(OPERATION)?;
        let version = answer.launch_template_versions().first();
        let version = version.ok_or_else(|| Error::from(fault::template_has_no_default(template)))?;
        read::ec2::launch_template_version(version).ok_or_else(|| unreadable(OPERATION, "version"))
    }

    async fn create_launch_template_version(
        &self,
        warrant: Warrant<CreateLaunchTemplateVersion>,
    ) -> Result<u64> {
        const OPERATION: &str = "ec2:CreateLaunchTemplateVersion";
        let action = warrant.spend();
        let client = self.clients.ec2(action.region).write;
        let answer =
            request::ec2::create_launch_template_version(&action).send_with(&client).await.of(OPERATION)?;
        let version = answer.launch_template_version.and_then(|version| version.version_number);
        version.and_then(|version| version.try_into().ok()).ok_or_else(|| unreadable(OPERATION, "version"))
    }

    async fn set_default_version(&self, warrant: Warrant<SetDefaultVersion>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.ec2(action.region).write;
        request::ec2::set_default_version(&action)
            .send_with(&client)
            .await
            .of("ec2:ModifyLaunchTemplate")
            .map(drop)
    }

    async fn terminate_instances(&self, warrant: Warrant<TerminateInstances>) -> Result<()> {
        let action = warrant.spend();
        let client = self.clients.ec2(action.region).write;
        request::ec2::terminate_instances(&action)
            .send_with(&client)
            .await
            .of("ec2:TerminateInstances")
            .map(drop)
    }
}

impl Aws {
    /// DescribeInstanceStatus, which leaves out instances that do not run unless it is asked for all.
    async fn status_of(&self, region: Region, ids: &[InstanceId]) -> Result<Vec<InstanceStatus>> {
        let client = self.clients.ec2(region).read;
        let mut found = Vec::new();
        for ids in ids.chunks(STATUSES) {
            let ids = ids.iter().map(ToString::to_string).collect();
            let call = client.describe_instance_status().set_instance_ids(Some(ids));
            let items: Vec<_> = call
                .into_paginator()
                .items()
                .send()
                .collect::<Result<_, _>>()
                .await
                .of("ec2:DescribeInstanceStatus")?;
            found.extend(items.iter().filter_map(read::ec2::status));
        }
        Ok(found)
    }
}

fn filter(name: &str, ids: &[impl ToString]) -> Filter {
    let values = ids.iter().map(ToString::to_string).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}
