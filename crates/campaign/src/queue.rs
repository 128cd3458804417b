//! The groups that are still to be played, for several threads.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::shared::Group;

/// Groups that are still to be played. The last is taken first: it has gone furthest, so few worlds are kept at a time.
pub(crate) struct Queue<'c> {
    waiting: Mutex<Waiting<'c>>,
    changed: Condvar,
}

struct Waiting<'c> {
    groups: Vec<Group<'c>>,
    /// The number of groups that are played now. Each may part.
    in_play: usize,
}

impl<'c> Queue<'c> {
    pub(crate) fn of(groups: Vec<Group<'c>>) -> Self {
        Self { waiting: Mutex::new(Waiting { groups, in_play: 0 }), changed: Condvar::new() }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting<'c>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a group, and waits for one while others are in play. Returns none when all are played.
    pub(crate) fn take(&self) -> Option<Group<'c>> {
        let mut waiting = self.waiting();
        loop {
            if let Some(group) = waiting.groups.pop() {
                waiting.in_play += 1;
                return Some(group);
            }
            if waiting.in_play == 0 {
                return None;
            }
            waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn put(&self, group: Group<'c>) {
        self.waiting().groups.push(group);
        self.changed.notify_one();
    }

    /// Notes that a group that was taken has been played.
    pub(crate) fn played(&self) {
        self.waiting().in_play -= 1;
        self.changed.notify_all();
    }
}
