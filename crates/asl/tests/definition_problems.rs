//! Definitions that are refused, with the path and the message of the problem.

#![allow(clippy::unwrap_used, reason = "a test")]

use failback_asl::{DefinitionProblem, Machine};
use serde_json::{Value, json};

fn problems(definition: &Value) -> Vec<DefinitionProblem> {
    Machine::parse(&definition.to_string()).err().unwrap_or_default()
}

/// Returns a valid definition in which the value at a JSON pointer is replaced. Null removes the value.
fn definition_with(pointer: &str, value: Value) -> Value {
    let mut definition = json!({
        "QueryLanguage": "JSONata",
        "StartAt": "Work",
        "TimeoutSeconds": 100,
        "States": {
            "Work": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": { "FunctionName": "task", "Payload": "{% $states.input %}" },
                "TimeoutSeconds": 20,
                "HeartbeatSeconds": 10,
                "Retry": [{ "ErrorEquals": ["E"] }, { "ErrorEquals": ["States.ALL"] }],
                "Catch": [{ "ErrorEquals": ["E"], "Next": "Bad" }],
                "Assign": { "seen": 1 },
                "Output": "{% $states.result %}",
                "Next": "Way",
            },
            "Way": {
                "Type": "Choice",
                "Choices": [{ "Condition": "{% $seen = 1 %}", "Next": "Pause" }],
                "Default": "Bad",
            },
            "Pause": { "Type": "Wait", "Seconds": 1, "Next": "Done" },
            "Done": { "Type": "Succeed", "Output": {} },
            "Bad": { "Type": "Fail", "Error": "Bad" },
        },
    });
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match definition.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => drop(members.shift_remove(name)),
        Value::Object(members) => drop(members.insert(name.to_owned(), value)),
        Value::Array(items) => items[name.parse::<usize>().unwrap()] = value,
        _ => panic!("{pointer}"),
    }
    definition
}

/// Checks that a change of the definition is refused, by a problem with this path and these words.
#[allow(clippy::needless_pass_by_value, reason = "the callers read better so")]
fn refused(pointer: &str, value: Value, path: &str, words: &str) {
    let found = problems(&definition_with(pointer, value.clone()));
    let expected = found.iter().any(|problem| problem.path == path && problem.message.contains(words));
    assert!(expected, "{pointer} = {value}: expected {path}: {words}; found {found:#?}");
}

#[test]
fn the_definition_that_the_tests_change_is_valid() {
    assert_eq!(problems(&definition_with("/Comment", json!("valid"))), []);
}

#[test]
fn fields_of_the_machine() {
    refused("/QueryLanguage", Value::Null, "$", "`QueryLanguage` must be `JSONata`");
    refused("/QueryLanguage", json!("JSONPath"), "$", "`QueryLanguage` must be `JSONata`");
    refused("/StartAt", Value::Null, "$", "`StartAt` is missing");
    refused("/StartAt", json!("Nowhere"), "$.StartAt", "there is no state `Nowhere`");
    refused("/States", json!({}), "$", "at least one state");
    refused("/TimeoutSeconds", json!(0), "$.TimeoutSeconds", "from 1");
    refused("/Version", json!("2.0"), "$.Version", "1.0");
    refused("/Extra", json!(1), "$.Extra", "a machine has no field `Extra`");
}

#[test]
fn text_that_is_not_json_and_duplicate_members() {
    for (text, words) in [
        ("{", "not JSON"),
        ("", "not JSON"),
        (r#"{"States": {"A": {"Type": "Succeed"}, "A": {"Type": "Fail"}}}"#, "the member `A` is there twice"),
        ("[]", "must be an object"),
        ("null", "must be an object"),
    ] {
        let found = Machine::parse(text).unwrap_err();
        assert!(found[0].path == "$" && found[0].message.contains(words), "{text}: {found:?}");
    }
    assert!(Machine::parse(&"[".repeat(100_000)).is_err());
}

#[test]
fn transitions() {
    refused("/States/Pause/Next", json!("X"), "$.States['Pause'].Next", "there is no state `X`");
    refused("/States/Way/Default", json!("X"), "$.States['Way'].Default", "there is no state `X`");
    refused("/States/Way/Choices/0/Next", json!("X"), "$.States['Way'].Choices[0].Next", "no state `X`");
    refused("/States/Work/Catch/0/Next", json!("X"), "$.States['Work'].Catch[0].Next", "no state `X`");
    refused("/States/Lost", json!({ "Type": "Succeed" }), "$.States['Lost']", "cannot be reached");
    refused("/States/Pause/Next", Value::Null, "$.States['Pause']", "neither `Next` nor `End`");
    refused("/States/Pause/End", json!(true), "$.States['Pause']", "both `Next` and `End`");
    refused("/States/Done/Next", json!("Bad"), "$.States['Done'].Next", "no field `Next`");
    refused("/States/Bad/End", json!(true), "$.States['Bad'].End", "no field `End`");
    refused("/States/Way/End", json!(true), "$.States['Way'].End", "no field `End`");
    let loops = json!({ "Type": "Wait", "Seconds": 1, "Next": "Pause" });
    refused("/States/Pause", loops, "$.States['Pause']", "no end can be reached");
    let long_name = "x".repeat(81);
    let path = format!("$.States['{long_name}']");
    refused(&format!("/States/{long_name}"), json!({ "Type": "Succeed" }), &path, "80 characters");
}

#[test]
fn fields_of_states() {
    refused("/States/Pause/Type", json!("Sleep"), "$.States['Pause'].Type", "no type of state `Sleep`");
    refused("/States/Pause/Type", json!("Map"), "$.States['Pause'].Type", "does not run Map");
    refused("/States/Pause/Type", json!("Parallel"), "$.States['Pause'].Type", "does not run Parallel");
    refused("/States/Pause/Type", Value::Null, "$.States['Pause']", "`Type` is missing");
    refused("/States/Pause", json!(7), "$.States['Pause']", "must be an object");
    refused("/States/Pause/QueryLanguage", json!("JSONPath"), "$.States['Pause'].QueryLanguage", "JSONata");
    for field in ["InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector"] {
        refused(
            &format!("/States/Work/{field}"),
            json!("$"),
            &format!("$.States['Work'].{field}"),
            "JSONPath",
        );
    }
    refused("/States/Work/Arguements", json!({}), "$.States['Work'].Arguements", "no field `Arguements`");
    refused("/States/Pause/Retry", json!([]), "$.States['Pause'].Retry", "no field `Retry`");
    refused("/States/Done/Catch", json!([]), "$.States['Done'].Catch", "no field `Catch`");
    refused("/States/Done/Assign", json!({}), "$.States['Done'].Assign", "no field `Assign`");
    refused("/States/Pause/Timestamp", json!("2026-01-01T00:00:00Z"), "$.States['Pause']", "either");
    refused("/States/Pause/Seconds", json!(-1), "$.States['Pause'].Seconds", "from 0");
    refused("/States/Pause/Seconds", json!("5"), "$.States['Pause'].Seconds", "or an expression");
    refused("/States/Bad/Error", json!(5), "$.States['Bad'].Error", "must be a string");
    refused("/States/Way/Choices", json!([]), "$.States['Way']", "at least one rule");
    refused("/States/Way/Choices/0", json!({ "Next": "Done" }), "$.States['Way'].Choices[0]", "`Condition`");
    let variable = json!({ "Variable": "$.x", "StringEquals": "y", "Next": "Pause" });
    refused("/States/Way/Choices/0", variable, "$.States['Way'].Choices[0].Variable", "JSONPath");
    refused("/States/Way/Assign", json!({ "a": 1 }), "$.States['Way'].Assign", "each rule");
    refused("/States/Way/Output", json!(1), "$.States['Way'].Output", "each rule");
}

#[test]
fn fields_of_tasks() {
    for (resource, words) in [
        ("task", "not an ARN"),
        ("arn:aws:states:::lambdaa:invoke", "`lambdaa:invoke`"),
        ("arn:aws:states:::lambda:invoke.sync", "`lambda:invoke.sync`"),
        ("arn:aws:states:::aws-sdk:drs", "`aws-sdk:drs`"),
        ("arn:aws:s3:::bucket", "no integration"),
    ] {
        refused("/States/Work/Resource", json!(resource), "$.States['Work'].Resource", words);
    }
    refused("/States/Work/Resource", Value::Null, "$.States['Work']", "`Resource` is missing");
    let publish = json!("arn:aws:states:::sns:publish.waitForTaskToken");
    refused("/States/Work/Resource", publish, "$.States['Work']", "hand `$states.context.Task.Token` out");
    refused("/States/Work/HeartbeatSeconds", json!(20), "$.States['Work'].HeartbeatSeconds", "less than");
    refused("/States/Work/TimeoutSeconds", json!(0), "$.States['Work'].TimeoutSeconds", "from 1");
    for (field, value, words) in [
        ("ErrorEquals", json!(["States.ALL"]), "last place"),
        ("ErrorEquals", json!(["States.Tiemout"]), "no error"),
        ("BackoffRate", json!(0.5), "not less than 1"),
        ("IntervalSeconds", json!(0), "from 1"),
        ("MaxAttempts", json!(-1), "from 0"),
        ("MaxDelaySeconds", json!(1), "more than"),
        ("JitterStrategy", json!("SOME"), "`FULL` or `NONE`"),
        ("Next", json!("Bad"), "a retrier has no field"),
    ] {
        let path = format!("$.States['Work'].Retry[0].{field}");
        refused(&format!("/States/Work/Retry/0/{field}"), value, &path, words);
    }
    refused("/States/Work/Retry/0/ErrorEquals", json!([]), "$.States['Work'].Retry[0]", "at least one");
    let all = json!(["States.ALL", "E"]);
    refused("/States/Work/Retry/1/ErrorEquals", all, "$.States['Work'].Retry[1].ErrorEquals", "alone");
    refused("/States/Work/Catch/0/Next", Value::Null, "$.States['Work'].Catch[0]", "`Next` is missing");
    refused(
        "/States/Work/Catch/0/ResultPath",
        json!("$"),
        "$.States['Work'].Catch[0].ResultPath",
        "JSONPath",
    );
    refused("/States/Work/Assign/states", json!(1), "$.States['Work'].Assign.states", "needs another");
    refused("/States/Work/Assign/1st", json!(1), "$.States['Work'].Assign['1st']", "is a letter");
}

#[test]
fn expressions_that_are_refused() {
    for (text, words) in [
        ("{% 1 + %}", "not JSONata"),
        ("{% %}", "not JSONata"),
        ("a {% 1 %}", "cannot be a part"),
        ("{% 1 %} b", "cannot be a part"),
        ("{% 1", "cannot be a part"),
        ("{% $states.input.a ?? 1 %}", "operator `??`"),
        ("{% $states.input.a ?: 1 %}", "operator `?:`"),
        ("{% [$states.input.a[b ?? c]] %}", "operator `??`"),
        ("{% $eval('1') %}", "`$eval`"),
        ("{% $map([1], $eval) %}", "`$eval`"),
        ("{% $hash('a', 'MD5') %}", "`$hash`"),
        ("{% $ %}", "`$` stands for nothing"),
        ("{% $.a %}", "`$` stands for nothing"),
        ("{% $$.a %}", "`$$` stands for nothing"),
        ("{% a.b %}", "`a` is looked up in nothing"),
        ("{% {'x': a} %}", "`a` is looked up in nothing"),
        ("{% *.a %}", "nothing to look it up in"),
        ("{% $unknown %}", "no state sets the variable `$unknown`"),
        ("{% $unknown() %}", "`$unknown`"),
        ("{% ($x := 1; $y) %}", "`$y`"),
        ("{% [($x := 1; $x), $x] %}", "`$x`"),
        ("{% $map([1], function($v) { $v + $w }) %}", "`$w`"),
        ("{% ($states := 1) %}", "`$states` cannot be set"),
        ("{% $states.inputs %}", "no `$states.inputs`"),
        ("{% $states.errorOutput %}", "`$states.errorOutput` is only"),
        ("{% $states.result %}", "`$states.result` is only"),
    ] {
        let path = "$.States['Done'].Output.deep[1]";
        refused("/States/Done/Output", json!({ "deep": [1, text] }), path, words);
    }
    refused(
        "/States/Work/Arguments",
        json!("{% $states.result %}"),
        "$.States['Work'].Arguments",
        "only there",
    );
}

#[test]
fn expressions_that_are_accepted() {
    for text in [
        "{% $states.input.a[b = 1 and $.c > 2].d %}",
        "{% $map($states.input.list, function($v, $i) { {'v': $v, 'i': $i} }) %}",
        "{% ($f := function($n) { $n < 2 ? 1 : $n * $f($n - 1) }; $f(5)) %}",
        "{% $states.input.list@$item[$item.x = $seen].$item.y %}",
        "{% $states.input.list#$i[$i = 0] %}",
        "{% $states.input.list{key: $sum(value)} %}",
        "{% $states.input.list^(>age, name).name %}",
        "{% $states.input ~> |list|{'x': y + 1}, ['z']| %}",
        "{% $states.input.list.{'n': name, 'p': %.owner} %}",
        "{% $states.'input'.a %}",
        "{% $string($states) & $now() & $uuid() %}",
        "{% $states.input.*.a ~> $map($uppercase) %}",
        "{% $filter([1..5], function($v) { $v > $seen }) %}",
        "{% ($add := function($a, $b) { $a + $b }; $inc := $add(?, 1); $inc(2)) %}",
        "{%$seen%}",
        "${Placeholder} and plain $text",
    ] {
        assert_eq!(problems(&definition_with("/States/Done/Output", json!([text]))), [], "{text}");
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let mut definition = definition_with("/States/Pause/Next", json!("X"));
    definition["States"]["Work"]["Retry"][0]["BackoffRate"] = json!(0);
    definition["States"]["Done"]["Output"] = json!(["{% $a %}", "{% 1 + %}"]);
    definition["Extra"] = json!(true);
    let found = problems(&definition);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert_eq!(found[0].to_string(), "$.Extra: a machine has no field `Extra`");
}
