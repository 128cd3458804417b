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
    /// `POST /failbacks/NAME/launch-again`
    LaunchAgain(String),
    /// `POST /failbacks/NAME/abort`
    Abort(String),
    /// `POST /drills/NAME/stop`
    Stop(Procedure, String),
}

/// Makes a route from the name in its path.
type Make = fn(String) -> Route;

/// Every route, by the key that `template.yaml` declares it with.
const ROUTES: [(&str, Make); 16] = [
    ("GET /openapi.json", |_| Route::OpenApi),
    ("POST /plan-checks", |_| Route::CheckPlan),
    ("GET /drills", |_| Route::List(Procedure::Drill)),
    ("POST /drills", |_| Route::Start(Procedure::Drill)),
    ("GET /drills/{name}", |name| Route::Show(Procedure::Drill, name)),
    ("POST /drills/{name}/approve", |name| Route::Approve(Procedure::Drill, name)),
    ("POST /drills/{name}/reject", |name| Route::Reject(Procedure::Drill, name)),
    ("POST /drills/{name}/stop", |name| Route::Stop(Procedure::Drill, name)),
    ("GET /failbacks", |_| Route::List(Procedure::Failback)),
    ("POST /failbacks", |_| Route::Start(Procedure::Failback)),
    ("GET /failbacks/{name}", |name| Route::Show(Procedure::Failback, name)),
    ("POST /failbacks/{name}/approve", |name| Route::Approve(Procedure::Failback, name)),
    ("POST /failbacks/{name}/reject", |name| Route::Reject(Procedure::Failback, name)),
    ("POST /failbacks/{name}/launch-again", Route::LaunchAgain),
    ("POST /failbacks/{name}/abort", Route::Abort),
    ("POST /failbacks/{name}/stop", |name| Route::Stop(Procedure::Failback, name)),
];

/// The keys of all routes, as API Gateway writes them.
pub fn routes() -> impl Iterator<Item = &'static str> {
    ROUTES.iter().map(|(key, _)| *key)
}

/// The key that API Gateway chooses for a request; it passes on no request without one.
pub fn route_key(method: &str, path: &str) -> Option<&'static str> {
    routes().find(|key| key.split_once(' ').is_some_and(|(of, at)| of == method && name(at, path).is_some()))
}

impl Route {
    /// The route of a request. A path has one spelling: IAM judges it as it was sent, so that none which IAM may not know,
    /// with encoded characters, empty or dot segments, means the same here.
    pub(crate) fn of(request: &Request) -> Result<Self, HttpProblem> {
        let mut allowed = Vec::new();
        for (key, route) in ROUTES {
            let (method, path) = key.split_once(' ').unwrap_or_default();
            let Some(name) = name(path, &request.path) else { continue };
            if method != request.method {
                allowed.push(method);
                continue;
            }
            // IAM was asked about the route that API Gateway has chosen.
            if request.route_key != key {
                return Err(HttpProblem::not_found(format!("API Gateway has chosen {}", request.route_key)));
            }
            return if path.contains('{') { run(name).map(route) } else { Ok(route(String::new())) };
        }
        if allowed.is_empty() {
            return Err(HttpProblem::not_found(
                "there is nothing here; GET /openapi.json says what there is",
            ));
        }
        Err(HttpProblem::method(&allowed.join(", ")))
    }
}

/// Returns what stands for `{name}` in a path, and an empty text for a template without a name. `None` for another path.
fn name<'p>(template: &str, path: &'p str) -> Option<&'p str> {
    let Some((before, after)) = template.split_once("{name}") else {
        return (template == path).then_some("");
    };
    let name = path.strip_prefix(before)?.strip_suffix(after)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
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
