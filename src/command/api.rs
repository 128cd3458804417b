//! `drs-failback api`.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Subcommand};
use failback_core::timestamp::Timestamp;
use failback_rehearsal::account::Account;
use failback_wire::{Handler, HttpRequest, HttpResponse, HttpServer, Reply};
use futures_util::FutureExt as _;
use serde_json::{Value, json};

use super::usage;
use crate::output::show;

#[derive(Debug, Subcommand)]
pub(crate) enum Sub {
    /// Serve the HTTP API on 127.0.0.1, with runs in simulated worlds, until interrupted.
    Serve(Serve),
    /// Print the OpenAPI 3.1 description of the API.
    Openapi,
}

const NOTES: &str =
    "The API's own code answers, as it does behind API Gateway; only who calls is made up. A run that is
started is rehearsed at once, up to the gate at which it waits.

  curl -s -d @examples/plans/three-tier.json http://127.0.0.1:4581/failbacks
  curl -s http://127.0.0.1:4581/failbacks
  curl -s http://127.0.0.1:4581/openapi.json";

#[derive(Debug, Args)]
#[command(after_help = NOTES)]
pub(crate) struct Serve {
    /// The port; 0 selects a free port.
    #[arg(long, value_name = "PORT", default_value_t = 4581)]
    port: u16,
    /// Accept only requests with a Signature Version 4, which is not checked.
    #[arg(long)]
    signed: bool,
}

pub(crate) fn run(sub: &Sub) -> ExitCode {
    match sub {
        Sub::Openapi => {
            show(api::OPENAPI);
            ExitCode::SUCCESS
        }
        Sub::Serve(arguments) => match serve(arguments) {
            Ok(()) => ExitCode::SUCCESS,
            Err(message) => usage(message),
        },
    }
}

fn serve(arguments: &Serve) -> Result<(), String> {
    let Serve { port, signed } = *arguments;
    let gateway = Gateway { account: Account::default(), signed };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| format!("the asynchronous runtime does not start: {error}"))?;
    runtime.block_on(async {
        let server = HttpServer::bind(port, Arc::new(gateway)).await;
        let server = server
            .map_err(|error| format!("port {port} of 127.0.0.1: {error}; --port 0 selects a free port"))?;
        let address = server.address().map_err(|error| error.to_string())?;
        show(format_args!("# The API over simulated runs: http://{address}/openapi.json\n"));
        show(format_args!("# Listening on {address}. Ctrl-C ends it.\n"));
        server.run(std::future::pending()).await;
        Ok(())
    })
}

/// The stand-in for API Gateway.
#[derive(Debug)]
struct Gateway {
    account: Account,
    signed: bool,
}

impl Handler for Gateway {
    fn handle(&self, request: &HttpRequest) -> (Reply, Duration) {
        let mut event = event(request);
        let header = event["headers"]["authorization"].as_str().unwrap_or_default();
        if self.signed && !header.starts_with("AWS4-HMAC-SHA256 ") {
            event["requestContext"]["authorizer"] = Value::Null;
        }
        let response = api::answer(&self.account, event, now()).now_or_never().unwrap_or_default();
        (Reply::Response(answer(&response)), Duration::ZERO)
    }
}

#[expect(clippy::disallowed_methods, reason = "runs that are started by hand are named after the time")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or_default())
}

/// Returns the event that API Gateway creates from a request, in payload format 2.0.
fn event(request: &HttpRequest) -> Value {
    let headers: serde_json::Map<String, Value> =
        request.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let mut event = json!({
        "version": "2.0",
        "routeKey": api::route_key(&request.method, &request.path).unwrap_or("$default"),
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "stage": "$default",
            "http": { "method": request.method, "path": request.path },
            "authorizer": { "iam": { "userArn": "arn:aws:iam::111122223333:user/you" } },
        },
        "isBase64Encoded": false,
    });
    if !request.body.is_empty() {
        event["body"] = json!(String::from_utf8_lossy(&request.body));
    }
    // `curl -d` declares a form, but the body is JSON.
    if event["headers"]["content-type"] == "application/x-www-form-urlencoded" {
        event["headers"]["content-type"] = json!("application/json");
    }
    event
}

fn answer(response: &Value) -> HttpResponse {
    let header = |name: &str| response["headers"][name].as_str().map(str::to_owned);
    let named = ["location", "allow", "retry-after", "cache-control"];
    HttpResponse {
        status: response["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok()).unwrap_or(500),
        content_type: match header("content-type").as_deref() {
            Some("application/problem+json") => "application/problem+json",
            _ => "application/json",
        },
        headers: named.iter().filter_map(|name| Some((*name, header(name)?))).collect(),
        body: response["body"].as_str().unwrap_or_default().as_bytes().to_vec(),
    }
}
