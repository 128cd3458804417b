//! The reader of plan files, which finds every problem at once.
//!
//! Serde stops at the first problem. The reader replaces the place where serde stopped with the value of a complete,
//! correct plan, and reads again until nothing is left to repair.

use serde_json::Value;
use serde_path_to_error::{Path, Segment};

use super::problem::{Problem, Problems};
use super::{Plan, check, text, words};

/// A plan with every field. Its values replace missing and malformed ones, so that reading can continue.
const COMPLETE: &str = include_str!("complete.json");

/// The member by which a file names its schema.
const SCHEMA: &str = "$schema";

/// The largest number of problems that are reported.
const PROBLEMS_MAX: usize = 100;

impl Plan {
    /// Reads a plan from JSON text.
    ///
    /// # Errors
    /// All problems of the plan.
    pub fn parse(text: &str) -> Result<Self, Problems> {
        Self::of_file(text.as_bytes()).map(|(_, plan)| plan)
    }

    /// Reads a plan file. Returns the value that it holds, which is an execution's input, and the plan.
    ///
    /// # Errors
    /// All problems of the plan, or the one of its text.
    pub fn of_file(bytes: &[u8]) -> Result<(Value, Self), Problems> {
        let value = text::json_value(bytes).map_err(|problem| Problems(vec![problem]))?;
        let plan = Self::read(&value)?;
        Ok((value, plan))
    }

    /// Reads a plan from a JSON value.
    ///
    /// # Errors
    /// All problems of the plan.
    pub fn read(value: &Value) -> Result<Self, Problems> {
        let mut written = value.clone();
        // Editors check a file by the schema that it names.
        if let Some(members) =
            written.as_object_mut().filter(|members| members.get(SCHEMA).is_some_and(Value::is_string))
        {
            members.remove(SCHEMA);
        }
        let value = &written;
        let (plan, mut problems) = read_mending(value.clone());
        let mended: Vec<String> = problems.iter().map(|problem| problem.path.clone()).collect();
        if let Some(plan) = &plan {
            problems.extend(lists_for_objects(value, plan));
            let of_meaning = check::problems(plan);
            problems.extend(of_meaning.into_iter().filter(|p| !mended.iter().any(|m| lies_in(&p.path, m))));
        }
        match plan {
            Some(plan) if problems.is_empty() => Ok(plan),
            _ => Err(Problems(problems)),
        }
    }
}

/// Returns true when `path` is `place`, or lies inside it or around it. The meaning of a repaired place is not checked.
fn lies_in(path: &str, place: &str) -> bool {
    place != "$" && (path.starts_with(place) || place.starts_with(&format!("{path}.")))
}

/// Returns a problem for every object that is written as a list of its values. Serde takes the fields of a struct in
/// either form; the documented format and its schema have the object alone.
fn lists_for_objects(value: &Value, plan: &Plan) -> Vec<Problem> {
    let mut found = Vec::new();
    let read = serde_json::to_value(plan).unwrap_or_default();
    compare_forms(value, &read, "$", &mut found);
    found
}

fn compare_forms(written: &Value, read: &Value, path: &str, found: &mut Vec<Problem>) {
    match (written, read) {
        (Value::Array(_), Value::Object(_)) => {
            found.push(Problem::new(
                path,
                "a list where an object belongs",
                format!("Write for example {read}"),
            ));
        }
        (Value::Array(written), Value::Array(read)) => {
            for (i, (written, read)) in written.iter().zip(read).enumerate() {
                compare_forms(written, read, &format!("{path}[{i}]"), found);
            }
        }
        (Value::Object(written), Value::Object(read)) => {
            for (name, written) in written {
                if let Some(read) = read.get(name) {
                    compare_forms(written, read, &format!("{path}.{name}"), found);
                }
            }
        }
        _ => {}
    }
}

/// Reads a plan, repairs the place where serde stops, and reads again.
fn read_mending(mut value: Value) -> (Option<Plan>, Vec<Problem>) {
    let complete: Value = serde_json::from_str(COMPLETE).unwrap_or_default();
    let mut problems = Vec::new();
    while problems.len() < PROBLEMS_MAX {
        let error = match serde_path_to_error::deserialize::<_, Plan>(value.clone()) {
            Ok(plan) => return (Some(plan), problems),
            Err(error) => error,
        };
        let message = error.inner().to_string();
        let path = error.path();
        let Some(problem) = mend(&mut value, &complete, path, &message) else {
            problems.push(Problem::new(
                written(path),
                message,
                "Compare with the examples of the documentation",
            ));
            break;
        };
        // The contradiction may come from the example with which a member was repaired.
        let member_was_mended =
            problems.iter().any(|mended: &Problem| is_member(&mended.path, &problem.path));
        if !(is_of_a_part(&message) && member_was_mended) {
            problems.push(problem);
        }
    }
    (None, problems)
}

/// Returns true for the message of a part in which not exactly one alternative is given: its remedy is on a second
/// line.
fn is_of_a_part(message: &str) -> bool {
    message.contains('\n')
}

fn is_member(path: &str, part: &str) -> bool {
    let member = path.strip_prefix(part).and_then(|rest| rest.strip_prefix('.'));
    member.is_some_and(|name| !name.contains(['.', '[']))
}

/// Repairs the place where reading stopped, and returns the problem there.
fn mend(value: &mut Value, complete: &Value, path: &Path, message: &str) -> Option<Problem> {
    let steps: Vec<&Segment> = path.iter().filter(|s| !matches!(s, Segment::Unknown)).collect();
    if let Some(field) = quoted_after(message, "unknown field `") {
        // The path names the field itself; its parent holds it.
        let parents = if ends_with(&steps, &field) { &steps[..steps.len() - 1] } else { &steps[..] };
        at_mut(value, parents)?.as_object_mut()?.remove(&field)?;
        let expected = message.split_once(", ").map_or("", |(_, expected)| expected);
        let remedy = words::instead_of(&field, expected);
        return Some(Problem::new(format!("{}.{field}", join(parents)), "unknown field", remedy));
    }
    if let Some(field) = quoted_after(message, "missing field `") {
        let example = at(complete, &steps)?.get(&field)?.clone();
        at_mut(value, &steps)?.as_object_mut()?.insert(field.clone(), example.clone());
        let remedy = format!("Add it, for example \"{field}\": {example}");
        return Some(Problem::new(format!("{}.{field}", join(&steps)), "missing", remedy));
    }
    let example = at(complete, &steps)?.clone();
    let place = at_mut(value, &steps)?;
    if *place == example {
        return None;
    }
    place.clone_from(&example);
    let (message, remedy) = match message.split_once('\n') {
        Some((message, remedy)) => (message, remedy.to_owned()),
        None => (message, words::example(&example)),
    };
    Some(Problem::new(join(&steps), words::plain(message), remedy))
}

fn quoted_after(message: &str, start: &str) -> Option<String> {
    let rest = message.strip_prefix(start)?;
    rest.split_once('`').map(|(name, _)| name.to_owned())
}

fn ends_with(steps: &[&Segment], field: &str) -> bool {
    matches!(steps.last(), Some(Segment::Map { key }) if key == field)
}

fn at_mut<'v>(value: &'v mut Value, steps: &[&Segment]) -> Option<&'v mut Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Segment::Seq { index } => value.get_mut(*index),
        Segment::Map { key } | Segment::Enum { variant: key } => value.get_mut(key),
        Segment::Unknown => None,
    })
}

/// Returns the complete plan's value at a place. The first element of an array stands for every element.
fn at<'v>(value: &'v Value, steps: &[&Segment]) -> Option<&'v Value> {
    steps.iter().try_fold(value, |value, step| match step {
        Segment::Seq { .. } => value.get(0),
        Segment::Map { key } | Segment::Enum { variant: key } => {
            value.get(key).or_else(|| value.as_object()?.values().next())
        }
        Segment::Unknown => None,
    })
}

fn written(path: &Path) -> String {
    join(&path.iter().collect::<Vec<_>>())
}

fn join(steps: &[&Segment]) -> String {
    steps.iter().fold("$".to_owned(), |path, step| match step {
        Segment::Seq { index } => format!("{path}[{index}]"),
        Segment::Map { key } | Segment::Enum { variant: key } => format!("{path}.{key}"),
        Segment::Unknown => path,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn complete() -> Value {
        serde_json::from_str(COMPLETE).unwrap()
    }

    fn paths(value: &Value) -> Vec<String> {
        let mut paths: Vec<String> = Plan::read(value).unwrap_err().0.into_iter().map(|p| p.path).collect();
        // Fields are read in an order that a feature of serde_json decides.
        paths.sort_unstable();
        paths
    }

    #[test]
    fn the_complete_plan_has_every_field_and_no_problem() {
        let plan = Plan::read(&complete()).unwrap();
        let written = serde_json::to_value(&plan).unwrap();
        assert_eq!(written, complete());
    }

    #[test]
    fn every_problem_is_found_at_once_with_its_path_and_remedy() {
        let mut plan = complete();
        plan["color"] = json!("blue");
        plan["regions"]["recovery"] = json!("mars-1");
        plan["waves"][0].as_object_mut().unwrap().remove("name");
        plan["launch"]["relaunchesMax"] = json!("two");
        plan["redirect"]["records"][0]["zoneId"] = json!("zone");
        let problems = Plan::read(&plan).unwrap_err().0;
        let mut found: Vec<&str> = problems.iter().map(|p| p.path.as_str()).collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                "$.color",
                "$.launch.relaunchesMax",
                "$.redirect.records[0].zoneId",
                "$.regions.recovery",
                "$.waves[0].name"
            ]
        );
        assert!(problems.iter().all(|p| !p.remedy.is_empty()));
    }

    #[test]
    fn meaning_is_checked_beside_form() {
        let mut plan = complete();
        plan["regions"]["recovery"] = plan["regions"]["source"].clone();
        plan["launch"]["color"] = json!(1);
        assert_eq!(paths(&plan), ["$.launch.color", "$.regions"]);
    }

    #[test]
    fn an_object_written_as_a_list_is_a_problem_wherever_it_stands() {
        for path in object_paths(&complete(), "") {
            let mut plan = complete();
            let place = plan.pointer_mut(&path).unwrap();
            let values: Vec<Value> = place.as_object().unwrap().values().cloned().collect();
            *place = Value::Array(values);
            assert!(Plan::read(&plan).is_err(), "{path} as a list: {plan}");
        }
        let mut plan = complete();
        plan["gates"] = json!([null]);
        assert_eq!(paths(&plan), ["$.gates"]);
        plan["gates"] = json!({ "beforeCleanup": [60] });
        assert_eq!(paths(&plan), ["$.gates.beforeCleanup"]);
    }

    /// Returns the pointers of all objects in a value.
    fn object_paths(value: &Value, path: &str) -> Vec<String> {
        match value {
            Value::Object(fields) => {
                let inner = fields.iter().flat_map(|(name, v)| object_paths(v, &format!("{path}/{name}")));
                std::iter::once(path.to_owned()).chain(inner).collect()
            }
            Value::Array(items) => {
                items.iter().enumerate().flat_map(|(i, v)| object_paths(v, &format!("{path}/{i}"))).collect()
            }
            _ => Vec::new(),
        }
    }

    #[test]
    fn what_is_no_object_is_a_problem_not_a_panic() {
        for value in [json!(null), json!(1), json!([]), json!("plan"), json!({})] {
            assert!(!paths(&value).is_empty(), "{value}");
        }
        assert!(Plan::parse("{").unwrap_err().to_string().contains("not JSON"));
    }
}
