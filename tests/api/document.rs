use std::collections::BTreeSet;

use failback_rehearsal::account::Account;
use serde_json::{Value, json};

use crate::support::{Ask, Got, get};

fn document() -> Value {
    serde_json::from_str(api::OPENAPI).expect("JSON")
}

/// Returns the path of the document that matches a request's path.
fn template<'d>(document: &'d Value, path: &str) -> Option<(&'d String, &'d Value)> {
    let fits = |template: &str| {
        let (mut wanted, mut given) = (template.split('/'), path.split('/'));
        loop {
            match (wanted.next(), given.next()) {
                (None, None) => return true,
                (Some(wanted), Some(given))
                    if wanted == given || wanted.starts_with('{') && !given.is_empty() => {}
                _ => return false,
            }
        }
    };
    document["paths"].as_object().expect("paths").iter().find(|(template, _)| fits(template))
}

/// Asserts that the document has the answer's status, and the shape of its body.
pub(crate) fn assert_described(method: &str, path: &str, got: &Got) {
    let document = document();
    let Some((_, operations)) = template(&document, path) else {
        assert_eq!(got.status, 404, "{method} {path} is not described");
        return;
    };
    let operation = &operations[method.to_lowercase()];
    if operation.is_null() {
        assert_eq!(got.status, 405, "{method} {path} is not described");
        return;
    }
    let status = got.status.to_string();
    let response = resolve(&document, &operation["responses"][&status]);
    assert!(response.is_object(), "{method} {path} answers {status}, which is not described: {got:?}");
    let kind = got.headers["content-type"].as_str().expect("a content type");
    let schema = &response["content"][kind]["schema"];
    assert!(schema.is_object(), "{method} {path} answers {status} as {kind}, which is not described");
    let mut whole = resolve(&document, schema).clone();
    whole["components"] = document["components"].clone();
    let validator = jsonschema::validator_for(&whole).expect("a schema");
    let wrong: Vec<String> =
        validator.iter_errors(&got.body).map(|error| format!("{}: {error}", error.instance_path)).collect();
    assert!(wrong.is_empty(), "{method} {path}: {wrong:#?}\n{}", got.body);
}

fn resolve<'d>(document: &'d Value, of: &'d Value) -> &'d Value {
    match of["$ref"].as_str().and_then(|pointer| document.pointer(pointer.strip_prefix('#')?)) {
        Some(found) => resolve(document, found),
        None => of,
    }
}

#[test]
fn it_is_served() {
    let got = get("/openapi.json").to(&Account::default());
    assert_eq!((got.status, &got.body["openapi"]), (200, &json!("3.1.0")));
    assert_eq!(got.body, document());
}

/// Every operation of the document is routed: it does not answer "there is nothing here" or "not so".
#[test]
fn every_operation_is_answered() {
    let mut operations = BTreeSet::new();
    for (path, methods) in document()["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys().filter(|key| *key != "parameters") {
            let asked = Ask::new(&method.to_uppercase(), &path.replace("{name}", "no-such-run"));
            let got = asked.to(&Account::default());
            assert_ne!(got.status, 405, "{method} {path}");
            let nothing = got.body["detail"].as_str().is_some_and(|detail| detail.contains("nothing here"));
            assert!(!nothing, "{method} {path}");
            operations.insert(format!("{method} {path}"));
        }
    }
    assert_eq!(operations.len(), 16, "{operations:#?}");
}

/// The routes are the document's operations, each once.
#[test]
fn the_routes_are_the_documents() {
    let mut described = BTreeSet::new();
    for (path, methods) in document()["paths"].as_object().expect("paths") {
        let methods = methods.as_object().expect("methods").keys().filter(|key| *key != "parameters");
        described.extend(methods.map(|method| format!("{} {path}", method.to_uppercase())));
    }
    let routes: Vec<String> = api::routes().map(str::to_owned).collect();
    assert_eq!(routes.len(), described.len());
    assert_eq!(routes.into_iter().collect::<BTreeSet<_>>(), described);
}

/// Every operation has a unique name and a summary.
#[test]
fn every_operation_has_a_name_and_a_summary() {
    let mut names = BTreeSet::new();
    for methods in document()["paths"].as_object().expect("paths").values() {
        for (method, operation) in methods.as_object().expect("methods") {
            if method == "parameters" {
                continue;
            }
            assert!(names.insert(operation["operationId"].as_str().expect("a name").to_owned()));
            assert!(operation["summary"].as_str().is_some_and(|summary| summary.len() > 10));
        }
    }
}

/// The document's plan is the plan file's schema, with its definitions among the document's.
#[test]
fn the_plan_in_it_is_the_plan_files() {
    let schema = failback_rehearsal::plans::schema().replace("#/$defs/", "#/components/schemas/Plan");
    let mut schema: Value = serde_json::from_str(&schema).expect("JSON");
    let definitions = schema.as_object_mut().expect("an object").remove("$defs").expect("definitions");
    schema.as_object_mut().expect("an object").remove("$schema");
    let mut expected = document();
    let schemas = &mut expected["components"]["schemas"];
    schemas["Plan"] = schema;
    for (name, definition) in definitions.as_object().expect("definitions") {
        schemas[format!("Plan{name}")] = definition.clone();
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/openapi.json");
        std::fs::write(path, format!("{expected:#}\n")).expect("docs/openapi.json can be written");
        return;
    }
    assert!(document() == expected, "docs/openapi.json: UPDATE_GOLDEN=1 writes the plan's schema again");
}
