//! Answers of the SDK in core's words. Lenient, because real answers break the model (drs-facts §0.3): what is
//! missing stays missing, words that nobody knows become `Unknown`, and a record whose id cannot be read is left
//! out with a warning, because a bystander must not break a run.

pub(crate) mod ec2;
pub(crate) mod jobs;
pub(crate) mod launch;
pub(crate) mod recovery_instances;
pub(crate) mod route53;
pub(crate) mod source_servers;
mod time;

use std::collections::HashMap;
use std::str::FromStr;

use failback_core::cloud::Tags;

/// An id that may be missing. One that is there and cannot be read counts as missing, with a warning.
fn id<T: FromStr<Err: std::fmt::Display>>(text: Option<&str>) -> Option<T> {
    let text = text.filter(|text| !text.is_empty())?;
    text.parse().inspect_err(|error| tracing::warn!(%error, "left out what AWS answered")).ok()
}

/// The id that a record is known by. Without one, the record is left out.
fn key<T: FromStr<Err: std::fmt::Display>>(what: &str, text: Option<&str>) -> Option<T> {
    let found = id(text);
    if found.is_none() {
        tracing::warn!(what, id = text, "left out a record without a readable id");
    }
    found
}

fn tags(tags: Option<&HashMap<String, String>>) -> Tags {
    tags.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}
