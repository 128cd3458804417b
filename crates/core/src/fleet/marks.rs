//! Notes about servers that stay small.

use std::collections::BTreeSet;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Fleet;
use crate::id::SourceServerId;

/// Some servers of a fleet, by their positions in it, which a run never changes. As JSON it is a text of hexadecimal digits,
/// four servers each: a note about a thousand servers must not fill the payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks(Vec<bool>);

impl Marks {
    /// Marks the servers with these B1.
    pub fn of(fleet: &Fleet, servers: &BTreeSet<SourceServerId>) -> Self {
        Self(fleet.servers.iter().map(|server| servers.contains(&server.b1)).collect())
    }

    /// Returns B1 of the marked servers.
    pub fn servers(&self, fleet: &Fleet) -> BTreeSet<SourceServerId> {
        let marked = fleet.servers.iter().zip(&self.0).filter(|(_, is_marked)| **is_marked);
        marked.map(|(server, _)| server.b1.clone()).collect()
    }
}

impl Serialize for Marks {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let digit = |four: &[bool]| {
            let value = four.iter().rev().fold(0, |value, is_marked| value * 2 + u32::from(*is_marked));
            char::from_digit(value, 16).unwrap_or('0')
        };
        serializer.serialize_str(&self.0.chunks(4).map(digit).collect::<String>())
    }
}

impl<'de> Deserialize<'de> for Marks {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let mut marks = Vec::new();
        for digit in text.chars() {
            let value = digit.to_digit(16).ok_or_else(|| D::Error::custom("no hexadecimal digits"))?;
            marks.extend((0..4).map(|bit| value >> bit & 1 == 1));
        }
        Ok(Self(marks))
    }
}
