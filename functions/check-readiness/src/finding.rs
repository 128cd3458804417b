//! What was found, and how it is said.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use failback_core::fleet::listed;
use failback_core::{Error, ErrorName};
use serde::{Deserialize, Serialize};

/// More findings than this are counted, not printed.
const PRINTED_MAX: usize = 50;

/// Whether a finding ends the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The run ends here.
    Blocker,
    /// The run goes on.
    Warning,
}

/// Something that stands in the way, or should be known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Whether it ends the run.
    pub severity: Severity,
    /// What it is about: servers, a Region, a place in the plan.
    pub about: String,
    /// What was found.
    pub message: String,
    /// What to do.
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

/// Findings of a run; those that say the same of many servers are told once.
pub(crate) trait Findings {
    /// Adds a blocker.
    fn block(&mut self, about: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>);
    /// Adds a warning.
    fn warn(&mut self, about: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>);
}

impl Findings for Vec<Finding> {
    fn block(&mut self, about: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        let (about, message, remedy) = (about.into(), message.into(), remedy.into());
        self.push(Finding { severity: Severity::Blocker, about, message, remedy });
    }

    fn warn(&mut self, about: impl Into<String>, message: impl Into<String>, remedy: impl Into<String>) {
        let (about, message, remedy) = (about.into(), message.into(), remedy.into());
        self.push(Finding { severity: Severity::Warning, about, message, remedy });
    }
}

/// Tells findings that differ only in their server once, with all the servers: a ledger of 1,000 stays small.
pub(crate) fn merged(findings: Vec<Finding>) -> Vec<Finding> {
    let mut same: BTreeMap<(Severity, String, String), Vec<String>> = BTreeMap::new();
    for Finding { severity, about, message, remedy } in findings {
        same.entry((severity, message, remedy)).or_default().push(about);
    }
    same.into_iter()
        .map(|((severity, message, remedy), mut about)| {
            // What is true of a Region is found at each of its servers.
            about.dedup();
            Finding { severity, about: listed(about.iter().map(String::as_str)), message, remedy }
        })
        .collect()
}

/// The error that ends a run before it has changed anything.
pub(crate) fn stand_in_the_way(findings: &[Finding]) -> Error {
    let findings = merged(findings.to_vec());
    let blockers = findings.iter().filter(|finding| finding.severity == Severity::Blocker).count();
    let things = if blockers == 1 { "thing stands" } else { "things stand" };
    let mut text = format!("{blockers} {things} in the way; nothing was changed");
    for finding in findings.iter().take(PRINTED_MAX) {
        let _ = write!(text, "\n  {finding}");
    }
    if findings.len() > PRINTED_MAX {
        let _ = write!(text, "\n  and {} more", findings.len() - PRINTED_MAX);
    }
    Error::new(ErrorName::NotReady, text)
}
