//! Tags of AWS resources, and the tags of this program, by which a later run recognizes what an earlier one did.

/// Tags of a resource.
pub type Tags = std::collections::BTreeMap<String, String>;

/// Keys and values of this program's tags.
pub mod tag {
    /// The key of an execution: on a job of the one that started it, on A2 and B2 of the one that owns the server.
    pub const RUN: &str = "drs-failback:run";
    /// The key, on jobs, on A2 and on a B2 that a drill launched, of the procedure: `drill` or `failback`.
    pub const PROCEDURE: &str = "drs-failback:procedure";
    /// The key, on A2, of the B1 that it belongs to.
    pub const B1: &str = "drs-failback:b1";
    /// The key, on A2, of the B2 that it replicated when it was tagged: the other tags are of that cycle.
    pub const B2: &str = "drs-failback:b2";
    /// The key, on A2, of the original instance, which is recorded nowhere else once B1 protects A4.
    pub const A1: &str = "drs-failback:a1";
    /// The key, on A1, with which its owner permits termination: a failback may terminate it if the value is
    /// [`MAY_BE_TERMINATED`]. The deployed function cannot terminate any other instance.
    pub const ORIGINAL: &str = "drs-failback:original";
    /// The key, on B2 and A2, of the time at which the first execution of a failback began: later ones continue it.
    pub const BEGAN: &str = "drs-failback:began";
    /// The key, on A2, of the times of the redirect, which a later execution of the failback reports too.
    pub const REDIRECTED: &str = "drs-failback:redirected";
    /// The key, on A2, of the instance to which people have redirected traffic by hand: the id of A4.
    pub const TRAFFIC: &str = "drs-failback:traffic";
    /// The key, on a B2 whose B3 existed before and which a failback therefore leaves, of the job that launched it.
    pub const LEFT: &str = "drs-failback:left";
    /// The key, on A2, of the launch whose A4 an abort ends: its job and the instance. The job itself may not name it.
    pub const ENDED: &str = "drs-failback:ended";
    /// The key, on B2, of the lease of a freeze by the hook: `until`, `lifting` or `lifted`, and a time.
    pub const FREEZE: &str = "drs-failback:freeze";
    /// The key, on B2, of the execution that had the hook freeze its B3 last.
    pub const FROZEN_BY: &str = "drs-failback:frozen-by";
    /// DRS's key, on an instance that source servers may be launched into.
    pub const LAUNCH_INTO: &str = "AWSDRS";
    /// The value of [`LAUNCH_INTO`].
    pub const ALLOWED_TO_LAUNCH_INTO: &str = "AllowLaunchingIntoThisInstance";
    /// The value of [`ORIGINAL`].
    pub const MAY_BE_TERMINATED: &str = "may-be-terminated";
}

/// Returns true when a drill, of this run or an earlier one, created the resource with these tags.
pub fn made_by_a_drill(tags: &Tags) -> bool {
    tags.get(tag::PROCEDURE).is_some_and(|procedure| procedure == "drill")
}

/// Returns true when a failback, of this run or an earlier one, created the resource with these tags.
pub fn made_by_a_failback(tags: &Tags) -> bool {
    made_by_a_run(tags) && tags.get(tag::PROCEDURE).is_some_and(|procedure| procedure == "failback")
}

/// Returns true when a run of this program created the resource with these tags.
pub fn made_by_a_run(tags: &Tags) -> bool {
    tags.contains_key(tag::RUN)
}

/// Returns the tags of a B2 that a drill launched.
pub fn drill_tags() -> Tags {
    Tags::from([(tag::PROCEDURE.to_owned(), "drill".to_owned())])
}

/// Returns true when `tags` holds every pair of `wanted`.
pub fn has_tags(tags: &Tags, wanted: &Tags) -> bool {
    wanted.iter().all(|(key, value)| tags.get(key) == Some(value))
}
