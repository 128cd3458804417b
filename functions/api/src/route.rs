//! Which request means what.

use failback_core::procedure::Procedure;

use crate::event::Request;
use crate::problem::HttpProblem;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// `GET /openapi.json`
    OpenApi,
    /// `POST /plan-checks`
    CheckPlan,
    /// `POST /drills`, `POST /failbacks`
    Start(Procedure),
    /// `GET /drills`, `GET /failbacks`
    List(Procedure),
    /// `GET /drills/NAME`
    Show(Procedure, String),
    /// `POST /failbacks/NAME/approve`
    Approve(Procedure, String),
    /// `POST /failbacks/NAME/reject`
    Reject(Procedure, String),
    /// `POST /drills/NAME/stop`
    Stop(Procedure, String),
}

impl Route {
    /// The route of a request.
    pub(crate) fn of(request: &Request) -> Result<Self, HttpProblem> {
        let segments = request.segments();
        let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
        let only = |allow: &'static str, route: Self| {
            if request.method == allow { Ok(route) } else { Err(HttpProblem::method(allow)) }
        };
        let procedure = |of: &str| match of {
            "drills" => Ok(Procedure::Drill),
            "failbacks" => Ok(Procedure::Failback),
            _ => Err(HttpProblem::not_found("there is nothing here; GET /openapi.json says what there is")),
        };
        match segments.as_slice() {
            ["openapi.json"] => only("GET", Self::OpenApi),
            ["plan-checks"] => only("POST", Self::CheckPlan),
            [of] => {
                let procedure = procedure(of)?;
                match request.method.as_str() {
                    "GET" => Ok(Self::List(procedure)),
                    "POST" => Ok(Self::Start(procedure)),
                    _ => Err(HttpProblem::method("GET, POST")),
                }
            }
            [of, name] => only("GET", Self::Show(procedure(of)?, run(name)?)),
            [of, name, "approve"] => only("POST", Self::Approve(procedure(of)?, run(name)?)),
            [of, name, "reject"] => only("POST", Self::Reject(procedure(of)?, run(name)?)),
            [of, name, "stop"] => only("POST", Self::Stop(procedure(of)?, run(name)?)),
            _ => Err(HttpProblem::not_found("there is nothing here; GET /openapi.json says what there is")),
        }
    }
}

/// An execution's name. What cannot be one names none.
fn run(name: &str) -> Result<String, HttpProblem> {
    if is_name(name) {
        Ok(name.to_owned())
    } else {
        Err(HttpProblem::not_found(format!("no run is called `{name}`")))
    }
}

/// True for what an execution may be called: 1 to 80 letters, digits, `-` and `_`. Step Functions takes a few more.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=80).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

/// Where a procedure's runs are.
pub(crate) fn collection(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Drill => "drills",
        Procedure::Failback => "failbacks",
    }
}

/// Where a run is.
pub(crate) fn path(procedure: Procedure, name: &str) -> String {
    format!("/{}/{name}", collection(procedure))
}
