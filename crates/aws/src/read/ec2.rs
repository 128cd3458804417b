//! EC2.

use aws_sdk_ec2::types::{
    self as sdk, InstanceMetadataEndpointState, InstanceMetadataOptionsState, InstanceStateName,
    SummaryStatus,
};
use failback_core::cloud::{Check, Instance, InstanceState, InstanceStatus, LaunchTemplateVersion, Subnet};
use failback_core::id::SecurityGroupId;

use super::{id, key};

pub(crate) fn instance(instance: &sdk::Instance) -> Option<Instance> {
    let metadata = instance.metadata_options();
    let groups = instance.security_groups().iter();
    Some(Instance {
        id: key("instance", instance.instance_id())?,
        state: state(instance.state().and_then(|state| state.name())),
        state_reason: instance.state_reason().and_then(reason),
        tags: instance
            .tags()
            .iter()
            .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
            .collect(),
        instance_type: instance.instance_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        subnet: id(instance.subnet_id()),
        security_groups: groups.filter_map(|group| id(group.group_id())).collect(),
        profile_arn: instance.iam_instance_profile().and_then(|profile| profile.arn()).map(str::to_owned),
        private_ip: instance.private_ip_address().map(str::to_owned),
        public_ip: instance.public_ip_address().map(str::to_owned),
        network_interfaces: instance.network_interfaces().len(),
        metadata_reachable: metadata.is_some_and(|options| {
            options.http_endpoint() == Some(&InstanceMetadataEndpointState::Enabled)
                && options.state() == Some(&InstanceMetadataOptionsState::Applied)
        }),
    })
}

/// EC2's message begins with the code, or has none.
fn reason(reason: &sdk::StateReason) -> Option<String> {
    match (reason.code(), reason.message()) {
        (Some(code), Some(message)) if !message.starts_with(code) => Some(format!("{code}: {message}")),
        (code, message) => message.or(code).map(str::to_owned),
    }
}

fn state(state: Option<&InstanceStateName>) -> InstanceState {
    match state {
        Some(InstanceStateName::Pending) => InstanceState::Pending,
        Some(InstanceStateName::Running) => InstanceState::Running,
        Some(InstanceStateName::Stopping) => InstanceState::Stopping,
        Some(InstanceStateName::Stopped) => InstanceState::Stopped,
        Some(InstanceStateName::ShuttingDown) => InstanceState::ShuttingDown,
        Some(InstanceStateName::Terminated) => InstanceState::Terminated,
        _ => InstanceState::Unknown,
    }
}

pub(crate) fn status(status: &sdk::InstanceStatus) -> Option<InstanceStatus> {
    Some(InstanceStatus {
        id: key("instance status", status.instance_id())?,
        system: check(status.system_status()),
        instance: check(status.instance_status()),
    })
}

/// A check that says nothing, or a word that nobody knows, has not passed.
fn check(summary: Option<&sdk::InstanceStatusSummary>) -> Check {
    match summary.and_then(|summary| summary.status()) {
        Some(SummaryStatus::Ok) => Check::Ok,
        Some(SummaryStatus::Initializing) => Check::Initializing,
        Some(SummaryStatus::Impaired) => Check::Impaired,
        Some(SummaryStatus::NotApplicable) => Check::NotApplicable,
        _ => Check::InsufficientData,
    }
}

pub(crate) fn subnet(subnet: &sdk::Subnet) -> Option<Subnet> {
    Some(Subnet {
        id: key("subnet", subnet.subnet_id())?,
        vpc: subnet.vpc_id().unwrap_or_default().to_owned(),
        free_addresses: subnet
            .available_ip_address_count()
            .and_then(|count| count.try_into().ok())
            .unwrap_or(0),
    })
}

/// The primary network interface is the one with device index 0, which DRS's template may leave unsaid.
pub(crate) fn launch_template_version(version: &sdk::LaunchTemplateVersion) -> Option<LaunchTemplateVersion> {
    let data = version.launch_template_data();
    let interfaces = data.map(sdk::ResponseLaunchTemplateData::network_interfaces).unwrap_or_default();
    let primary = interfaces.iter().find(|interface| interface.device_index().unwrap_or(0) == 0);
    let groups = primary.and_then(|interface| interface.groups.as_deref()).unwrap_or_default();
    let profile = data.and_then(|data| data.iam_instance_profile());
    Some(LaunchTemplateVersion {
        template: key("launch template", version.launch_template_id())?,
        version: u64::try_from(version.version_number()?).ok()?,
        subnet: id(primary.and_then(|interface| interface.subnet_id())),
        security_groups: groups.iter().filter_map(|group| id::<SecurityGroupId>(Some(group))).collect(),
        profile: profile.and_then(|profile| profile.arn().or(profile.name())).map(str::to_owned),
        instance_type: data.and_then(|data| data.instance_type()).map(|kind| kind.as_str().to_owned()),
        protects_from_termination: data
            .and_then(sdk::ResponseLaunchTemplateData::disable_api_termination)
            .unwrap_or(false),
    })
}
