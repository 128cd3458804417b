//! The two procedures, as values and as types.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The procedure that a run carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Procedure {
    /// The rehearsal: production stays where it is.
    Drill,
    /// The failback: production moves to the source Region.
    Failback,
}

impl Procedure {
    /// Returns the name as written in payloads and tags.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Drill => "drill",
            Self::Failback => "failback",
        }
    }
}

impl fmt::Display for Procedure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

mod sealed {
    pub trait Sealed {}
}

/// The procedures of a step, as a type. It decides which warrants the step can request.
pub trait Scope: sealed::Sealed + Send + Sync + 'static {
    /// The procedures whose runs such a step accepts.
    const ACCEPTS: &'static [Procedure];
}

/// Steps of the drill alone.
#[derive(Debug)]
pub enum Drill {}

/// Steps of the failback alone.
#[derive(Debug)]
pub enum Failback {}

/// Steps that both procedures share: they can do only what is harmless in both.
#[derive(Debug)]
pub enum Either {}

impl sealed::Sealed for Drill {}
impl sealed::Sealed for Failback {}
impl sealed::Sealed for Either {}

impl Scope for Drill {
    const ACCEPTS: &'static [Procedure] = &[Procedure::Drill];
}

impl Scope for Failback {
    const ACCEPTS: &'static [Procedure] = &[Procedure::Failback];
}

impl Scope for Either {
    const ACCEPTS: &'static [Procedure] = &[Procedure::Drill, Procedure::Failback];
}
