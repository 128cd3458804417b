//! Tags of AWS resources, and the tags of this program. By them a later run knows what an earlier one did.

/// Tags of a resource.
pub type Tags = std::collections::BTreeMap<String, String>;

/// Keys and values of this program's tags.
pub mod tag {
    /// On everything that a run makes: the execution.
    pub const RUN: &str = "drs-failback:run";
    /// On everything that a run makes: `drill` or `failback`.
    pub const PROCEDURE: &str = "drs-failback:procedure";
    /// On A2: the B1 that it belongs to.
    pub const B1: &str = "drs-failback:b1";
    /// On A2: the original instance, which nothing else remembers once B1 protects A4.
    pub const A1: &str = "drs-failback:a1";
    /// On A1, set by its owner: with [`MAY_BE_TERMINATED`] a failback may terminate it. The deployed function can
    /// terminate no other instance.
    pub const ORIGINAL: &str = "drs-failback:original";
    /// The value of [`ORIGINAL`].
    pub const MAY_BE_TERMINATED: &str = "may-be-terminated";
}

/// Returns true when a drill, of this run or an earlier one, made the resource with these tags.
pub fn made_by_a_drill(tags: &Tags) -> bool {
    tags.get(tag::PROCEDURE).is_some_and(|procedure| procedure == "drill")
}

/// Returns true when `tags` holds every pair of `wanted`.
pub fn has_tags(tags: &Tags, wanted: &Tags) -> bool {
    wanted.iter().all(|(key, value)| tags.get(key) == Some(value))
}
