//! What core promises, as tables: each rule once as it should be, and once broken.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod aws;
mod case;
mod frame;
mod guard;
mod ledger;
mod live;
mod pace;
mod plan;
mod ready;
mod values;
