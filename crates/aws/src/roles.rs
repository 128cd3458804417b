//! Roles of other accounts.
//!
//! `aws-config` could assume them too, but brings along every other way to find credentials.

use std::time::SystemTime;

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, Result, future};

use crate::config::Role;

/// The credentials of a role, asked for from STS whenever the SDK's cache has none that are valid.
#[derive(Debug)]
pub(crate) struct AssumedRole {
    client: aws_sdk_sts::Client,
    role: Role,
    session: String,
}

/// Characters that STS takes for the name of a session.
const SESSION_MAX: usize = 64;

/// Returns the name of the sessions of a function's calls for an execution, which CloudTrail shows in the other account:
/// the function, and as much of the end of the execution's name as there is room for.
pub(crate) fn session(function: &str, execution: &str) -> String {
    let is_taken = |c: &char| c.is_ascii_alphanumeric() || "_=,.@-".contains(*c);
    let name: String = execution.rsplit(':').next().unwrap_or_default().chars().filter(is_taken).collect();
    if name.is_empty() {
        return function.to_owned();
    }
    let room = SESSION_MAX.saturating_sub(function.len() + 1);
    format!("{function}@{}", &name[name.len().saturating_sub(room)..])
}

impl AssumedRole {
    /// A role, assumed in the Region that it is used for, so that no other Region is depended upon.
    pub(crate) fn new(sdk: &SdkConfig, role: &Role, region: &str, session: &str) -> Self {
        let region = aws_sdk_sts::config::Region::new(region.to_owned());
        let config = aws_sdk_sts::config::Builder::from(sdk).region(region).build();
        Self {
            client: aws_sdk_sts::Client::from_conf(config),
            role: role.clone(),
            session: session.to_owned(),
        }
    }

    async fn assume(&self) -> Result {
        let call = self.client.assume_role().role_arn(&self.role.arn).role_session_name(&self.session);
        let call = call.set_external_id(self.role.external_id.clone());
        let answer = call.send().await.map_err(CredentialsError::provider_error)?;
        let found =
            answer.credentials.ok_or_else(|| CredentialsError::unhandled("STS answers no credentials"))?;
        let expires = SystemTime::try_from(found.expiration).map_err(CredentialsError::unhandled)?;
        let (key, secret, token) = (found.access_key_id, found.secret_access_key, found.session_token);
        Ok(Credentials::new(key, secret, Some(token), Some(expires), "AssumedRole"))
    }
}

impl ProvideCredentials for AssumedRole {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.assume())
    }
}
