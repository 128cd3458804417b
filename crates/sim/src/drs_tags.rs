//! Tags that DRS sets or reads.

use failback_core::cloud::Tags;
use failback_core::id::SourceServerId;

/// The tag of everything that DRS creates.
pub(crate) const MANAGED: (&str, &str) = ("AWSElasticDisasterRecoveryManaged", "drs.amazonaws.com");
/// The tag that allows launching into an instance (drs-facts §5).
pub(crate) const LAUNCH_INTO: (&str, &str) = ("AWSDRS", "AllowLaunchingIntoThisInstance");

/// Returns the tags of a resource that DRS creates for its own use.
pub(crate) fn managed() -> Tags {
    Tags::from([(MANAGED.0.to_owned(), MANAGED.1.to_owned())])
}

/// Returns the tags that DRS gives to an instance that it launches.
pub(crate) fn launched(hostname: &str, server: &SourceServerId) -> Tags {
    let mut tags = managed();
    tags.insert("Name".to_owned(), hostname.to_owned());
    tags.insert("AWSElasticDisasterRecoverySourceServerID".to_owned(), server.to_string());
    tags
}
