//! The SDK's settings, from the environment variables that Lambda sets.
//!
//! The SDK by itself would also look for profiles, web identities, and the metadata of containers and machines. A
//! function has none of them, and the code to look for them is a twelfth of the binary.

use std::fmt;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_drs::config::SharedCredentialsProvider;
use aws_smithy_http_client::tls;
use aws_types::app_name::AppName;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

/// A reader of environment variables.
pub(crate) type Variable = fn(&str) -> Option<String>;

/// Makes no call: credentials are read with the first request.
pub(crate) fn sdk_config(variable: Variable) -> SdkConfig {
    // One client for all services and Regions: they share the connections. It trusts the system's store, which the runtime
    // keeps up to date; AWS recommends against pinning its roots, and a stack is deployed and forgotten.
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::AwsLc));
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    // CloudTrail's `userAgent` then says which function called: `app/` and its name.
    let app = variable("AWS_LAMBDA_FUNCTION_NAME").and_then(|name| AppName::new(name).ok());
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .http_client(http.build_https())
        .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
        .region(region.map(Region::new))
        .use_fips(variable("AWS_USE_FIPS_ENDPOINT").is_some_and(|text| text.eq_ignore_ascii_case("true")))
        .service_config(Endpoints(variable));
    config.set_app_name(app);
    config.build()
}

/// `AWS_ENDPOINT_URL_DRS`, `AWS_ENDPOINT_URL_ROUTE_53` and so on, and `AWS_ENDPOINT_URL` for all others.
struct Endpoints(Variable);

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Endpoints")
    }
}

impl LoadServiceConfig for Endpoints {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let service = key.service_id().to_uppercase().replace(' ', "_");
        let Self(variable) = self;
        let found = variable(&format!("{}_{service}", key.env())).or_else(|| variable(key.env()));
        found.filter(|value| !value.is_empty())
    }
}
