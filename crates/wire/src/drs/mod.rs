//! DRS: restJson1 (drs-facts §1).

mod input;
mod reads;
mod settings;
mod shapes;
mod writes;

use failback_core::region::Region;
use failback_sim::{Answer as Outcome, ServiceError, World};
use serde_json::{Value, json};

use crate::answer::{Answer, Reply};
use crate::fidelity::Strain;
use crate::incoming::Incoming;
use input::Input;

/// A call of an operation of DRS.
pub(crate) struct Call<'a> {
    world: &'a mut World,
    region: Region,
    input: Input,
    strain: &'a Strain,
}

/// What an operation answers: a JSON body, or none.
type Body = Option<Value>;

/// An operation: where it is, the status of its success, and what it does.
struct Operation {
    method: &'static str,
    path: &'static str,
    status: u16,
    run: fn(&mut Call<'_>) -> Outcome<Body>,
}

const fn post(path: &'static str, status: u16, run: fn(&mut Call<'_>) -> Outcome<Body>) -> Operation {
    Operation { method: "POST", path, status, run }
}

/// Every operation that is modelled; `tags` stands for `/tags/{resourceArn}`.
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
pub(crate) fn answer(world: &mut World, region: Region, incoming: &Incoming, strain: &Strain) -> Reply {
    let segments = incoming.segments();
    let path = segments.first().map_or("", String::as_str);
    let fits = if path == "tags" { segments.len() == 2 } else { segments.len() == 1 };
    let found = OPERATIONS.iter().find(|op| fits && op.method == incoming.method && op.path == path);
    let Some(operation) = found else {
        return Reply::Answer(not_modelled(&incoming.method, &incoming.path));
    };
    let input = match Input::read(incoming, segments.get(1)) {
        Ok(input) => input,
        Err(fault) => return Reply::Answer(error(&fault)),
    };
    let outcome = (operation.run)(&mut Call { world, region, input, strain });
    let ok = |body: Body| match body {
        Some(value) => Answer::json(operation.status, &strain.strained(value)),
        // Without a body DRS still says JSON, except with 204.
        None if operation.status == 204 => Answer::empty(204),
        None => Answer::json(operation.status, &json!({})),
    };
    Reply::of(outcome, ok, |fault| error(&fault))
}

/// An error in the form of restJson1: its name is in a header.
pub(crate) fn error(fault: &ServiceError) -> Answer {
    let mut body = json!({ "message": fault.message });
    if let Some(resource) = &fault.resource_id {
        body["resourceId"] = json!(resource);
    }
    if let Some(quota) = fault.quota_code {
        body["quotaCode"] = json!(quota);
        body["serviceCode"] = json!("drs");
    }
    let mut answer = Answer::json(fault.http, &body).with("x-amzn-errortype", fault.code);
    if let Some(seconds) = fault.retry_after_seconds {
        answer = answer.with("retry-after", seconds.to_string());
    }
    answer
}

fn not_modelled(method: &str, path: &str) -> Answer {
    let message = format!(
        "{method} {path} is not modelled by this simulator. Nothing was done. DRS operations that are: {}",
        OPERATIONS.iter().map(|op| op.path).collect::<Vec<_>>().join(", ")
    );
    let fault = ServiceError { http: 501, ..ServiceError::new("UnsupportedOperationException", message) };
    error(&fault)
}
