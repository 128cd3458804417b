//! DRS over restJson1 (drs-facts §1).

mod input;
mod reads;
mod settings;
mod shapes;
mod writes;

use failback_core::region::Region;
use failback_sim::{CallResult, ServiceError, World};
use serde_json::{Value, json};

use crate::quirks::Quirks;
use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};
use input::Input;

/// A call of a DRS operation.
pub(crate) struct Call<'a> {
    world: &'a mut World,
    region: Region,
    input: Input,
    quirks: &'a Quirks,
}

/// The body of a response: JSON, or none.
type Body = Option<Value>;

/// An operation: its method and path, the status of its success, and its function.
struct Operation {
    method: &'static str,
    path: &'static str,
    status: u16,
    run: fn(&mut Call<'_>) -> CallResult<Body>,
}

const fn post(path: &'static str, status: u16, run: fn(&mut Call<'_>) -> CallResult<Body>) -> Operation {
    Operation { method: "POST", path, status, run }
}

/// Every operation that is modelled. `tags` stands for `/tags/{resourceArn}`.
const OPERATIONS: &[Operation] = &[
    post("DescribeSourceServers", 200, reads::source_servers),
    post("DescribeRecoveryInstances", 200, reads::recovery_instances),
    post("DescribeJobs", 200, reads::jobs),
    post("DescribeJobLogItems", 200, reads::job_log_items),
    post("DescribeRecoverySnapshots", 200, reads::recovery_snapshots),
    post("DescribeReplicationConfigurationTemplates", 200, settings::replication_templates),
    post("DescribeLaunchConfigurationTemplates", 200, settings::launch_templates),
    post("GetLaunchConfiguration", 200, settings::launch_configuration),
    post("GetReplicationConfiguration", 200, settings::replication_configuration),
    post("UpdateLaunchConfiguration", 200, settings::update_launch_configuration),
    post("StartRecovery", 202, writes::start_recovery),
    post("ReverseReplication", 200, writes::reverse_replication),
    post("StopReplication", 200, writes::stop_replication),
    post("StartReplication", 200, writes::start_replication),
    post("TerminateRecoveryInstances", 200, writes::terminate_recovery_instances),
    post("DeleteRecoveryInstance", 200, writes::delete_recovery_instance),
    post("DisconnectRecoveryInstance", 200, writes::disconnect_recovery_instance),
    post("DisconnectSourceServer", 200, writes::disconnect_source_server),
    post("DeleteSourceServer", 204, writes::delete_source_server),
    post("InitializeService", 204, settings::initialize_service),
    post("tags", 200, settings::tag_resource),
    Operation { method: "GET", path: "tags", status: 200, run: settings::list_tags },
    Operation { method: "DELETE", path: "tags", status: 200, run: settings::untag_resource },
];

/// Answers a request to DRS.
pub(crate) fn answer(world: &mut World, region: Region, request: &HttpRequest, quirks: &Quirks) -> Reply {
    let segments = request.segments();
    let path = segments.first().map_or("", String::as_str);
    let fits = if path == "tags" { segments.len() == 2 } else { segments.len() == 1 };
    let found = OPERATIONS.iter().find(|op| fits && op.method == request.method && op.path == path);
    let Some(operation) = found else {
        return Reply::Response(not_modelled(&request.method, &request.path));
    };
    let input = match Input::read(request, segments.get(1)) {
        Ok(input) => input,
        Err(fault) => return Reply::Response(error(&fault)),
    };
    let outcome = (operation.run)(&mut Call { world, region, input, quirks });
    let ok = |body: Body| match body {
        Some(value) => HttpResponse::json(operation.status, &quirks.strained(value)),
        // Without a body DRS still returns JSON, except with 204.
        None if operation.status == 204 => HttpResponse::empty(204),
        None => HttpResponse::json(operation.status, &json!({})),
    };
    Reply::of(outcome, ok, |fault| error(&fault))
}

/// Returns an error in the form of restJson1: its name is in a header.
pub(crate) fn error(fault: &ServiceError) -> HttpResponse {
    let mut body = json!({ "message": fault.message });
    if let Some(resource) = &fault.resource_id {
        body["resourceId"] = json!(resource);
    }
    if let Some(quota) = fault.quota_code {
        body["quotaCode"] = json!(quota);
        body["serviceCode"] = json!("drs");
    }
    let mut answer = HttpResponse::json(fault.http, &body).with("x-amzn-errortype", fault.code);
    if let Some(seconds) = fault.retry_after_seconds {
        answer = answer.with("retry-after", seconds.to_string());
    }
    answer
}

fn not_modelled(method: &str, path: &str) -> HttpResponse {
    let message = format!(
        "{method} {path} is not modelled by this simulator. Nothing was done. DRS operations that are: {}",
        OPERATIONS.iter().map(|op| op.path).collect::<Vec<_>>().join(", ")
    );
    let fault = ServiceError { http: 501, ..ServiceError::new("UnsupportedOperationException", message) };
    error(&fault)
}
