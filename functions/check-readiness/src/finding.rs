//! Findings of the readiness check.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use failback_core::Error;
use failback_core::catalogue::{Fact, fault};
use failback_core::message::listed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The largest number of findings that are printed; the rest is counted.
const PRINTED_MAX: usize = 50;

/// The largest number of warnings in a question at a gate.
const NOTICED_MAX: usize = 5;

/// The effect of a finding on the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run ends here.
    Blocker,
    /// The run continues.
    Warning,
}

/// A fact that stands in the way of a run, or that its owner should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Blocker or warning.
    pub severity: Severity,
    /// Servers, a Region, or a place in the plan.
    pub about: String,
    /// The fact, as part of a sentence.
    pub message: String,
    /// An instruction that removes the finding.
    pub remedy: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.severity {
            Severity::Blocker => "blocker",
            Severity::Warning => "warning",
        };
        write!(f, "{word}: {}: {}. {}", self.about, self.message, self.remedy)
    }
}

/// A list of findings.
pub(crate) trait Findings {
    /// Adds a blocker.
    fn block(&mut self, about: impl Into<String>, fact: Fact);
    /// Adds a warning.
    fn warn(&mut self, about: impl Into<String>, fact: Fact);
}

impl Findings for Vec<Finding> {
    fn block(&mut self, about: impl Into<String>, fact: Fact) {
        self.push(Finding::of(Severity::Blocker, about, &fact));
    }

    fn warn(&mut self, about: impl Into<String>, fact: Fact) {
        self.push(Finding::of(Severity::Warning, about, &fact));
    }
}

impl Finding {
    fn of(severity: Severity, about: impl Into<String>, fact: &Fact) -> Self {
        let (message, remedy) = (fact.message().to_owned(), fact.remedy().to_owned());
        Self { severity, about: about.into(), message, remedy }
    }
}

/// Merges findings that differ only in their server, so that the result for 1,000 servers stays small.
pub(crate) fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut same: BTreeMap<(Severity, String, String), Vec<String>> = BTreeMap::new();
    for Finding { severity, about, message, remedy } in findings {
        same.entry((severity, message, remedy)).or_default().push(about);
    }
    same.into_iter()
        .map(|((severity, message, remedy), mut about)| {
            // A fact about a Region is found for each of its servers.
            about.dedup();
            Finding { severity, about: listed(about.iter().map(String::as_str)), message, remedy }
        })
        .collect()
}

/// Returns the first warnings, one in each line, for people who are asked later in the run.
pub(crate) fn notice(findings: &[Finding]) -> String {
    let findings = merged(findings.to_vec());
    let mut text = String::new();
    for Finding { about, message, .. } in findings.iter().take(NOTICED_MAX) {
        let _ = write!(text, "\nWarning at the start: {about}: {message}.");
    }
    if findings.len() > NOTICED_MAX {
        let more = findings.len() - NOTICED_MAX;
        let _ = write!(text, "\nAnd {more} more, in the result of Check Readiness.");
    }
    text
}

/// Returns true when a finding ends the run.
pub(crate) fn is_blocked(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Blocker)
}

/// Returns the error that ends a run before it has changed anything.
pub(crate) fn not_ready(findings: &[Finding]) -> Error {
    let findings = merged(findings.to_vec());
    let blockers = findings.iter().filter(|finding| finding.severity == Severity::Blocker).count();
    let things = if blockers == 1 { "1 thing stands".to_owned() } else { format!("{blockers} things stand") };
    let mut text = String::new();
    for finding in findings.iter().take(PRINTED_MAX) {
        let _ = write!(text, "\n  {finding}");
    }
    if findings.len() > PRINTED_MAX {
        let _ = write!(text, "\n  and {} more", findings.len() - PRINTED_MAX);
    }
    fault::things_stand_in_the_way(things, text).into()
}
