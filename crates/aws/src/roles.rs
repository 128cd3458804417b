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
}

impl AssumedRole {
    /// A role, assumed in the Region that it is used for, so that no other Region is depended upon.
    pub(crate) fn new(sdk: &SdkConfig, role: &Role, region: &str) -> Self {
        let region = aws_sdk_sts::config::Region::new(region.to_owned());
        let config = aws_sdk_sts::config::Builder::from(sdk).region(region).build();
        Self { client: aws_sdk_sts::Client::from_conf(config), role: role.clone() }
    }

    async fn assume(&self) -> Result {
        let call = self.client.assume_role().role_arn(&self.role.arn).role_session_name("drs-failback");
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
