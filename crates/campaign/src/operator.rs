//! The manual steps of a person in the consoles, for the whole fleet: the lines of AWS's page, in any order.

use std::fmt;
use std::str::FromStr;

use failback_core::procedure::Procedure;

/// A line of the page, or another action in the consoles, done by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // Named after the page's lines.
pub enum ManualStep {
    LaunchB1,
    Reverse,
    ReverseFirst,
    Sync,
    Prepare,
    PrepareForDrill,
    Launch,
    LaunchAndLeave,
    Redirect,
    Protect,
    ProtectAndLeave,
    StopB1,
    StopA2,
    StartA2,
    TerminateB2,
    TerminateA1,
    TerminateA3,
    TerminateA4,
    DeleteA3,
    DisconnectA2,
    DeleteA2,
    TagA1,
    LongTtl,
    PointAtA1,
    StopB3,
    StartB3,
    StopA4,
    StartA4,
    RebootA4,
    StopA1,
    StartA1,
    TerminateB3,
    Recover,
    UseB3,
    ForgetB2,
    TagNewB1,
}

const MOVES: &[(&str, ManualStep)] = &[
    ("launch-b1", ManualStep::LaunchB1),
    ("reverse", ManualStep::Reverse),
    ("reverse-first", ManualStep::ReverseFirst),
    ("sync", ManualStep::Sync),
    ("prepare", ManualStep::Prepare),
    ("prepare-for-drill", ManualStep::PrepareForDrill),
    ("launch", ManualStep::Launch),
    ("launch-and-leave", ManualStep::LaunchAndLeave),
    ("redirect", ManualStep::Redirect),
    ("protect", ManualStep::Protect),
    ("protect-and-leave", ManualStep::ProtectAndLeave),
    ("stop-b1", ManualStep::StopB1),
    ("stop-a2", ManualStep::StopA2),
    ("start-a2", ManualStep::StartA2),
    ("terminate-b2", ManualStep::TerminateB2),
    ("terminate-a1", ManualStep::TerminateA1),
    ("terminate-a3", ManualStep::TerminateA3),
    ("terminate-a4", ManualStep::TerminateA4),
    ("delete-a3", ManualStep::DeleteA3),
    ("disconnect-a2", ManualStep::DisconnectA2),
    ("delete-a2", ManualStep::DeleteA2),
    ("tag-a1", ManualStep::TagA1),
    ("long-ttl", ManualStep::LongTtl),
    ("point-at-a1", ManualStep::PointAtA1),
    ("stop-b3", ManualStep::StopB3),
    ("start-b3", ManualStep::StartB3),
    ("stop-a4", ManualStep::StopA4),
    ("start-a4", ManualStep::StartA4),
    ("reboot-a4", ManualStep::RebootA4),
    ("stop-a1", ManualStep::StopA1),
    ("start-a1", ManualStep::StartA1),
    ("terminate-b3", ManualStep::TerminateB3),
    ("recover", ManualStep::Recover),
    ("use-b3", ManualStep::UseB3),
    ("forget-b2", ManualStep::ForgetB2),
    ("tag-new-b1", ManualStep::TagNewB1),
];

impl ManualStep {
    /// Returns the manual lines of the page for a procedure, in order.
    pub fn page(procedure: Procedure) -> &'static [Self] {
        match procedure {
            Procedure::Failback => &[
                Self::Reverse,
                Self::Sync,
                Self::Prepare,
                Self::Launch,
                Self::Redirect,
                Self::Protect,
                Self::StopA2,
                Self::TerminateB2,
                Self::TerminateA1,
                Self::DeleteA3,
                Self::DisconnectA2,
                Self::DeleteA2,
            ],
            Procedure::Drill => &[
                Self::Reverse,
                Self::Sync,
                Self::PrepareForDrill,
                Self::Launch,
                Self::StopA2,
                Self::TerminateA3,
                Self::TerminateB2,
                Self::DisconnectA2,
                Self::DeleteA2,
            ],
        }
    }

    /// Returns every step but those that prepare a case, or mend it.
    pub fn any() -> impl Iterator<Item = Self> {
        MOVES
            .iter()
            .map(|(_, by_hand)| *by_hand)
            .filter(|by_hand| !matches!(by_hand, Self::LongTtl | Self::StartA2 | Self::TagNewB1))
    }

    /// Returns true for a step after which a run reaches its usual end: it changes neither what serves nor what protects
    /// it.
    pub fn leaves_production(self) -> bool {
        matches!(
            self,
            Self::Sync | Self::TagA1 | Self::RebootA4 | Self::Prepare | Self::StartB3 | Self::StartA4
        )
    }

    /// Returns the steps that a person may take before a procedure, in any order.
    pub fn of(procedure: Procedure) -> Vec<Self> {
        let also: &[Self] = match procedure {
            Procedure::Failback => &[Self::LaunchAndLeave, Self::ProtectAndLeave, Self::StopB1],
            Procedure::Drill => &[Self::LaunchAndLeave],
        };
        let mut moves = vec![Self::ReverseFirst];
        moves.extend(also);
        moves.extend(Self::page(procedure));
        moves
    }
}

impl fmt::Display for ManualStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MOVES.iter().find(|(_, by_hand)| by_hand == self).map_or("", |(name, _)| name))
    }
}

impl FromStr for ManualStep {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = MOVES.iter().find(|(name, _)| *name == text).map(|(_, by_hand)| *by_hand);
        let names = || MOVES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        found.ok_or_else(|| format!("`{text}` is not a manual step; known are {}", names()))
    }
}
