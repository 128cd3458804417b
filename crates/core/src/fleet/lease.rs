//! The lease of a freeze by the hook: until when B3 may stay frozen, and by whom.
//!
//! It is a tag of B2, written before the hook is called, so that a second party can lift a freeze whose execution is gone.
//! Two phases keep the lift and the redirect apart: a freeze is marked first, and lifted once every redirect that has not
//! seen the mark is over, if no record has moved by then.

use std::fmt;

use super::live_server::LiveServer;
use crate::cloud::RecoveryInstance;
use crate::error::Result;
use crate::run::Run;
use crate::tags::{Tags, tag};
use crate::timestamp::Timestamp;

/// The state of a freeze.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lease {
    /// B3 is frozen, or about to be, and not after this time.
    Until(Timestamp),
    /// It was marked at this time, and is about to be lifted.
    Lifting(Timestamp),
    /// It was lifted at this time.
    Lifted(Timestamp),
}

impl Lease {
    /// Returns the lease of a recovery instance. A value that cannot be read is a freeze that is to be lifted.
    pub fn of(b2: &RecoveryInstance) -> Option<Self> {
        let value = b2.tags.get(tag::FREEZE)?;
        let read = value.split_once(' ').and_then(|(word, at)| Some((word, Timestamp::parse(at)?)));
        Some(match read {
            Some(("until", at)) => Self::Until(at),
            Some(("lifting", at)) => Self::Lifting(at),
            Some(("lifted", at)) => Self::Lifted(at),
            _ => Self::Until(Timestamp::from_millis(0)),
        })
    }

    /// Returns the tags of a lease that an execution takes.
    pub fn taken_by(run: &Run, until: Timestamp) -> Tags {
        let mut tags = Self::Until(until).tags();
        tags.insert(tag::FROZEN_BY.to_owned(), run.tag_value());
        tags
    }

    /// Returns the tag of this state. The execution's stays.
    pub fn tags(self) -> Tags {
        Tags::from([(tag::FREEZE.to_owned(), self.to_string())])
    }
}

/// Writes the value of the tag.
impl fmt::Display for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Until(at) => write!(f, "until {at}"),
            Self::Lifting(at) => write!(f, "lifting {at}"),
            Self::Lifted(at) => write!(f, "lifted {at}"),
        }
    }
}

/// Returns the execution that took the lease of a recovery instance last, as its tag names it.
pub fn frozen_by(b2: &RecoveryInstance) -> Option<&str> {
    b2.tags.get(tag::FROZEN_BY).map(String::as_str)
}

impl LiveServer<'_> {
    /// Returns the lease of the server, and whether this run took it.
    ///
    /// # Errors
    /// Those of [`b2`](Self::b2).
    pub fn lease(&self, run: &Run) -> Result<Option<(Lease, bool)>> {
        let Some(b2) = self.b2()? else { return Ok(None) };
        let is_own = frozen_by(b2) == Some(run.tag_value().as_str());
        Ok(Lease::of(b2).map(|lease| (lease, is_own)))
    }
}
