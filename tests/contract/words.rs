//! Words outside the catalogue. The compiler sees to it that a message is made there alone; this check, that nobody writes
//! one into a place of an entry.

use std::path::Path;

use crate::repo::{found, none, texts};

/// Files with words that are no message of a step: each has a place of its own where people read them.
const OTHERS: &[&str] = &[
    // Problems of a plan, each with its path and its remedy.
    "crates/core/src/plan/",
    // What a text must be to be read as one of these; part of a plan's problem.
    "crates/core/src/id.rs",
    "crates/core/src/region.rs",
    "crates/core/src/timestamp.rs",
    // The names of the safety rules.
    "crates/core/src/rule.rs",
    // Problems of the HTTP API, in the form of RFC 9457.
    "functions/api/",
];

/// Names and quantities that stand in a place, and the grammar of lists. None says what to do.
const PHRASES: &[&str] = &[
    ", and DRS gives no estimate of the rest",
    ", about {} min to go",
    "from before the freeze, {} min old",
    "of unknown age",
    "1 free address",
    "\\nWarning at the start: {about}: {message}.",
    "\\nAnd {more} more, in the result of Check Readiness.",
    "1 thing stands",
    " ({home} more failed back already)",
    "it gives no reason",
    ". {remedy}, and start again",
    "{state}, {percent} % compared with A4",
    "older than {limit} s, or from before the freeze",
    "{}: the record now holds {values}",
    "EC2 gives no reason",
    "A4, in the source Region",
    "B3, in the recovery Region",
    "A1, in the source Region",
    "{} got no answer ({})",
    "the launch settings of B1",
    "jobs of the source Region",
    "jobs of the recovery Region",
    "an EC2 instance",
    "the records of the plan",
    "no hexadecimal digits",
    "the default subnet",
    "an address of A1, the original of {}",
    "not an address of B3 or A4 of {}",
    "the instance that it launched",
    "; and {} for other reasons",
    "an unknown state",
    "nothing to do",
    "the payload of the hook",
    "server of a job",
    "no reason given",
    "readable instance to launch into",
    "recovery instance's source server",
    "STS answers no credentials",
    "the answer names no {what}",
];

/// Returns the texts of a source, each with what stands before it in its statement.
fn literals(source: &str) -> Vec<(&str, String)> {
    let mut literals = Vec::new();
    let mut at = 0;
    while let Some(quote) = source[at..].find('"').map(|found| at + found) {
        let before = &source[..quote];
        let is_letter = before.ends_with('\'') && source[quote + 1..].starts_with('\'');
        let (start, end) = match before.strip_suffix('#') {
            Some(raw) if raw.ends_with('r') => {
                (quote + 1, source[quote..].find("\"#").map(|end| quote + end))
            }
            _ => (quote + 1, (!is_letter).then(|| closing(source, quote + 1)).flatten()),
        };
        match end {
            Some(end) => {
                let statement = before.rfind(';').map_or(before, |start| &before[start..]);
                literals.push((statement, joined(&source[start..end])));
                at = end + 1;
            }
            None => at = quote + 1,
        }
    }
    literals
}

/// Returns the position of the quote that ends a text.
fn closing(source: &str, start: usize) -> Option<usize> {
    let mut is_escaped = false;
    source[start..].char_indices().find_map(|(at, letter)| {
        let ends = letter == '"' && !is_escaped;
        is_escaped = letter == '\\' && !is_escaped;
        ends.then_some(start + at)
    })
}

/// Returns a text without line continuations.
fn joined(text: &str) -> String {
    let mut lines = text.split("\\\n");
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |whole, line| whole + line.trim_start())
}

/// Returns true for three words in a row.
fn is_prose(text: &str) -> bool {
    let is_word = |word: &str| {
        let word = word.trim_end_matches([',', ';', ':', '.']);
        !word.is_empty() && word.chars().all(|letter| letter.is_alphanumeric() || letter == '\'')
    };
    let words: Vec<bool> = text.split_whitespace().map(is_word).collect();
    words.windows(3).any(|three| three.iter().all(|is_word| *is_word))
}

/// Returns true for a text that goes to the log or to a developer.
fn is_for_nobody(statement: &str) -> bool {
    statement.contains("tracing::") || statement.ends_with("reason = ") || statement.ends_with("expect(")
}

fn free_words(path: &str, source: &str) -> Vec<String> {
    let own = source.split("#[cfg(test)]").next().unwrap_or_default();
    let code: String = own
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .fold(String::new(), |code, line| code + line + "\n");
    let free = literals(&code).into_iter().filter(|(statement, text)| {
        is_prose(text) && !is_for_nobody(statement) && !PHRASES.contains(&text.as_str())
    });
    free.map(|(_, text)| format!("{path} makes a message: `{text}`. Make it an entry of the catalogue"))
        .collect()
}

fn is_of_a_step(path: &str) -> bool {
    let is_rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    is_rust
        && path.contains("/src/")
        && !path.contains("/src/tests")
        && !path.contains("/catalogue/")
        && !OTHERS.iter().any(|other| path.starts_with(other))
}

#[test]
fn no_step_writes_a_message_outside_the_catalogue() {
    let places = ["functions", "crates/core", "crates/aws", "crates/lambda"];
    let sources: Vec<_> = places.into_iter().flat_map(texts).filter(|(path, _)| is_of_a_step(path)).collect();
    assert!(sources.len() > 100, "only {} files were found", sources.len());
    none(&sources.iter().flat_map(|(path, source)| free_words(path, source)).collect::<Vec<_>>());
    let all: Vec<String> =
        sources.iter().flat_map(|(_, source)| literals(source)).map(|(_, text)| text).collect();
    let unused: Vec<_> = PHRASES.iter().filter(|phrase| !all.iter().any(|text| text == *phrase)).collect();
    assert!(unused.is_empty(), "no step says {unused:?} any more");
    let planted = |code: &str| free_words("x.rs", code);
    found(&planted("fn x() { fault::not_ready(a, \"it does \\\n    not run\") }"), "`it does not run`");
    found(&planted("let a = '\"'; let b = format!(\"{a} is not there yet\");"), "is not there yet");
    found(&planted("let a = r#\"say \"no\" to it now\"#;"), "to it now");
    none(&planted("// it does not run\ntracing::warn!(a, \"it does not run\"); x.expect(\"it must run\")"));
    none(&planted("let a = \"A1 stopped\";\n#[cfg(test)]\nlet b = \"it does not run\";"));
}
