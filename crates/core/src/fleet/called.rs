//! The names of servers.

use std::collections::BTreeMap;

use super::server::{NAME_MAX, Server};
use crate::cloud::SourceServer;

/// Returns the name of a server by its B1, and whether it is cut.
pub fn name_of(b1: &SourceServer) -> (String, bool) {
    let name = b1.tags.get("Name").or(b1.hostname.as_ref()).filter(|name| !name.is_empty());
    match name {
        Some(name) => (name.chars().take(NAME_MAX).collect(), name.chars().count() > NAME_MAX),
        None => (b1.id.to_string(), false),
    }
}

/// Distinguishes servers of the same name by the end of their B1's id.
pub fn distinguish(servers: &mut [Server]) {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for server in servers.iter() {
        *count.entry(server.name.clone()).or_default() += 1;
    }
    for server in servers.iter_mut().filter(|server| count[&server.name] > 1) {
        let id = server.b1.as_str();
        let short: String = server.name.chars().take(NAME_MAX - 5).collect();
        server.name = format!("{short}~{}", &id[id.len() - 4..]);
    }
}
