//! The servers of a run, as the run knows them ([`Fleet`]) and as AWS shows them now ([`LiveState`]).
//!
//! The state machine passes the fleet from state to state, so it is small: 500 servers
//! stay under 256 KiB, beside the largest plan. The fleet
//! is not authoritative: every step reads the live state and adds the ids that the fleet lacks.

mod chain;
mod claim;
mod cycle;
mod data_age;
mod existing;
mod live;
mod server;
mod serving;

pub use chain::{Ambiguity, Chain, DrsView, KnownIds, Link};
pub use claim::{Claim, Obstacle, Owners};
pub use cycle::tag_of_cycle;
pub use data_age::{data_age_seconds, too_old};
pub use existing::{LaunchConfigurations, existed_before, launch_configurations};
pub use live::{
    LiveServer, LiveState, Reads, Target, UNKNOWN_TTL_SECONDS, names, old_ttl_seconds, read, read_for_report,
    targets,
};
pub use server::{Fleet, NAME_MAX, Redirected, Server, Times};
pub use serving::{Serving, serving};
