//! The IAM authorization requests of every call, and of everything that DRS does with the permissions of its caller
//! (drs-facts §8).

mod dependent_actions;
mod direct;
mod forwarded;
mod log;

pub use log::{Permission, RequestContext};

pub(crate) use dependent_actions::Purpose;
pub(crate) use forwarded::Affected;
pub(crate) use log::{AuthorizationLog, Caller};
