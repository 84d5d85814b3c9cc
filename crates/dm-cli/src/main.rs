//! The `dm` command: try, convert, inspect, replay and look at OMA DM.
//!
//! One verb a file. `dm <verb> --help` tells what each does.

#![forbid(unsafe_code)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program for the host"
)]

mod bootstrap;
mod changes;
mod client;
mod console;
mod convert;
mod ddf;
mod demo;
mod desk;
mod device;
mod failure;
mod hex;
mod inspect;
mod interrupt;
mod link;
mod notify;
mod push;
mod replay;
mod server;
mod stored;
mod tnds;
mod tree;

use std::process::ExitCode;

use failure::Failure;
use lexopt::prelude::*;

/// One verb of the command line.
struct Verb {
    name: &'static str,
    summary: &'static str,
    help: &'static str,
    run: fn(&mut lexopt::Parser) -> Result<(), Failure>,
}

const VERBS: [Verb; 11] = [
    demo::VERB,
    client::VERB,
    server::VERB,
    convert::VERB,
    inspect::VERB,
    notify::VERB,
    bootstrap::VERB,
    replay::VERB,
    tree::VERB,
    tnds::VERB,
    ddf::VERB,
];

fn main() -> ExitCode {
    let mut parser = lexopt::Parser::from_env();
    let mut context = String::from("dm");
    match dispatch(&mut parser, &mut context) {
        Ok(()) | Err(Failure::Help) => ExitCode::SUCCESS,
        Err(failure) => {
            console::error(&format!("{context}: {failure}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Runs the verb that the command line names; `context` becomes what its errors begin with.
fn dispatch(parser: &mut lexopt::Parser, context: &mut String) -> Result<(), Failure> {
    let name = match parser.next()? {
        Some(Value(name)) => name,
        Some(Short('h') | Long("help")) => return console::print(&usage()),
        Some(Short('V') | Long("version")) => {
            return console::print(concat!("dm ", env!("CARGO_PKG_VERSION"), "\n"));
        }
        Some(other) => return Err(other.unexpected().into()),
        None => return Err(Failure::usage("no verb is given (--help shows all)")),
    };
    let verb = VERBS
        .iter()
        .find(|verb| name == verb.name)
        .ok_or_else(|| Failure::usage(format!("there is no verb {name:?} (--help shows all)")))?;
    context.push(' ');
    context.push_str(verb.name);
    match (verb.run)(parser) {
        Err(Failure::Help) => console::print(verb.help),
        result => result,
    }
}

fn usage() -> String {
    let mut text = String::from("usage: dm <verb> [options]\n\n");
    for verb in &VERBS {
        text.push_str(&format!("  {:<9} {}\n", verb.name, verb.summary));
    }
    text.push_str(
        "\nOptions: --help, --version; dm <verb> --help tells more.\n\
         Exit status: 0 done, 1 failed or refused, 2 wrong usage or a file that cannot be read.\n",
    );
    text
}
