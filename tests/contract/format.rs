//! The format of state machine files: one field of a state per line, short values on one line, and longer values
//! filled up to the same width. It keeps machines readable and changes small. `UPDATE_GOLDEN=1` rewrites the files in
//! this format.

use std::fs;

use failback_rehearsal::machines;
use serde_json::Value;

use crate::repo::{BOTH, root};

/// The columns of a line.
const WIDTH: usize = 120;

/// The depth down to which containers have one member per line: the machine, its states, and the fields of each state.
const OPEN_DEPTH: usize = 3;

/// Returns a machine in this format, with a final newline.
fn formatted(machine: &Value) -> String {
    let mut text = String::new();
    write(machine, 0, 0, 0, &mut text);
    text.push('\n');
    text
}

/// Writes a value that starts after `before` columns and is followed by `after` more.
fn write(value: &Value, depth: usize, before: usize, after: usize, text: &mut String) {
    let short = inline(value);
    if depth >= OPEN_DEPTH && before + short.chars().count() + after <= WIDTH {
        return text.push_str(&short);
    }
    match value {
        Value::Object(members) if !members.is_empty() => {
            let members = members.iter().map(|(name, value)| (format!("{}: ", quoted(name)), value));
            container(('{', '}'), &members.collect::<Vec<_>>(), depth, text);
        }
        Value::Array(items) => match items.as_slice() {
            // A list of one object, such as Retry and Catch, takes no lines of its own.
            [only @ Value::Object(_)] => {
                text.push('[');
                write(only, depth, before + 1, after + 1, text);
                text.push(']');
            }
            items => {
                let items = items.iter().map(|item| (String::new(), item));
                container(('[', ']'), &items.collect::<Vec<_>>(), depth, text);
            }
        },
        _ => text.push_str(&short),
    }
}

/// Writes the members of an object or array on their own lines: one per line near the top, and as many as fit below.
fn container((open, close): (char, char), members: &[(String, &Value)], depth: usize, text: &mut String) {
    let indent = (depth + 1) * 2;
    text.push(open);
    let mut column = usize::MAX;
    for (index, (name, value)) in members.iter().enumerate() {
        let last = index + 1 == members.len();
        let short = name.chars().count() + inline(value).chars().count();
        let is_filled = depth >= OPEN_DEPTH && is_scalar(value);
        // One space before, one comma after.
        if is_filled && column < WIDTH && column + short + 2 <= WIDTH {
            text.push(' ');
            column += 1;
        } else {
            text.push('\n');
            text.push_str(&" ".repeat(indent));
            column = indent;
        }
        text.push_str(name);
        write(value, depth + 1, column + name.chars().count(), usize::from(!last), text);
        if !last {
            text.push(',');
        }
        column = if is_filled { column + short + 1 } else { usize::MAX };
    }
    text.push('\n');
    text.push_str(&" ".repeat(depth * 2));
    text.push(close);
}

fn is_scalar(value: &Value) -> bool {
    !value.is_object() && !value.is_array()
}

/// Returns a value on one line, with a space after each comma and colon and inside braces.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{}: {}", quoted(name), inline(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[test]
fn machines_are_written_in_their_one_form() {
    for procedure in BOTH {
        let text = machines::text(procedure);
        let machine: Value = serde_json::from_str(text).expect("a state machine is JSON");
        let wanted = formatted(&machine);
        let file = root().join(format!("statemachine/{procedure}.asl.json"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&file, wanted).expect("the file can be written");
            continue;
        }
        let differs = text.lines().zip(wanted.lines()).zip(1..).find(|((is, wanted), _)| is != wanted);
        assert!(
            text == wanted,
            "statemachine/{procedure}.asl.json is not in its one form, first at {differs:?}: write it with \
             UPDATE_GOLDEN=1 cargo test -p drs-failback --test contract"
        );
    }
}

#[test]
fn the_form_is_compact_and_says_the_same() {
    let machine = serde_json::json!({
        "StartAt": "A",
        "States": { "A": {
            "Type": "Task",
            "Retry": [{ "ErrorEquals": ["x".repeat(60), "y".repeat(60)], "MaxAttempts": 3, "BackoffRate": 2 }],
            "Arguments": { "FunctionName": "f", "Payload": {} },
        } },
    });
    let text = formatted(&machine);
    assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), machine);
    let expected = format!(
        r#"{{
  "StartAt": "A",
  "States": {{
    "A": {{
      "Type": "Task",
      "Retry": [{{
        "ErrorEquals": [
          "{}",
          "{}"
        ],
        "MaxAttempts": 3, "BackoffRate": 2
      }}],
      "Arguments": {{ "FunctionName": "f", "Payload": {{}} }}
    }}
  }}
}}
"#,
        "x".repeat(60),
        "y".repeat(60)
    );
    assert_eq!(text, expected);
    assert!(formatted(&serde_json::json!({ "a": "b".repeat(200) })).lines().count() == 3);
}
