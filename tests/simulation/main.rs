//! Whole procedures in the simulated world: what they end in, whatever happens on the way.

/// Worlds, plans and runs, in a line each.
mod support;

/// Every size and seed ends in exactly what should be left.
mod whole;

/// Each fault ends safely, and what it held up carries on.
mod faults;

/// What is kept of every run.
mod evidence;

/// People say yes, no or nothing.
mod gates;

/// What stands in the way is found before anything changes.
mod readiness;

/// Drills of servers that run in the recovery Region.
mod kept;

/// Whatever DRS turns out to do where its documents leave it open.
mod switches;

/// What was begun by hand, or by a run that was cut off, is carried on.
mod resumed;

/// Two runs at once.
mod together;

/// The guard refuses what a step is made to ask for too early, or of the wrong thing.
mod guard;

/// Polls, transitions and payloads do not grow with the fleet.
mod scale;
