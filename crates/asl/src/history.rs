//! The quotas of Step Functions, and how much of them an execution uses.

use std::io;

use serde_json::Value;

use crate::error_output::ErrorOutput;
use crate::event::Event;

/// The quota of events in the history of an execution.
pub const HISTORY_LIMIT: u64 = 25_000;

/// The quota of an input, an output, arguments, a result or a variable, in bytes of JSON.
pub const PAYLOAD_LIMIT: usize = 262_144;

/// The usage of an execution so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// State transitions, which AWS bills: one for each state entered and one for each retry.
    pub transitions: u64,
    /// Events that Step Functions would have in the history of the execution.
    pub history_events: u64,
    /// The size of the largest payload, in bytes of JSON.
    pub payload_bytes_max: usize,
}

/// The usage of an execution, and the events that its caller has not taken yet.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) stats: Stats,
    pub(crate) pending_events: Vec<Event>,
}

impl History {
    /// Keeps an event for the caller. It does not count for the quota: `count` does that.
    pub(crate) fn push(&mut self, event: Event) {
        self.pending_events.push(event);
    }

    /// Counts events of Step Functions' history. Fails if none is left for the event that ends the execution.
    pub(crate) fn count(&mut self, events: u64) -> Result<(), ErrorOutput> {
        if self.stats.history_events + events >= HISTORY_LIMIT {
            let cause =
                format!("The execution reached the maximum number of history events ({HISTORY_LIMIT}).");
            self.stats.history_events = HISTORY_LIMIT - 1;
            return Err(ErrorOutput::new(ErrorOutput::RUNTIME, cause));
        }
        self.stats.history_events += events;
        Ok(())
    }

    /// Adds the size of a payload to the usage. Fails if it exceeds the quota; the cause starts with `name`.
    pub(crate) fn check_size(&mut self, name: &str, payload: &Value) -> Result<(), ErrorOutput> {
        let bytes = json_bytes(payload);
        self.stats.payload_bytes_max = self.stats.payload_bytes_max.max(bytes);
        if bytes <= PAYLOAD_LIMIT {
            return Ok(());
        }
        let cause = format!("{name} has {bytes} bytes of JSON; at most {PAYLOAD_LIMIT} are allowed");
        Err(ErrorOutput::new(ErrorOutput::DATA_LIMIT, cause))
    }
}

/// Returns the length of the value as JSON text, without building the text.
fn json_bytes(value: &Value) -> usize {
    struct Counter(usize);
    impl io::Write for Counter {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counter = Counter(0);
    match serde_json::to_writer(&mut counter, value) {
        Ok(()) => counter.0,
        // Cannot happen: all keys are strings, and the counter never fails. Too large is the safe answer.
        Err(_) => usize::MAX,
    }
}
