//! The limits of Step Functions, and how near to them an execution comes.

use std::io;

use serde_json::Value;

use crate::event::Event;
use crate::interpreter::ErrorOutput;

/// The most events that the history of an execution has.
pub const HISTORY_LIMIT: u64 = 25_000;

/// The most bytes of JSON that an input, an output, an argument, a result or a variable has.
pub const PAYLOAD_LIMIT: usize = 262_144;

/// What an execution has used so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// State transitions, which are what is paid for: each state entered and each retry.
    pub transitions: u64,
    /// Events in the history.
    pub history_events: u64,
    /// The size of the largest payload, in bytes of JSON.
    pub payload_bytes_max: usize,
}

/// The account of an execution, and what has happened since it was last asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    pub(crate) stats: Stats,
    pub(crate) news: Vec<Event>,
}

impl History {
    /// Counts events, and fails when no place is left for the event of the end.
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

    /// Weighs a payload, and fails when it is too heavy.
    pub(crate) fn weigh(&mut self, what: &str, payload: &Value) -> Result<(), ErrorOutput> {
        let bytes = size(payload);
        self.stats.payload_bytes_max = self.stats.payload_bytes_max.max(bytes);
        if bytes <= PAYLOAD_LIMIT {
            return Ok(());
        }
        let cause = format!("{what} has {bytes} bytes of JSON; at most {PAYLOAD_LIMIT} are allowed");
        Err(ErrorOutput::new(ErrorOutput::DATA_LIMIT, cause))
    }
}

/// The bytes of the value as JSON, without making them.
fn size(value: &Value) -> usize {
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
        // Not to be: the keys are strings and the counter takes all. Too much is the safe answer.
        Err(_) => usize::MAX,
    }
}
