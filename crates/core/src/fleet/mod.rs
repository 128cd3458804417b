//! The servers of a run: what the run knows of them ([`Fleet`]), and what AWS shows of them now ([`LiveState`]).
//!
//! The state machine carries the fleet from state to state, so it is small: 1,000 servers stay under 256 KiB. It is a
//! memory, not a truth: every step reads the live state and fills in what the fleet lacks.

mod chain;
mod live;
mod server;

pub use chain::{Ambiguity, Chain, DrsView, KnownIds, Link};
pub use live::{LiveServer, LiveState, Reads, Target, names, read, targets};
pub use server::{Fleet, NAME_MAX, Redirected, Server, Times};
