//! The proof: the campaign holds, and it catches what is planted to break it. A proof that cannot fail proves nothing.

/// A view of the simulated world that lies.
mod lens;

/// Programs with a planted bug, each of which the campaign catches.
mod planted;

/// What each planted bug does.
mod bugs;

/// Slices of the campaign, small enough for every build.
mod slices;

/// A case is read back from its text; a failing one is made smaller.
mod cases;

/// Whatever is wrong with an input, nothing is written to AWS.
mod inputs;
