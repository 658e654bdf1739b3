//! What the person at the terminal sees while a command works.

use std::fmt::Display;
use std::io::{IsTerminal, Write};
use std::sync::LazyLock;
use std::time::Duration;

static COLOURED: LazyLock<bool> = LazyLock::new(|| {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()) && std::io::stdout().is_terminal()
});

/// A step begins.
pub(crate) fn heading(text: impl Display) {
    println!("\n{}", bold(format!("── {text}")));
    flush();
}

/// Something worth a line has begun, ended or been found.
pub(crate) fn note(about: &str, text: impl Display) {
    println!("{} {text}", bold(format!("{about}:")));
    flush();
}

pub(crate) fn is_coloured() -> bool {
    *COLOURED
}

pub(crate) fn seconds(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.1} s") } else { format!("{seconds:.0} s") }
}

/// Bytes as kilobytes of 1000, the unit of the budgets.
pub(crate) fn kilobytes(bytes: u64) -> String {
    #[allow(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let kilobytes = bytes as f64 / 1000.0;
    format!("{kilobytes:.1} kB")
}

fn bold(text: String) -> String {
    if *COLOURED { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text }
}

/// Lines of ours and lines of child processes must come out in the order in which they happened.
fn flush() {
    let _ = std::io::stdout().flush();
}
