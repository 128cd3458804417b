//! A request as API Gateway's HTTP API hands it over, payload format 2.0.

use std::borrow::Cow;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use failback_core::plan::json_value;
use serde_json::Value;

use crate::BODY_BYTES_MAX;
use crate::problem::HttpProblem;

/// A request.
pub(crate) struct Request {
    pub(crate) method: String,
    /// Percent-encoded, as it came, without the stage.
    pub(crate) path: String,
    /// The route that API Gateway has chosen, and asked IAM about.
    pub(crate) route_key: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
    encoded: bool,
    caller: Option<String>,
}

impl Request {
    /// What is not there is empty: the routes say what is missing.
    pub(crate) fn of(event: &Value) -> Self {
        let text = |pointer: &str| event.pointer(pointer).and_then(Value::as_str);
        let raw = text("/rawPath").unwrap_or("/");
        let fixture = text("/requestContext/stage").filter(|fixture| *fixture != "$default");
        let path = fixture.and_then(|fixture| raw.strip_prefix('/')?.strip_prefix(fixture)).unwrap_or(raw);
        let iam = |field: &str| text(&format!("/requestContext/authorizer/iam/{field}"));
        let headers = event["headers"].as_object().into_iter().flatten();
        Self {
            method: text("/requestContext/http/method").unwrap_or_default().to_owned(),
            path: path.to_owned(),
            route_key: text("/routeKey").unwrap_or_default().to_owned(),
            query: text("/rawQueryString").unwrap_or_default().to_owned(),
            headers: headers
                .filter_map(|(name, value)| Some((name.to_lowercase(), value.as_str()?.to_owned())))
                .collect(),
            body: text("/body").map(str::to_owned),
            encoded: event["isBase64Encoded"].as_bool() == Some(true),
            caller: iam("userArn").or_else(|| iam("callerId")).map(str::to_owned),
        }
    }

    /// Who has signed the request.
    pub(crate) fn caller(&self) -> Option<&str> {
        self.caller.as_deref().filter(|caller| !caller.is_empty())
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The parameters of the query string. One that is not known, or given twice, is a mistake of the caller.
    pub(crate) fn parameters<const N: usize>(
        &self,
        known: [&str; N],
    ) -> Result<[Option<String>; N], HttpProblem> {
        let mut found = [const { None }; N];
        for (name, value) in form_urlencoded::parse(self.query.as_bytes()) {
            let index = known.iter().position(|known| *known == name).ok_or_else(|| {
                HttpProblem::bad(format!("`{name}` is no parameter here; known are {}", known.join(", ")))
            })?;
            if found[index].replace(value.into_owned()).is_some() {
                return Err(HttpProblem::bad(format!("`{name}` is given twice")));
            }
        }
        Ok(found)
    }

    /// The body as JSON. None when there is no body.
    pub(crate) fn json(&self) -> Result<Option<Value>, HttpProblem> {
        let Some(body) = self.body.as_deref().filter(|body| !body.is_empty()) else { return Ok(None) };
        let kind = self.header("content-type").unwrap_or("application/json");
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(HttpProblem::new(
                415,
                "Not JSON",
                format!("the body is {kind}: send application/json"),
            ));
        }
        if body.len() > BODY_BYTES_MAX * if self.encoded { 2 } else { 1 } {
            return Err(HttpProblem::too_large());
        }
        let decoded = if self.encoded { Cow::Owned(decode(body)?) } else { Cow::Borrowed(body.as_bytes()) };
        if decoded.len() > BODY_BYTES_MAX {
            return Err(HttpProblem::too_large());
        }
        // A name that stands twice would mean one thing to this parser and another to Step Functions'.
        let parsed = json_value(&decoded);
        parsed.map(Some).map_err(|problem| HttpProblem::bad(format!("the body cannot be read: {problem}")))
    }
}

/// API Gateway encodes a body whose content type it does not take for text.
fn decode(text: &str) -> Result<Vec<u8>, HttpProblem> {
    BASE64_STANDARD.decode(text).map_err(|error| HttpProblem::bad(format!("the body is not base64: {error}")))
}
