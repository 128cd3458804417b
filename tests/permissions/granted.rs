//! The check that everything requested is granted, and that everything granted was requested.

use failback_core::procedure::Procedure;
use failback_sim::Permission;

use crate::functions::{self, Function};
use crate::policy::{self, Statement, matches};
use crate::rehearsals::{self, Asked};
use crate::template::{SAMPLE, Template};

/// Actions that are granted but never requested in a rehearsal, with the reason.
const UNASKED: &[(&str, &str)] = &[
    ("logs:CreateLogStream", "Lambda itself writes the logs"),
    ("logs:PutLogEvents", "Lambda itself writes the logs"),
    ("xray:PutTelemetryRecords", "Lambda itself sends the traces"),
    ("xray:PutTraceSegments", "Lambda itself sends the traces"),
];

/// Actions that are requested in rehearsals but not granted, with the reason.
const UNGRANTED: &[(&str, &str)] = &[(
    "servicequotas:ListServiceQuotas",
    "the simulator answers quotas as Service Quotas would; deployed functions read them from FAILBACK_DRS_QUOTAS",
)];

fn function_of<'f>(functions: &'f [Function], asked: &Asked) -> &'f Function {
    let found = functions.iter().find(|f| f.step == asked.step && f.called_by.contains(&asked.procedure));
    found.unwrap_or_else(|| {
        let (step, name, machine) =
            (&asked.step, functions::named(&asked.step), functions::machine(asked.procedure));
        panic!(
            "template.yaml: {machine} calls no function for {step}: add {name}, and {name}Arn to {machine}'s \
             DefinitionSubstitutions"
        )
    })
}

/// The requests of a function, and the statements that allow each.
pub(crate) struct Answers<'a> {
    function: &'a Function,
    asked: Vec<(&'a Asked, Vec<usize>)>,
}

pub(crate) fn answers<'a>(functions: &'a [Function], asked: &'a [Asked]) -> Vec<Answers<'a>> {
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

/// Returns the requests that no statement allows.
pub(crate) fn ungranted(answers: &[Answers<'_>]) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for Answers { function, asked } in answers {
        for (asked, _) in asked.iter().filter(|(_, yes)| yes.is_empty()) {
            let permission = &asked.permission;
            let via = if permission.via_drs { " (DRS, as the caller)" } else { "" };
            let (action, on, context) = (permission.action, &permission.resource, &permission.context);
            if !UNGRANTED.iter().any(|(known, _)| *known == action) {
                let role = function.name.replace("Function", "Role");
                missing.push(format!(
                    "{} is asked for {action}{via} on {on} with {context:?}: allow it in {role}",
                    function.name
                ));
            }
        }
    }
    missing
}

/// A statement, and the requests that need it. A write is judged for each function that may do it; a read that
/// functions share is judged once, by the requests of all of them.
struct Judged<'a> {
    /// The function, or the policy that functions share, and the statement's name.
    place: String,
    functions: Vec<&'a Function>,
    statement: &'a Statement,
    /// The requests that it allows.
    asked: Vec<&'a Permission>,
    /// True when a request is allowed by no other statement.
    is_needed: bool,
}

fn judged<'a>(answers: &'a [Answers<'a>]) -> Vec<Judged<'a>> {
    let mut all: Vec<Judged<'a>> = Vec::new();
    for Answers { function, asked } in answers {
        for (index, statement) in function.statements.iter().enumerate() {
            let is_shared = statement.shared.is_some() && statement.only_reads();
            let known = all.iter().position(|judged| is_shared && judged.statement == statement);
            let at = known.unwrap_or_else(|| {
                let whose = statement.shared.as_ref().filter(|_| is_shared).unwrap_or(&function.name);
                let place = format!("{whose}, {}", statement.sid);
                all.push(Judged {
                    place,
                    functions: Vec::new(),
                    statement,
                    asked: Vec::new(),
                    is_needed: false,
                });
                all.len() - 1
            });
            let judged = &mut all[at];
            judged.functions.push(*function);
            let own = asked.iter().filter(|(_, yes)| yes.contains(&index));
            judged.asked.extend(own.map(|(asked, _)| &asked.permission));
            judged.is_needed |= asked.iter().any(|(_, yes)| *yes == [index]);
        }
    }
    all
}

/// Returns statements without which every request would still be allowed.
pub(crate) fn needless(answers: &[Answers<'_>]) -> Vec<String> {
    let unneeded = judged(answers).into_iter().filter(|judged| {
        !judged.is_needed && !judged.statement.actions.iter().all(|action| is_unasked(action))
    });
    unneeded
        .map(|judged| format!("{}: all that it grants is granted without it: remove it", judged.place))
        .collect()
}

fn is_unasked(action: &str) -> bool {
    UNASKED.iter().any(|(known, _)| *known == action)
}

/// Returns granted actions and resources that were never requested.
pub(crate) fn superfluous(answers: &[Answers<'_>]) -> Vec<String> {
    let mut faults = Vec::new();
    for Judged { place, functions, statement, asked, .. } in judged(answers) {
        let known = statement.actions.iter().all(|action| is_unasked(action));
        let actions = statement.actions.iter().filter(|action| !is_unasked(action));
        let actions = actions.filter(|action| !asked.iter().any(|asked| asked.action == **action));
        let resources = statement.resources.iter().filter(|pattern| {
            !known && functions.iter().any(|function| function.can_use(statement, pattern))
        });
        let resources =
            resources.filter(|pattern| !asked.iter().any(|asked| matches(pattern, &asked.resource)));
        for what in actions.chain(resources) {
            faults.push(format!("{place}: {what} is granted and never asked for: remove it"));
        }
    }
    faults
}

pub(crate) fn none(faults: &[String]) {
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

    // The check detects a statement that is missing, too wide or duplicated: first a function's own ...
    let own = "DeleteRecoveryInstancesFunction";
    let fewer = changed(&functions, own, |statements| drop(statements.remove(0)));
    assert!(ungranted(&answers(&fewer, &asked))[0].contains("drs:DeleteRecoveryInstance"));
    let wider = changed(&functions, own, |statements| {
        statements[0].actions.push("drs:DeleteJob".to_owned());
        statements[0].resources.push("arn:aws:drs:us-east-2:*:source-server/*".to_owned());
    });
    let faults = superfluous(&answers(&wider, &asked));
    assert!(faults[0].contains("drs:DeleteJob is granted") && faults[1].contains("us-east-2"), "{faults:?}");
    let twice = changed(&functions, own, |statements| statements.push(statements[0].clone()));
    assert!(!needless(&answers(&twice, &asked)).is_empty());
    // ... then shared statements: a read that no function needs, and a write for each function that does not need it
    // ...
    let with = |action: &'static str| {
        changed(&functions, "", move |statements| {
            let read =
                statements.iter_mut().find(|statement| statement.sid == "ReadA2").expect("a statement");
            read.actions.push(action.to_owned());
        })
    };
    let wider = with("drs:GetReplicationConfiguration");
    let faults = superfluous(&answers(&wider, &asked));
    assert_eq!(
        faults,
        ["ReadPolicy, ReadA2: drs:GetReplicationConfiguration is granted and never asked for: remove it"]
    );
    let wider = with("drs:StopReplication");
    let faults = superfluous(&answers(&wider, &asked));
    let faults = faults.iter().filter(|fault| fault.contains("ReadA2: drs:StopReplication is granted"));
    assert_eq!(faults.count(), functions.len() - 1, "StopReversedReplicationFunction alone asks for it");
    // ... and an action of DRS for a caller that may not ask DRS for it there.
    let wider = changed(&functions, "DrillLaunchForFailbackFunction", |statements| {
        let launch = statements.iter_mut().find(|statement| statement.sid == "LaunchPrepared");
        let launch = launch.expect("a statement");
        launch.resources.push("arn:aws:drs:us-east-2:*:source-server/*".to_owned());
    });
    let faults = superfluous(&answers(&wider, &asked));
    let place = "DrillLaunchForFailbackFunction, MakeManagedAsDrs: arn:aws:ec2:us-east-2:";
    assert!(faults.iter().any(|fault| fault.starts_with(place)), "{faults:?}");
}

/// Returns the functions with a change to one of them or, without a name, to all.
fn changed(functions: &[Function], name: &str, change: impl Fn(&mut Vec<Statement>)) -> Vec<Function> {
    let mut functions = functions.to_vec();
    for function in functions.iter_mut().filter(|function| name.is_empty() || function.name == name) {
        change(&mut function.statements);
    }
    functions
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

/// With the names of the records, no other record can be changed.
#[test]
fn only_named_records_can_be_changed() {
    let asked = rehearsals::asked();
    let with = |names: &str| functions::all(&Template::with(&[SAMPLE, &[("RecordNames", names)]].concat()));
    let named = with("shop.example.com,mail.example.com");
    none(&ungranted(&answers(&named, &asked)));
    let others = with("mail.example.com");
    let faults = ungranted(&answers(&others, &asked));
    let change = "RedirectTrafficFunction is asked for route53:ChangeResourceRecordSets";
    assert!(!faults.is_empty() && faults.iter().all(|fault| fault.starts_with(change)), "{faults:?}");
}
