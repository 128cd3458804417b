//! Quirks: responses that demand more of a client than the model of the service promises.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Value, json};

/// A way in which real responses differ from tidy ones (drs-facts §0.3, §1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quirk {
    /// Objects have members that no model knows.
    UnknownMembers,
    /// Enumerations have words that no model knows, in members by which nothing is decided.
    UnknownWords,
    /// Servers in a job lack their `recoveryInstanceID`.
    NoRecoveryInstanceIds,
    /// Every page has one item.
    PageSizeOne,
    /// One call in four is throttled before it takes effect.
    Throttling,
    /// As `Throttling`, and DRS returns the seconds after which to retry.
    ThrottlingWithRetryAfter,
    /// The connection of one call in seven is closed before the call takes effect.
    CutBefore,
    /// The connection of one call in seven is closed after the call took effect.
    CutAfter,
    /// Every twentieth response is delayed by half a second.
    Slow,
}

impl Quirk {
    /// Every quirk.
    pub const ALL: [Self; 9] = [
        Self::UnknownMembers,
        Self::UnknownWords,
        Self::NoRecoveryInstanceIds,
        Self::PageSizeOne,
        Self::Throttling,
        Self::ThrottlingWithRetryAfter,
        Self::CutBefore,
        Self::CutAfter,
        Self::Slow,
    ];

    /// Returns the name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnknownMembers => "unknown-members",
            Self::UnknownWords => "unknown-words",
            Self::NoRecoveryInstanceIds => "no-recovery-instance-ids",
            Self::PageSizeOne => "page-size-one",
            Self::Throttling => "throttling",
            Self::ThrottlingWithRetryAfter => "throttling-with-retry-after",
            Self::CutBefore => "cut-before",
            Self::CutAfter => "cut-after",
            Self::Slow => "slow",
        }
    }
}

impl fmt::Display for Quirk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Quirk {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|quirk| quirk.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|quirk| quirk.as_str()).collect();
            format!("`{text}` is not known; known are {}", known.join(", "))
        })
    }
}

/// The quirks that are on, and the number of calls so far.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quirks {
    on: Vec<Quirk>,
    calls: u64,
}

/// A disturbance of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disturbance {
    /// The call is refused, in some cases with the seconds to wait.
    Throttled(Option<u32>),
    /// The call never arrives.
    CutBefore,
    /// The response never arrives.
    CutAfter,
}

impl Quirks {
    /// Creates the set of these quirks.
    pub fn new(on: impl IntoIterator<Item = Quirk>) -> Self {
        Self { on: on.into_iter().collect(), calls: 0 }
    }

    pub(crate) fn has(&self, quirk: Quirk) -> bool {
        self.on.contains(&quirk)
    }

    /// Counts a call, and returns its disturbance, if it has one.
    pub(crate) fn next(&mut self) -> Option<Disturbance> {
        self.calls += 1;
        // Spread out, so that retries of a step are not disturbed at the same call each time.
        let drawn = fastrand::Rng::with_seed(self.calls).u64(..);
        let every = |n: u64| drawn.is_multiple_of(n);
        if self.has(Quirk::ThrottlingWithRetryAfter) && every(4) {
            Some(Disturbance::Throttled(Some(1)))
        } else if self.has(Quirk::Throttling) && every(4) {
            Some(Disturbance::Throttled(None))
        } else if self.has(Quirk::CutBefore) && every(7) {
            Some(Disturbance::CutBefore)
        } else if self.has(Quirk::CutAfter) && every(7) {
            Some(Disturbance::CutAfter)
        } else {
            None
        }
    }

    /// Returns the additional delay of a response.
    pub(crate) fn delay(&self) -> Duration {
        let slow = self.has(Quirk::Slow) && self.calls.is_multiple_of(20);
        if slow { Duration::from_millis(500) } else { Duration::ZERO }
    }

    /// Returns the most items on a page.
    pub(crate) fn page_size(&self) -> usize {
        if self.has(Quirk::PageSizeOne) { 1 } else { 1_000 }
    }

    /// Applies the quirks to a JSON response of DRS.
    pub(crate) fn strained(&self, mut value: Value) -> Value {
        if self.has(Quirk::UnknownWords) {
            unknown_words(&mut value);
        }
        if self.has(Quirk::UnknownMembers) {
            unknown_members(&mut value);
        }
        value
    }
}

fn unknown_members(value: &mut Value) {
    match value {
        Value::Object(members) => {
            // Tags are a map, not a structure: each of their members has a meaning.
            let inner =
                members.iter_mut().filter(|(name, _)| !matches!(name.as_str(), "tags" | "stagingAreaTags"));
            inner.for_each(|(_, member)| unknown_members(member));
            members.insert("memberOfTomorrow".to_owned(), json!({ "value": [1, "two", null] }));
        }
        Value::Array(items) => items.iter_mut().for_each(unknown_members),
        _ => {}
    }
}

/// Members that are displayed, and by which no procedure decides.
const SHOWN: [&str; 2] = ["initiatedBy", "volumeStatus"];

fn unknown_words(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                if SHOWN.contains(&name.as_str()) {
                    *member = json!("WORD_OF_TOMORROW");
                } else if name == "stagingArea" {
                    member["status"] = json!("WORD_OF_TOMORROW");
                } else if name == "initiated" {
                    member["type"] = json!("WORD_OF_TOMORROW");
                } else {
                    unknown_words(member);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unknown_words),
        _ => {}
    }
}
