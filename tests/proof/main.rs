//! The proof: the campaign holds, and it detects every planted bug. A proof that cannot fail proves nothing.

/// Parts of the campaign, small enough for every build.
mod slices;

/// The textual form of cases, and the reduction of failing ones.
mod cases;

/// Cases that the campaign has found before.
mod regressions;
/// The remedies that the product prints.
mod remedies;

/// The detection of each planted bug.
mod planted;

/// The bugs about what serves clients, each with its detection.
mod who_serves;

/// The bugs.
mod bugs;

/// The layer between a step with a bug and the world.
mod bug;

/// Generated bad plans, state machines and requests, which must be refused.
mod garbage;
