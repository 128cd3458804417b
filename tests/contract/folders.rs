//! The places that must know every folder in `functions/`.

use std::collections::BTreeMap;

use failback_rehearsal::machines;
use failback_rehearsal::steps::STEPS;

use crate::repo::{BOTH, find, folders, found, none, read, texts};

/// Openings of a step's documentation: its line of the page, or its place beside the page.
const OPENINGS: &[&str] =
    &["Step ", "The note of step ", "Clean-up", "Before ", "Between ", "Drill only", "At the end"];

/// Functions that are not steps of a machine.
const NO_STEPS: &[&str] = &["api", "lift-freezes", "watch-replication", "watch-runs"];

fn step_folders() -> Vec<String> {
    let mut names = folders("functions");
    names.retain(|name| !NO_STEPS.contains(&name.as_str()));
    names
}

/// A folder of `functions/`.
#[derive(Clone)]
struct Folder {
    name: String,
    manifest: Option<String>,
    lib: Option<String>,
    main: Option<String>,
    tests: Option<String>,
}

/// The files that must know every step.
struct Around {
    manifest: String,
    rehearsal: String,
    steps: String,
    machines: String,
}

fn folder(name: &str) -> Folder {
    let file = |path: &str| find(&format!("functions/{name}/{path}"));
    Folder {
        name: name.to_owned(),
        manifest: file("Cargo.toml"),
        lib: file("src/lib.rs"),
        main: file("src/main.rs"),
        tests: texts(&format!("functions/{name}/src/tests"))
            .into_iter()
            .map(|(_, text)| text)
            .reduce(|all, text| all + &text)
            .or_else(|| file("src/tests.rs")),
    }
}

fn around() -> Around {
    Around {
        manifest: read("Cargo.toml"),
        rehearsal: read("crates/rehearsal/Cargo.toml"),
        steps: read("crates/rehearsal/src/steps.rs"),
        machines: BOTH.map(machines::text).concat(),
    }
}

/// Returns everything that a person who adds a folder may have forgotten.
fn check(folder: &Folder, around: &Around) -> Vec<String> {
    let Folder { name, manifest, lib, main, tests } = folder;
    let snake = name.replace('-', "_");
    let mut faults = Vec::new();
    let mut must = |is_so: bool, what: String| {
        if !is_so {
            faults.push(format!("functions/{name}: {what}"));
        }
    };
    let manifest = manifest.as_deref().unwrap_or_default();
    must(
        manifest.contains("\nlambda = [\"dep:failback-lambda\"]\n"),
        "its Cargo.toml lacks the feature `lambda`, behind which the AWS SDK stays".to_owned(),
    );
    let lib = lib.as_deref().unwrap_or_default();
    let opening = lib.strip_prefix("//! ").unwrap_or_default();
    must(
        OPENINGS.iter().any(|words| opening.starts_with(words)),
        format!(
            "src/lib.rs begins with its line of the page or where it stands beside it, with one of {OPENINGS:?}"
        ),
    );
    let handler = format!("{snake}::{}", words(name));
    must(
        main.as_deref().unwrap_or_default().contains(&format!("failback_lambda::serve::<{handler}>()")),
        format!("src/main.rs does not serve `{handler}`"),
    );
    must(
        lib.ends_with("\n#[cfg(test)]\nmod tests;\n")
            && tests.as_deref().unwrap_or_default().contains("#[test]"),
        "src/lib.rs does not end with tests of its own".to_owned(),
    );
    must(
        around
            .manifest
            .contains(&format!("\n{name} = {{ path = \"functions/{name}\", default-features = false }}\n")),
        "the root Cargo.toml does not list it in [workspace.dependencies] without its default features"
            .to_owned(),
    );
    must(
        around.rehearsal.contains(&format!("\n{name}.workspace = true\n")),
        "crates/rehearsal/Cargo.toml does not list it in [dependencies]".to_owned(),
    );
    must(
        around.steps.contains(&format!("StepEntry::of::<{handler}>()")),
        format!("STEPS of crates/rehearsal/src/steps.rs lacks `{handler}`"),
    );
    must(
        STEPS.iter().any(|step| step.name == name),
        format!("no step of STEPS has the NAME \"{name}\", which is its folder's"),
    );
    must(
        around.machines.contains(&placeholder(name)),
        format!("no state of statemachine/*.asl.json calls {}", placeholder(name)),
    );
    faults
}

/// Returns the text of a key in a section of a manifest.
fn value<'m>(manifest: &'m str, section: &str, key: &str) -> Option<&'m str> {
    let (_, rest) = manifest.split_once(&format!("{section}\n"))?;
    let mut lines = rest.lines().take_while(|line| !line.starts_with('['));
    lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \"")?.strip_suffix('"'))
}

/// Returns what is wrong with the names and descriptions in manifests, given by their folders.
fn misnamed(manifests: &[(String, String)]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut described: BTreeMap<&str, &str> = BTreeMap::new();
    for (folder, manifest) in manifests {
        let path = format!("functions/{folder}/Cargo.toml");
        for section in ["[package]", "[[bin]]"] {
            let name = value(manifest, section, "name");
            if name != Some(folder) {
                let name = name.unwrap_or_default();
                faults
                    .push(format!("{path}: the name in {section} is \"{name}\": write name = \"{folder}\""));
            }
        }
        match value(manifest, "[package]", "description") {
            None | Some("") => {
                faults.push(format!("{path}: [package] has no description: write what {folder} does"));
            }
            Some(text) => {
                if let Some(other) = described.insert(text, folder) {
                    faults.push(format!(
                        "{path}: functions/{other} has the same description: write what each of the two does"
                    ));
                }
            }
        }
    }
    faults
}

/// Returns the words of a name, capitalized and joined. Duplicated here, so that it does not depend on the code that
/// it checks.
fn words(name: &str) -> String {
    let word = |word: &str| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..]);
    name.split('-').map(word).collect()
}

fn placeholder(name: &str) -> String {
    format!("${{{}FunctionArn}}", words(name))
}

#[test]
fn every_folder_is_a_step() {
    let around = around();
    let names = step_folders();
    assert!(!names.is_empty());
    none(&names.iter().flat_map(|name| check(&folder(name), &around)).collect::<Vec<_>>());
}

#[test]
fn every_manifest_has_the_name_of_its_folder_and_a_description_of_its_own() {
    let manifest = |name: String| (name.clone(), read(&format!("functions/{name}/Cargo.toml")));
    let manifests: Vec<(String, String)> = folders("functions").into_iter().map(manifest).collect();
    none(&misnamed(&manifests));
    let mut copied = manifests;
    copied.push(("thaw-writes".to_owned(), read("functions/prepare-launch/Cargo.toml")));
    let faults = misnamed(&copied);
    for words in [
        "the name in [package] is \"prepare-launch\": write name = \"thaw-writes\"",
        "the name in [[bin]] is \"prepare-launch\": write name = \"thaw-writes\"",
        "functions/prepare-launch has the same description: write what each of the two does",
    ] {
        found(&faults, &format!("functions/thaw-writes/Cargo.toml: {words}"));
    }
    let nothing = misnamed(&[("thaw-writes".to_owned(), "[package]\n".to_owned())]);
    found(&nothing, "[package] has no description: write what thaw-writes does");
}

/// Returns the differences between the folders and the names in `STEPS`, and what is not in order.
fn unlisted(folders: &[String], steps: &[&str]) -> Vec<String> {
    const LIST: &str = "STEPS of crates/rehearsal/src/steps.rs";
    let here = folders.iter().filter(|folder| !steps.contains(&folder.as_str()));
    let mut faults: Vec<String> =
        here.map(|folder| format!("functions/{folder} is not in {LIST}: add its type")).collect();
    let gone = steps.iter().filter(|step| !folders.iter().any(|folder| folder == *step));
    faults.extend(gone.map(|step| {
        format!("{LIST} has {step}, but there is no functions/{step}: remove it, or correct its NAME")
    }));
    let early = steps.windows(2).filter(|pair| pair[0] > pair[1]);
    faults.extend(
        early.map(|pair| {
            format!("{LIST} is not in the order of the names: move {} before {}", pair[1], pair[0])
        }),
    );
    faults
}

#[test]
fn every_step_has_a_folder() {
    let steps: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
    none(&unlisted(&step_folders(), &steps));
    let faults = unlisted(&["thaw-writes".to_owned(), "write-report".to_owned()], &["write-report", "thaw"]);
    for words in [
        "functions/thaw-writes is not in STEPS",
        "has thaw, but there is no functions/thaw",
        "move thaw before write-report",
    ] {
        found(&faults, words);
    }
    for step in STEPS {
        assert_eq!(step.placeholder(), placeholder(step.name));
    }
}

#[test]
fn a_new_folder_is_told_all_that_it_lacks() {
    let empty = Folder { name: "thaw-writes".to_owned(), manifest: None, lib: None, main: None, tests: None };
    let faults = check(&empty, &around());
    assert!(faults.iter().all(|fault| fault.starts_with("functions/thaw-writes: ")));
    for words in [
        "lacks the feature `lambda`",
        "begins with its line of the page",
        "does not serve `thaw_writes::ThawWrites`",
        "does not end with tests of its own",
        "in [workspace.dependencies]",
        "in [dependencies]",
        "STEPS of crates/rehearsal/src/steps.rs lacks `thaw_writes::ThawWrites`",
        "no step of STEPS has the NAME \"thaw-writes\"",
        "calls ${ThawWritesFunctionArn}",
    ] {
        found(&faults, words);
    }
}

#[test]
fn a_step_that_is_served_or_listed_under_another_name_is_found() {
    let mut copy = folder("prepare-launch");
    copy.main = copy.main.map(|text| text.replace("PrepareLaunch", "WriteReport"));
    found(&check(&copy, &around()), "does not serve `prepare_launch::PrepareLaunch`");
    let mut crossed = around();
    crossed.steps = crossed.steps.replace("prepare_launch::PrepareLaunch", "write_report::WriteReport");
    found(&check(&folder("prepare-launch"), &crossed), "lacks `prepare_launch::PrepareLaunch`");
}
