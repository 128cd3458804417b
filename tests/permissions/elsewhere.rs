//! The proof of the roles in other accounts: they are written from the template, each is trusted to one function and allows
//! what that function asks for there, and nothing else.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::accounts::{self, SIDES, Side};
use crate::functions::{self, Function};
use crate::granted::{self, Answers};
use crate::policy::{self, matches};
use crate::rehearsals::{self, Asked};
use crate::template::{ACCOUNT, SAMPLE, Template, file};

/// The numbers of the other accounts, and the text that their roles ask for.
pub(crate) const ACCOUNTS: &[(&str, &str)] = &[
    ("SourceAccount", "222233334444"),
    ("RecoveryAccount", "333344445555"),
    ("DnsAccount", "444455556666"),
    ("ExternalId", "of-your-own"),
];

/// Bytes of a template that CloudFormation takes without a bucket.
const TEMPLATE_MAX: usize = 51_200;

const GIVEN: &[(&str, &str)] =
    &[("StackAccount", ACCOUNT), ("StackName", "drs-failback"), ("ExternalId", "of-your-own")];

/// Returns the template of a side, as the rehearsals' account deploys it.
pub(crate) fn deployed(side: Side, more: &[(&str, &str)]) -> Template {
    let kept: Value = serde_json::from_str(&file(&side.path())).expect("JSON");
    Template::of(kept, &[more, SAMPLE, GIVEN].concat())
}

#[test]
fn the_templates_of_other_accounts_are_the_stacks() {
    #[expect(
        clippy::disallowed_methods,
        reason = "as for the golden files: whoever runs the test asks for it"
    )]
    let update = std::env::var("UPDATE_GOLDEN").is_ok();
    for side in SIDES {
        let now = format!("{}\n", accounts::text(&side.template(), 0));
        assert!(now.len() < TEMPLATE_MAX, "{}: {} bytes", side.path(), now.len());
        if update {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(side.path());
            std::fs::write(&path, &now).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        }
        assert!(
            file(&side.path()) == now,
            "{} differs from template.yaml: UPDATE_GOLDEN=1 cargo test -p drs-failback --test permissions",
            side.path()
        );
    }
}

/// Reports whether a request goes to an account with this side of the stack.
fn is_asked_at(side: Side, function: &Function, asked: &Asked, template: &Template) -> bool {
    let permission = &asked.permission;
    let regions = [("source", "SourceRegion"), ("recovery", "RecoveryRegion")];
    let own = regions.into_iter().find(|(name, _)| *name == side.name);
    let own = own.map(|(_, parameter)| template.parameter(parameter).as_str().unwrap_or_default());
    let service = permission.action.split(':').next().unwrap_or_default();
    match (service, own) {
        ("route53", own) => own.is_none(),
        ("states" | "servicequotas" | "lambda", _) | (_, None) => false,
        // A service without Regions, which DRS asks where it launches.
        (_, Some(own)) => match permission.region {
            Some(region) => region.as_str() == own,
            None => function.asks_drs_in().contains(own),
        },
    }
}

/// Returns the functions with the statements of their roles on a side, and what each is asked for there.
fn on(side: Side, asked: &[Asked]) -> (Vec<Function>, Vec<Asked>) {
    let stack = Template::sample();
    let template = deployed(side, &[]);
    let mut functions = functions::all(&stack);
    let mut there = Vec::new();
    for asked in asked.iter().filter(|asked| asked.step != rehearsals::MACHINE) {
        let own = functions.iter().find(|f| f.step == asked.step && f.called_by.contains(&asked.procedure));
        if own.is_some_and(|function| is_asked_at(side, function, asked, &stack)) {
            there.push(asked.clone());
        }
    }
    for function in &mut functions {
        function.statements = policy::of_role(&template, &function.name.replace("Function", "Role"));
    }
    (functions, there)
}

#[test]
fn what_steps_ask_for_in_other_accounts_is_granted_there_and_nothing_else_is() {
    let asked = rehearsals::asked();
    for side in SIDES {
        let (functions, there) = on(side, &asked);
        assert!(there.len() > 10, "{}: {}", side.name, there.len());
        let found: Vec<Answers<'_>> = granted::answers(&functions, &there);
        let faults = [granted::ungranted(&found), granted::superfluous(&found), granted::needless(&found)];
        let faults: Vec<String> =
            faults.concat().into_iter().map(|fault| format!("{}: {fault}", side.path())).collect();
        granted::none(&faults);
        // The check detects a role that lacks something.
        let mut fewer = functions.clone();
        for function in &mut fewer {
            drop(function.statements.remove(0));
        }
        assert!(!granted::ungranted(&granted::answers(&fewer, &there)).is_empty());
    }
}

/// Each role is assumed by one function alone, by what the function may assume and by what the role trusts.
#[test]
fn a_role_in_another_account_is_one_functions() {
    let stack = Template::with(&[SAMPLE, ACCOUNTS].concat());
    let resources = stack.resources("AWS::Serverless::Function");
    let own_roles = stack.resources("AWS::IAM::Role");
    for side in SIDES {
        let (_, account) =
            ACCOUNTS.iter().find(|(name, _)| name.to_lowercase().starts_with(side.name)).expect("an account");
        let roles = deployed(side, &[]).resources("AWS::IAM::Role");
        let mut assumed: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for function in functions::all(&stack) {
            let role = resources[&function.name]["Role"].as_str().expect("a role");
            let may = function.statements.iter().filter(|one| one.actions == ["sts:AssumeRole"]);
            let may: Vec<&String> = may.flat_map(|one| &one.resources).collect();
            for (name, other) in &roles {
                let arn =
                    format!("arn:aws:iam::{account}:role/{}", other["RoleName"].as_str().expect("a name"));
                let trust = &other["AssumeRolePolicyDocument"]["Statement"];
                assert_eq!(trust["Condition"]["StringEquals"]["sts:ExternalId"], "of-your-own", "{name}");
                let trusted = trust["Condition"]["ArnLike"]["aws:PrincipalArn"].as_str().expect("an ARN");
                let (trusts, allows) = (matches(trusted, role), may.iter().any(|own| matches(own, &arn)));
                assert_eq!(trusts, allows, "{} and {name} of {}", function.name, side.path());
                if trusts {
                    assumed.entry(name.clone()).or_default().push(function.name.clone());
                    let configured = configured(&resources[&function.name]);
                    assert!(configured.contains(&arn), "{}: {configured:?} has not {arn}", function.name);
                }
            }
        }
        assert_eq!(assumed.len(), roles.len(), "{}: roles that no function assumes", side.path());
        for (role, by) in assumed {
            assert_eq!(by, [role.replace("Role", "Function")], "{role}");
        }
    }
    // No other role of the stack may assume any: what EventBridge calls holds the steps' policy, and other accounts have no
    // role for it.
    let of_steps = functions::all(&stack).len();
    let others = ["LiftFreezesRole", "WatchReplicationRole"];
    let assuming = own_roles.keys().filter(|role| !others.contains(&role.as_str())).filter(|role| {
        policy::of_role(&stack, role)
            .iter()
            .any(|one| one.actions.iter().any(|action| action == "sts:AssumeRole"))
    });
    assert_eq!(assuming.count(), of_steps);
}

/// Returns the roles that a function is configured with.
fn configured(function: &Value) -> Vec<String> {
    let variables = &function["Environment"]["Variables"];
    let roles: Value =
        serde_json::from_str(variables["FAILBACK_ROLES"].as_str().expect("a text")).expect("JSON");
    let name = variables["FAILBACK_FUNCTION"].as_str().expect("a name");
    let arns = roles.as_object().into_iter().flatten().map(|(_, role)| &role["arn"]);
    arns.filter_map(Value::as_str).map(|arn| format!("{arn}{name}")).collect()
}

/// In one account, no role of another is named or may be assumed.
#[test]
fn without_other_accounts_no_role_is_assumed() {
    let template = Template::sample();
    for (name, function) in template.resources("AWS::Serverless::Function") {
        let roles = function["Environment"]["Variables"]["FAILBACK_ROLES"].as_str().expect("a text");
        assert!(roles.is_empty() || roles.matches(":iam:::role/").count() == 3, "{name}: {roles}");
    }
    for role in template.resources("AWS::IAM::Role").keys() {
        let assumes = policy::of_role(&template, role).iter().any(|one| one.actions == ["sts:AssumeRole"]);
        assert!(!assumes, "{role}");
    }
}
