//! Child processes. Each leads a process group of its own, so that ending it ends what it has started in turn, and an
//! interrupt ends them all.

use std::env;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, PipeReader};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::failure::{Failure, Result, While};
use crate::workspace;

/// What a shell reports for a command that was interrupted.
const INTERRUPTED: i32 = 130;
/// From the polite signal to the one that cannot be refused.
const GRACE: Duration = Duration::from_secs(3);
/// How long output may still arrive after its process has ended.
const DRAIN: Duration = Duration::from_secs(2);

static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// Makes Ctrl-C, a hang-up and a termination request end everything that this program has started.
pub(crate) fn end_all_on_interrupt() -> Result<()> {
    ctrlc::set_handler(|| {
        // Never unlocked again: a thread whose child now ends stays waiting in `wait` instead of reporting a failure.
        let groups = lock_groups();
        eprintln!("\nInterrupted: ending everything that was started.");
        end(&groups);
        std::process::exit(INTERRUPTED);
    })
    .during("cannot watch for Ctrl-C")
}

/// `program` in the root of the repository, with the tools that we have installed first on its PATH.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root()).env("PATH", search_path()).stdin(Stdio::null());
    command
}

/// Where `program` is found on the PATH of our child processes.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    env::split_paths(&search_path()).map(|folder| folder.join(program)).find(|path| path.is_file())
}

fn search_path() -> OsString {
    let ours = workspace::tools().join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    env::join_paths([ours].into_iter().chain(env::split_paths(&path))).unwrap_or(path)
}

/// Runs to the end, with its output on our terminal.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    match status(command)? {
        status if status.success() => Ok(()),
        status => Err(format!("`{}` failed ({status}); its output above says why.", line(command)).into()),
    }
}

/// Like `run`, for those to whom the exit status itself matters.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    let (mut child, group) = start(command)?;
    wait(&mut child, group).during(format_args!("cannot wait for `{}`", line(command)))
}

/// What a short question to a program answers on standard output.
pub(crate) fn ask(command: &mut Command) -> Result<String> {
    let output = command.output().map_err(|error| cannot_start(command, &error))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    } else {
        let reason = String::from_utf8_lossy(&output.stderr);
        Err(format!("`{}` failed: {}", line(command), reason.trim()).into())
    }
}

/// A process that others need while they run. It ends with this value.
#[derive(Debug)]
pub(crate) struct Background {
    child: Child,
    group: Pid,
}

impl Background {
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let (child, group) = start(command)?;
        Ok(Self { child, group })
    }

    pub(crate) fn take_output(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        // It dies of the signal, or has died before: either way there is nothing more to do.
        let _ = killpg(self.group, Signal::SIGTERM);
        let _ = wait(&mut self.child, self.group);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Echo {
    Live,
    /// In one piece, when it has ended: others write in the meantime.
    AtOnce,
    Silent,
}

#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) is_success: bool,
    /// Standard output and standard error, in the order in which they came.
    pub(crate) text: String,
}

/// Runs to the end and keeps the output. Past `limit` the process is ended, and the text says so.
pub(crate) fn record(mut command: Command, echo: Echo, limit: Duration) -> Result<Recording> {
    let name = line(&command);
    let (reader, writer) = std::io::pipe().during("cannot make a pipe")?;
    command.stdout(writer.try_clone().during("cannot copy a pipe")?).stderr(writer);
    let (mut child, group) = start(&mut command)?;
    // Our copies of the writing end go with it: the reader ends when the last process that writes does.
    drop(command);

    let (events, arrived) = mpsc::channel();
    let lines = events.clone();
    thread::spawn(move || send_lines(reader, &lines));
    thread::spawn(move || events.send(Event::Ended(wait(&mut child, group).is_ok_and(|status| status.success()))));

    let mut text = String::new();
    let mut add = |line: &str| {
        if echo == Echo::Live {
            println!("{line}");
        }
        text.push_str(line);
        text.push('\n');
    };
    let mut deadline = Instant::now() + limit;
    let mut is_success = None;
    let mut is_late = false;
    loop {
        let patience = if is_success.is_some() { DRAIN } else { deadline.saturating_duration_since(Instant::now()) };
        match arrived.recv_timeout(patience) {
            Ok(Event::Line(line)) => add(&line),
            Ok(Event::Ended(success)) => is_success = Some(success),
            Err(mpsc::RecvTimeoutError::Timeout) if is_success.is_none() && !is_late => {
                add(&format!("`{name}` took longer than {} minutes and was ended.", limit.as_secs() / 60));
                is_late = true;
                end(&[group]);
                deadline = Instant::now() + DRAIN;
            }
            Err(_) => break,
        }
    }
    if echo == Echo::AtOnce {
        print!("{text}");
    }
    Ok(Recording { is_success: is_success == Some(true) && !is_late, text })
}

/// `record` in silence; a failure shows the end of the output.
pub(crate) fn run_silently(command: Command, limit: Duration) -> Result<()> {
    let name = line(&command);
    let recording = record(command, Echo::Silent, limit)?;
    if recording.is_success {
        return Ok(());
    }
    let lines: Vec<&str> = recording.text.lines().collect();
    let end = lines.iter().skip(lines.len().saturating_sub(30)).copied().collect::<Vec<_>>().join("\n");
    Err(format!("`{name}` failed:\n{end}").into())
}

enum Event {
    Line(String),
    Ended(bool),
}

fn send_lines(reader: PipeReader, lines: &mpsc::Sender<Event>) {
    for line in BufReader::new(reader).split(b'\n').map_while(std::result::Result::ok) {
        let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
        if lines.send(Event::Line(line)).is_err() {
            return;
        }
    }
}

/// The lock is held while the process starts: an interrupt sees it registered or comes before it exists.
fn start(command: &mut Command) -> Result<(Child, Pid)> {
    let mut groups = lock_groups();
    let child = command.process_group(0).spawn().map_err(|error| cannot_start(command, &error))?;
    let group = Pid::from_raw(i32::try_from(child.id()).during("a process id out of range")?);
    groups.push(group);
    Ok((child, group))
}

/// Waits for the leader of the group, and ends what it has left behind.
fn wait(child: &mut Child, group: Pid) -> std::io::Result<ExitStatus> {
    let status = child.wait();
    end(&[group]);
    lock_groups().retain(|running| *running != group);
    status
}

fn end(groups: &[Pid]) {
    let is_alive = |group: &Pid| killpg(*group, None).is_ok();
    for group in groups {
        // A group that has ended by itself is what we want.
        let _ = killpg(*group, Signal::SIGTERM);
    }
    let deadline = Instant::now() + GRACE;
    while groups.iter().any(is_alive) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(20));
    }
    for group in groups.iter().filter(|group| is_alive(group)) {
        let _ = killpg(*group, Signal::SIGKILL);
    }
}

fn lock_groups() -> MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

fn cannot_start(command: &Command, error: &std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy();
    if error.kind() == std::io::ErrorKind::NotFound {
        format!("`{program}` was not found; install it and see that it is on the PATH.").into()
    } else {
        format!("cannot start `{program}`: {error}").into()
    }
}

/// The command as one would type it, without the long paths of this machine.
fn line(command: &Command) -> String {
    let root = format!("{}/", workspace::root().display());
    let words = [command.get_program()].into_iter().chain(command.get_args());
    words.map(|word| word.to_string_lossy().replace(&root, "")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = command("sh");
        command.args(["-c", script]);
        command
    }

    const LIMIT: Duration = Duration::from_secs(60);

    #[test]
    fn records_both_streams_in_order() {
        let recording = record(shell("echo one; echo two >&2; echo three"), Echo::Silent, LIMIT).unwrap();
        assert_eq!(recording.text, "one\ntwo\nthree\n");
        assert!(recording.is_success);
    }

    #[test]
    fn ends_what_takes_too_long_with_everything_it_started() {
        let recording = record(shell("sleep 1000 & echo $!; wait"), Echo::Silent, Duration::from_millis(300)).unwrap();
        let grandchild = recording.text.lines().next().unwrap();
        assert!(!recording.is_success);
        assert!(ask(&mut shell(&format!("! kill -0 {grandchild} 2>/dev/null"))).is_ok(), "{grandchild} is still there");
    }

    #[test]
    fn ends_what_a_process_has_left_behind() {
        let recording = record(shell("sleep 1000 & echo $!"), Echo::Silent, LIMIT).unwrap();
        let orphan = recording.text.trim();
        assert!(recording.is_success);
        assert!(ask(&mut shell(&format!("! kill -0 {orphan} 2>/dev/null"))).is_ok(), "{orphan} is still there");
    }

    #[test]
    fn names_a_program_that_is_not_there() {
        let failure = run(&mut command("no-such-program")).unwrap_err();
        assert!(failure.to_string().contains("`no-such-program` was not found"), "{failure}");
    }
}
