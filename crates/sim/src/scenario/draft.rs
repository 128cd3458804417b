//! Drafts of the fleet's servers: name, wave, tags and id.

use std::collections::BTreeSet;

use failback_core::cloud::Tags;
use failback_core::id::SourceServerId;

use super::builder::Builder;
use super::options::{ServerSpec, Zone};
use crate::ids;

/// A server before any of its objects exists.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) name: String,
    /// Index of its wave in the plan.
    pub(super) wave: usize,
    pub(super) tags: Tags,
    /// Id of its B1.
    pub(super) id: SourceServerId,
    /// The sizes of its disks in GiB; empty when they are drawn.
    pub(super) disks_gib: Vec<u64>,
    /// A1's instance type, unless it is drawn.
    pub(super) instance_type: Option<String>,
    /// A1's Availability Zone.
    pub(super) zone: Zone,
}

impl Builder<'_> {
    /// Drafts the fleet: first the servers that records name, then others, each in the wave with the fewest.
    pub(super) fn draft_fleet(&mut self) -> Vec<Draft> {
        if !self.options.fleet.is_empty() {
            return self.given_fleet();
        }
        let named = self.servers_of_records();
        let waves = self.plan.wave_names();
        let wanted = match self.plan.servers.ids() {
            Some(ids) => ids.len(),
            None => self.options.servers.max(named.len()).max(1),
        };
        let mut ids = self.plan.servers.ids().unwrap_or_default().to_vec();
        ids.retain(|id| !named.iter().any(|(_, of)| of.as_ref() == Some(id)));
        let mut ids = ids.into_iter();
        let mut counts = vec![0_usize; waves.len()];
        let mut taken: BTreeSet<String> = named.iter().map(|(name, _)| name.clone()).collect();
        let mut drafts: Vec<Draft> = Vec::new();
        for i in 0..wanted {
            let (name, id) = match named.get(i) {
                Some((_, Some(id))) => (None, Some(id.clone())),
                Some((name, None)) => (Some(name.clone()), None),
                None => (None, None),
            };
            let by_name = name.as_deref().and_then(|name| self.wave_by_name(name));
            let wave = by_name.unwrap_or_else(|| emptiest(&counts));
            counts[wave] += 1;
            let name = name.unwrap_or_else(|| free_name(&slug(&waves[wave]), &mut taken));
            let id = id.or_else(|| ids.next());
            let id = id.unwrap_or_else(|| ids::drs(&mut self.world.rng, "s-"));
            let tags = self.tags_of(&name, wave);
            drafts.push(Draft {
                name,
                wave,
                tags,
                id,
                disks_gib: Vec::new(),
                instance_type: None,
                zone: Zone::A,
            });
        }
        drafts
    }

    /// Drafts the servers that somebody has described, whether the plan fits them or not.
    fn given_fleet(&mut self) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for spec in self.options.fleet.clone() {
            let ServerSpec { name, mut tags, id, disks_gib, instance_type, zone } = spec;
            tags.entry("Name".to_owned()).or_insert_with(|| name.clone());
            // One that is in no wave stands in the first one's network.
            let wave = self.plan.wave_of(&tags).unwrap_or(0);
            let id = id.unwrap_or_else(|| ids::drs(&mut self.world.rng, "s-"));
            drafts.push(Draft { name, wave, tags, id, disks_gib, instance_type, zone });
        }
        drafts
    }

    /// Returns each server that a record names, with its id where the record names it by id.
    fn servers_of_records(&self) -> Vec<(String, Option<SourceServerId>)> {
        let mut named: Vec<(String, Option<SourceServerId>)> = Vec::new();
        for record in self.plan.redirect.records() {
            if !named.iter().any(|(name, _)| *name == record.server) {
                named.push((record.server.clone(), record.server.parse().ok()));
            }
        }
        named
    }

    /// Returns the wave whose name, or one of whose tag values, the server's name starts with.
    fn wave_by_name(&self, name: &str) -> Option<usize> {
        let waves = &self.plan.waves;
        let by_name = waves.iter().position(|wave| starts_with(name, &wave.name));
        by_name.or_else(|| {
            waves.iter().position(|wave| wave.tags.values().any(|value| starts_with(name, value)))
        })
    }

    /// Returns the tags by which the plan selects a server and its wave.
    fn tags_of(&self, name: &str, wave: usize) -> Tags {
        let mut tags = self.plan.servers.tags().cloned().unwrap_or_default();
        if let Some(wave) = self.plan.waves.get(wave) {
            tags.extend(wave.tags.clone());
        }
        tags.entry("Name".to_owned()).or_insert_with(|| name.to_owned());
        tags
    }
}

/// Returns the index of the smallest count, the first of several.
fn emptiest(counts: &[usize]) -> usize {
    (0..counts.len()).min_by_key(|&wave| counts[wave]).unwrap_or(0)
}

/// Returns true when a server's name is a word, or is that word with something after a hyphen.
fn starts_with(name: &str, word: &str) -> bool {
    let (name, word) = (slug(name), slug(word));
    let rest = name.strip_prefix(&word);
    !word.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
}

/// Returns a name in lower case, with hyphens for everything that a host name may not have.
pub(super) fn slug(name: &str) -> String {
    name.to_ascii_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "-")
}

/// Takes the first free name of `web-1`, `web-2` and so on.
fn free_name(slug: &str, taken: &mut BTreeSet<String>) -> String {
    let mut number = 1;
    while taken.contains(&format!("{slug}-{number}")) {
        number += 1;
    }
    let name = format!("{slug}-{number}");
    taken.insert(name.clone());
    name
}
