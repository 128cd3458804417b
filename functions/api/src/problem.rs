//! What went wrong, as RFC 9457 writes it.

use failback_core::error::Chain;
use failback_core::plan::Problems;
use failback_core::{Error, ErrorName};
use serde_json::{Value, json};

/// A problem that ends a request.
#[derive(Debug)]
pub(crate) struct HttpProblem {
    status: u16,
    title: &'static str,
    detail: String,
    /// Other members: each problem of a plan, or the run that stands in the way.
    members: Vec<(&'static str, Value)>,
    allow: Option<String>,
    retry_after_seconds: Option<u32>,
}

impl HttpProblem {
    pub(crate) fn new(status: u16, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            title,
            detail: detail.into(),
            members: Vec::new(),
            allow: None,
            retry_after_seconds: None,
        }
    }

    pub(crate) fn bad(detail: impl Into<String>) -> Self {
        Self::new(400, "Bad request", detail)
    }

    pub(crate) fn no_caller() -> Self {
        Self::new(403, "Not signed", "the request names no caller: sign it, for the service execute-api")
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(404, "Not found", detail)
    }

    pub(crate) fn method(allow: &str) -> Self {
        let detail = format!("this path takes {allow}");
        Self { allow: Some(allow.to_owned()), ..Self::new(405, "Method not allowed", detail) }
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(409, "Conflict", detail)
    }

    pub(crate) fn too_large() -> Self {
        let detail =
            format!("the body has more than {} bytes, more than an execution takes", crate::BODY_BYTES_MAX);
        Self::new(413, "Too large", detail)
    }

    pub(crate) fn wrong_plan(problems: &Problems) -> Self {
        let errors = problems.0.iter().map(
            |problem| json!({ "path": problem.path, "message": problem.message, "remedy": problem.remedy }),
        );
        let n = problems.0.len();
        let detail =
            format!("the plan has {n} problem{}; nothing was started", if n == 1 { "" } else { "s" });
        let mut problem = Self::new(422, "Wrong plan", detail);
        problem.members.push(("errors", errors.collect()));
        problem
    }

    pub(crate) fn internal(error: &dyn std::fmt::Display) -> Self {
        Self::new(500, "Defect", error.to_string())
    }

    /// Names the run that stands in the way.
    pub(crate) fn with_execution(mut self, path: String) -> Self {
        self.members.push(("execution", Value::String(path)));
        self
    }

    /// The answer for API Gateway.
    pub(crate) fn written(self, path: &str) -> Value {
        let mut body = json!({
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": path,
        });
        for (name, value) in self.members {
            body[name] = value;
        }
        let mut headers = json!({ "content-type": "application/problem+json", "cache-control": "no-store" });
        if let Some(allow) = self.allow {
            headers["allow"] = Value::from(allow);
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers["retry-after"] = Value::String(seconds.to_string());
        }
        json!({ "statusCode": self.status, "headers": headers, "body": body.to_string() })
    }
}

/// What Step Functions answered.
impl From<Error> for HttpProblem {
    fn from(error: Error) -> Self {
        let detail = Chain(&error).to_string();
        let mut problem = match error.name() {
            ErrorName::Throttled => Self::new(429, "Too many requests", detail),
            ErrorName::Unavailable => Self::new(503, "Unavailable", detail),
            ErrorName::AccessDenied => {
                Self::new(500, "Not permitted", format!("{detail}; the function's role lacks a permission"))
            }
            _ => Self::new(502, "Step Functions refused", detail),
        };
        if problem.status == 429 || problem.status == 503 {
            let asked = error.aws_error().and_then(|answer| answer.retry_after_seconds);
            problem.retry_after_seconds = Some(asked.unwrap_or(2));
        }
        problem
    }
}

/// True when Step Functions answered with one of these codes.
pub(crate) fn answered(error: &Error, codes: &[&str]) -> bool {
    error.aws_error().is_some_and(|answer| codes.contains(&answer.code.as_str()))
}
