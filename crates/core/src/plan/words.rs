//! What serde says of a wrong value, in words for the person who wrote the plan.

use serde_json::Value;

/// The longest example in a remedy, in bytes. A longer one hides what is wrong.
const EXAMPLE_BYTES_MAX: usize = 160;

/// What is expected, by serde and in words.
const EXPECTED: &[(&str, &str)] = &[
    ("a boolean", "true or false"),
    ("a string", "a text"),
    ("a sequence", "a list"),
    ("u8", "a whole number from 0 on"),
    ("u16", "a whole number from 0 on"),
    ("u32", "a whole number from 0 on"),
    ("u64", "a whole number from 0 on"),
    ("usize", "a whole number from 0 on"),
    ("i64", "a whole number"),
];

/// What was found, by serde and in words.
const FOUND: &[(&str, &str)] = &[
    ("integer ", "the number "),
    ("floating point ", "the number "),
    ("string ", "the text "),
    ("boolean ", ""),
    ("sequence", "a list"),
    ("map", "an object"),
    ("null", "null"),
];

/// Returns a message of serde about a wrong value in plain words; other messages as they are.
pub(super) fn plain(message: &str) -> String {
    let rest = message.strip_prefix("invalid type: ").or_else(|| message.strip_prefix("invalid value: "));
    let Some((found, expected)) = rest.and_then(|rest| rest.split_once(", expected ")) else {
        return message.to_owned();
    };
    let found =
        FOUND.iter().find_map(|(serde, words)| Some(format!("{words}{}", found.strip_prefix(serde)?)));
    let of_struct = expected.starts_with("struct ")
        || expected.starts_with("a map")
        || expected.starts_with("internally");
    let expected = match EXPECTED.iter().find(|(serde, _)| *serde == expected) {
        Some((_, words)) => words,
        None if of_struct => "an object",
        None => expected,
    };
    found.map_or_else(|| message.to_owned(), |found| format!("{found} where {expected} belongs"))
}

/// Returns the remedy that shows a correct value.
pub(super) fn example(example: &Value) -> String {
    let text = example.to_string();
    if text.len() <= EXAMPLE_BYTES_MAX {
        return format!("Write for example {text}");
    }
    let names: Vec<&str> =
        example.as_object().into_iter().flat_map(|members| members.keys()).map(String::as_str).collect();
    match names.as_slice() {
        [] => "Compare with examples/plans".to_owned(),
        names => format!("Write an object; its members are `{}` (docs/plan.md)", names.join("`, `")),
    }
}

/// Returns the remedy for a name that nothing has: the most similar one of those that serde expects, or all of them.
pub(super) fn instead_of(name: &str, expected: &str) -> String {
    let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    let distance = |known: &&str| strsim::damerau_levenshtein(&name.to_lowercase(), &known.to_lowercase());
    match known.iter().min_by_key(|known| distance(known)) {
        Some(similar) if distance(similar) <= similar.len().max(3) / 3 => {
            format!("Did you mean `{similar}`? If not, remove it")
        }
        _ => format!("Remove it, or use the right name: {expected}"),
    }
}
