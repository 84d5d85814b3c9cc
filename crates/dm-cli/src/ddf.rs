//! `dm ddf`: device descriptions checked, compiled and documented.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use dm_ddf::{Compiled, Model, Options, Standard};
use lexopt::prelude::*;

use crate::console::{self, Input, Output};
use crate::failure::Failure;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "ddf",
    summary: "check, compile or document device descriptions (DDF)",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm ddf check|rust|c|doc|tree|xml [--standard|--profile13] [-o OUT [--check]] [--crate NAME] [--name NAME]
           FILE.ddf...
       dm ddf check --features FILE.ddf...

Compiles device description files, merged into one tree, and prints what comes of it:

  check   what was put up with, and how large the tables are; nothing but that
          with --features a table of what the files use of the language, in how many of them and how often
  rust    Rust tables and a constant for each node, for dm-tree
  c       a C header with the same tables
  doc     documentation in Markdown: for each object a table of its nodes
  tree    one node a line: name (`*` is chosen when the node is created), format, commands a server may use, how many,
          permanent or dynamic, MIME type or identifier of the object, and `=` with the default value
  xml     one DDF that says what the files say together, for the operators of servers

  --standard       add DevInfo, DevDetail, DMAcc and Inbox of DM 1.2, unless the files describe them
  --profile13      the same of DM 1.3, as this project reads it
  -o, --out OUT    write to OUT instead of standard output
  --check          compare with OUT and fail when it differs, write nothing
  --features       check: the files need not fit together and are not merged
  --crate NAME     rust: where NodeDesc, DescId and Schema are (default dm_tree)
  --name NAME      c: prefix of all names (default device)

What is wrong is told with file, line, column and what to do about it, one line for each file that cannot be read; the
exit status is then 1. What was put up with is noted in the same form, by all but check on standard error.
";

/// What to print.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Check,
    Rust,
    C,
    Doc,
    Tree,
    Xml,
}

impl Form {
    const ALL: [(&str, Self); 6] = [
        ("check", Self::Check),
        ("rust", Self::Rust),
        ("c", Self::C),
        ("doc", Self::Doc),
        ("tree", Self::Tree),
        ("xml", Self::Xml),
    ];
}

struct Request {
    form: Form,
    standard: Option<Standard>,
    features: bool,
    out: Option<OsString>,
    compare: bool,
    options: Options,
    files: Vec<OsString>,
}

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let request = parse(parser)?;
    if request.features {
        return console::print(&features(&models(VERB.name, &request.files)?));
    }
    let compiled = compile(VERB.name, &request.files, request.standard)?;
    let text = match request.form {
        Form::Check => report(&compiled),
        Form::Rust => compiled.to_rust(&request.options),
        Form::C => compiled.to_c(&request.options),
        Form::Doc => compiled.to_markdown(),
        Form::Tree => compiled.to_tree(),
        Form::Xml => compiled.to_ddf(),
    };
    if request.form != Form::Check {
        note(&compiled);
    }
    match request.out {
        None => console::print(&text),
        Some(out) if request.compare => compare(&out, &text),
        Some(out) => Output::File(out).write(text.as_bytes()),
    }
}

fn parse(parser: &mut lexopt::Parser) -> Result<Request, Failure> {
    let (mut form, mut standard, mut compare, mut features) = (None, None, false, false);
    let (mut out, mut krate, mut name) = (None::<OsString>, None, None);
    let mut files = Vec::new();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("standard") => standard = Some(Standard::Dm12),
            Long("profile13") => standard = Some(Standard::Profile13),
            Long("check") => compare = true,
            Long("features") => features = true,
            Long("crate") => krate = Some(identifier("--crate", &parser.value()?, ":")?),
            Long("name") => name = Some(identifier("--name", &parser.value()?, "")?),
            Short('o') | Long("out") => out = Some(parser.value()?),
            Short('h') | Long("help") => return Err(Failure::Help),
            Value(word) if form.is_none() => form = Some(what(&word)?),
            Value(file) => files.push(file),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let (word, form) =
        form.ok_or_else(|| Failure::usage("say check, rust, c, doc, tree or xml"))?;
    if files.is_empty() && standard.is_none() {
        return Err(Failure::usage(
            "no DDF file is given (--help shows all options)",
        ));
    }
    for (given, option, only) in [
        (krate.is_some(), "--crate", Form::Rust),
        (name.is_some(), "--name", Form::C),
        (features, "--features", Form::Check),
    ] {
        if given && form != only {
            return Err(Failure::usage(format!("{option} is not for {word}")));
        }
    }
    if features && (standard.is_some() || out.is_some()) {
        return Err(Failure::usage(
            "--features prints what the files say, and stands alone",
        ));
    }
    if compare && out.is_none() {
        return Err(Failure::usage(
            "--check compares with the file of -o: name it",
        ));
    }
    let mut command = format!("dm ddf {word}");
    let mut options = Options::default();
    match standard {
        Some(Standard::Profile13) => command.push_str(" --profile13"),
        Some(_) => command.push_str(" --standard"),
        None => {}
    }
    if let Some(krate) = krate {
        command.push_str(&format!(" --crate {krate}"));
        options = options.krate(krate);
    }
    if let Some(name) = name {
        command.push_str(&format!(" --name {name}"));
        options = options.name(name);
    }
    if let Some(out) = &out {
        command.push_str(&format!(" -o {}", Path::new(out).display()));
    }
    for file in &files {
        command.push_str(&format!(" {}", Path::new(file).display()));
    }
    Ok(Request {
        form,
        standard,
        features,
        out,
        compare,
        options: options.command(command),
        files,
    })
}

fn what(word: &OsString) -> Result<(&'static str, Form), Failure> {
    let known = Form::ALL.into_iter().find(|(name, _)| word == name);
    known.ok_or_else(|| {
        Failure::usage(format!(
            "say check, rust, c, doc, tree or xml, not {word:?}"
        ))
    })
}

/// A name that becomes part of a program: letters, digits, underscores, and what else `more` has.
fn identifier(option: &str, name: &OsString, more: &str) -> Result<String, Failure> {
    let is_part =
        |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || more.contains(letter);
    let is_name = |name: &str| {
        name.chars().all(is_part)
            && name.starts_with(|letter: char| !letter.is_ascii_digit() && letter != ':')
    };
    match name.to_str() {
        Some(text) if is_name(text) => Ok(text.to_owned()),
        _ => Err(Failure::usage(format!(
            "{option} takes a name, not {name:?}"
        ))),
    }
}

/// Fails when the file is not what would be written.
fn compare(out: &OsString, text: &str) -> Result<(), Failure> {
    let there = Input::read(out)?;
    if there.bytes == text.as_bytes() {
        return Ok(());
    }
    Err(Failure::failed(format!(
        "{} is not what its DDFs give; make it anew without --check",
        there.name
    )))
}

/// What `check` has to say of a tree without errors.
fn report(compiled: &Compiled) -> String {
    let mut text = String::new();
    for note in compiled.notes() {
        text.push_str(&format!("{note}\n"));
    }
    let count = |number: usize, what: &str| match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    };
    text.push_str(&format!(
        "{}, {} of tables, {}\n",
        count(compiled.nodes.len(), "node"),
        count(compiled.size(), "byte"),
        count(compiled.notes().len(), "note")
    ));
    text
}

/// Tells what was put up with.
pub(crate) fn note(compiled: &Compiled) {
    for note in compiled.notes() {
        console::error(&note.to_string());
    }
}

/// The tree that description files make together.
///
/// Every file is read before one that cannot be ends it, so that all of them are told, as errors of `verb`.
pub(crate) fn compile(
    verb: &str,
    files: &[OsString],
    standard: Option<Standard>,
) -> Result<Compiled, Failure> {
    let mut models = models(verb, files)?;
    if let Some(standard) = standard {
        models = standard
            .with(models)
            .map_err(|why| Failure::failed(why.to_string()))?;
    }
    dm_ddf::compile(&models).map_err(|why| Failure::failed(why.to_string()))
}

fn models(verb: &str, files: &[OsString]) -> Result<Vec<Model>, Failure> {
    let (mut models, mut failure) = (Vec::new(), None::<Failure>);
    for file in files {
        match read(file) {
            Ok(model) => models.push(model),
            Err(why) => {
                if let Some(before) = failure.replace(why) {
                    console::error(&format!("dm {verb}: {before}"));
                }
            }
        }
    }
    match failure {
        Some(failure) => Err(failure),
        None => Ok(models),
    }
}

/// A table of what the files use of the language.
fn features(models: &[Model]) -> String {
    let mut all: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (what, count) in models.iter().flat_map(Model::features) {
        let (files, times) = all.entry(what).or_default();
        *files += 1;
        *times += count;
    }
    let mut text = format!(
        "| feature | files of {} | times |\n|---|---:|---:|\n",
        models.len()
    );
    for (what, (files, times)) in all {
        text.push_str(&format!("| {what} | {files} | {times} |\n"));
    }
    text
}

fn read(file: &OsString) -> Result<Model, Failure> {
    let input = Input::read(file)?;
    let text = core::str::from_utf8(&input.bytes).map_err(|why| {
        Failure::failed(format!(
            "{}: not UTF-8 at octet {}",
            input.name,
            why.valid_up_to()
        ))
    })?;
    Model::parse(&input.name, text).map_err(|why| Failure::failed(why.to_string()))
}
