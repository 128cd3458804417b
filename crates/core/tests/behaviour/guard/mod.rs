//! Every warrant of the guard: granted in a world where it should be, refused when one precondition is falsified.

mod abort;
mod claim;
mod drill;
mod failback;
mod freeze;
mod shared;
