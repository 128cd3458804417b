//! The credential scope of a request (AWS Signature Version 4): its Region and service, and the key of its caller.

/// The contents of the `Authorization` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CredentialScope {
    /// The access key.
    pub(crate) key: String,
    /// Region, such as `us-east-1`.
    pub(crate) region: String,
    /// Signing name, such as `drs`.
    pub(crate) service: String,
}

impl CredentialScope {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
    pub(crate) fn read(authorization: Option<&str>) -> Result<Self, &'static str> {
        const MISSING: &str = "the request is not signed: this simulator tells Regions and services apart by the credential scope of the Authorization header. Any access key and secret will do";
        const GARBLED: &str = "the Authorization header is not that of AWS Signature Version 4";
        let rest = authorization.ok_or(MISSING)?.strip_prefix("AWS4-HMAC-SHA256").ok_or(GARBLED)?;
        let mut parts = rest.split(',').map(str::trim);
        let credential = parts.find_map(|part| part.strip_prefix("Credential=")).ok_or(GARBLED)?;
        let fields: Vec<&str> = credential.rsplitn(5, '/').collect();
        let [end, service, region, _, key] = fields[..] else { return Err(GARBLED) };
        if end != "aws4_request" || [service, region, key].iter().any(|field| field.is_empty()) {
            return Err(GARBLED);
        }
        Ok(Self { key: key.to_owned(), region: region.to_owned(), service: service.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_scope_is_read() {
        let header = "AWS4-HMAC-SHA256 Credential=AKID/with/slash/20261102/us-east-2/drs/aws4_request, SignedHeaders=host, Signature=00";
        let scope = CredentialScope::read(Some(header)).unwrap();
        assert_eq!((scope.key.as_str(), scope.region.as_str()), ("AKID/with/slash", "us-east-2"));
        assert_eq!(scope.service, "drs");
    }

    #[test]
    fn what_is_no_credential_scope_is_refused() {
        for header in [
            None,
            Some(""),
            Some("Bearer x"),
            Some("AWS4-HMAC-SHA256 "),
            Some("AWS4-HMAC-SHA256 Credential=A/20261102/us-east-2/drs"),
            Some("AWS4-HMAC-SHA256 Credential=A/20261102//drs/aws4_request"),
            Some("AWS4-HMAC-SHA256 Credential=////aws4_request"),
        ] {
            assert!(CredentialScope::read(header).is_err(), "{header:?}");
        }
    }
}
