//! The time limit of a step, with the fields of the plan that set it.

use std::fmt;

/// A time limit. It displays as the fields of the plan with their values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    seconds: u64,
    shown: String,
}

impl Limit {
    /// Returns the limit of a field of the plan that counts minutes.
    pub fn minutes(field: &str, minutes: u64) -> Self {
        Self { seconds: minutes * 60, shown: format!("{field} ({minutes} min)") }
    }

    /// Returns the limit of a field of the plan that counts hours.
    pub fn hours(field: &str, hours: u64) -> Self {
        Self { seconds: hours * 3600, shown: format!("{field} ({hours} h)") }
    }

    /// Adds another field of the plan, which counts minutes.
    #[must_use]
    pub fn and(self, field: &str, minutes: u64) -> Self {
        let other = Self::minutes(field, minutes);
        Self { seconds: self.seconds + other.seconds, shown: format!("{self} and {other}") }
    }

    /// Adds minutes that no field sets.
    #[must_use]
    pub fn and_minutes(self, minutes: u64) -> Self {
        Self { seconds: self.seconds + minutes * 60, shown: format!("{self} and {minutes} min more") }
    }

    /// Returns the limit in seconds, from the step's first call.
    pub fn seconds(&self) -> u64 {
        self.seconds
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}
