//! EC2 over its query protocol.

mod instances;
mod templates;

use failback_core::region::Region;
use failback_sim::{CallRequest, CallResult, ServiceError, World};

use crate::namespaces;
use crate::query::Parameters;
use crate::quirks::Quirks;
use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};
use crate::xml::Xml;

/// The request id of every response and error. It has no meaning here.
pub(crate) const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

/// A call of an EC2 operation.
pub(super) struct Call<'a> {
    world: &'a mut World,
    region: Region,
    parameters: Parameters,
    page_size: usize,
}

/// The body of a response: a function that writes its elements.
type Body = Box<dyn FnOnce(&mut Xml)>;

type Run = fn(&mut Call<'_>) -> CallResult<Body>;

/// Every operation that is modelled.
const OPERATIONS: &[(&str, Run)] = &[
    ("DescribeInstances", instances::describe),
    ("DescribeInstanceStatus", instances::status),
    ("DescribeInstanceAttribute", instances::attribute),
    ("DescribeSubnets", instances::subnets),
    ("TerminateInstances", instances::terminate),
    ("StopInstances", instances::stop),
    ("StartInstances", instances::start),
    ("DescribeLaunchTemplateVersions", templates::versions),
    ("CreateLaunchTemplateVersion", templates::create_version),
    ("ModifyLaunchTemplate", templates::modify),
];

/// Answers a request to EC2.
pub(crate) fn answer(world: &mut World, region: Region, request: &HttpRequest, quirks: &Quirks) -> Reply {
    let parameters = Parameters::read(request);
    let action = parameters.action().to_owned();
    let Some((name, run)) = OPERATIONS.iter().find(|(name, _)| *name == action) else {
        let known: Vec<&str> = OPERATIONS.iter().map(|(name, _)| *name).collect();
        let message = format!(
            "The action {action} is not modelled by this simulator. Nothing was done. Actions of EC2 that are: {}",
            known.join(", ")
        );
        return Reply::Response(error(&ServiceError::new("InvalidAction", message)));
    };
    if parameters.text("DryRun") == Some("true") {
        let message = "Request would have succeeded, but DryRun flag is set.";
        return Reply::Response(error(&ServiceError {
            http: 412,
            ..ServiceError::new("DryRunOperation", message)
        }));
    }
    let outcome = run(&mut Call { world, region, parameters, page_size: quirks.page_size() });
    let ok = |body: Body| {
        let text = Xml::document(&format!("{name}Response"), namespaces::EC2, |xml| {
            xml.leaf("requestId", REQUEST_ID);
            body(xml);
        });
        HttpResponse::xml(200, text)
    };
    Reply::of(outcome, ok, |fault| error(&fault))
}

/// Returns an error in EC2's form.
pub(crate) fn error(fault: &ServiceError) -> HttpResponse {
    let text = Xml::plain("Response", |xml| {
        xml.list("Errors", "Error", [fault], |xml, fault| {
            xml.leaf("Code", fault.code);
            xml.leaf("Message", &fault.message);
        });
        xml.leaf("RequestID", REQUEST_ID);
    });
    HttpResponse::xml(fault.http, text)
}

impl Call<'_> {
    fn make<T>(
        &mut self,
        operation: &str,
        input: Result<T, ServiceError>,
        targets: impl FnOnce(&T) -> Vec<String>,
        run: impl FnOnce(&mut World, Region, T) -> Result<Body, ServiceError>,
    ) -> CallResult<Body> {
        let region = self.region;
        let named = input.as_ref().map(targets).unwrap_or_default();
        let request = CallRequest::new(operation, Some(region), named);
        self.world.call(request, |world| run(world, region, input?))
    }
}

/// Writes `nextToken`, which ends a response that more pages follow.
fn token(xml: &mut Xml, next: Option<&String>) {
    xml.maybe("nextToken", next);
}

/// Returns ids as text, for the call log.
fn names<T: ToString>(ids: &[T]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

/// Writes tags.
fn tag_set(xml: &mut Xml, tags: &failback_core::cloud::Tags) {
    xml.list("tagSet", "item", tags, |xml, (key, value)| {
        xml.leaf("key", key);
        xml.leaf("value", value);
    });
}
