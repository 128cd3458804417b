//! Regions, and the two ends of a failback.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The Regions with a DRS endpoint, by partition (botocore's `endpoints.json`, November 2026; drs-facts §1.0). An
/// endpoint does not prove that every feature is offered there.
const DRS_REGIONS: &[(&str, &[&str])] = &[
    (
        "aws",
        &[
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
            "ap-southeast-6",
            "ap-southeast-7",
            "ca-central-1",
            "ca-west-1",
            "eu-central-1",
            "eu-central-2",
            "eu-north-1",
            "eu-south-1",
            "eu-south-2",
            "eu-west-1",
            "eu-west-2",
            "eu-west-3",
            "il-central-1",
            "me-central-1",
            "me-south-1",
            "mx-central-1",
            "sa-east-1",
            "us-east-1",
            "us-east-2",
            "us-west-1",
            "us-west-2",
        ],
    ),
    ("aws-us-gov", &["us-gov-east-1", "us-gov-west-1"]),
    ("aws-eusc", &["eusc-de-east-1"]),
];

/// An AWS Region in which DRS has an endpoint.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    name: &'static str,
    partition: &'static str,
}

/// A name that is not a Region of DRS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRegion(String);

impl fmt::Display for UnknownRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is not a Region with an Elastic Disaster Recovery endpoint, such as us-east-1",
            self.0
        )
    }
}

impl std::error::Error for UnknownRegion {}

impl Region {
    /// Returns the Region's name, such as `us-east-1`.
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// Returns the partition, such as `aws`. DRS does not replicate between partitions.
    pub fn partition(self) -> &'static str {
        self.partition
    }
}

impl FromStr for Region {
    type Err = UnknownRegion;

    fn from_str(text: &str) -> Result<Self, UnknownRegion> {
        DRS_REGIONS
            .iter()
            .find_map(|(partition, names)| {
                names.iter().find(|name| **name == text).map(|name| Self { name, partition })
            })
            .ok_or_else(|| UnknownRegion(text.chars().take(40).collect()))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
impl schemars::JsonSchema for Region {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Region".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let names: Vec<&str> = DRS_REGIONS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        schemars::json_schema!({
            "type": "string",
            "description": "A Region with an Elastic Disaster Recovery endpoint",
            "enum": names,
        })
    }
}

/// The source and the recovery Region of a failback: two different Regions of one partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "WrittenRegions")]
#[schemars(with = "WrittenRegions")]
pub struct RegionPair {
    /// Region A, where production was and will be.
    source: Region,
    /// Region B, where production was recovered.
    recovery: Region,
}

/// Two Regions as a plan writes them, before they are checked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename = "Regions")]
struct WrittenRegions {
    /// Region A, where production was and will be.
    source: Region,
    /// Region B, where production was recovered.
    recovery: Region,
}

impl TryFrom<WrittenRegions> for RegionPair {
    /// The message and, on a second line, the remedy. The reader of plans separates them.
    type Error = String;

    fn try_from(regions: WrittenRegions) -> Result<Self, String> {
        Self::new(regions.source, regions.recovery).map_err(|error| format!("{error}\n{}", error.remedy()))
    }
}

/// Two Regions that cannot be the ends of one failback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BadPair {
    /// Both ends are one Region.
    Same(Region),
    /// The ends lie in different partitions.
    Partitions(Region, Region),
}

impl fmt::Display for BadPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same(region) => write!(f, "source and recovery Region are both {region}"),
            Self::Partitions(a, b) => write!(
                f,
                "{a} lies in partition {} and {b} in {}: DRS does not replicate between partitions",
                a.partition, b.partition
            ),
        }
    }
}

impl std::error::Error for BadPair {}

impl BadPair {
    /// Returns the remedy.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Same(_) => "Name the Region that servers were recovered in",
            Self::Partitions(..) => "Choose both Regions from one partition",
        }
    }
}

impl RegionPair {
    /// Pairs the Region to fail back to with the Region that production leaves.
    ///
    /// # Errors
    /// [`BadPair`] when the two are equal or lie in different partitions.
    pub fn new(source: Region, recovery: Region) -> Result<Self, BadPair> {
        if source == recovery {
            Err(BadPair::Same(source))
        } else if source.partition == recovery.partition {
            Ok(Self { source, recovery })
        } else {
            Err(BadPair::Partitions(source, recovery))
        }
    }

    /// Returns Region A, where A1 to A4 live.
    pub fn source(self) -> Region {
        self.source
    }

    /// Returns Region B, where B1 to B3 live.
    pub fn recovery(self) -> Region {
        self.recovery
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_a_failback_differ_and_share_a_partition() {
        let region = |name: &str| name.parse::<Region>().unwrap();
        assert!(RegionPair::new(region("us-east-1"), region("us-east-2")).is_ok());
        assert_eq!(
            RegionPair::new(region("us-east-1"), region("us-east-1")),
            Err(BadPair::Same(region("us-east-1")))
        );
        assert!(RegionPair::new(region("us-east-1"), region("us-gov-east-1")).is_err());
        assert!("us-east-9".parse::<Region>().is_err());
    }
}
