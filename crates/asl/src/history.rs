//! The quotas of Step Functions, and how much of them an execution uses.

use std::sync::Arc;

use serde_json::{Number, Value};

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
    /// The payload that was measured last, with its size: the same one goes from state to state.
    measured: Option<(Arc<Value>, usize)>,
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
    pub(crate) fn check_size(&mut self, name: &str, payload: &Arc<Value>) -> Result<(), ErrorOutput> {
        let known = self.measured.as_ref().filter(|(measured, _)| Arc::ptr_eq(measured, payload));
        let bytes = known.map_or_else(|| json_bytes(payload), |(_, bytes)| *bytes);
        self.check_known_size(name, payload, bytes)
    }

    /// Does the same for a payload of which the size is known.
    pub(crate) fn check_known_size(
        &mut self,
        name: &str,
        payload: &Arc<Value>,
        bytes: usize,
    ) -> Result<(), ErrorOutput> {
        self.measured = Some((Arc::clone(payload), bytes));
        self.check_bytes(bytes, || name.to_owned())
    }

    /// Does the same for the value of a variable.
    pub(crate) fn check_variable(&mut self, variable: &str, value: &Value) -> Result<(), ErrorOutput> {
        self.check_bytes(json_bytes(value), || format!("the variable `{variable}`"))
    }

    fn check_bytes(&mut self, bytes: usize, name: impl FnOnce() -> String) -> Result<(), ErrorOutput> {
        self.stats.payload_bytes_max = self.stats.payload_bytes_max.max(bytes);
        if bytes <= PAYLOAD_LIMIT {
            return Ok(());
        }
        let cause = format!("{} has {bytes} bytes of JSON; at most {PAYLOAD_LIMIT} are allowed", name());
        Err(ErrorOutput::new(ErrorOutput::DATA_LIMIT, cause))
    }
}

/// Returns the length of the value as JSON text, without building the text.
pub(crate) fn json_bytes(value: &Value) -> usize {
    // The brackets, and the commas between members.
    let around = |members: usize| 2 + members.saturating_sub(1);
    match value {
        Value::Null | Value::Bool(true) => 4,
        Value::Bool(false) => 5,
        Value::Number(number) => number_bytes(number),
        Value::String(text) => string_bytes(text),
        Value::Array(items) => around(items.len()) + items.iter().map(json_bytes).sum::<usize>(),
        Value::Object(members) => {
            let member = |(name, member): (&String, &Value)| string_bytes(name) + 1 + json_bytes(member);
            around(members.len()) + members.iter().map(member).sum::<usize>()
        }
    }
}

fn number_bytes(number: &Number) -> usize {
    let digits = |integer: u64| integer.checked_ilog10().map_or(1, |log| log as usize + 1);
    match (number.as_u64(), number.as_i64()) {
        (Some(integer), _) => digits(integer),
        (None, Some(integer)) => 1 + digits(integer.unsigned_abs()),
        (None, None) => number.to_string().len(),
    }
}

fn string_bytes(text: &str) -> usize {
    let is_escaped = |byte: u8| byte < 0x20 || byte == b'"' || byte == b'\\';
    // Looks at every byte even after a match: without a jump, many bytes are compared at once.
    if !text.bytes().fold(false, |any, byte| any | is_escaped(byte)) {
        return 2 + text.len();
    }
    let escape = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 1,
        // As in \u001f.
        0x00..=0x1f => 5,
        _ => 0,
    };
    2 + text.len() + text.bytes().map(escape).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_length_is_that_of_the_text() {
        let values = [
            json!(null),
            json!([true, false, null, [], {}, ""]),
            json!([0, 9, 10, 99, 100, -1, -10, i64::MIN, i64::MAX, u64::MAX]),
            json!([0.5, -2.0, 1e300, 1e-7, -0.0]),
            json!({ "a\"b\\": "\u{0}\u{1f}\u{7f}\n\r\t\u{8}\u{c}/é😀", "c": { "d": [1, { "e": 2 }] } }),
        ];
        for value in values {
            assert_eq!(json_bytes(&value), value.to_string().len(), "{value}");
        }
    }
}
