//! Lambda over restJson1: the call of the hook, which is all that a step asks for.

use failback_sim::{CallRequest, ServiceError, World};
use serde_json::{Value, json};

use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};

/// Answers a request to Lambda.
pub(crate) fn answer(world: &mut World, request: &HttpRequest) -> Reply {
    let segments = request.segments();
    let function = match segments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["2015-03-31", "functions", function, "invocations"] if request.method == "POST" => {
            (*function).to_owned()
        }
        _ => return Reply::Response(not_modelled(request)),
    };
    let payload: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let region = Some(world.region_pair().1);
    let call = CallRequest::new("lambda:InvokeFunction", region, [function.as_str()]);
    let outcome = world.call(call, |world| match world.hook_arn() {
        Some(hook) if hook == function => world.invoke_hook(&payload),
        _ => Err(ServiceError {
            http: 404,
            ..ServiceError::new("ResourceNotFoundException", format!("Function not found: {function}"))
        }),
    });
    let ok = |answer: Result<Value, String>| match answer {
        Ok(answer) => HttpResponse::json(200, &answer),
        // An error of the function is a success of Lambda, with a header.
        Err(message) => HttpResponse::json(200, &json!({ "errorMessage": message, "errorType": "Error" }))
            .with("x-amz-function-error", "Unhandled"),
    };
    Reply::of(outcome, ok, |fault| error(&fault))
}

/// Returns an error in the form of restJson1: its name is in a header.
pub(crate) fn error(fault: &ServiceError) -> HttpResponse {
    let body = json!({ "Type": "User", "Message": fault.message });
    HttpResponse::json(fault.http, &body).with("x-amzn-errortype", fault.code)
}

fn not_modelled(request: &HttpRequest) -> HttpResponse {
    let (method, path) = (&request.method, &request.path);
    let message = format!(
        "{method} {path} is not modelled by this simulator. Operations of Lambda that are: Invoke of the hook"
    );
    error(&ServiceError { http: 501, ..ServiceError::new("UnsupportedOperationException", message) })
}

#[cfg(test)]
mod tests {
    use failback_core::plan::Plan;
    use failback_sim::{Options, World};

    use super::*;

    fn world(switches: failback_sim::Switches) -> World {
        let plan =
            serde_json::from_str(include_str!("../../../examples/plans/no-loss-by-hook.json")).unwrap();
        let plan = Plan::read(&plan).unwrap();
        World::build(&plan, &Options { switches, servers: 1, ..Options::default() })
    }

    fn ask(world: &mut World, function: &str, body: &Value) -> HttpResponse {
        let function = function.replace(':', "%3A");
        let request = HttpRequest {
            method: "POST".to_owned(),
            path: format!("/2015-03-31/functions/{function}/invocations"),
            body: body.to_string().into_bytes(),
            ..HttpRequest::default()
        };
        match answer(world, &request) {
            Reply::Response(response) => response,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_hook_answers_and_says_what_it_does_not_understand() {
        let mut world = world(failback_sim::Switches::default());
        let hook = world.hook_arn().unwrap();
        let asked =
            json!({ "action": "freeze", "until": "2026-11-02T09:00:00Z", "execution": "x", "servers": [] });
        let done = ask(&mut world, &hook, &asked);
        assert_eq!((done.status, done.body), (200, b"{\"status\":\"done\"}".to_vec()));
        let odd = ask(&mut world, &hook, &json!({}));
        assert!(odd.headers.contains(&("x-amz-function-error", "Unhandled".to_owned())), "{odd:?}");
        assert_eq!(
            ask(&mut world, "arn:aws:lambda:us-east-2:111122223333:function:other", &asked).status,
            404
        );
    }
}
