//! The parts of a plan file whose fields are alternatives, as they are written. They are converted to types that cannot
//! hold an invalid combination.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{NamedNetwork, Network, Record, Redirect, Servers};
use crate::id::{SecurityGroupId, SourceServerId, SubnetId};
use crate::tags::Tags;

/// A part of a plan in which not exactly one alternative is given. Serde's errors are texts, so it is written as two
/// lines, the message and the remedy, which [`read`](super::read) separates.
#[derive(Debug)]
pub(super) struct NotOne {
    message: &'static str,
    remedy: &'static str,
}

impl fmt::Display for NotOne {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.message, self.remedy)
    }
}

/// The servers of a plan: exactly one of `all`, `ids` and `tags`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, rename = "Servers")]
pub(super) struct WrittenServers {
    /// `true`: every source server that replicates from the source to the recovery Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all: Option<bool>,
    /// Source servers (B1), by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<SourceServerId>>,
    /// Source servers (B1) that carry all of these tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tags: Option<Tags>,
}

impl TryFrom<WrittenServers> for Servers {
    type Error = NotOne;

    fn try_from(written: WrittenServers) -> Result<Self, Self::Error> {
        let message = match written {
            WrittenServers { all: Some(true), ids: None, tags: None } => return Ok(Self::All),
            WrittenServers { all: None, ids: Some(ids), tags: None } => return Ok(Self::Ids(ids)),
            WrittenServers { all: None, ids: None, tags: Some(tags) } => return Ok(Self::Tags(tags)),
            WrittenServers { all: Some(false), ids: None, tags: None } => {
                "`all` is false: no servers are chosen"
            }
            WrittenServers { all: None, ids: None, tags: None } => "no servers are chosen",
            _ => "servers are chosen in more than one way",
        };
        let remedy =
            "Write exactly one of \"all\": true, \"ids\": [\"s-…\"] and \"tags\": {\"key\": \"value\"}";
        Err(NotOne { message, remedy })
    }
}

impl From<Servers> for WrittenServers {
    fn from(servers: Servers) -> Self {
        match servers {
            Servers::All => Self { all: Some(true), ..Self::default() },
            Servers::Ids(ids) => Self { ids: Some(ids), ..Self::default() },
            Servers::Tags(tags) => Self { tags: Some(tags), ..Self::default() },
        }
    }
}

/// A network: exactly one of `likeSource` and `subnetId`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, rename = "Network")]
pub(super) struct WrittenNetwork {
    /// `true`: the subnet and security groups of A1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    like_source: Option<bool>,
    /// A subnet of the source Region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subnet_id: Option<SubnetId>,
    /// The security groups for the subnet; required with `subnetId`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    security_group_ids: Vec<SecurityGroupId>,
}

impl TryFrom<WrittenNetwork> for Network {
    type Error = NotOne;

    fn try_from(written: WrittenNetwork) -> Result<Self, Self::Error> {
        let WrittenNetwork { like_source, subnet_id, security_group_ids } = written;
        match (like_source.unwrap_or(false), subnet_id, security_group_ids.is_empty()) {
            (true, None, true) => Ok(Self::LikeSource),
            (false, Some(subnet_id), false) => {
                Ok(Self::Named(NamedNetwork { subnet_id, security_group_ids }))
            }
            (true, None, false) | (false, Some(_), true) => Err(NotOne {
                message: "security groups belong to subnetId, and subnetId needs them",
                remedy: "Name 1 to 5 security groups beside subnetId, none beside likeSource",
            }),
            (true, Some(_), _) | (false, None, _) => Err(NotOne {
                message: "not exactly one of likeSource and subnetId",
                remedy: "Write \"likeSource\": true, or a subnetId with securityGroupIds",
            }),
        }
    }
}

impl From<Network> for WrittenNetwork {
    fn from(network: Network) -> Self {
        match network {
            Network::LikeSource => Self { like_source: Some(true), ..Self::default() },
            Network::Named(NamedNetwork { subnet_id, security_group_ids }) => {
                Self { like_source: None, subnet_id: Some(subnet_id), security_group_ids }
            }
        }
    }
}

/// The redirection of traffic after a failback: `records` or `byHand`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, rename = "Redirect")]
pub(super) struct WrittenRedirect {
    /// Records that are changed to point at A4. A drill does not change them, but identifies production by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<Record>,
    /// `true`: a person redirects traffic by other means, confirms this by approving `beforeRedirect`, and again by approving
    /// `beforeCleanup`.
    #[serde(default)]
    by_hand: bool,
    /// Only with `byHand`. `true`: an original (A1) that runs is known not to be production. Otherwise a failback is refused
    /// while one runs beside a recovered server, because no record shows which of them serves.
    #[serde(default)]
    originals_may_run: bool,
}

impl TryFrom<WrittenRedirect> for Redirect {
    type Error = NotOne;

    fn try_from(written: WrittenRedirect) -> Result<Self, Self::Error> {
        let WrittenRedirect { records, by_hand, originals_may_run } = written;
        match (by_hand, records.is_empty()) {
            (true, true) => Ok(Self::ByHand { originals_may_run }),
            (false, false) if originals_may_run => Err(NotOne {
                message: "originalsMayRun belongs to byHand: records show which instance serves",
                remedy: "Remove originalsMayRun",
            }),
            (false, false) => Ok(Self::Records(records)),
            (true, false) => Err(NotOne {
                message: "traffic is redirected in two ways",
                remedy: "Remove the records, or set byHand to false",
            }),
            (false, true) => Err(NotOne {
                message: "a failback would not know when traffic has moved",
                remedy: "Name the records, or set byHand to true and add gates.beforeRedirect and gates.beforeCleanup",
            }),
        }
    }
}

impl From<Redirect> for WrittenRedirect {
    fn from(redirect: Redirect) -> Self {
        match redirect {
            Redirect::ByHand { originals_may_run } => {
                Self { by_hand: true, originals_may_run, ..Self::default() }
            }
            Redirect::Records(records) => Self { records, ..Self::default() },
        }
    }
}
