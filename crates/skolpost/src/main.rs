//! Skolpost, e-mail for schools: the one program. `serve` runs everything; the other subcommands speak to it over a Unix
//! socket, since the store is locked to one process.

mod cli;
mod client;
mod command;
mod config;
mod demo;
mod failure;
mod files;
mod init;
mod language;
mod offline;
mod operations;
mod output;
mod serve;
mod service;
mod socket;
mod time_zone;
mod tls;

use std::process::ExitCode;

use clap::Parser;
use model::{Language, Text};

use crate::cli::{Cli, Command, Store};
use crate::failure::Failure;
use crate::output::Output;

fn main() -> ExitCode {
    let language = language::of_environment();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misunderstood(&error, language),
    };
    let output = Output { language, json: cli.json };
    match run(cli, output) {
        Ok(status) => status,
        Err(failure) => {
            let text = if output.json {
                failure.to_json().to_string()
            } else {
                failure.say(output.language).to_owned()
            };
            eprintln!("{text}");
            ExitCode::from(failure.exit_status())
        }
    }
}

/// Help and version are answers; everything else is wrong usage, in the form that was asked for.
fn misunderstood(error: &clap::Error, language: Language) -> ExitCode {
    let wrong = error.use_stderr();
    if wrong && std::env::args_os().any(|word| word == "--json") {
        let why = error.to_string();
        let text = Text::new(format!("Kommandot går inte att förstå: {why}"), why.clone());
        eprintln!("{}", Failure::usage(text).to_json());
    } else {
        if wrong && language == Language::Sv {
            eprintln!("Kommandot går inte att förstå; skolpost --help visar hur det skrivs.");
        }
        let _ = error.print();
    }
    if wrong { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

fn run(cli: Cli, output: Output) -> Result<ExitCode, Failure> {
    let done = |()| ExitCode::SUCCESS;
    match cli.command {
        Command::Demo { port_base } => demo::run(cli.dir.as_deref(), port_base, output).map(done),
        Command::Init { name, domain, lang, port_base } => {
            let dir = command::required_dir(cli.dir)?;
            init::run(&dir, &name, &domain, lang, port_base, output).map(done)
        }
        Command::Serve { config } => serve::run(cli.dir.as_deref(), config.as_deref()).map(done),
        Command::Store(Store::Check { export }) => offline::check(cli.dir, export.as_deref(), output),
        Command::Store(Store::Rebuild { from }) => {
            offline::rebuild(&command::required_dir(cli.dir)?, from.as_deref(), output).map(done)
        }
        asked => command::run(&command::required_dir(cli.dir)?, cli.act_as, asked, output).map(done),
    }
}
