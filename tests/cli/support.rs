//! The command, and comparisons of its output.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The result of running the command.
pub(crate) struct Ran {
    /// The standard output.
    pub(crate) stdout: String,
    /// The standard error.
    pub(crate) stderr: String,
    /// The exit code.
    pub(crate) code: i32,
}

impl Ran {
    /// Returns all of it as one text. A run that succeeds silently is its standard output, byte for byte.
    pub(crate) fn transcript(&self) -> String {
        let mut text = self.stdout.clone();
        if !self.stderr.is_empty() {
            let _ = write!(text, "--- standard error\n{}", self.stderr);
        }
        if self.code != 0 {
            let _ = writeln!(text, "--- exit code {}", self.code);
        }
        text
    }
}

/// Returns the path of a file of this repository.
pub(crate) fn file(path: impl AsRef<Path>) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Returns the text of a file of this repository.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Runs the command without input.
pub(crate) fn run(arguments: &[&str]) -> Ran {
    run_with(arguments, "")
}

/// The command.
const COMMAND: &str = env!("CARGO_BIN_EXE_drs-failback");

/// Seconds after which a command that still runs has failed.
const LIMIT_SECONDS: &str = "300";

/// Runs the command in a terminal whose input ends at once. Its two outputs are one there.
pub(crate) fn run_in_terminal(arguments: &[&str]) -> Ran {
    let line = format!("'{COMMAND}' {}", arguments.join(" "));
    let mut script = Command::new("timeout");
    script.args([LIMIT_SECONDS, "script", "--quiet", "--return", "--command", &line, "/dev/null"]);
    ran(&mut script, "")
}

/// Runs the command with this input.
pub(crate) fn run_with(arguments: &[&str], input: &str) -> Ran {
    let mut command = Command::new("timeout");
    command.arg(LIMIT_SECONDS).arg(COMMAND).args(arguments);
    ran(&mut command, input)
}

/// Runs the command with its standard output elsewhere. Returns the exit code and the standard error.
pub(crate) fn run_into(arguments: &[&str], stdout: impl Into<Stdio>) -> (Option<i32>, String) {
    let mut command = Command::new(COMMAND);
    let output = command.args(arguments).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped()).output();
    let output = output.expect("the command starts");
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Runs a command that serves, on a free port, until it listens. Returns what it told.
pub(crate) fn serves(arguments: &[&str]) -> String {
    let mut command = Command::new(COMMAND);
    let child = command.args(arguments).args(["--port", "0"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = child.spawn().expect("the command starts");
    let lines = BufReader::new(child.stdout.take().expect("its output is a pipe")).lines();
    let mut told = String::new();
    for line in lines.map_while(Result::ok) {
        told.push_str(&line);
        if line.contains("Listening") {
            break;
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    told
}

fn ran(command: &mut Command, input: &str) -> Ran {
    let mut child = command
        .current_dir(file(""))
        // The output must not depend on the terminal in which the tests run.
        .env_remove("COLUMNS")
        .env_remove("LINES")
        .env_remove("CLICOLOR_FORCE")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that reads nothing may have ended already.
    let _ = child.stdin.take().expect("its input is a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the command ends");
    let utf8 = |bytes| String::from_utf8(bytes).expect("the command prints UTF-8");
    Ran {
        stdout: utf8(output.stdout),
        stderr: utf8(output.stderr),
        code: output.status.code().expect("the command is not killed"),
    }
}

/// Reports whether the current output is to be kept.
fn updates() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| !value.is_empty() && value != "0")
}

/// Compares with a file, or replaces it.
pub(crate) fn same(path: &str, now: &str) {
    if updates() {
        // The file is replaced as a whole, because other tests may be reading it.
        let new = format!("{path}.new");
        let written = std::fs::write(file(&new), now).and_then(|()| std::fs::rename(file(&new), file(path)));
        return written.unwrap_or_else(|error| panic!("{path}: {error}"));
    }
    let kept = std::fs::read_to_string(file(path)).unwrap_or_default();
    if kept == now {
        return;
    }
    let same = kept.lines().zip(now.lines()).take_while(|(kept, now)| kept == now).count();
    panic!(
        "{path}:{} differs\n  kept: {}\n  now:  {}\nUPDATE_GOLDEN=1 keeps what is printed now",
        same + 1,
        kept.lines().nth(same).unwrap_or("(end)"),
        now.lines().nth(same).unwrap_or("(end)")
    );
}

/// Compares with a golden transcript, or replaces it.
pub(crate) fn golden(name: &str, now: &str) {
    same(&format!("tests/cli/golden/{name}.txt"), now);
}

/// Compares with the code block between `<!-- begin NAME -->` and `<!-- end NAME -->` of a document, or replaces it.
///
/// Trailing blanks do not count, because editors remove them.
pub(crate) fn embedded(document: &str, name: &str, language: &str, now: &str) {
    let whole = text(document);
    let (begin, end) = (format!("<!-- begin {name} -->\n"), format!("<!-- end {name} -->\n"));
    let (before, rest) =
        whole.split_once(&begin).unwrap_or_else(|| panic!("{document} has no `{}`", begin.trim()));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{document} has no `{}`", end.trim()));
    let lines: Vec<&str> = now.trim_end().lines().map(str::trim_end).collect();
    let block = format!("```{language}\n{}\n```\n", lines.join("\n"));
    same(document, &format!("{before}{begin}{block}{end}{after}"));
}
