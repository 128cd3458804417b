//! The cloud traits over the AWS SDK.
//!
//! One AWS call for each method, plus paging; no decisions. Whatever needs an `if` about the procedure is core's or
//! a step's. What is here, and nowhere else: how requests are written (`request`), how answers are read
//! leniently, because real ones break DRS's model (`read`), what errors mean (`errors`), and how long to wait
//! for an answer (`clients`).
//!
//! A client for Service Quotas would be natural, and is left out for what it costs to build: the quotas are AWS's
//! defaults unless [`Config`] says otherwise. One for STS is small, and part
//! of `aws-config` in any case.

mod aws;
mod clients;
mod config;
mod drs;
mod ec2;
mod environment;
mod errors;
mod hook;
mod loopback;
mod read;
mod request;
mod roles;
mod route53;
mod sdk_error;
mod states;
mod step_functions;
#[cfg(test)]
mod tests;

pub use aws::Aws;
pub use aws_config::SdkConfig;
pub use config::{Config, Machines, Role};
