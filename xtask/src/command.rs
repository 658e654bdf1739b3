//! What a command is, its `--help`, and the reading of its options. One table serves all three, so that they cannot disagree.

use std::process::ExitCode;

use crate::failure::Result;

#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: &'static str,
    /// One line, for the overview.
    pub(crate) summary: &'static str,
    /// The rest of what `--help` says.
    pub(crate) details: &'static str,
    pub(crate) options: &'static [Choice],
    pub(crate) run: fn(&Arguments) -> Result<ExitCode>,
}

/// An option of a command: a switch when `value` is empty, and what is given without any option when `name` has no dash.
#[derive(Debug)]
pub(crate) struct Choice {
    pub(crate) name: &'static str,
    pub(crate) value: &'static str,
    pub(crate) meaning: &'static str,
}

const HELP: Choice = Choice { name: "--help", value: "", meaning: "Say this" };

impl Command {
    pub(crate) fn help(&self) -> String {
        let operand = self.operand().map_or_else(String::new, |choice| format!(" [{} {}]", choice.name, choice.value));
        let mut text = format!(
            "{}.\n\n{}\n\nUsage: cargo xtask {} [options]{operand}\n\nOptions:\n",
            self.summary, self.details, self.name
        );
        for choice in self.options.iter().chain([&HELP]) {
            let left = format!("{} {}", choice.name, choice.value);
            text.push_str(&format!("  {left:<22} {}\n", choice.meaning));
        }
        text.trim_end().to_owned()
    }

    fn operand(&self) -> Option<&'static Choice> {
        self.options.iter().find(|choice| !choice.name.starts_with('-'))
    }
}

pub(crate) fn overview(commands: &[Command]) -> String {
    let mut text = String::from("Usage: cargo xtask <command> [options]\n\nCommands:\n");
    for command in commands {
        text.push_str(&format!("  {:<8} {}\n", command.name, command.summary));
    }
    text.push_str("\n`cargo xtask <command> --help` says more.");
    text
}

/// The options that were given, checked against those that the command has.
#[derive(Debug, Default)]
pub(crate) struct Arguments(Vec<(&'static str, String)>);

impl Arguments {
    pub(crate) fn parse(command: &Command, words: &[String]) -> Result<Self> {
        let mut given = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if let Some(choice) = command.operand().filter(|_| !word.starts_with('-')) {
                given.push((choice.name, word.clone()));
                continue;
            }
            let (name, inline) = match word.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None if word == "-h" => ("--help", None),
                None => (word.as_str(), None),
            };
            let Some(choice) = command.options.iter().chain([&HELP]).find(|choice| choice.name == name) else {
                let command = command.name;
                return Err(
                    format!("`{command}` has no option `{name}`; `cargo xtask {command} --help` lists them.").into()
                );
            };
            let value = match (choice.value.is_empty(), inline) {
                (true, None) => String::new(),
                (true, Some(_)) => return Err(format!("`{name}` takes no value.").into()),
                (false, Some(value)) => value,
                (false, None) => match words.next() {
                    Some(value) => value.clone(),
                    None => {
                        return Err(format!("`{name}` needs a value: `{name} {}`.", choice.value).into());
                    }
                },
            };
            given.push((choice.name, value));
        }
        Ok(Self(given))
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| *given == name)
    }

    /// The last value given for `name`.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// All values given for `name`.
    pub(crate) fn values(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(given, _)| *given == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Everything as it was given, to be handed to another program.
    pub(crate) fn words(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|(name, value)| [*name, value.as_str()]).filter(|word| !word.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMAND: Command = Command {
        name: "serve",
        summary: "Serves",
        details: "Serves a page.",
        options: &[
            Choice { name: "--port", value: "N", meaning: "Listen there" },
            Choice { name: "--check", value: "", meaning: "Only look" },
        ],
        run: |_| Ok(ExitCode::SUCCESS),
    };

    fn parse(line: &str) -> Result<Arguments> {
        Arguments::parse(&COMMAND, &line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn reads_a_value_after_a_space_or_an_equals_sign() {
        assert_eq!(parse("--port 80").unwrap().value("--port"), Some("80"));
        assert_eq!(parse("--port=81").unwrap().value("--port"), Some("81"));
    }

    #[test]
    fn hands_on_what_was_given() {
        let arguments = parse("--check --port=80").unwrap();
        assert_eq!(arguments.words().collect::<Vec<_>>(), ["--check", "--port", "80"]);
    }

    #[test]
    fn refuses_unknown_options_and_missing_values() {
        for line in ["--prot 80", "--port", "--check=yes", "stray"] {
            assert!(parse(line).is_err(), "{line}");
        }
    }

    #[test]
    fn takes_words_without_an_option_where_the_command_has_a_place_for_them() {
        let command = Command {
            options: &[
                Choice { name: "--port", value: "N", meaning: "Listen there" },
                Choice { name: "PAGE", value: "…", meaning: "Serve these" },
            ],
            ..COMMAND
        };
        let words = ["one", "--port", "80", "two"].map(str::to_owned);
        let arguments = Arguments::parse(&command, &words).unwrap();
        assert_eq!(arguments.values("PAGE"), ["one", "two"]);
        assert_eq!(arguments.value("--port"), Some("80"));
        assert!(command.help().contains("[options] [PAGE …]"));
    }

    #[test]
    fn help_names_every_option() {
        let help = COMMAND.help();
        assert!(help.contains("--port N") && help.contains("--check") && help.contains("--help"), "{help}");
    }
}
