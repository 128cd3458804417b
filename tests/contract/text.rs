//! Text that no file may contain, and broken links.

use std::path::Path;

use crate::repo::{found, none, root, texts};

const PLACES: &[&str] = &[
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "Cargo.toml",
    "README.md",
    "crates",
    "docs",
    "examples",
    "functions",
    "samconfig.toml",
    "src",
    "statemachine",
    "template.yaml",
    "tests",
];

/// Files that may name a host of AWS: documents, tests of the wire itself, and names of XML namespaces.
const MAY_NAME_HOSTS: &[&str] = &[
    "docs/",
    "crates/aws/src/tests/",
    "crates/aws/tests/",
    "crates/wire/src/namespaces.rs",
    "crates/wire/src/tests/",
    "crates/wire/tests/",
    "tests/wire/",
];

/// Returns folders that exist only on a person's own machine. They are put together, so that this file does not
/// contain them.
fn private() -> [String; 5] {
    ["home", "work", "root", "Users", "tmp"].map(|folder| format!("/{folder}/"))
}

/// Returns lines that name a place on a person's own machine.
fn paths(path: &str, text: &str) -> Vec<String> {
    let private = private();
    let begins =
        |line: &str, at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-}/*".contains(c));
    let bad = |line: &str| {
        private.iter().any(|folder| line.match_indices(folder.as_str()).any(|(at, _)| begins(line, at)))
    };
    let lines = text.lines().zip(1..).filter(|(line, _)| bad(line));
    lines
        .map(|(line, number)| format!("{path}:{number} names a place on one machine: {}", line.trim()))
        .collect()
}

/// Returns lines that name a host that answers for AWS. A service principal, such as that of DRS, does not count.
fn hosts(path: &str, text: &str) -> Vec<String> {
    if MAY_NAME_HOSTS.iter().any(|place| path.starts_with(place)) {
        return Vec::new();
    }
    let lines = text.lines().zip(1..).filter(|(line, _)| names_host(line));
    lines.map(|(line, number)| format!("{path}:{number} names a host of AWS: {}", line.trim())).collect()
}

fn names_host(line: &str) -> bool {
    let domain = concat!(".amazon", "aws.com");
    line.match_indices(domain).any(|(at, _)| {
        let before = &line[..at];
        let host = |c: char| c.is_ascii_alphanumeric() || "-._{}$".contains(c);
        let start = before.rfind(|c| !host(c)).map_or(0, |i| i + 1);
        before[..start].ends_with("//") || before[start..].contains('.')
    })
}

/// Returns links to files that do not exist.
fn links(path: &str, text: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next());
    let files = targets
        .filter(|target| {
            !target.contains("://") && !target.starts_with('#') && !target.starts_with("mailto:")
        })
        .filter_map(|target| target.split('#').next());
    let lost = files.filter(|file| !exists(&format!("{folder}/{file}")));
    lost.map(|file| format!("{path} links to {file}, which is not there")).collect()
}

fn everything() -> Vec<(String, String)> {
    let all: Vec<_> = PLACES.iter().flat_map(|place| texts(place)).collect();
    assert!(all.len() > 100, "only {} files were found", all.len());
    all
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    none(&everything().iter().flat_map(|(path, text)| paths(path, text)).collect::<Vec<_>>());
    for folder in private() {
        found(
            &paths("x.rs", &format!("fine\nlet p = \"{folder}x\";\n")),
            "x.rs:2 names a place on one machine",
        );
        none(&paths("x.md", &format!("https://example.com{folder}x")));
    }
}

#[test]
fn no_file_names_a_host_of_aws() {
    none(&everything().iter().flat_map(|(path, text)| hosts(path, text)).collect::<Vec<_>>());
    let domain = concat!("amazon", "aws.com");
    found(&hosts("x.rs", &format!("https://drs.eu-west-1.{domain}/")), "x.rs:1 names a host of AWS");
    found(&hosts("x.rs", &format!("\"drs.{{region}}.{domain}\"")), "x.rs:1 names a host of AWS");
    found(&hosts("x.rs", &format!("https://route53.{domain}")), "x.rs:1 names a host of AWS");
    none(&hosts("x.rs", &format!("\"drs.{domain}\" launched it")));
    none(&hosts("docs/x.md", &format!("https://drs.eu-west-1.{domain}/")));
}

#[test]
fn links_lead_to_files() {
    let exists = |path: &str| root().join(path.trim_start_matches('/')).exists();
    let is_page = |path: &str| Path::new(path).extension().is_some_and(|extension| extension == "md");
    let pages = everything().into_iter().filter(|(path, _)| is_page(path));
    none(&pages.flat_map(|(path, text)| links(&path, &text, exists)).collect::<Vec<_>>());
    found(&links("docs/x.md", "[a](y.md#z) [b](https://a.b) [c](#d)", |_| false), "docs/x.md links to y.md");
    none(&links("docs/x.md", "[b](https://a.b) [c](#d)", |_| false));
}
