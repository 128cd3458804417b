//! The simulated world of `failback-sim` behind AWS's own protocols, on loopback.
//!
//! DRS speaks restJson1, EC2 its query protocol, Route 53 rest-xml, STS query, Step Functions awsJson1.0. Region and
//! service are those of the request's credential scope, so one port serves all of them. Signatures are not checked:
//! nothing here is secret. What is not modelled is refused, and never answered with success.

mod answer;
mod clock;
mod drs;
mod ec2;
mod fidelity;
mod front;
mod incoming;
mod namespaces;
mod paging;
mod query;
mod route53;
mod scope;
mod server;
mod sim_api;
mod states;
mod sts;
mod time;
mod xml;

pub use answer::{Answer, Reply};
pub use clock::Speed;
pub use fidelity::{Fidelity, Strain};
pub use front::Front;
pub use incoming::Incoming;
pub use server::{Handler, Server};
