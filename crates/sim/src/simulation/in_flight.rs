//! Calls that are under way. Several at a time take the time of the longest, as they do in AWS.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::Simulation;

/// A moment of virtual time, and a number that tells apart what is due at the same one.
type Due = (i64, u64);

/// What waits for a moment of virtual time, in the order in which it is due.
#[derive(Debug, Default)]
pub(super) struct InFlight(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    due: BTreeMap<Due, Waker>,
    added: u64,
    /// The process that makes the calls has died: nothing of it goes on.
    has_died: bool,
}

impl InFlight {
    fn with<T>(&self, act: impl FnOnce(&mut Waiting) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Ends the process that makes the calls.
    pub(super) fn die(&self) {
        self.with(|waiting| waiting.has_died = true);
    }

    /// Returns true once after the process has died, and forgets what it waited for.
    fn take_death(&self) -> bool {
        self.with(|waiting| {
            let has_died = std::mem::take(&mut waiting.has_died);
            if has_died {
                waiting.due.clear();
            }
            has_died
        })
    }
}

/// A wait until a moment of virtual time. What waits for an earlier one goes first.
pub(super) struct Until<'s> {
    simulation: &'s Simulation,
    at_ms: i64,
    /// The number among what waits, once it does.
    number: Option<u64>,
}

impl Future for Until<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let at_ms = self.at_ms;
        let waker = context.waker().clone();
        let number = self.number;
        let number = self.simulation.in_flight.with(|waiting| match number {
            // Taken out when its moment had come.
            Some(number) if !waiting.due.contains_key(&(at_ms, number)) => None,
            known => {
                let number = known.unwrap_or_else(|| {
                    waiting.added += 1;
                    waiting.added
                });
                waiting.due.insert((at_ms, number), waker);
                Some(number)
            }
        });
        self.number = number;
        if number.is_none() { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Until<'_> {
    fn drop(&mut self) {
        if let Some(number) = self.number {
            self.simulation.in_flight.with(|waiting| waiting.due.remove(&(self.at_ms, number)));
        }
    }
}

impl Simulation {
    /// Waits until a moment of virtual time, in milliseconds since 1970.
    pub(super) fn until(&self, at_ms: i64) -> Until<'_> {
        Until { simulation: self, at_ms, number: None }
    }

    /// Runs a process to its end, while virtual time passes for what it waits for. Returns `None` when it died, or waits for
    /// what never comes.
    pub fn run<T>(&self, process: impl Future<Output = T>) -> Option<T> {
        let mut process = pin!(process);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            let polled = process.as_mut().poll(&mut context);
            if self.in_flight.take_death() {
                return None;
            }
            if let Poll::Ready(value) = polled {
                return Some(value);
            }
            let ((at_ms, _), waker) = self.in_flight.with(|waiting| waiting.due.pop_first())?;
            self.world().advance_to(at_ms);
            waker.wake();
        }
    }
}
