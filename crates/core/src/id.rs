//! The types of identifiers.
//!
//! A DRS recovery instance id and the id of its EC2 instance are the same `i-…`. Only the types show which of the two a
//! call accepts.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A text that is not an identifier of the requested kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadId {
    kind: &'static str,
    text: String,
    shape: &'static str,
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a {}: expected {}", self.text, self.kind, self.shape)
    }
}

impl std::error::Error for BadId {}

/// Returns true when `text` is `prefix` followed by `min..=max` characters of the class.
fn shaped(text: &str, prefix: &str, min: usize, max: usize, class: fn(&char) -> bool) -> bool {
    text.strip_prefix(prefix).is_some_and(|rest| {
        let count = rest.chars().count();
        (min..=max).contains(&count) && rest.chars().all(|c| class(&c))
    })
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $shape:literal, $prefix:literal, $min:literal, $max:literal, $class:path) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// The name of this kind of identifier in messages.
            pub const KIND: &'static str = $kind;

            /// Returns the identifier as AWS writes it.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = BadId;

            fn from_str(text: &str) -> Result<Self, BadId> {
                if shaped(text, $prefix, $min, $max, $class) {
                    Ok(Self(text.into()))
                } else {
                    Err(BadId { kind: $kind, text: text.chars().take(80).collect(), shape: $shape })
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": concat!("A ", $kind, ": ", $shape),
                    "minLength": $prefix.len() + $min,
                    "maxLength": $prefix.len() + $max,
                    "pattern": concat!("^", $prefix),
                })
            }
        }
    };
}

id!(
    /// A DRS source server: A2 or B1.
    SourceServerId, "source server id", "`s-` and 17 letters or digits", "s-", 17, 17, char::is_ascii_alphanumeric
);
id!(
    /// A DRS recovery instance: A3 or B2.
    RecoveryInstanceId, "recovery instance id", "`i-` and 8 to 17 hexadecimal digits", "i-", 8, 17, char::is_ascii_hexdigit
);
id!(
    /// An EC2 instance: A1, A4 or B3.
    InstanceId, "EC2 instance id", "`i-` and 8 to 17 hexadecimal digits", "i-", 8, 17, char::is_ascii_hexdigit
);
id!(
    /// A DRS job.
    JobId, "DRS job id", "`drsjob-` and 17 letters or digits", "drsjob-", 17, 17, char::is_ascii_alphanumeric
);
id!(
    /// A DRS recovery snapshot, a point in time of a source server.
    SnapshotId, "recovery snapshot id", "`pit-` and 17 letters or digits", "pit-", 17, 17, char::is_ascii_alphanumeric
);
id!(
    /// An EC2 launch template.
    LaunchTemplateId, "launch template id", "`lt-` and 8 to 17 hexadecimal digits", "lt-", 8, 17, char::is_ascii_hexdigit
);
id!(
    /// A subnet.
    SubnetId, "subnet id", "`subnet-` and 8 to 17 hexadecimal digits", "subnet-", 8, 17, char::is_ascii_hexdigit
);
id!(
    /// A security group.
    SecurityGroupId, "security group id", "`sg-` and 8 to 17 hexadecimal digits", "sg-", 8, 17, char::is_ascii_hexdigit
);
id!(
    /// A Route 53 hosted zone.
    HostedZoneId, "hosted zone id", "`Z` and 3 to 31 letters or digits", "Z", 3, 31, char::is_ascii_alphanumeric
);
id!(
    /// A Route 53 change batch.
    ChangeId, "Route 53 change id", "`C` and 3 to 31 letters or digits", "C", 3, 31, char::is_ascii_alphanumeric
);

impl RecoveryInstanceId {
    /// Returns the EC2 instance of this recovery instance. DRS gives both the same id (drs-facts §1.0).
    pub fn instance(&self) -> InstanceId {
        InstanceId(self.0.clone())
    }
}

impl InstanceId {
    /// Returns the recovery instance that DRS keeps for this EC2 instance, if it keeps one. Both have the same id.
    pub fn recovery_instance(&self) -> RecoveryInstanceId {
        RecoveryInstanceId(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_its_shape() {
        assert!("s-0123456789abcdefG".parse::<SourceServerId>().is_ok());
        assert!("s-0123456789abcdef".parse::<SourceServerId>().is_err());
        assert!("i-0123abcd".parse::<InstanceId>().is_ok());
        assert!("i-0123abcg".parse::<InstanceId>().is_err());
        assert!("s-0123456789abcdefG".parse::<InstanceId>().is_err());
    }

    #[test]
    fn a_bad_id_says_what_was_expected() {
        let error = "ri-1".parse::<RecoveryInstanceId>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`ri-1` is not a recovery instance id: expected `i-` and 8 to 17 hexadecimal digits"
        );
    }
}
