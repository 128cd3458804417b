//! Phrases of messages for people.

use std::fmt;

use crate::catalogue::{Reason, reason};

/// The number of names in a list that are written out before the rest is counted.
const NAMES_SHOWN: usize = 3;

/// The number of different reasons that are written out before the rest of the servers is counted.
const REASONS_SHOWN: usize = 3;

/// Returns a number with its noun: `1 server`, `2 servers`.
pub fn count(n: usize, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}

/// Joins names for a sentence: `a, b, c and 297 more`. An empty list is `none`.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match names.len() {
        0 => "none".to_owned(),
        // A fourth name is not longer than `and 1 more`.
        n if n <= NAMES_SHOWN + 1 => names.join(", "),
        n => format!("{} and {} more", names[..NAMES_SHOWN].join(", "), n - NAMES_SHOWN),
    }
}

/// Servers that a step waits for, each with its reason.
#[derive(Debug, Clone, Default)]
pub struct Reasons(Vec<(String, Reason)>);

impl Reasons {
    /// Adds a server with its reason.
    pub fn add(&mut self, server: &str, reason: Reason) {
        self.0.push((server.to_owned(), reason));
    }

    /// Adds servers that have the same reason.
    pub fn add_all<'a>(&mut self, servers: impl IntoIterator<Item = &'a str>, reason: &Reason) {
        for server in servers {
            self.add(server, reason.clone());
        }
    }

    /// Adds all servers of another list.
    pub fn append(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Returns true when there is no server to wait for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of servers to wait for.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the servers by their reason, in the order in which the reasons were added.
    fn by_reason(&self) -> Vec<(&str, Vec<&str>)> {
        let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
        for (server, reason) in &self.0 {
            // A reason that names its server says the same as that of the next.
            let reason = reason.as_str();
            let reason = reason
                .strip_prefix(server.as_str())
                .and_then(|rest| rest.strip_prefix(": "))
                .unwrap_or(reason);
            match groups.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, servers)) => servers.push(server),
                None => groups.push((reason, vec![server])),
            }
        }
        groups
    }
}

/// `db-1, web-1: a reason; app-1: another one`. Each server is told with its own reason, and many reasons are counted.
impl fmt::Display for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.by_reason();
        for (index, (reason, servers)) in groups.iter().take(REASONS_SHOWN).enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{}: {reason}", listed(servers.iter().copied()))?;
        }
        let rest: usize = groups.iter().skip(REASONS_SHOWN).map(|(_, servers)| servers.len()).sum();
        if rest > 0 {
            write!(f, "; and {} for other reasons", count(rest, "server"))?;
        }
        Ok(())
    }
}

/// Servers, each with its own reason.
impl From<&Reasons> for Reason {
    fn from(reasons: &Reasons) -> Self {
        reason::of_servers(reasons)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut() {
        assert_eq!(listed(["a", "b"]), "a, b");
        assert_eq!(listed(["a", "b", "c", "d", "e"]), "a, b, c and 2 more");
    }

    #[test]
    fn each_server_is_told_with_its_own_reason() {
        let mut reasons = Reasons::default();
        for (server, reason) in
            [("a", "a: it lags"), ("b", "no answer"), ("c", "c: it lags"), ("d", "x"), ("e", "y")]
        {
            reasons.add(server, reason::replication_is(reason));
        }
        assert_eq!(reasons.to_string(), "a, c: it lags; b: no answer; d: x; and 1 server for other reasons");
    }
}
