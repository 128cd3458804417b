//! The two procedures, as values and as types.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which procedure a run carries out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Procedure {
    /// The rehearsal: production stays where it is.
    Drill,
    /// The way home.
    Failback,
}

impl Procedure {
    /// As written in payloads and tags.
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

/// What a step belongs to, as a type: it decides which warrants the step can ask for.
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
