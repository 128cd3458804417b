//! The functions behind the states of a machine, and their roles.

use std::collections::{BTreeMap, BTreeSet};

use failback_core::procedure::Procedure;
use failback_rehearsal::steps::STEPS;

use crate::policy::{self, Statement};
use crate::template::Template;

/// A function of the stack.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    /// The logical id.
    pub(crate) name: String,
    /// The step that it runs.
    pub(crate) step: &'static str,
    /// The machines that may call it.
    pub(crate) called_by: Vec<Procedure>,
    /// The statements of its role.
    pub(crate) statements: Vec<Statement>,
}

impl Function {
    /// Returns the Regions in which DRS may act in its name: those in which it may itself ask DRS for a change.
    pub(crate) fn asks_drs_in(&self) -> BTreeSet<&str> {
        let asks = |statement: &&Statement| {
            let changes = |action: &String| action.starts_with("drs:") && !policy::reads(action);
            !statement.is_via_service() && statement.actions.iter().any(changes)
        };
        let asking = self.statements.iter().filter(asks).flat_map(|statement| &statement.resources);
        asking.filter_map(|arn| region_in(arn)).collect()
    }

    /// Reports whether a statement lets it use a resource. A service acts in its name only where the function can ask
    /// for it.
    pub(crate) fn can_use(&self, statement: &Statement, resource: &str) -> bool {
        !statement.is_via_service()
            || region_in(resource).is_none_or(|region| self.asks_drs_in().contains(region))
    }
}

/// Returns the Region of an ARN, if it has one.
pub(crate) fn region_in(arn: &str) -> Option<&str> {
    arn.split(':').nth(3).filter(|region| !region.is_empty())
}

/// Returns the logical id of a procedure's state machine in the template.
pub(crate) fn machine(procedure: Procedure) -> &'static str {
    match procedure {
        Procedure::Drill => "DrillMachine",
        Procedure::Failback => "FailbackMachine",
    }
}

/// Returns the function in an ARN, which may name a version.
pub(crate) fn function_in(arn: &str) -> &str {
    let (_, named) = arn.split_once(":function:").unwrap_or_else(|| panic!("{arn} is no function"));
    named.split(':').next().unwrap_or_default()
}

/// Returns the last part of an ARN.
pub(crate) fn name_in(arn: &str) -> &str {
    arn.rsplit([':', '/']).next().unwrap_or_default()
}

/// Returns the logical id of the function of a step, by the project's naming.
pub(crate) fn named(step: &str) -> String {
    let entry = STEPS.iter().find(|entry| entry.name == step);
    let placeholder = entry.unwrap_or_else(|| panic!("STEPS has no {step}")).placeholder();
    placeholder.trim_start_matches("${").trim_end_matches("Arn}").to_owned()
}

/// Returns the functions that a machine's placeholders stand for, by step.
pub(crate) fn called_by(template: &Template, procedure: Procedure) -> BTreeMap<&'static str, String> {
    let machines = template.resources("AWS::Serverless::StateMachine");
    let substitutions = &machines[machine(procedure)]["DefinitionSubstitutions"];
    let function = |step: &str, placeholder: &str| {
        let name = placeholder.trim_start_matches("${").trim_end_matches('}').to_owned();
        let arn = substitutions[&name].as_str()?;
        assert!(arn.contains(":lambda:"), "{step}: {arn}");
        Some(function_in(arn).to_owned())
    };
    STEPS.iter().filter_map(|step| Some((step.name, function(step.name, &step.placeholder())?))).collect()
}

/// Returns every function that a machine calls.
pub(crate) fn all(template: &Template) -> Vec<Function> {
    let resources = template.resources("AWS::Serverless::Function");
    let mut found: Vec<Function> = Vec::new();
    for procedure in [Procedure::Drill, Procedure::Failback] {
        for (step, name) in called_by(template, procedure) {
            if let Some(known) = found.iter_mut().find(|known| known.name == name) {
                assert_eq!(known.step, step, "{name} is two steps");
                known.called_by.push(procedure);
                continue;
            }
            let role = resources[&name]["Role"].as_str().unwrap_or_else(|| {
                let role = name.replace("Function", "Role");
                panic!("template.yaml: {name} has no role: add {role}, and `Role: !GetAtt {role}.Arn`")
            });
            let statements = policy::of_role(template, name_in(role));
            found.push(Function { name, step, called_by: vec![procedure], statements });
        }
    }
    found.sort_by(|a, b| (a.step, &a.name).cmp(&(b.step, &b.name)));
    found
}
