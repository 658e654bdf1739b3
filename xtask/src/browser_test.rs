//! The suite in tests/browser, compiled to WebAssembly and run in one engine by wasm-pack.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::browser::Engine;
use crate::failure::{Result, While};
use crate::process::{self, Background, Echo, Recording};
use crate::progress;
use crate::tally::Tally;
use crate::test::LIMIT;
use crate::tool::Tool;
use crate::workspace;

pub(crate) const TOOLS: &[Tool] = &[Tool::WasmTarget, Tool::WasmBindgen, Tool::WasmPack];

/// Seconds for all tests of the suite together; the runner's own 20 are meant for small ones.
const SUITE_TIMEOUT: &str = "60";
/// Seconds for the driver to listen, on a machine that is busy.
const DRIVER_TIMEOUT: &str = "30";

/// The runner's server can leave a connection unread when a browser opens several at once (its pool counts a thread as free that
/// has just been given another one). Then the suite is not begun, which says nothing about it.
const MOST_BEGINNINGS: u32 = 4;

/// What the runner says when it has waited in vain.
const NOT_BEGUN: &str = "Failed to detect test as having been run";

/// Where the suite runs in an engine: the crate promises to work the same in each. By the name that the runner has for it.
const HOMES: &[(&str, &str)] =
    &[("a page", "WASM_BINDGEN_USE_BROWSER"), ("a dedicated worker", "WASM_BINDGEN_USE_DEDICATED_WORKER")];

/// For callers that have seen to `TOOLS` and to the engine.
pub(crate) fn run(engine: Engine) -> Result<Tally> {
    let driver = engine.driver().ok_or_else(|| format!("{} is not complete here.", engine.name()))?;
    let mut tally = Tally::default();
    for (home, variable) in HOMES {
        progress::note(engine.name(), format_args!("in {home}"));
        let mut recording = run_in(engine, &driver, variable)?;
        for _ in 1..MOST_BEGINNINGS {
            if !recording.text.contains(NOT_BEGUN) || recording.text.contains("running ") {
                break;
            }
            progress::note(engine.name(), "the runner did not begin the suite: once more");
            recording = run_in(engine, &driver, variable)?;
        }
        tally = tally + Tally::of_tests(&recording);
    }
    Ok(tally)
}

fn run_in(engine: Engine, driver: &Path, variable: &str) -> Result<Recording> {
    let mut wasm_pack = process::command("wasm-pack");
    // What wasm-pack would install is there already, in the versions that we want.
    wasm_pack.args(["test", "--headless", "--mode", "no-install"]);
    wasm_pack.arg(format!("--{}", browser_flag(engine))).arg(format!("--{}", driver_flag(engine))).arg(driver);
    // Without the exports for npm: they import a script that only the package has.
    wasm_pack.args(["--test", "browser"]);
    wasm_pack.env(variable, "1").env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities(engine));
    // Nobody steps through the suite: nine tenths of the module would be what a debugger reads, which every engine loads.
    wasm_pack.env("CARGO_PROFILE_DEV_DEBUG", "false");
    wasm_pack.env("WASM_BINDGEN_TEST_TIMEOUT", SUITE_TIMEOUT);
    wasm_pack.env("WASM_BINDGEN_TEST_DRIVER_TIMEOUT", DRIVER_TIMEOUT);
    let _screen = if needs_screen(engine) { Some(Screen::open(&mut wasm_pack)?) } else { None };
    process::record(wasm_pack, Echo::Live, LIMIT)
}

fn browser_flag(engine: Engine) -> &'static str {
    match engine {
        Engine::Chromium => "chrome",
        Engine::Firefox => "firefox",
        Engine::WebKit => "safari",
    }
}

/// To wasm-pack every driver of WebKit is Safari's: WebKitGTK's speaks the same protocol.
fn driver_flag(engine: Engine) -> &'static str {
    match engine {
        Engine::Chromium => "chromedriver",
        Engine::Firefox => "geckodriver",
        Engine::WebKit => "safaridriver",
    }
}

/// What to ask of the driver for a new session: flags of the browser, mostly.
fn capabilities(engine: Engine) -> std::path::PathBuf {
    workspace::root().join("tests/browser").join(format!("webdriver-{}.json", engine.name().to_lowercase()))
}

fn needs_screen(engine: Engine) -> bool {
    engine == Engine::WebKit && cfg!(target_os = "linux")
}

/// A display in memory, for as long as it lives.
struct Screen(#[expect(dead_code, reason = "kept for its drop")] Background);

impl Screen {
    /// Opens one and has `command` draw there.
    fn open(command: &mut Command) -> Result<Self> {
        let mut xvfb = process::command("Xvfb");
        // It picks a free display by itself and writes its number to file descriptor 1.
        xvfb.args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp"]);
        xvfb.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = Background::start(&mut xvfb)?;
        let mut number = String::new();
        let output = server.take_output().ok_or("Xvfb has no output to read.")?;
        BufReader::new(output).read_line(&mut number).during("cannot read the display's number")?;
        if number.trim().is_empty() {
            return Err("Xvfb did not start; run `Xvfb -displayfd 1` to see why.".into());
        }
        command.env("DISPLAY", format!(":{}", number.trim()));
        // There is no GPU, and in a container no user namespace for the sandbox. The pages are our own.
        command.env("LIBGL_ALWAYS_SOFTWARE", "1").env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
        Ok(Self(server))
    }
}
