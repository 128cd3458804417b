//! Tags of a DRS resource, and those that it had a moment ago.

use std::ops::Deref;

use failback_core::cloud::Tags;

/// The age of the tags that DRS shows with [`tags_show_late`](crate::Switches::tags_show_late), in milliseconds.
const LATE_MS: i64 = 30_000;

/// The tags of a resource. They read as the present ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceTags {
    now: Tags,
    /// Earlier tags, oldest first, each with the time of its end in milliseconds since 1970.
    earlier: Vec<(i64, Tags)>,
}

impl ResourceTags {
    /// Replaces the tags at a time.
    pub(crate) fn set(&mut self, tags: Tags, now_ms: i64) {
        self.earlier.retain(|(ended_ms, _)| now_ms - LATE_MS < *ended_ms);
        let before = std::mem::replace(&mut self.now, tags);
        self.earlier.push((now_ms, before));
    }

    /// Returns the tags as they were [`LATE_MS`] before a time.
    pub(crate) fn late(&self, now_ms: i64) -> &Tags {
        let shown = self.earlier.iter().find(|(ended_ms, _)| now_ms - LATE_MS < *ended_ms);
        shown.map_or(&self.now, |(_, tags)| tags)
    }
}

impl From<Tags> for ResourceTags {
    fn from(now: Tags) -> Self {
        Self { now, earlier: Vec::new() }
    }
}

impl From<ResourceTags> for Tags {
    fn from(tags: ResourceTags) -> Self {
        tags.now
    }
}

impl Deref for ResourceTags {
    type Target = Tags;

    fn deref(&self) -> &Tags {
        &self.now
    }
}
