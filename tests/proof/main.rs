//! The proof: the campaign holds, and it catches what is planted to break it. A proof that cannot fail proves nothing.

/// Slices of the campaign, small enough for every build.
mod slices;

/// A case is read back from its text; a failing one is made smaller.
mod cases;

/// What the campaign has found before.
mod regressions;

/// Each planted bug is caught.
mod planted;

/// The bugs.
mod bugs;

/// What stands between a bugged step and the world.
mod bug;

/// Bad plans, bad state machines, bad requests: generated, and refused.
mod garbage;
