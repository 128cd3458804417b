//! The wire, as the AWS SDK for Rust finds it.

#![allow(clippy::unwrap_used, reason = "a test")]

mod bad;
mod findings;
mod quirks;
mod same;
