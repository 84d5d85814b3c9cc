//! The DDF compiler as a command: prints Rust, C, a readable tree or documentation.

#![forbid(unsafe_code)]

use core::fmt::Write as _;
use std::io::Write as _;
use std::process::ExitCode;

use dm_ddf::{Model, Options, Standard};
use lexopt::prelude::*;

const USAGE: &str = "\
usage: ddfc --rust|--c|--tree|--doc|--ddf [--standard|--profile13] [-o FILE [--check]] [--crate NAME] [--name NAME] [DDF]...

  --rust        print Rust tables and constants
  --c           print a C header
  --tree        print the tree for people
  --doc         print documentation in Markdown
  --ddf         print one DDF that says what the given ones say together
  --standard    put DevInfo, DevDetail and DMAcc before the given DDFs, unless these describe them
  --profile13   the same of DM 1.3, as this project reads it
  -o FILE       write to FILE instead of standard output
  --check       compare with FILE and fail when it differs, write nothing
  --crate NAME  Rust: where NodeDesc, DescId and Schema are (default dm_tree)
  --name NAME   C: prefix of all names (default device)
";

#[derive(Clone, Copy)]
enum Form {
    Rust,
    C,
    Tree,
    Doc,
    Ddf,
}

struct Request {
    form: Form,
    standard: Option<Standard>,
    check: bool,
    out: Option<String>,
    options: Options,
    files: Vec<String>,
}

fn main() -> ExitCode {
    match parse().and_then(|request| request.map_or_else(help, |request| run(&request))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("ddfc: {why}");
            ExitCode::FAILURE
        }
    }
}

type Failure = Box<dyn core::error::Error>;

fn help() -> Result<(), Failure> {
    Ok(std::io::stdout().write_all(USAGE.as_bytes())?)
}

/// `None`: help was asked for.
fn parse() -> Result<Option<Request>, Failure> {
    let mut parser = lexopt::Parser::from_env();
    let (mut form, mut standard, mut check, mut out) = (None, None, false, None);
    let (mut krate, mut name, mut files) = (None, None, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("rust") => form = Some(Form::Rust),
            Long("c") => form = Some(Form::C),
            Long("tree") => form = Some(Form::Tree),
            Long("doc") => form = Some(Form::Doc),
            Long("ddf") => form = Some(Form::Ddf),
            Long("standard") => standard = Some(Standard::Dm12),
            Long("profile13") => standard = Some(Standard::Profile13),
            Long("check") => check = true,
            Long("crate") => krate = Some(parser.value()?.string()?),
            Long("name") => name = Some(parser.value()?.string()?),
            Short('o') | Long("out") => out = Some(parser.value()?.string()?),
            Short('h') | Long("help") => return Ok(None),
            Value(file) => files.push(file.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let form = form.ok_or("say --rust, --c, --tree, --doc or --ddf (--help shows all options)")?;
    if files.is_empty() && standard.is_none() {
        return Err("give a DDF file, --standard or --profile13".into());
    }
    if check && out.is_none() {
        return Err("--check compares with the file of -o: name it".into());
    }
    let mut command = String::from("cargo run -p dm-ddf --bin ddfc --");
    let mut options = Options::default();
    command.push_str(match form {
        Form::Rust => " --rust",
        Form::C => " --c",
        Form::Tree => " --tree",
        Form::Doc => " --doc",
        Form::Ddf => " --ddf",
    });
    match standard {
        Some(Standard::Profile13) => command.push_str(" --profile13"),
        Some(_) => command.push_str(" --standard"),
        None => {}
    }
    if let Some(krate) = krate {
        write!(command, " --crate {krate}")?;
        options = options.krate(krate);
    }
    if let Some(name) = name {
        write!(command, " --name {name}")?;
        options = options.name(name);
    }
    if let Some(out) = &out {
        write!(command, " -o {out}")?;
    }
    for file in &files {
        write!(command, " {file}")?;
    }
    Ok(Some(Request {
        form,
        standard,
        check,
        out,
        options: options.command(command),
        files,
    }))
}

fn run(request: &Request) -> Result<(), Failure> {
    let mut models = request
        .files
        .iter()
        .map(Model::read)
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(standard) = request.standard {
        models = standard.with(models)?;
    }
    let compiled = dm_ddf::compile(&models)?;
    for note in compiled.notes() {
        eprintln!("{note}");
    }
    let text = match request.form {
        Form::Rust => compiled.to_rust(&request.options),
        Form::C => compiled.to_c(&request.options),
        Form::Tree => compiled.to_tree(),
        Form::Doc => compiled.to_markdown(),
        Form::Ddf => compiled.to_ddf(),
    };
    match &request.out {
        None => std::io::stdout().write_all(text.as_bytes())?,
        Some(path) if request.check => {
            let there = std::fs::read_to_string(path).map_err(|why| format!("{path}: {why}"))?;
            if there != text {
                return Err(format!(
                    "{path} is not what its DDFs give; make it anew without --check"
                )
                .into());
            }
        }
        Some(path) => std::fs::write(path, text).map_err(|why| format!("{path}: {why}"))?,
    }
    Ok(())
}
