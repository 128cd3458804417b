//! Whom a function trusts to be AWS.
//!
//! AWS's endpoints present certificates of Amazon Trust Services (<https://www.amazontrust.com/repository/>). Their five
//! roots are part of the binary: no other authority can vouch for AWS here, and reading the 140 of the system's store
//! would take 4 ms of every cold start (`bench/`). Where somebody else ends TLS, `SSL_CERT_FILE` says whom to trust; and
//! Regions of other partitions, some of which have authorities of their own, use the system's store.

use aws_smithy_http_client::tls::{TlsContext, TrustStore};

const AMAZON: &[u8] = include_bytes!("../roots/amazon-trust-services.pem");

/// Variables by which the system's store is asked for, and replaced.
const ELSEWHERE: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// A reader of environment variables.
pub(crate) type Variable = fn(&str) -> Option<String>;

/// Whom to trust. None: the system's store.
pub(crate) fn trusted(variable: Variable, region: Option<&str>) -> Option<TlsContext> {
    let elsewhere = ELSEWHERE.iter().any(|name| variable(name).is_some_and(|value| !value.is_empty()));
    let other_partition = region.is_some_and(|region| {
        region.starts_with("cn-") || region.contains("-iso") || region.starts_with("eusc-")
    });
    if elsewhere || other_partition {
        return None;
    }
    TlsContext::builder().with_trust_store(TrustStore::empty().with_pem_certificate(AMAZON)).build().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_are_in_the_binary_unless_somebody_names_others() {
        assert_eq!(AMAZON.windows(11).filter(|part| *part == b"-----BEGIN ").count(), 5);
        let nothing: Variable = |_| None;
        assert!(trusted(nothing, Some("us-east-2")).is_some());
        assert!(trusted(nothing, None).is_some());
        for region in ["cn-north-1", "us-iso-east-1", "eu-isoe-west-1", "eusc-de-east-1"] {
            assert!(trusted(nothing, Some(region)).is_none(), "{region}");
        }
        let named: Variable = |name| (name == "SSL_CERT_FILE").then(|| "roots.pem".to_owned());
        assert!(trusted(named, Some("us-east-2")).is_none());
    }
}
