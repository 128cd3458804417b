//! What core promises, as tables: each rule once as it should be, and once broken.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod aws;
mod case;
mod guard;
mod live;
mod plan;
mod ready;
