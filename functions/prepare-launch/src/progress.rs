//! What the calls of one wait have done so far: each server's settings are kept once, however many calls it takes.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::fleet::{Fleet, Marks};
use failback_core::id::SourceServerId;
use serde::{Deserialize, Serialize};

use crate::present::Fingerprint;

/// The servers that are prepared, and those of the others whose settings the bucket for evidence has. AWS may ask to slow
/// down, or time may run out, anywhere between the two.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    pub(crate) prepared: BTreeSet<SourceServerId>,
    pub(crate) kept: BTreeMap<SourceServerId, Fingerprint>,
}

/// The same as a note that stays small.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Note {
    prepared: Marks,
    kept: Marks,
    /// In the order of the ids of those that are kept.
    fingerprints: Vec<Fingerprint>,
}

impl Progress {
    pub(crate) fn noted(note: Note, fleet: &Fleet) -> Self {
        let kept = note.kept.servers(fleet).into_iter().zip(note.fingerprints).collect();
        Self { prepared: note.prepared.servers(fleet), kept }
    }

    pub(crate) fn note(&self, fleet: &Fleet) -> Note {
        Note {
            prepared: Marks::of(fleet, &self.prepared),
            kept: Marks::of(fleet, &self.kept.keys().cloned().collect()),
            fingerprints: self.kept.values().cloned().collect(),
        }
    }

    /// Notes that a server is prepared. What was kept of it has served its purpose.
    pub(crate) fn is_prepared(&mut self, b1: &SourceServerId) {
        self.kept.remove(b1);
        self.prepared.insert(b1.clone());
    }
}
