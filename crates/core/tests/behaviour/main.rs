//! The behaviour of core, as tables: each rule once satisfied and once broken.

#![allow(clippy::unwrap_used, unreachable_pub)]

mod aws;
mod case;
mod fleet;
mod guard;
mod live;
mod notice;
mod payload;
mod plan;
mod poll_interval;
mod ready;
mod serving;
mod step;
mod values;
mod wrong_plans;
