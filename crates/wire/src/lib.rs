//! The simulated world of `failback-sim` behind AWS's own protocols, on loopback.
//!
//! DRS speaks restJson1, EC2 its query protocol, Route 53 rest-xml, STS query, Step Functions awsJson1.0,
//! Lambda restJson1. Region and
//! service are those of the request's credential scope, so one port serves all of them. Signatures are not checked,
//! because nothing here is secret. An operation that is not modelled is refused, and never answered with success.

mod clock;
mod credential_scope;
mod drs;
mod ec2;
mod lambda;
mod namespaces;
mod paging;
mod query;
mod quirks;
mod request;
mod response;
mod route53;
mod router;
mod server;
mod sim_api;
mod step_functions;
mod sts;
mod time;
mod xml;

pub use clock::Speed;
pub use quirks::{Quirk, Quirks};
pub use request::HttpRequest;
pub use response::{HttpResponse, Reply};
pub use router::Router;
pub use server::{Handler, HttpServer};
