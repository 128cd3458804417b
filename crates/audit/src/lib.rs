//! An auditor that watches the simulated world after every call and every event, and judges the safety rules S1 to S12.
//!
//! It has code of its own: it reads the actual state of the world, not what AWS would show, and shares no check with
//! the guard that enforces the rules. So one mistake cannot hide in both.

mod abort;
mod auditor;
mod calls;
mod coverage;
mod existing;
mod freeze;
mod invariants;
mod observations;
mod originals;
mod others;
mod records;
mod serving;
mod settings;
mod verdict;

pub use auditor::Auditor;
pub use coverage::{Coverage, Part, Place};
pub use observations::Violation;
pub use verdict::{End, Verdict};
