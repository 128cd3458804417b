//! Incoming requests.

use percent_encoding::percent_decode_str;

/// A request, apart from its transport.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HttpRequest {
    /// Method, such as `POST`.
    pub method: String,
    /// The path as it was sent, percent-encoded.
    pub path: String,
    /// The query string, without its question mark.
    pub query: String,
    /// Header names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl HttpRequest {
    /// Returns a header's first value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns the decoded segments of the path. A slash inside a label is encoded, and does not divide it.
    pub(crate) fn segments(&self) -> Vec<String> {
        let parts = self.path.trim_start_matches('/').split('/');
        parts.map(|part| percent_decode_str(part).decode_utf8_lossy().into_owned()).collect()
    }

    /// Returns every value of a parameter of the query string.
    pub(crate) fn parameters(&self, name: &str) -> Vec<String> {
        let pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs.filter(|(key, _)| key == name).map(|(_, value)| value.into_owned()).collect()
    }

    /// Returns the first value of a parameter of the query string.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters(name).into_iter().next()
    }

    /// Returns the name of the calling program: `app/NAME` in the user agent. A Lambda function of this project sends
    /// its own name, which is that of its step.
    pub(crate) fn application(&self) -> Option<&str> {
        let agent = self.header("user-agent").into_iter().chain(self.header("x-amz-user-agent"));
        agent.flat_map(str::split_whitespace).find_map(|word| word.strip_prefix("app/"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arn_in_the_path_is_one_segment() {
        let request = HttpRequest {
            path: "/tags/arn%3Aaws%3Adrs%3Aus-east-2%3A111122223333%3Asource-server%2Fs-1".to_owned(),
            query: "tagKeys=a&tagKeys=b%20c".to_owned(),
            ..HttpRequest::default()
        };
        assert_eq!(request.segments(), ["tags", "arn:aws:drs:us-east-2:111122223333:source-server/s-1"]);
        assert_eq!(request.parameters("tagKeys"), ["a", "b c"]);
    }

    #[test]
    fn a_program_says_who_it_is() {
        let agent = "aws-sdk-rust/1.3 ua/2.1 api/drs/1.1 os/linux lang/rust/1.95 m/E app/launch-for-failback";
        let request =
            HttpRequest { headers: vec![("user-agent".into(), agent.into())], ..HttpRequest::default() };
        assert_eq!(request.application(), Some("launch-for-failback"));
    }
}
