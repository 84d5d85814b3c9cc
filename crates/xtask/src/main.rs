//! Every check of this repository, one verb each: `cargo xtask <verb>`.
//!
//! The same verbs run on a developer's machine and in continuous integration. A verb is made of
//! groups, a group of steps; a group stops at its first failing step, the other groups go on.

#![forbid(unsafe_code)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "a program for the host"
)]

mod bench;
mod ci;
mod codec_page;
mod codec_size;
mod conformance;
mod cross;
mod ffi;
mod frames;
mod fuzz_smoke;
mod generate;
mod image;
mod ledger;
mod libs;
mod lint;
mod machines;
mod miri;
mod msrv;
mod panics;
mod prepare;
mod process;
mod profile;
mod qemu;
mod report;
mod requirements;
mod rules;
mod size;
mod source_map;
mod sources;
mod test;
mod tree_page;
mod workspace;

use report::Report;
use std::process::ExitCode;
use workspace::Workspace;

/// What a verb gets: where everything is, who counts, and its switches.
struct Context {
    workspace: Workspace,
    report: Report,
    switches: Vec<String>,
}

impl Context {
    fn has(&self, switch: &str) -> bool {
        self.switches.iter().any(|s| s == switch)
    }

    /// The value of a switch that was given as `--switch=VALUE`.
    fn value(&self, switch: &str) -> Option<&str> {
        self.switches
            .iter()
            .find_map(|given| given.strip_prefix(switch)?.strip_prefix('='))
    }
}

/// One verb of the command line.
struct Verb {
    name: &'static str,
    summary: &'static str,
    /// Switches with their meaning; `--help` is understood everywhere.
    switches: &'static [(&'static str, &'static str)],
    details: &'static str,
    run: fn(&mut Context),
}

const VERBS: &[Verb] = &[
    ci::VERB,
    test::VERB,
    lint::VERB,
    cross::VERB,
    qemu::VERB,
    ffi::VERB,
    size::VERB,
    bench::VERB,
    fuzz_smoke::VERB,
    miri::VERB,
    conformance::VERB,
    generate::VERB,
    prepare::VERB,
];

fn usage() -> String {
    let mut text = String::from("usage: cargo xtask <verb> [switches]\n\n");
    for verb in VERBS {
        text.push_str(&format!("  {:<12} {}\n", verb.name, verb.summary));
    }
    text.push_str(
        "\n`cargo xtask <verb> --help` tells more. What a verb needs is installed when it can be\n\
         (rustup targets; Debian packages when root); what cannot be is named and skipped.\n\
         OMA_DM_NO_SKIPS=1 turns skips into failures.\n",
    );
    text
}

fn help(verb: &Verb) -> String {
    let mut text = format!(
        "cargo xtask {} - {}\n\n{}\n",
        verb.name, verb.summary, verb.details
    );
    if !verb.switches.is_empty() {
        text.push('\n');
    }
    for (switch, meaning) in verb.switches {
        text.push_str(&format!("  {switch:<12} {meaning}\n"));
    }
    text
}

/// The verb and its switches, or the text to print and whether that is an error.
fn parse() -> Result<(&'static Verb, Vec<String>), (String, bool)> {
    let mut parser = lexopt::Parser::from_env();
    let mut chosen: Option<&'static Verb> = None;
    let mut switches = Vec::new();
    let mut wants_help = false;
    loop {
        let argument = parser.next().map_err(|error| (error.to_string(), true))?;
        match argument {
            None => break,
            Some(lexopt::Arg::Long("help") | lexopt::Arg::Short('h')) => wants_help = true,
            Some(lexopt::Arg::Value(word)) if chosen.is_none() => {
                let found = VERBS.iter().find(|verb| word == verb.name);
                chosen =
                    Some(found.ok_or_else(|| (format!("no verb {word:?}\n\n{}", usage()), true))?);
            }
            Some(lexopt::Arg::Long(name)) => {
                let name = format!("--{name}");
                switches.push(match parser.optional_value() {
                    Some(value) => format!("{name}={}", value.to_string_lossy()),
                    None => name,
                });
            }
            Some(other) => return Err((other.unexpected().to_string(), true)),
        }
    }
    let Some(verb) = chosen else {
        return Err((usage(), !wants_help));
    };
    if wants_help {
        return Err((help(verb), false));
    }
    for switch in &switches {
        if !verb.switches.iter().any(|(known, _)| is(switch, known)) {
            return Err((
                format!("{} knows no {switch}\n\n{}", verb.name, help(verb)),
                true,
            ));
        }
    }
    Ok((verb, switches))
}

/// Whether a switch given is the one known: `--seconds=5` is `--seconds=N`.
fn is(given: &str, known: &str) -> bool {
    match known.split_once('=') {
        Some((name, _)) => given
            .strip_prefix(name)
            .is_some_and(|rest| rest.len() > 1 && rest.starts_with('=')),
        None => given == known,
    }
}

fn main() -> ExitCode {
    let (verb, switches) = match parse() {
        Ok(parsed) => parsed,
        Err((text, false)) => {
            print!("{text}");
            return ExitCode::SUCCESS;
        }
        Err((text, true)) => {
            eprint!("{text}");
            return ExitCode::from(2);
        }
    };
    let mut context = Context {
        workspace: Workspace::locate(),
        report: Report::new(),
        switches,
    };
    (verb.run)(&mut context);
    context.report.close()
}

#[cfg(test)]
mod tests {
    use super::is;

    #[test]
    fn a_switch_with_a_value_needs_one() {
        assert!(is("--seconds=5", "--seconds=N"));
        for wrong in ["--seconds", "--seconds=", "--secondsX=5", "--full=5"] {
            assert!(!is(wrong, "--seconds=N"), "{wrong}");
        }
        assert!(is("--full", "--full") && !is("--full=1", "--full"));
    }
}
