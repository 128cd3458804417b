//! Phrases of messages for people.

/// The number of names in a list that are written out before the rest is counted.
const NAMES_SHOWN: usize = 3;

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
pub struct Reasons(Vec<(String, String)>);

impl Reasons {
    /// Adds a server with its reason.
    pub fn add(&mut self, server: &str, reason: impl Into<String>) {
        self.0.push((server.to_owned(), reason.into()));
    }

    /// Returns true when there is no server to wait for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the number of servers to wait for.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the names of the servers, as a list within a sentence.
    pub fn names(&self) -> String {
        listed(self.0.iter().map(|(server, _)| server.as_str()))
    }

    /// Returns the first reason. Servers of one fleet usually wait for the same thing.
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(|(_, reason)| reason.as_str())
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
}
