//! An update does not change a run under way: an execution keeps its definition, which names published versions of functions,
//! with the settings that they were published with.

use std::collections::BTreeSet;

use failback_core::procedure::Procedure;
use serde_json::Value;

use crate::functions;
use crate::policy;
use crate::template::{Template, raw};

/// Lambda takes so many characters for the description of a version.
const DESCRIPTION_MAX: u64 = 256;

/// Returns the parameters that a part of the template names.
fn parameters(stack: &Value, part: &Value) -> BTreeSet<String> {
    let declared = stack["Parameters"].as_object().expect("parameters").keys();
    let text = part.to_string();
    let names = |name: &&String| {
        text.contains(&format!("${{{name}}}")) || text.contains(&format!("{{\"Ref\":\"{name}\"}}"))
    };
    declared.filter(names).cloned().collect()
}

#[test]
fn machines_name_the_versions_of_their_functions() {
    let (stack, template) = (raw(), Template::sample());
    for procedure in [Procedure::Drill, Procedure::Failback] {
        let machine = functions::machine(procedure);
        let substitutions = &stack["Resources"][machine]["Properties"]["DefinitionSubstitutions"];
        for (name, value) in substitutions.as_object().expect("substitutions") {
            let is_function = name.ends_with("FunctionArn");
            let version = value["Ref"].as_str().is_some_and(|named| named.ends_with("Function.Version"));
            assert_eq!(
                is_function, version,
                "{machine}, {name}: name the version, as `!Ref XFunction.Version`"
            );
        }
        // A newer deployment's machine still calls the versions of an older one, for the executions that have begun.
        let granted = policy::of_role(&template, &format!("{machine}Role"));
        let calls = granted.iter().find(|one| one.sid == "CallSteps").expect("a statement");
        assert!(calls.resources.iter().all(|arn| arn.ends_with(":*")), "{machine}: {:?}", calls.resources);
    }
}

#[test]
fn whatever_changes_a_function_publishes_a_version_and_none_is_deleted() {
    let stack = raw();
    let globals = &stack["Globals"]["Function"];
    assert_eq!(globals["AutoPublishAlias"], "live");
    let mut most = BTreeSet::new();
    for (name, function) in stack["Resources"].as_object().expect("resources") {
        if function["Type"] != "AWS::Serverless::Function" {
            continue;
        }
        let properties = &function["Properties"];
        // SAM's hash is of the template's text, so that parameters must show elsewhere.
        assert_eq!(properties["AutoPublishAliasAllProperties"], true, "{name}");
        let told = parameters(&stack, &properties["VersionDescription"]);
        let mut variables = globals["Environment"]["Variables"].as_object().expect("variables").clone();
        variables.extend(properties["Environment"]["Variables"].as_object().cloned().unwrap_or_default());
        let of_settings = parameters(&stack, &Value::Object(variables));
        let own: BTreeSet<String> =
            of_settings.union(&parameters(&stack, &globals["Architectures"])).cloned().collect();
        // With less, a change of a parameter would publish nothing. With more, CloudFormation would fail: it publishes no
        // version of a function that has not changed.
        assert_eq!(told, own, "{name}: VersionDescription has {told:?}, and the function depends on {own:?}");
        most.extend(own);
        assert_eq!(function["UpdateReplacePolicy"], "Retain", "{name}");
        assert!(function["DeletionPolicy"].is_null(), "{name}: SAM would delete replaced versions");
    }
    assert!(most.len() > 5, "{most:?}");
    let longest: u64 = most.iter().map(|name| longest(&stack["Parameters"][name]) + 1).sum();
    assert!(longest <= DESCRIPTION_MAX, "{longest}");
}

/// Returns the number of characters that a parameter can have.
fn longest(parameter: &Value) -> u64 {
    let allowed = parameter["AllowedValues"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let longest = allowed.map(|value| value.len() as u64).max();
    let in_pattern = || {
        let pattern = parameter["AllowedPattern"].as_str()?;
        let (_, most) = pattern.rsplit_once('{')?;
        most.trim_end_matches('}').rsplit(',').next()?.parse().ok()
    };
    longest
        .or_else(|| parameter["MaxLength"].as_u64())
        .or_else(in_pattern)
        .unwrap_or_else(|| panic!("how long is {parameter}"))
}
