//! What the state machines and the stack tell people, as their files have it: the texts of members and of expressions, with
//! names for what is put in.

use std::collections::BTreeSet;

use failback_core::catalogue::deployed::Kind;
use failback_core::procedure::Procedure;
use serde_json::Value;

use crate::repo::{BOTH, machine, read, states};
use crate::yaml;

/// Expressions whose place is not called after the last name of a path.
const PLACES: &[(&str, &str)] = &[
    ("$states.context.Execution.Id", "execution"),
    ("$states.context.Task.Token", "token"),
    (
        "($contains($states.context.StateMachine.Id, ':') ? '--region ' & $split($states.context.StateMachine.Id, ':')[3] & \
         ' ' : '')",
        "--region ",
    ),
    ("$ceil($reminderSeconds / 60)", "minutes"),
    ("($exists($run.aborted.by) ? $run.aborted.by : 'somebody')", "by"),
    ("($exists($run.aborted.comment) ? ': ' & $run.aborted.comment : '')", "comment"),
    (
        "($contains($failure.cause, '\"errorMessage\"') ? $parse($failure.cause).errorMessage : $failure.cause)",
        "cause",
    ),
    ("${AWS::Region}", "region"),
];

/// Members of a state that people do not read in a message.
const NOT_TOLD: &[&str] = &["Comment", "Next", "Default", "StartAt", "ErrorEquals", "Resource"];

/// Parts of the template that describe the stack to whoever deploys it or looks at its resources, or name events of AWS.
const DESCRIBES: &[&str] =
    &["Description", "Metadata", "Parameters", "Outputs", "DashboardBody", "EventPattern"];

/// A text as a file has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Told {
    pub(crate) kind: Kind,
    pub(crate) text: String,
    /// The file, with the state or the resource.
    pub(crate) place: (&'static str, String),
}

fn name_of(expression: &str) -> String {
    let is_path = |path: &str| path.chars().all(|letter| letter.is_alphanumeric() || "$._".contains(letter));
    match PLACES.iter().find(|(known, _)| *known == expression) {
        Some((_, name)) => format!("{{{name}}}"),
        None if is_path(expression) => {
            format!("{{{}}}", expression.rsplit(['.', '$']).next().unwrap_or_default())
        }
        None => format!("{{{expression}}}"),
    }
}

/// Returns true for a text in which one word follows another. A code, a path and a name of a field are one word.
fn is_told(text: &str) -> bool {
    let mut fixed = String::new();
    let mut depth = 0_u32;
    for letter in text.chars() {
        match letter {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 => fixed.push(letter),
            _ => {}
        }
    }
    let words: Vec<&str> = fixed.split_whitespace().collect();
    let is_word = |word: &str| {
        let word = word.trim_end_matches([',', '.', ':', ';']);
        !word.is_empty() && word.chars().all(char::is_alphabetic)
    };
    words.windows(2).any(|pair| is_word(pair[0]) && is_word(pair[1]))
}

/// Returns the texts that an expression puts together: literals joined by `&`, and what else is joined as a place.
fn texts_of(expression: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let (mut text, mut operand) = (String::new(), String::new());
    let mut rest = expression;
    while let Some(letter) = rest.chars().next() {
        let size = match letter {
            '\'' | '"' => {
                let end = rest[1..].find(letter).map_or(rest.len(), |end| end + 2);
                operand.push_str(&rest[..end]);
                end
            }
            '(' | '[' | '{' => {
                let end = closing(rest);
                texts.extend(texts_of(&rest[1..end]));
                operand.push_str(&rest[..=end]);
                end + 1
            }
            '&' => {
                text += &operand_text(&operand);
                operand.clear();
                1
            }
            '?' | ':' | ',' | ';' | '=' | '!' | '<' | '>' => {
                texts.push(std::mem::take(&mut text) + &operand_text(&operand));
                operand.clear();
                1
            }
            _ => {
                operand.push(letter);
                letter.len_utf8()
            }
        };
        rest = &rest[size..];
    }
    texts.push(text + &operand_text(&operand));
    texts
}

/// Returns the position of the bracket that closes the one at the beginning.
fn closing(text: &str) -> usize {
    let mut depth = 0_u32;
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') if depth == 1 => return at,
            (None, ')' | ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

fn operand_text(operand: &str) -> String {
    let operand = operand.trim();
    let literal = ['\'', '"']
        .iter()
        .find_map(|quote| operand.strip_prefix(*quote)?.strip_suffix(*quote))
        .filter(|inside| !inside.contains('\'') || operand.starts_with('"'));
    match literal {
        // As the expression writes them.
        Some(inside) => inside.replace("\\n", "\n").replace("\\u0027", "'"),
        None if operand.is_empty() => String::new(),
        None => name_of(operand),
    }
}

/// Returns the texts of a value of a state, each with the member that has it.
fn strings<'v>(member: &'v str, value: &'v Value, strings_of: &mut Vec<(&'v str, String)>) {
    match value {
        Value::String(text) => match text.strip_prefix("{%").and_then(|text| text.strip_suffix("%}")) {
            Some(expression) => {
                strings_of.extend(texts_of(expression).into_iter().map(|text| (member, text)));
            }
            None => strings_of.push((member, text.clone())),
        },
        Value::Array(items) => items.iter().for_each(|item| strings(member, item, strings_of)),
        Value::Object(members) => {
            for (name, value) in members.iter().filter(|(name, _)| !NOT_TOLD.contains(&name.as_str())) {
                strings(name, value, strings_of);
            }
        }
        _ => {}
    }
}

/// Returns what a machine tells: a question by its paragraphs, because gates have the same answers.
pub(crate) fn of_machine(file: &'static str, machine: &Value) -> Vec<Told> {
    let names: BTreeSet<&str> = states(machine).map(|(name, _)| name).collect();
    let mut told = Vec::new();
    for (state, value) in states(machine) {
        let mut found = Vec::new();
        strings("", value, &mut found);
        for (member, text) in found.into_iter().filter(|(_, text)| !names.contains(text.as_str())) {
            for (index, text) in text.split("\n\n").enumerate().filter(|(_, text)| is_told(text)) {
                let kind = match (member, index) {
                    ("Subject", _) => Kind::Subject,
                    ("Message", 0) => Kind::Question,
                    ("Message", _) => Kind::Answer,
                    _ => Kind::End,
                };
                told.push(Told { kind, text: text.to_owned(), place: (file, state.to_owned()) });
            }
        }
    }
    told
}

/// Returns a text of the template with its places: `${X}`, which CloudFormation fills in, and `<x>`, which EventBridge does.
fn with_places(text: &str) -> String {
    let text = PLACES.iter().fold(text.to_owned(), |text, (expression, name)| {
        if expression.starts_with("${") { text.replace(expression, &format!("{{{name}}}")) } else { text }
    });
    text.replace("${", "{").replace('<', "{").replace('>', "}")
}

pub(crate) fn of_template(template: &Value) -> Vec<Told> {
    let mut told = Vec::new();
    for (section, members) in template.as_object().expect("a template has sections") {
        for (name, value) in members.as_object().into_iter().flatten() {
            if !DESCRIBES.contains(&section.as_str()) {
                of_resource(name, "", value, &mut told);
            }
        }
    }
    told
}

fn of_resource(name: &str, member: &str, value: &Value, told: &mut Vec<Told>) {
    match value {
        Value::String(text) => {
            let kind = match member {
                "AlarmDescription" => Kind::Alarm,
                "AssertDescription" => Kind::Deployment,
                _ => Kind::Mail,
            };
            // EventBridge's text is a string of JSON.
            let text = serde_json::from_str::<String>(text).unwrap_or_else(|_| text.clone());
            let text = with_places(&text);
            if is_told(&text) {
                told.push(Told { kind, text, place: ("template.yaml", name.to_owned()) });
            }
        }
        Value::Array(items) => items.iter().for_each(|item| of_resource(name, member, item, told)),
        Value::Object(members) => {
            for (inside, value) in members.iter().filter(|(inside, _)| !DESCRIBES.contains(&inside.as_str()))
            {
                // `Fn::Sub` fills in the member's own text.
                let member = if inside.starts_with("Fn::") { member } else { inside };
                of_resource(name, member, value, told);
            }
        }
        _ => {}
    }
}

pub(crate) fn file_of(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Drill => "statemachine/drill.asl.json",
        Procedure::Failback => "statemachine/failback.asl.json",
    }
}

/// Returns everything that the files tell.
pub(crate) fn all() -> Vec<Told> {
    let machines = BOTH.iter().flat_map(|procedure| of_machine(file_of(*procedure), &machine(*procedure)));
    machines.chain(of_template(&yaml::read(&read("template.yaml")))).collect()
}
