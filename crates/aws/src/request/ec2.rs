//! EC2.

use aws_sdk_ec2::operation::create_launch_template_version::builders::CreateLaunchTemplateVersionInputBuilder;
use aws_sdk_ec2::operation::modify_launch_template::builders::ModifyLaunchTemplateInputBuilder;
use aws_sdk_ec2::operation::terminate_instances::builders::TerminateInstancesInputBuilder;
use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateIamInstanceProfileSpecificationRequest as Profile,
    LaunchTemplateInstanceNetworkInterfaceSpecificationRequest as NetworkInterface,
    RequestLaunchTemplateData,
};
use failback_core::guard::{CreateLaunchTemplateVersion, SetDefaultVersion, TerminateInstances};

/// On top of the version that DRS keeps: what is named here replaces, all else is inherited.
pub(crate) fn create_launch_template_version(
    action: &CreateLaunchTemplateVersion,
) -> CreateLaunchTemplateVersionInputBuilder {
    let interface = NetworkInterface::builder()
        .device_index(0)
        .subnet_id(action.subnet.as_str())
        .set_groups(Some(action.security_groups.iter().map(ToString::to_string).collect()))
        // The interface goes with its instance: nothing may be left of a drill (S6).
        .delete_on_termination(true)
        .build();
    let profile = if action.profile.starts_with("arn:") {
        Profile::builder().arn(&action.profile).build()
    } else {
        Profile::builder().name(&action.profile).build()
    };
    let data = RequestLaunchTemplateData::builder()
        .network_interfaces(interface)
        .iam_instance_profile(profile)
        .instance_type(InstanceType::from(action.instance_type.as_str()))
        .build();
    CreateLaunchTemplateVersionInputBuilder::default()
        .launch_template_id(action.template.as_str())
        .source_version(action.from_version.to_string())
        .launch_template_data(data)
}

pub(crate) fn set_default_version(action: &SetDefaultVersion) -> ModifyLaunchTemplateInputBuilder {
    ModifyLaunchTemplateInputBuilder::default()
        .launch_template_id(action.template.as_str())
        .default_version(action.version.to_string())
}

pub(crate) fn terminate_instances(action: &TerminateInstances) -> TerminateInstancesInputBuilder {
    let ids = action.instances.iter().map(ToString::to_string).collect();
    TerminateInstancesInputBuilder::default().set_instance_ids(Some(ids))
}
