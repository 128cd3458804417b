//! What goes back over the wire.

use failback_sim::{CallResult, ServiceError};
use serde_json::Value;

/// An HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpResponse {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`; empty where there is no body.
    pub content_type: &'static str,
    /// Other headers.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: Vec<u8>,
}

/// What a caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// An answer.
    Response(HttpResponse),
    /// The connection is closed without one.
    Cut,
    /// Nothing at all: whoever asked has died of the call, and the connection stays as it is.
    Silence,
}

impl HttpResponse {
    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: "", headers: Vec::new(), body: Vec::new() }
    }

    /// JSON.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// XML.
    pub(crate) fn xml(status: u16, text: String) -> Self {
        Self { status, content_type: "text/xml;charset=UTF-8", headers: Vec::new(), body: text.into_bytes() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Reply {
    /// Turns what the world answered into what a caller gets; each protocol writes answers and errors in its way.
    pub(crate) fn of<T>(
        result: CallResult<T>,
        ok: impl FnOnce(T) -> HttpResponse,
        refused: impl FnOnce(ServiceError) -> HttpResponse,
    ) -> Self {
        match result {
            CallResult::Ok(value) => Self::Response(ok(value)),
            CallResult::Refused(error) => Self::Response(refused(error)),
            CallResult::Lost => Self::Cut,
            CallResult::Died => Self::Silence,
        }
    }
}
