//! `cargo xtask demo`: the demo page, and the servers that it talks to.

use std::process::ExitCode;

use crate::browser::{self, Engine};
use crate::command::{Arguments, Choice, Command};
use crate::failure::Result;
use crate::tool::{self, Tool};
use crate::{npm, package, process, python};

pub(crate) const COMMAND: Command = Command {
    name: "demo",
    summary: "Build everything and start the demo",
    details: "Builds the package, starts the demo page with an identity provider and APIs of its own, and prints the address.\n\
              Flask and FastAPI are among them where there is a Python. Ctrl-C ends all of it. With --issuer the page signs in\n\
              at another server instead; with --redirect-uri a page of yours signs in at the demo's.",
    options: &[
        Choice {
            name: "--port",
            value: "N",
            meaning: "Serve the page on this port, what it talks to on the next eight",
        },
        Choice { name: "--issuer", value: "URL", meaning: "Sign in at this server; goes with --client-id" },
        Choice { name: "--client-id", value: "ID", meaning: "The client that is registered there" },
        Choice { name: "--scope", value: "SCOPE", meaning: "What to ask that server for" },
        Choice { name: "--audience", value: "AUD", meaning: "Ask that server for tokens for this audience (RFC 8707)" },
        Choice {
            name: "--redirect-uri",
            value: "URL",
            meaning: "Let the page there sign in and call the API too; may be repeated",
        },
        Choice {
            name: "--check",
            value: "",
            meaning: "Sign in and call with each credential in a headless browser, and exit",
        },
    ],
    run,
};

pub(crate) const TOOLS: &[Tool] = &[Tool::Npm(npm::DEMO)];
/// What `--check` needs besides: a browser and what drives it.
pub(crate) const CHECK_TOOLS: &[Tool] = &[Tool::Npm(npm::END_TO_END), Tool::Browser(Engine::Chromium)];

fn run(arguments: &Arguments) -> Result<ExitCode> {
    if arguments.has("--issuer") != arguments.has("--client-id") {
        return Err("`--issuer` and `--client-id` go together: a server knows its clients by their ids.".into());
    }
    let check_tools = if arguments.has("--check") { CHECK_TOOLS } else { &[] };
    let lacking = tool::require_beside(&[package::TOOLS, TOOLS, check_tools].concat(), &[Tool::Python])?;
    package::build()?;
    let mut server = server();
    if let Some(lack) = lacking.first_of(&[Tool::Python]) {
        server.env("TESSERA_PYTHON_LACKING", lack.failure().to_string().lines().next().unwrap_or_default());
    }
    let status = process::status(server.args(arguments.words()))?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

pub(crate) fn server() -> std::process::Command {
    let mut node = process::command("node");
    node.arg("www/server/main.mjs");
    browser::point_to_chromium(&mut node);
    python::point_to_interpreter(&mut node);
    node
}
