//! The servers of a run, as the run knows them ([`Fleet`]) and as AWS shows them now ([`LiveState`]).
//!
//! The state machine passes the fleet from state to state, so it is small: 1,000 servers stay under 256 KiB
//! ([`crate::payload`]). The fleet is not authoritative: every step reads the live state and adds the ids that the fleet lacks.

mod called;
mod chain;
mod claim;
mod cycle;
mod data_age;
mod existing;
mod lease;
mod live;
mod live_server;
mod marks;
mod protected;
mod read;
mod records;
mod server;
mod serving;
mod targets;

pub use called::{distinguish, name_of};
pub use chain::{Ambiguity, Chain, DrsView, KnownIds, Link};
pub use claim::{Claim, Claimed, Obstacle, Owners};
pub use cycle::tag_of_cycle;
pub use data_age::{data_age_seconds, from_before_the_freeze, too_old};
pub use existing::{
    LaunchConfigurations, LaunchTemplates, existed_before, launch_configurations, launch_templates,
};
pub use lease::{Lease, frozen_by};
pub use live::LiveState;
pub use live_server::{LiveServer, names};
pub use marks::Marks;
pub use protected::{protected_from_termination, still_protected, unprotect};
pub use read::{Reads, read, read_for_report};
pub use records::read_records;
pub use server::{Fleet, NAME_MAX, Redirected, Server, Times, oldest_data};
pub use serving::{Serving, a1_may_serve, launched_by_a_person, serving};
pub use targets::{Target, UNKNOWN_TTL_SECONDS, old_ttl_seconds, targets};
