//! AWS's services at one port of this machine: a simulator's, for tests.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_sdk_drs::config::SharedCredentialsProvider;

use crate::{Aws, Config};

impl Aws {
    /// All services at a port of 127.0.0.1, under keys that mean nothing. There is no way to name another host, so
    /// what is tested with this cannot reach AWS.
    pub fn on_loopback(config: Config, port: u16) -> Self {
        let keys = Credentials::new("simulator", "simulator", None, None, "loopback");
        let http = aws_smithy_http_client::Builder::new().build_http();
        let sdk = SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .http_client(http)
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .region(Region::new("us-east-1"))
            .endpoint_url(format!("http://127.0.0.1:{port}"))
            .build();
        Self::new(config, sdk)
    }
}
