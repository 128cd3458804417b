//! Launch settings of DRS, of a server and of a Region.

use aws_sdk_drs::operation::get_launch_configuration::GetLaunchConfigurationOutput;
use aws_sdk_drs::types::{self as sdk, LaunchDisposition, TargetInstanceTypeRightSizingMethod};
use failback_core::Result;
use failback_core::cloud::{
    LaunchConfiguration, LaunchConfigurationTemplate, ReplicationTemplate, RightSizing,
};
use failback_core::id::InstanceId;

use super::id;
use crate::sdk_error::unreadable;

/// # Errors
/// When it launches into an instance that cannot be read: taken for none, A4 could become A1 (drs-facts §0.4).
pub(crate) fn configuration(
    operation: &'static str,
    answer: &GetLaunchConfigurationOutput,
) -> Result<LaunchConfiguration> {
    let into = answer.launch_into_instance_properties().and_then(|into| into.launch_into_ec2_instance_id());
    let launch_into: Option<InstanceId> = match into {
        None | Some("") => None,
        Some(text) => {
            Some(id(Some(text)).ok_or_else(|| unreadable(operation, "readable instance to launch into"))?)
        }
    };
    Ok(LaunchConfiguration {
        launch_template: id(answer.ec2_launch_template_id()),
        launch_into,
        right_sizing: match answer.target_instance_type_right_sizing_method() {
            Some(TargetInstanceTypeRightSizingMethod::None) => RightSizing::None,
            Some(TargetInstanceTypeRightSizingMethod::Basic) => RightSizing::Basic,
            Some(TargetInstanceTypeRightSizingMethod::InAws) => RightSizing::InAws,
            _ => RightSizing::Unknown,
        },
        copy_private_ip: answer.copy_private_ip().unwrap_or(false),
        starts: answer.launch_disposition() == Some(&LaunchDisposition::Started),
        post_launch_actions: answer.post_launch_enabled().unwrap_or(false),
    })
}

pub(crate) fn template(template: &sdk::LaunchConfigurationTemplate) -> LaunchConfigurationTemplate {
    LaunchConfigurationTemplate {
        launch_into_source: template.launch_into_source_instance().unwrap_or(false),
    }
}

pub(crate) fn replication_template(template: &sdk::ReplicationConfigurationTemplate) -> ReplicationTemplate {
    ReplicationTemplate { staging_subnet: id(template.staging_area_subnet_id()) }
}
