//! The permissions of the API: those that its adapter requests, and no others.

use std::collections::BTreeSet;

use crate::policy;
use crate::template::{Template, file};

/// Returns the operations that the adapter names in its calls.
fn asked(adapter: &str) -> BTreeSet<String> {
    let words = adapter.split('"').filter(|word| word.starts_with("states:"));
    words.map(str::to_owned).collect()
}

#[test]
fn what_the_adapter_asks_for_is_granted_and_nothing_else_is() {
    let statements = policy::of_role(&Template::sample(), "ApiRole");
    let granted = statements.iter().flat_map(|statement| statement.actions.iter().cloned());
    let granted: BTreeSet<String> = granted.filter(|action| action.starts_with("states:")).collect();
    let asked = asked(&file("crates/aws/src/step_functions.rs"));
    assert_eq!(asked.len(), 7, "{asked:?}");
    assert_eq!(granted, asked);
    let others = statements.iter().flat_map(|statement| &statement.actions);
    let others: Vec<&String> = others
        .filter(|action| !["states:", "logs:", "xray:"].iter().any(|service| action.starts_with(service)))
        .collect();
    assert!(others.is_empty(), "{others:?}");
}

/// The API reaches only the two machines of its own stack, and answers only their gates and holds.
#[test]
fn it_reaches_the_stacks_own_machines_alone() {
    for statement in policy::of_role(&Template::sample(), "ApiRole") {
        for resource in &statement.resources {
            let own = [":stateMachine:drs-failback-", ":execution:drs-failback-", ":log-group:", "*"];
            let known = own.iter().any(|part| resource.contains(part) && (*part != "*" || resource == "*"));
            assert!(known, "{}: {resource}", statement.sid);
            let gate = statement.actions.iter().any(|action| action.starts_with("states:SendTask"));
            assert!(!gate || resource.contains(":stateMachine:drs-failback-"), "{resource}");
        }
    }
}

/// API Gateway passes on what is a route of the function, asks IAM first, and passes on nothing else.
#[test]
fn every_route_is_declared_and_asks_iam() {
    let mut declared = BTreeSet::new();
    for (name, route) in Template::sample().resources("AWS::ApiGatewayV2::Route") {
        assert_eq!(route["AuthorizationType"], "AWS_IAM", "{name}");
        assert_eq!(route["ApiId"], "Api", "{name}");
        assert_eq!(route["Target"], "integrations/ApiIntegration", "{name}");
        assert!(declared.insert(route["RouteKey"].as_str().expect("a key").to_owned()), "{name}: twice");
    }
    let routes: BTreeSet<String> = ::api::routes().map(str::to_owned).collect();
    assert_eq!(declared, routes);
}
