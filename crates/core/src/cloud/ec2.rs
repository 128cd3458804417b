//! EC2, as far as the procedures need it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::id::{InstanceId, LaunchTemplateId, SecurityGroupId, SubnetId};
use crate::tags::Tags;

/// State of an EC2 instance, as EC2 or DRS reports it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // EC2's own words.
pub enum InstanceState {
    Pending,
    Running,
    Stopping,
    Stopped,
    ShuttingDown,
    Terminated,
    NotFound,
    Unknown,
}

impl InstanceState {
    /// Returns true until EC2 starts to terminate the instance.
    pub fn is_live(self) -> bool {
        !matches!(self, Self::ShuttingDown | Self::Terminated | Self::NotFound)
    }
}

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `instanceId`.
    pub id: InstanceId,
    /// `instanceState`.
    pub state: InstanceState,
    /// `stateReason`: its code and its message, such as `Client.InternalError: Client error on launch`. EC2 gives it for
    /// an instance that stopped or was terminated, and nothing else tells why.
    pub state_reason: Option<String>,
    /// `tagSet`.
    pub tags: Tags,
    /// `instanceType`.
    pub instance_type: String,
    /// `subnetId`; absent once terminated.
    pub subnet: Option<SubnetId>,
    /// `groupSet`.
    pub security_groups: Vec<SecurityGroupId>,
    /// `iamInstanceProfile.arn`.
    pub profile_arn: Option<String>,
    /// `privateIpAddress`.
    pub private_ip: Option<String>,
    /// `ipAddress`.
    pub public_ip: Option<String>,
    /// Number of attached network interfaces.
    pub network_interfaces: usize,
    /// True when `metadataOptions` shows the endpoint enabled and applied. Routes inside the guest are not visible.
    pub metadata_reachable: bool,
}

/// An address of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Address {
    /// The private IPv4 address.
    Private,
    /// The public IPv4 address.
    Public,
}

impl Instance {
    /// Returns true when this is one of the instance's addresses.
    pub fn has_address(&self, address: &str) -> bool {
        [&self.private_ip, &self.public_ip].into_iter().flatten().any(|own| own == address)
    }

    /// Returns its private or its public address.
    pub fn address(&self, which: Address) -> Option<&str> {
        match which {
            Address::Private => self.private_ip.as_deref(),
            Address::Public => self.public_ip.as_deref(),
        }
    }
}

/// Result of a status check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // EC2's own words.
pub enum Check {
    Ok,
    Initializing,
    Impaired,
    InsufficientData,
    NotApplicable,
}

/// Both status checks of a running instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceStatus {
    /// The instance.
    pub id: InstanceId,
    /// `systemStatus`.
    pub system: Check,
    /// `instanceStatus`.
    pub instance: Check,
}

/// A version of a launch template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTemplateVersion {
    /// `launchTemplateId`.
    pub template: LaunchTemplateId,
    /// `versionNumber`.
    pub version: u64,
    /// Subnet of the first network interface.
    pub subnet: Option<SubnetId>,
    /// Security groups of the first network interface.
    pub security_groups: Vec<SecurityGroupId>,
    /// Name or ARN of the instance profile.
    pub profile: Option<String>,
    /// `instanceType`.
    pub instance_type: Option<String>,
    /// `disableApiTermination`: EC2 does not terminate an instance that is launched with it on request.
    pub protects_from_termination: bool,
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `subnetId`.
    pub id: SubnetId,
    /// `vpcId`.
    pub vpc: String,
    /// `availableIpAddressCount`.
    pub free_addresses: u32,
}
