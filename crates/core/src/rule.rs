//! The safety rules, by name. The guard refuses calls under these names, and the auditor judges rehearsals by them,
//! each with code of its own.

use std::fmt;

/// A safety rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SafetyRule {
    /// S1. It includes that nothing is launched into A1.
    ProductionUntouchedByDrill,
    /// S2.
    ProductionRuns,
    /// S3.
    OriginalsEndOnRequest,
    /// S4.
    PageOrder,
    /// S5.
    OwnFleetOnly,
    /// S6.
    NothingLeftUnreported,
    /// S7.
    LaunchedOnce,
    /// S8.
    LossReported,
    /// S9.
    BoundedWaits,
    /// S10. An instance whose role is not known counts as serving.
    ServingUntouched,
    /// S11.
    DataYoungEnough,
    /// S12.
    OthersUntouched,
}

impl SafetyRule {
    /// Every rule, in the order of the codes.
    pub const ALL: [Self; 12] = [
        Self::ProductionUntouchedByDrill,
        Self::ProductionRuns,
        Self::OriginalsEndOnRequest,
        Self::PageOrder,
        Self::OwnFleetOnly,
        Self::NothingLeftUnreported,
        Self::LaunchedOnce,
        Self::LossReported,
        Self::BoundedWaits,
        Self::ServingUntouched,
        Self::DataYoungEnough,
        Self::OthersUntouched,
    ];

    /// Returns the code, such as `S2`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ProductionUntouchedByDrill => "S1",
            Self::ProductionRuns => "S2",
            Self::OriginalsEndOnRequest => "S3",
            Self::PageOrder => "S4",
            Self::OwnFleetOnly => "S5",
            Self::NothingLeftUnreported => "S6",
            Self::LaunchedOnce => "S7",
            Self::LossReported => "S8",
            Self::BoundedWaits => "S9",
            Self::ServingUntouched => "S10",
            Self::DataYoungEnough => "S11",
            Self::OthersUntouched => "S12",
        }
    }

    /// Returns the name: the rule in one sentence.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ProductionUntouchedByDrill => "a drill changes no A1, no B1 and no production record",
            Self::ProductionRuns => "production runs somewhere at every moment",
            Self::OriginalsEndOnRequest => {
                "A1 is terminated only if asked for, after redirect, and never if it is A4"
            }
            Self::PageOrder => "clean-up follows the page's order",
            Self::OwnFleetOnly => "only what belongs to the fleet is changed",
            Self::NothingLeftUnreported => "nothing is left over, or the report lists what is",
            Self::LaunchedOnce => "nothing is launched twice, and no job is orphaned",
            Self::LossReported => "the reported loss is the measured loss",
            Self::BoundedWaits => "every loop is bounded, and every wait has a reason",
            Self::ServingUntouched => {
                "nothing that serves clients, or that B1 protects, is ended or launched again"
            }
            Self::DataYoungEnough => "nothing goes live with data older than the plan allows",
            Self::OthersUntouched => "nothing is changed that another run, or a person, works on",
        }
    }
}

/// Writes the code and the name: `S4: clean-up follows the page's order`.
impl fmt::Display for SafetyRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code(), self.name())
    }
}
