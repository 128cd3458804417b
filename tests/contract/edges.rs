//! The allowed dependencies between the crates of the workspace.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::{Value, json};

use crate::graph::items;
use crate::repo::{found, none, root, texts};

/// The allowed dependencies of each crate of `crates/`. The name is the folder's and, with `failback-` before it, the
/// crate's.
const CRATES: &[(&str, &[&str])] = &[
    ("asl", &[]),
    ("audit", &["failback-asl", "failback-core", "failback-sim"]),
    ("aws", &["failback-core"]),
    ("campaign", &["failback-asl", "failback-audit", "failback-core", "failback-rehearsal", "failback-sim"]),
    ("core", &[]),
    ("lambda", &["failback-aws", "failback-core"]),
    ("rehearsal", &["failback-asl", "failback-audit", "failback-core", "failback-sim", "failback-wire"]),
    ("sim", &["failback-core"]),
    ("testkit", &["failback-core", "failback-sim"]),
    ("wire", &["failback-core", "failback-sim"]),
];

/// The allowed dependencies of a step. The second is behind a feature that the root package switches off.
const STEP: &[&str] = &["failback-core", "failback-lambda"];

/// The allowed dependencies of the root package, which is the command alone.
const ROOT: &[&str] = &[
    "api",
    "failback-asl",
    "failback-audit",
    "failback-campaign",
    "failback-core",
    "failback-rehearsal",
    "failback-sim",
    "failback-wire",
];

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO"))
        .args(arguments)
        .args(["--offline", "--locked"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo writes UTF-8")
}

fn metadata() -> Value {
    let text = cargo(&["metadata", "--format-version", "1", "--no-deps"]);
    serde_json::from_str(&text).expect("cargo metadata is JSON")
}

/// Returns the dependencies of a package that are built into it.
fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    items(&package["dependencies"]).filter(|dependency| dependency["kind"] != "dev")
}

fn name(value: &Value) -> &str {
    value["name"].as_str().unwrap_or_default()
}

/// Returns the folder of a package in `crates/`, `functions/` or `tests/`.
fn folder<'a>(package: &'a Value, parent: &str) -> Option<&'a str> {
    let path = package["manifest_path"].as_str()?.strip_suffix("/Cargo.toml")?;
    let (before, folder) = path.rsplit_once('/')?;
    before.ends_with(&format!("/{parent}")).then_some(folder)
}

fn check(metadata: &Value) -> Vec<String> {
    items(&metadata["packages"]).flat_map(|package| check_package(package, metadata)).collect()
}

fn check_package(package: &Value, metadata: &Value) -> Vec<String> {
    let inside: BTreeSet<&str> = items(&metadata["packages"]).map(name).collect();
    let steps = items(&metadata["packages"]).filter(|package| folder(package, "functions").is_some());
    let mut allowed: Vec<&str> = Vec::new();
    if folder(package, "functions").is_some() {
        allowed.extend(STEP);
    } else if let Some(folder) = folder(package, "crates") {
        let Some((_, row)) = CRATES.iter().find(|(name, _)| *name == folder) else {
            return vec![format!("crates/{folder}: say in tests/contract/edges.rs what it may depend on")];
        };
        allowed.extend(*row);
        if folder == "rehearsal" {
            allowed.extend(steps.map(name));
        }
    } else if folder(package, "tests").is_some() {
        // Tests of the whole workspace are a package of their own where they need the AWS SDK.
        allowed.extend(items(&metadata["packages"]).map(name));
    } else {
        allowed.extend(ROOT);
    }
    let mut faults = Vec::new();
    for dependency in dependencies(package) {
        let (from, to) = (name(package), name(dependency));
        if inside.contains(to) && !allowed.contains(&to) {
            faults.push(format!("{from} may not depend on {to}"));
        }
        if to.starts_with("aws-") && from != "failback-aws" {
            faults.push(format!("{from} may not depend on {to}: only failback-aws knows the AWS SDK"));
        }
        if to == "failback-lambda" && dependency["optional"] != true {
            faults.push(format!(
                "{from} depends on failback-lambda, and so on the AWS SDK, even where it is a library"
            ));
        }
    }
    faults
}

/// Returns the AWS crates in the root package's default build, from the output of `cargo tree`.
fn sdk(tree: &str) -> Vec<String> {
    let bad = |line: &&str| {
        ["aws-", "failback-aws", "failback-lambda", "lambda_"].iter().any(|b| line.starts_with(b))
    };
    tree.lines().filter(bad).map(|line| format!("`cargo run` would build {line}")).collect()
}

/// Returns code lines, not comments, that name the guard.
fn guard(path: &str, text: &str) -> Vec<String> {
    let word =
        |line: &str| line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "guard");
    let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    let lines = code.zip(1..).filter(|(line, _)| word(line));
    lines.map(|(_, number)| format!("{path}:{number} names the guard, which it is to judge")).collect()
}

#[test]
fn dependencies_point_one_way() {
    none(&check(&metadata()));
}

#[test]
fn a_dependency_that_points_the_other_way_is_found() {
    let with = |crate_name: &str, dependency: Value| {
        let mut metadata = metadata();
        let packages = metadata["packages"].as_array_mut().expect("packages");
        let package = packages.iter_mut().find(|package| name(package) == crate_name).expect("a crate");
        package["dependencies"].as_array_mut().expect("dependencies").push(dependency);
        check(&metadata)
    };
    let on = |name: &str| json!({ "name": name, "kind": null, "optional": false });
    found(&with("failback-core", on("failback-sim")), "failback-core may not depend on failback-sim");
    found(&with("failback-asl", on("failback-core")), "failback-asl may not depend on failback-core");
    found(&with("failback-sim", on("failback-audit")), "failback-sim may not depend on failback-audit");
    found(&with("prepare-launch", on("write-report")), "prepare-launch may not depend on write-report");
    found(&with("prepare-launch", on("failback-sim")), "prepare-launch may not depend on failback-sim");
    found(&with("prepare-launch", on("failback-lambda")), "even where it is a library");
    found(&with("prepare-launch", on("aws-sdk-drs")), "only failback-aws knows the AWS SDK");
    found(&with("drs-failback", on("aws-sdk-drs")), "only failback-aws knows the AWS SDK");
    none(&with("failback-core", json!({ "name": "failback-sim", "kind": "dev", "optional": false })));
}

#[test]
fn a_crate_without_a_rule_is_found() {
    let mut metadata = metadata();
    let package =
        json!({ "name": "failback-new", "manifest_path": "/r/crates/new/Cargo.toml", "dependencies": [] });
    metadata["packages"].as_array_mut().expect("packages").push(package);
    found(&check(&metadata), "crates/new: say in tests/contract/edges.rs");
}

#[test]
fn the_command_builds_no_aws_sdk() {
    let tree = cargo(&["tree", "--edges", "normal,build", "--package", "drs-failback", "--prefix", "none"]);
    assert!(tree.starts_with("drs-failback "), "{tree}");
    none(&sdk(&tree));
    found(&sdk(&format!("{tree}aws-config v1.13.0\n")), "would build aws-config");
    found(&sdk("failback-lambda v0.1.0\n"), "would build failback-lambda");
}

#[test]
fn the_auditor_does_not_know_the_guard() {
    let sources = texts("crates/audit/src");
    assert!(!sources.is_empty());
    none(&sources.iter().flat_map(|(path, text)| guard(path, text)).collect::<Vec<_>>());
    found(&guard("x.rs", "//! Not the guard.\nuse failback_core::guard::Guard;\n"), "x.rs:2");
}
