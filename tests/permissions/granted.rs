//! What was asked for is granted, and what is granted was asked for.

use failback_core::procedure::Procedure;

use crate::functions::{self, Function};
use crate::policy::{self, matches};
use crate::rehearsals::{self, Asked};
use crate::template::Template;

/// Granted, and never asked for in a rehearsal: why.
const UNASKED: &[(&str, &str)] = &[
    ("logs:CreateLogStream", "Lambda itself writes the logs"),
    ("logs:PutLogEvents", "Lambda itself writes the logs"),
    ("xray:PutTelemetryRecords", "Lambda itself sends the traces"),
    ("xray:PutTraceSegments", "Lambda itself sends the traces"),
];

/// Asked for in rehearsals, and not granted: why.
const UNGRANTED: &[(&str, &str)] = &[(
    "servicequotas:ListServiceQuotas",
    "the simulator answers quotas as Service Quotas would; deployed functions read them from FAILBACK_DRS_QUOTAS",
)];

fn function_of<'f>(functions: &'f [Function], asked: &Asked) -> &'f Function {
    let found = functions.iter().find(|f| f.step == asked.step && f.called_by.contains(&asked.procedure));
    found.unwrap_or_else(|| panic!("no function of the {} runs {}", asked.procedure, asked.step))
}

/// What a function was asked for, and which of its statements say yes to each.
struct Answers<'a> {
    function: &'a Function,
    asked: Vec<(&'a Asked, Vec<usize>)>,
}

fn answers<'a>(functions: &'a [Function], asked: &'a [Asked]) -> Vec<Answers<'a>> {
    let mut all: Vec<Answers<'a>> =
        functions.iter().map(|function| Answers { function, asked: Vec::new() }).collect();
    for asked in asked.iter().filter(|asked| asked.step != rehearsals::MACHINE) {
        let function = function_of(functions, asked);
        let yes = function.statements.iter().enumerate();
        let yes = yes.filter(|(_, statement)| statement.answers(&asked.permission)).map(|(index, _)| index);
        let entry = all.iter_mut().find(|answers| answers.function.name == function.name);
        entry.expect("a function").asked.push((asked, yes.collect()));
    }
    all
}

/// What was asked for and no statement grants.
fn ungranted(answers: &[Answers<'_>]) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for Answers { function, asked } in answers {
        for (asked, _) in asked.iter().filter(|(_, yes)| yes.is_empty()) {
            let permission = &asked.permission;
            let via = if permission.via_drs { " (DRS, as the caller)" } else { "" };
            let (action, on, context) = (permission.action, &permission.resource, &permission.context);
            if !UNGRANTED.iter().any(|(known, _)| *known == action) {
                missing
                    .push(format!("{} is asked for {action}{via} on {on} with {context:?}", function.name));
            }
        }
    }
    missing
}

/// Statements without which everything that was asked for would still be granted.
fn needless(answers: &[Answers<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for Answers { function, asked } in answers {
        for (index, statement) in function.statements.iter().enumerate() {
            let alone = asked.iter().any(|(_, yes)| *yes == [index]);
            if !alone && !statement.actions.iter().all(|action| is_unasked(action)) {
                faults.push(format!(
                    "{}: another statement grants all that {} does",
                    function.name, statement.sid
                ));
            }
        }
    }
    faults
}

fn is_unasked(action: &str) -> bool {
    UNASKED.iter().any(|(known, _)| *known == action)
}

/// Actions that a statement grants and that were never asked for, and resources that never were.
fn superfluous(answers: &[Answers<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for Answers { function, asked } in answers {
        for (index, statement) in function.statements.iter().enumerate() {
            let own: Vec<_> = asked
                .iter()
                .filter(|(_, yes)| yes.contains(&index))
                .map(|(asked, _)| &asked.permission)
                .collect();
            let known = statement.actions.iter().all(|action| is_unasked(action));
            let actions = statement.actions.iter().filter(|action| !is_unasked(action));
            let actions = actions.filter(|action| !own.iter().any(|asked| asked.action == **action));
            let resources = statement.resources.iter().filter(|_| !known);
            let resources =
                resources.filter(|pattern| !own.iter().any(|asked| matches(pattern, &asked.resource)));
            for what in actions.chain(resources) {
                let place = format!("{}, {}", function.name, statement.sid);
                faults.push(format!("{place}: {what} is granted and never asked for"));
            }
        }
    }
    faults
}

fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn what_steps_ask_for_is_granted_and_nothing_else_is() {
    let asked = rehearsals::asked();
    let functions = functions::all(&Template::sample());
    let found = answers(&functions, &asked);
    none(&ungranted(&found));
    none(&superfluous(&found));
    none(&needless(&found));

    // A statement that is missing, or too wide, or there twice, is found out.
    let mut fewer = functions.clone();
    let removed = fewer[0].statements.remove(0);
    assert!(ungranted(&answers(&fewer, &asked))[0].contains(&removed.actions[0]));
    let mut wider = functions.clone();
    wider[0].statements[0].actions.push("drs:DeleteJob".to_owned());
    wider[0].statements[1].resources.push("arn:aws:drs:us-east-2:*:source-server/*".to_owned());
    let faults = superfluous(&answers(&wider, &asked));
    assert!(faults[0].contains("drs:DeleteJob is granted") && faults[1].contains("us-east-2"), "{faults:?}");
    let mut twice = functions;
    twice[0].statements.push(removed);
    assert!(!needless(&answers(&twice, &asked)).is_empty());
}

#[test]
fn machines_may_keep_their_reports() {
    let template = Template::sample();
    let kept: Vec<Asked> =
        rehearsals::asked().into_iter().filter(|asked| asked.step == rehearsals::MACHINE).collect();
    assert!(kept.len() > 2);
    for asked in kept {
        let role = format!("{}Role", functions::machine(asked.procedure));
        let granted = policy::of_role(&template, &role);
        let allowed = granted.iter().any(|statement| statement.answers(&asked.permission));
        assert!(allowed, "{role}: {}", asked.permission.resource);
        let other = match asked.procedure {
            Procedure::Drill => Procedure::Failback,
            Procedure::Failback => Procedure::Drill,
        };
        let other = format!("{}Role", functions::machine(other));
        let granted = policy::of_role(&template, &other);
        assert!(
            !granted.iter().any(|statement| statement.answers(&asked.permission)),
            "{other} writes there too"
        );
    }
}
