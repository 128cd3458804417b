//! The text of a plan file: JSON in UTF-8. What people save instead of that is refused with what to do about it, and so is a
//! name that stands twice in an object, of which JSON parsers silently take the last.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::problem::Problem;

/// What UTF-8 begins with where a program marks it.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Reads the JSON of a plan file, or of a request that holds one.
///
/// # Errors
/// The problem of its text.
pub fn json_value(bytes: &[u8]) -> Result<Value, Problem> {
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes);
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") || bytes.get(1) == Some(&0) {
        return Err(problem("UTF-16, and a plan is UTF-8", "Save it as UTF-8"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let at = error.valid_up_to();
        let line = bytes[..at].split(|byte| *byte == b'\n').count();
        problem(format!("not UTF-8: byte {} in line {line}", at + 1), "Save it as UTF-8")
    })?;
    if text.trim().is_empty() {
        return Err(problem("empty", "Begin with one of examples/plans"));
    }
    if !text.trim_start().starts_with(['{', '[', '"', '/', '#'])
        && serde_json::from_str::<Value>(text).is_err()
    {
        let remedy = "Write it as a JSON object, which begins with `{`; YAML is not read";
        return Err(problem("not JSON", remedy));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let read = Strict { path: "$".to_owned() }.deserialize(&mut deserializer);
    read.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| wrong(text, &error))
}

fn problem(message: impl Into<String>, remedy: &str) -> Problem {
    Problem::new("$", message, remedy)
}

/// Returns the problem of a text at which the parser stopped.
fn wrong(text: &str, error: &serde_json::Error) -> Problem {
    let said = error.to_string();
    if let Some((path, _)) = said.split_once(TWICE) {
        let place = format!("written twice, the second time in line {}", error.line());
        return Problem::new(
            path,
            place,
            "Remove one of them: which one counts must not depend on the parser",
        );
    }
    let line = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default();
    // The column counts bytes from 1, and may lie behind the end of the line.
    let before: Vec<u8> = line.bytes().take(error.column()).collect();
    let before = String::from_utf8_lossy(&before).into_owned();
    let rest = line.get(before.len().saturating_sub(1)..).unwrap_or_default();
    let remedy = if rest.starts_with('/') || rest.starts_with('#') {
        "JSON has no comments: remove it"
    } else if rest.starts_with(['}', ']'])
        && before.trim_end_matches(['}', ']']).trim_end().is_empty() | said.contains("trailing comma")
    {
        "Remove the comma before it"
    } else if rest.starts_with('\'') {
        "Write texts in double quotes"
    } else {
        "Correct the syntax at that line and column"
    };
    problem(format!("not JSON: {}", said.replace("EOF while parsing", "the text ends within")), remedy)
}

/// Marks the path of a name that stands twice, in an error of the parser.
const TWICE: &str = "\u{1}";

/// Reads a value in which no object has a name twice.
struct Strict {
    path: String,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) =
            items.next_element_seed(Self { path: format!("{}[{}]", self.path, values.len()) })?
        {
            values.push(value);
        }
        Ok(values.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let (mut values, mut names) = (Map::new(), BTreeSet::new());
        while let Some(name) = members.next_key::<String>()? {
            let path = format!("{}.{name}", self.path);
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format!("{path}{TWICE}")));
            }
            let value = members.next_value_seed(Self { path })?;
            values.insert(name, value);
        }
        Ok(values.into())
    }
}
