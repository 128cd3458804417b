//! The fleet and its labels, and the bystanders.

use std::fmt;

use failback_core::cloud::Tags;
use failback_core::id::{HostedZoneId, InstanceId, RecoveryInstanceId, SourceServerId};
use failback_core::region::Region;

/// A server of the fleet with everything that was ever created for it, oldest first. AWS does not show this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetServer {
    /// Host name, such as `web-1`.
    pub name: String,
    /// Tags of B1.
    pub tags: Tags,
    /// Index of its wave in the plan.
    pub wave: usize,
    /// Original instance.
    pub a1: InstanceId,
    /// Source server that protects production.
    pub b1: SourceServerId,
    /// Those that protected production before ReverseReplication made another B1.
    pub earlier_b1: Vec<SourceServerId>,
    /// Source servers of reversed replication.
    pub a2: Vec<SourceServerId>,
    /// Recovery instances of failed-back instances.
    pub a3: Vec<RecoveryInstanceId>,
    /// Failed-back instances.
    pub a4: Vec<InstanceId>,
    /// Recovery instances of recovered instances.
    pub b2: Vec<RecoveryInstanceId>,
    /// Recovered instances.
    pub b3: Vec<InstanceId>,
    /// The instance of the recovery Region that B1 launches into, which existed before; absent where B1 launches new ones.
    pub existing: Option<InstanceId>,
}

impl FleetServer {
    /// Returns true for the id of its B1, or of one before it.
    pub fn has_b1(&self, id: &str) -> bool {
        self.b1.as_str() == id || self.earlier_b1.iter().any(|earlier| earlier.as_str() == id)
    }
}

/// The objects of a server that exist now. Of several that live, the newest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[allow(missing_docs)] // The labels of AWS's page.
pub struct Labels {
    pub a1: Option<InstanceId>,
    pub a2: Option<SourceServerId>,
    pub a3: Option<RecoveryInstanceId>,
    pub a4: Option<InstanceId>,
    pub b1: Option<SourceServerId>,
    pub b2: Option<RecoveryInstanceId>,
    pub b3: Option<InstanceId>,
}

/// The kind of an object that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LeftKind {
    /// An EC2 instance.
    Instance,
    /// A source server.
    SourceServer,
    /// A recovery instance.
    RecoveryInstance,
}

impl fmt::Display for LeftKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Instance => "EC2 instance",
            Self::SourceServer => "source server",
            Self::RecoveryInstance => "recovery instance",
        })
    }
}

/// An object of the fleet that still exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Label of AWS's page, such as `A2`.
    pub label: &'static str,
    /// Id as AWS writes it.
    pub id: String,
    /// Region of the object.
    pub region: Region,
    /// Kind of object.
    pub kind: LeftKind,
    /// Index of its server in the fleet.
    pub server: usize,
}

/// Resources of other people, which no run may change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bystanders {
    /// Source servers, each with its Region.
    pub source_servers: Vec<(Region, SourceServerId)>,
    /// Recovery instances, each with its Region.
    pub recovery_instances: Vec<(Region, RecoveryInstanceId)>,
    /// EC2 instances, each with its Region.
    pub instances: Vec<(Region, InstanceId)>,
    /// Record sets: zone, name, type and set identifier.
    pub records: Vec<(HostedZoneId, String, String, Option<String>)>,
}
