//! What is refused, where the fault is found, and in which words.

#![allow(clippy::unwrap_used, reason = "a test")]

use failback_asl::{DefinitionProblem, Machine};
use serde_json::{Value, json};

fn faults(definition: &Value) -> Vec<DefinitionProblem> {
    Machine::parse(&definition.to_string()).err().unwrap_or_default()
}

/// A good machine, changed by replacing what a JSON pointer leads to; null removes it.
fn changed(pointer: &str, value: Value) -> Value {
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

#[allow(clippy::needless_pass_by_value, reason = "the callers read better so")]
fn refused(pointer: &str, value: Value, path: &str, words: &str) {
    let definition = changed(pointer, value.clone());
    let found = faults(&definition);
    let fits = |p: &DefinitionProblem| p.path == path && p.message.contains(words);
    assert!(found.iter().any(fits), "{pointer} = {value}: expected {path}: {words}; found {found:#?}");
}

#[test]
fn the_machine_that_is_changed_below_is_good() {
    assert_eq!(faults(&changed("/Comment", json!("good"))), []);
}

#[test]
fn the_machine_itself() {
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
fn not_json_and_members_that_are_there_twice() {
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
fn the_graph() {
    let s = "$.States";
    refused("/States/Pause/Next", json!("X"), &format!("{s}['Pause'].Next"), "there is no state `X`");
    refused("/States/Way/Default", json!("X"), &format!("{s}['Way'].Default"), "there is no state `X`");
    refused("/States/Way/Choices/0/Next", json!("X"), &format!("{s}['Way'].Choices[0].Next"), "no state `X`");
    refused("/States/Work/Catch/0/Next", json!("X"), &format!("{s}['Work'].Catch[0].Next"), "no state `X`");
    refused("/States/Lost", json!({ "Type": "Succeed" }), &format!("{s}['Lost']"), "cannot be reached");
    refused("/States/Pause/Next", Value::Null, &format!("{s}['Pause']"), "neither `Next` nor `End`");
    refused("/States/Pause/End", json!(true), &format!("{s}['Pause']"), "both `Next` and `End`");
    refused("/States/Done/Next", json!("Bad"), &format!("{s}['Done'].Next"), "no field `Next`");
    refused("/States/Bad/End", json!(true), &format!("{s}['Bad'].End"), "no field `End`");
    refused("/States/Way/End", json!(true), &format!("{s}['Way'].End"), "no field `End`");
    let endless = json!({ "Type": "Wait", "Seconds": 1, "Next": "Pause" });
    refused("/States/Pause", endless, &format!("{s}['Pause']"), "no end can be reached");
    let long = "x".repeat(81);
    let path = format!("{s}['{long}']");
    refused(&format!("/States/{long}"), json!({ "Type": "Succeed" }), &path, "80 characters");
}

#[test]
fn states_and_fields() {
    let s = "$.States";
    refused("/States/Pause/Type", json!("Sleep"), &format!("{s}['Pause'].Type"), "no type of state `Sleep`");
    refused("/States/Pause/Type", json!("Map"), &format!("{s}['Pause'].Type"), "does not run Map");
    refused("/States/Pause/Type", json!("Parallel"), &format!("{s}['Pause'].Type"), "does not run Parallel");
    refused("/States/Pause/Type", Value::Null, &format!("{s}['Pause']"), "`Type` is missing");
    refused("/States/Pause", json!(7), &format!("{s}['Pause']"), "must be an object");
    refused(
        "/States/Pause/QueryLanguage",
        json!("JSONPath"),
        &format!("{s}['Pause'].QueryLanguage"),
        "JSONata",
    );
    for field in ["InputPath", "OutputPath", "ResultPath", "Parameters", "ResultSelector"] {
        refused(&format!("/States/Work/{field}"), json!("$"), &format!("{s}['Work'].{field}"), "JSONPath");
    }
    refused(
        "/States/Work/Arguements",
        json!({}),
        &format!("{s}['Work'].Arguements"),
        "no field `Arguements`",
    );
    refused("/States/Pause/Retry", json!([]), &format!("{s}['Pause'].Retry"), "no field `Retry`");
    refused("/States/Done/Catch", json!([]), &format!("{s}['Done'].Catch"), "no field `Catch`");
    refused("/States/Done/Assign", json!({}), &format!("{s}['Done'].Assign"), "no field `Assign`");
    refused("/States/Pause/Timestamp", json!("2026-01-01T00:00:00Z"), &format!("{s}['Pause']"), "either");
    refused("/States/Pause/Seconds", json!(-1), &format!("{s}['Pause'].Seconds"), "from 0");
    refused("/States/Pause/Seconds", json!("5"), &format!("{s}['Pause'].Seconds"), "or an expression");
    refused("/States/Bad/Error", json!(5), &format!("{s}['Bad'].Error"), "must be a string");
    refused("/States/Way/Choices", json!([]), &format!("{s}['Way']"), "at least one rule");
    refused(
        "/States/Way/Choices/0",
        json!({ "Next": "Done" }),
        &format!("{s}['Way'].Choices[0]"),
        "`Condition`",
    );
    let variable = json!({ "Variable": "$.x", "StringEquals": "y", "Next": "Pause" });
    refused("/States/Way/Choices/0", variable, &format!("{s}['Way'].Choices[0].Variable"), "JSONPath");
    refused("/States/Way/Assign", json!({ "a": 1 }), &format!("{s}['Way'].Assign"), "each rule");
    refused("/States/Way/Output", json!(1), &format!("{s}['Way'].Output"), "each rule");
}

#[test]
fn tasks() {
    let w = "$.States['Work']";
    for (resource, words) in [
        ("task", "not an ARN"),
        ("arn:aws:states:::lambdaa:invoke", "`lambdaa:invoke`"),
        ("arn:aws:states:::lambda:invoke.sync", "`lambda:invoke.sync`"),
        ("arn:aws:states:::aws-sdk:drs", "`aws-sdk:drs`"),
        ("arn:aws:s3:::bucket", "no integration"),
    ] {
        refused("/States/Work/Resource", json!(resource), &format!("{w}.Resource"), words);
    }
    refused("/States/Work/Resource", Value::Null, w, "`Resource` is missing");
    let publish = json!("arn:aws:states:::sns:publish.waitForTaskToken");
    refused("/States/Work/Resource", publish, w, "hand `$states.context.Task.Token` out");
    refused("/States/Work/HeartbeatSeconds", json!(20), &format!("{w}.HeartbeatSeconds"), "less than");
    refused("/States/Work/TimeoutSeconds", json!(0), &format!("{w}.TimeoutSeconds"), "from 1");
    let r = "/States/Work/Retry/0";
    let path = format!("{w}.Retry[0]");
    refused(&format!("{r}/ErrorEquals"), json!(["States.ALL"]), &format!("{path}.ErrorEquals"), "last place");
    refused(
        "/States/Work/Retry/1/ErrorEquals",
        json!(["States.ALL", "E"]),
        &format!("{w}.Retry[1].ErrorEquals"),
        "alone",
    );
    refused(&format!("{r}/ErrorEquals"), json!([]), &path, "at least one");
    refused(
        &format!("{r}/ErrorEquals"),
        json!(["States.Tiemout"]),
        &format!("{path}.ErrorEquals"),
        "no error",
    );
    refused(&format!("{r}/BackoffRate"), json!(0.5), &format!("{path}.BackoffRate"), "not less than 1");
    refused(&format!("{r}/IntervalSeconds"), json!(0), &format!("{path}.IntervalSeconds"), "from 1");
    refused(&format!("{r}/MaxAttempts"), json!(-1), &format!("{path}.MaxAttempts"), "from 0");
    refused(&format!("{r}/MaxDelaySeconds"), json!(1), &format!("{path}.MaxDelaySeconds"), "more than");
    refused(
        &format!("{r}/JitterStrategy"),
        json!("SOME"),
        &format!("{path}.JitterStrategy"),
        "`FULL` or `NONE`",
    );
    refused(&format!("{r}/Next"), json!("Bad"), &format!("{path}.Next"), "a retrier has no field");
    refused("/States/Work/Catch/0/Next", Value::Null, &format!("{w}.Catch[0]"), "`Next` is missing");
    refused("/States/Work/Catch/0/ResultPath", json!("$"), &format!("{w}.Catch[0].ResultPath"), "JSONPath");
    refused("/States/Work/Assign/states", json!(1), &format!("{w}.Assign.states"), "needs another");
    refused("/States/Work/Assign/1st", json!(1), &format!("{w}.Assign['1st']"), "is a letter");
}

#[test]
fn expressions() {
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
        ("{% $nobody %}", "no state sets the variable `$nobody`"),
        ("{% $nobody() %}", "`$nobody`"),
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
fn expressions_that_are_good() {
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
        assert_eq!(faults(&changed("/States/Done/Output", json!([text]))), [], "{text}");
    }
}

#[test]
fn all_faults_at_once() {
    let mut definition = changed("/States/Pause/Next", json!("X"));
    definition["States"]["Work"]["Retry"][0]["BackoffRate"] = json!(0);
    definition["States"]["Done"]["Output"] = json!(["{% $a %}", "{% 1 + %}"]);
    definition["Extra"] = json!(true);
    let found = faults(&definition);
    assert_eq!(found.len(), 5, "{found:#?}");
    assert_eq!(found[0].to_string(), "$.Extra: a machine has no field `Extra`");
}
