//! Whole procedures in the simulated world, and their end states.

/// Shorthands for worlds, plans and runs.
mod support;

/// The end state for every fleet size and seed.
mod whole;

/// The safe end of each fault, and the continuation.
mod faults;

/// The evidence of every run.
mod evidence;

/// Answers at gates that are neither a yes nor a no.
mod answers;

/// The answers at gates: approval, refusal or none.
mod gates;

/// Failbacks that have writes to B3 stopped before the launch.
mod freeze;

/// A drill that people can test in.
mod hold;
mod hook;

/// A failback that ends as ready to go home, and the watch until it is continued.
mod ready;

/// Obstacles that are found before anything changes.
mod readiness;

/// Drills of servers that run in the recovery Region.
mod kept;

/// Every answer to the open questions of DRS.
mod switches;

/// Runs that continue work that was started by hand, or by a run that was cut off.
mod resumed;

/// Two runs at the same time.
mod together;

/// Refusals of the guard: calls too early, or on the wrong resource.
mod guard;

/// Polls, transitions and payloads, which must not grow with the fleet.
mod scale;

/// The report of a run, beside what the world saw of it.
mod told;

/// What people are told, and what they are to do about it.
mod words;
