//! Standard output and standard error: the one place that writes to them.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};

/// The exit code when the output could not be written.
const UNWRITTEN: i32 = 5;

/// Writes text to standard output at once. If nobody can read it, the process ends: a reader that went away, as in
/// `| head`, without a word, and everything else, such as a full disk, with the reason.
pub(crate) fn show(text: impl Display) {
    let mut out = io::stdout().lock();
    if let Err(error) = write!(out, "{text}").and_then(|()| out.flush()) {
        if error.kind() != ErrorKind::BrokenPipe {
            tell(format_args!("error: the output cannot be written: {error}\n"));
        }
        std::process::exit(UNWRITTEN);
    }
}

/// Writes text to standard error at once. What cannot be written there cannot be told anywhere.
pub(crate) fn tell(text: impl Display) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{text}").and_then(|()| err.flush());
}
