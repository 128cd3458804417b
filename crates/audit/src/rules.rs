//! The rules.

use std::fmt;

/// A safety rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// A drill changes no A1, no B1 and no production record, and launches nothing into A1.
    S1,
    /// At every moment production runs somewhere.
    S2,
    /// A1 is terminated only when A4 is another instance, after redirect, and only if the plan asks for it.
    S3,
    /// Clean-up follows the page's order.
    S4,
    /// Only what belongs to the fleet is changed.
    S5,
    /// At the end nothing is left but what should be, or the report says what is.
    S6,
    /// No server has two launches in flight; nothing is launched twice; no job is orphaned.
    S7,
    /// The loss that is reported is the loss that is measured.
    S8,
    /// Every loop is bounded, and every wait says why.
    S9,
}

/// Every rule.
pub const RULES: &[Rule] =
    &[Rule::S1, Rule::S2, Rule::S3, Rule::S4, Rule::S5, Rule::S6, Rule::S7, Rule::S8, Rule::S9];

impl Rule {
    /// The rule in one sentence.
    pub fn text(self) -> &'static str {
        match self {
            Self::S1 => "a drill changes no A1, no B1 and no production record",
            Self::S2 => "production runs somewhere at every moment",
            Self::S3 => "A1 is terminated only if asked for, after redirect, and never if it is A4",
            Self::S4 => "clean-up follows the page's order",
            Self::S5 => "only what belongs to the fleet is changed",
            Self::S6 => "nothing is left but what should be, or the report says what is",
            Self::S7 => "nothing is launched twice, and no job is orphaned",
            Self::S8 => "the reported loss is the measured loss",
            Self::S9 => "every loop is bounded, and every wait says why",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::S1 => "S1",
            Self::S2 => "S2",
            Self::S3 => "S3",
            Self::S4 => "S4",
            Self::S5 => "S5",
            Self::S6 => "S6",
            Self::S7 => "S7",
            Self::S8 => "S8",
            Self::S9 => "S9",
        })
    }
}

/// A broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub rule: Rule,
    /// When.
    pub at_ms: i64,
    /// How.
    pub what: String,
}
