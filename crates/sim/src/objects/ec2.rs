//! Instances, subnets and launch templates of EC2.

use failback_core::cloud::{InstanceState, Tags};
use failback_core::id::{InstanceId, LaunchTemplateId, SecurityGroupId, SourceServerId, SubnetId};
use failback_core::region::Region;

use crate::drs_tags;
use crate::ranges::RangeSet;

/// The name and size of a disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DiskSpec {
    /// Device name, such as `/dev/xvda`.
    pub device: String,
    /// Size, in bytes.
    pub bytes: u64,
}

/// The acknowledged records that the disks of an instance hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disk {
    /// Numbers of the records that the disks held at launch.
    pub base: RangeSet,
    /// Stretches of time in which the instance took production's writes; the last has no end while it takes them.
    pub written: Vec<(i64, Option<i64>)>,
}

/// An EC2 instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `instanceId`.
    pub id: InstanceId,
    /// Region of the instance.
    pub region: Region,
    /// `instanceState.name`.
    pub state: InstanceState,
    /// `stateReason`: its code and its message.
    pub state_reason: Option<StateReason>,
    /// Start of the present state, in milliseconds since 1970.
    pub since_ms: i64,
    /// `launchTime`, in milliseconds since 1970.
    pub launched_ms: i64,
    /// `tagSet`.
    pub tags: Tags,
    /// `instanceType`, such as `m5.large`.
    pub instance_type: String,
    /// `subnetId` of the only network interface.
    pub subnet: SubnetId,
    /// `vpcId`.
    pub vpc: String,
    /// `groupSet` of the only network interface.
    pub security_groups: Vec<SecurityGroupId>,
    /// `iamInstanceProfile.arn`; absent without an instance profile.
    pub profile_arn: Option<String>,
    /// `privateIpAddress`.
    pub private_ip: String,
    /// `ipAddress`: the public IPv4 address.
    pub public_ip: String,
    /// Time at which both status checks pass, in milliseconds since 1970; absent until the job that launches the
    /// instance has ended.
    pub checks_pass_ms: Option<i64>,
    /// The instance status check never passes.
    pub impaired: bool,
    /// Time of the DRS agent's first contact, in milliseconds since 1970; absent while it is not known yet.
    pub agent_seen_ms: Option<i64>,
    /// Time at which the DRS agent has uninstalled itself, in milliseconds since 1970: minutes after the source server
    /// that it replicates to was disconnected.
    pub agent_gone_ms: Option<i64>,
    /// `metadataOptions.httpEndpoint` is enabled.
    pub metadata_reachable: bool,
    /// `disableApiTermination`.
    pub termination_protected: bool,
    /// Name and size of each disk, the root disk first.
    pub disks: Vec<DiskSpec>,
    /// Content of the disks.
    pub disk: Disk,
    /// Index of the instance's server in the fleet; absent for bystanders.
    pub server: Option<usize>,
}

/// The reason for which an instance left its state, as EC2 gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StateReason {
    /// `code`.
    pub code: &'static str,
    /// `message`, which begins with the code.
    pub message: &'static str,
}

impl StateReason {
    /// A person or a program has stopped or terminated the instance.
    pub const BY_USER: Self = Self {
        code: "Client.UserInitiatedShutdown",
        message: "Client.UserInitiatedShutdown: User initiated shutdown",
    };

    /// The reasons for which EC2 terminates an instance that it has just launched ([`StateReason` of the EC2 API]).
    ///
    /// [`StateReason` of the EC2 API]: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html
    pub const AT_LAUNCH: [Self; 4] = [
        Self { code: "Server.InternalError", message: "Server.InternalError: Internal error on launch" },
        Self {
            code: "Server.InsufficientInstanceCapacity",
            message: "Server.InsufficientInstanceCapacity: Insufficient capacity to launch the instance",
        },
        Self { code: "Client.InternalError", message: "Client.InternalError: Client error on launch" },
        Self {
            code: "Client.VolumeLimitExceeded",
            message: "Client.VolumeLimitExceeded: Volume limit exceeded",
        },
    ];

    /// Returns the reason of a launch with this code.
    pub fn at_launch(code: &str) -> Option<Self> {
        Self::AT_LAUNCH.into_iter().find(|reason| reason.code == code)
    }
}

/// A subnet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subnet {
    /// `subnetId`.
    pub id: SubnetId,
    /// `vpcId`.
    pub vpc: String,
    /// `availabilityZone`.
    pub zone: String,
    /// `cidrBlock`.
    pub cidr: String,
    /// `availableIpAddressCount`.
    pub free_addresses: u32,
    /// Second number of its addresses: the subnet is a /16.
    pub(crate) number: u32,
    /// Count of addresses given out so far. An address is never given out twice.
    pub(crate) given: u32,
}

/// A version of a launch template.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateVersion {
    /// Subnet of the first network interface.
    pub subnet: Option<SubnetId>,
    /// Security groups of the first network interface.
    pub security_groups: Vec<SecurityGroupId>,
    /// Name or ARN of the instance profile.
    pub profile: Option<String>,
    /// `instanceType`.
    pub instance_type: Option<String>,
    /// Tags that the template gives to the instance.
    pub tags: Tags,
    /// `disableApiTermination`.
    pub termination_protected: bool,
}

/// A launch template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaunchTemplate {
    /// `launchTemplateId`.
    pub id: LaunchTemplateId,
    /// `launchTemplateName`.
    pub name: String,
    /// `tagSet`.
    pub tags: Tags,
    /// Versions in the order of their numbers, which start at 1.
    pub versions: Vec<TemplateVersion>,
    /// `defaultVersionNumber`.
    pub default_version: u64,
}

impl LaunchTemplate {
    /// Creates the launch template that DRS keeps for a source server.
    pub(crate) fn of_drs(id: LaunchTemplateId, server: &SourceServerId, version: TemplateVersion) -> Self {
        let (name, tags) = (format!("DRS-{server}"), drs_tags::managed());
        Self { id, name, tags, versions: vec![version], default_version: 1 }
    }

    /// Returns a version by its number.
    pub fn version(&self, number: u64) -> Option<&TemplateVersion> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.versions.get(index)
    }

    /// Returns the default version.
    pub fn default(&self) -> Option<&TemplateVersion> {
        self.version(self.default_version)
    }
}
