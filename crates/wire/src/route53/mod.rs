//! Route 53 over rest-xml.

mod changes;
mod records;

use failback_core::id::HostedZoneId;
use failback_sim::{CallRequest, CallResult, ServiceError, World};

use crate::ec2::REQUEST_ID;
use crate::namespaces;
use crate::quirks::Quirks;
use crate::request::HttpRequest;
use crate::response::{HttpResponse, Reply};
use crate::xml::Xml;

/// The body of a response: its root, and a function that writes the elements below.
struct Body(&'static str, Box<dyn FnOnce(&mut Xml)>);

/// Answers a request to Route 53.
pub(crate) fn answer(world: &mut World, request: &HttpRequest, quirks: &Quirks) -> Reply {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(|segment| segment.trim_end_matches('/')).collect();
    let path: Vec<&str> = path.into_iter().filter(|segment| !segment.is_empty()).collect();
    let outcome = match (request.method.as_str(), &path[..]) {
        ("GET", ["2013-04-01", "hostedzone"]) => records::zones(world),
        ("GET", ["2013-04-01", "hostedzone", zone]) => records::zone(world, zone),
        ("GET", ["2013-04-01", "hostedzone", zone, "rrset"]) => {
            records::list(world, zone, request, quirks.page_size())
        }
        ("POST", ["2013-04-01", "hostedzone", zone, "rrset"]) => changes::change(world, zone, &request.body),
        ("GET", ["2013-04-01", "change", id]) => changes::get(world, id),
        (method, _) => {
            let message = format!(
                "{method} {} is not modelled by this simulator. Nothing was done. Operations of Route 53 that are: \
                 ListHostedZones, GetHostedZone, ListResourceRecordSets, ChangeResourceRecordSets, GetChange",
                request.path
            );
            let fault = ServiceError { http: 501, ..ServiceError::new("NotImplemented", message) };
            return Reply::Response(error(&fault));
        }
    };
    let ok =
        |Body(root, inner): Body| HttpResponse::xml(200, Xml::document(root, namespaces::ROUTE53, inner));
    Reply::of(outcome, ok, |fault| error(&fault))
}

/// Returns an error in the form of rest-xml. A refused batch has a form of its own.
pub(crate) fn error(fault: &ServiceError) -> HttpResponse {
    let text = if fault.code == "InvalidChangeBatch" {
        Xml::document(fault.code, namespaces::ROUTE53, |xml| {
            xml.element("Messages", |xml| xml.leaf("Message", &fault.message));
            xml.leaf("RequestId", REQUEST_ID);
        })
    } else {
        Xml::document("ErrorResponse", namespaces::ROUTE53, |xml| {
            xml.element("Error", |xml| {
                xml.leaf("Type", if fault.http < 500 { "Sender" } else { "Receiver" });
                xml.leaf("Code", fault.code);
                xml.leaf("Message", &fault.message);
            });
            xml.leaf("RequestId", REQUEST_ID);
        })
    };
    HttpResponse::xml(fault.http, text)
}

fn make<T>(
    world: &mut World,
    operation: &str,
    input: Result<T, ServiceError>,
    targets: impl FnOnce(&T) -> Vec<String>,
    run: impl FnOnce(&mut World, T) -> Result<Body, ServiceError>,
) -> CallResult<Body> {
    let named = input.as_ref().map(targets).unwrap_or_default();
    world.call(CallRequest::new(operation, None, named), |world| run(world, input?))
}

fn zone_id(text: &str) -> Result<HostedZoneId, ServiceError> {
    text.parse().map_err(|error| ServiceError::new("InvalidInput", format!("{error}")))
}
