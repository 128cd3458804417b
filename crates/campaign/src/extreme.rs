//! The quantities that are measured in every run.

use std::fmt;

/// A quantity that is measured in every run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extreme {
    /// Polls of one execution that had to wait.
    Polls,
    /// State transitions of one execution.
    Transitions,
    /// Events in the history of one execution.
    HistoryEvents,
    /// Bytes of the largest payload.
    PayloadBytes,
    /// Seconds of virtual time that one execution took.
    VirtualSeconds,
    /// Seconds of lag at which a server was launched.
    LagSeconds,
    /// Records of one server that were lost.
    LostRecords,
}

impl Extreme {
    /// Returns the bound, if there is one.
    pub fn bound(self) -> Option<u64> {
        match self {
            // The machines give up earlier: after 2,000 polls, and after 500 more in the clean-up.
            Self::Polls => Some(2_500),
            Self::HistoryEvents => Some(failback_asl::HISTORY_LIMIT),
            Self::PayloadBytes => u64::try_from(failback_asl::PAYLOAD_LIMIT).ok(),
            Self::VirtualSeconds => Some(60 * 86_400),
            Self::Transitions | Self::LagSeconds | Self::LostRecords => None,
        }
    }
}

impl fmt::Display for Extreme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Polls => "polls",
            Self::Transitions => "state transitions",
            Self::HistoryEvents => "history events",
            Self::PayloadBytes => "payload bytes",
            Self::VirtualSeconds => "virtual seconds",
            Self::LagSeconds => "lag seconds at launch",
            Self::LostRecords => "records lost",
        })
    }
}
