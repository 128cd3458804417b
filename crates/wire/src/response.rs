//! Responses, and replies without one.

use failback_sim::{CallResult, ServiceError};
use serde_json::Value;

/// An HTTP response.
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

/// The reply to a caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A response.
    Response(HttpResponse),
    /// No response: the connection is closed.
    Cut,
    /// No response, and the connection stays open: the caller crashed in the call.
    Silence,
}

impl HttpResponse {
    /// Returns a response without a body.
    pub(crate) fn empty(status: u16) -> Self {
        Self { status, content_type: "", headers: Vec::new(), body: Vec::new() }
    }

    /// Returns a JSON response.
    pub(crate) fn json(status: u16, value: &Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { status, content_type: "application/json", headers: Vec::new(), body }
    }

    /// Returns an XML response.
    pub(crate) fn xml(status: u16, text: String) -> Self {
        Self { status, content_type: "text/xml;charset=UTF-8", headers: Vec::new(), body: text.into_bytes() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl Reply {
    /// Converts a result of the world to a reply. Each protocol writes responses and errors in its own form.
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
