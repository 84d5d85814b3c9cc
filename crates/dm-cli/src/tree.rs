//! `dm tree`: device descriptions as a tree.

use std::ffi::OsString;

use dm_ddf::Model;
use lexopt::prelude::*;

use crate::console;
use crate::failure::Failure;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "tree",
    summary: "print device descriptions (DDF) as a tree",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm tree [--standard] FILE.ddf...

Prints what the device description files describe, merged into one tree. One node a line: name (`*` is chosen when the
node is created), format, commands a server may use, how many, permanent or dynamic, and then the MIME type of a leaf
or the identifier of a management object, and `=` with the default value.

  --standard   add DevInfo, DevDetail and DMAcc, unless the files describe them

What was put up with in the files is noted on standard error.
";

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let (mut standard, mut files) = (false, Vec::<OsString>::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("standard") => standard = true,
            Short('h') | Long("help") => return Err(Failure::Help),
            Value(file) => files.push(file),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if files.is_empty() && !standard {
        return Err(Failure::usage(
            "no DDF file is given (--help shows all options)",
        ));
    }
    let mut models = files.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if standard {
        models = dm_ddf::with_standard(models).map_err(|why| Failure::failed(why.to_string()))?;
    }
    let compiled = dm_ddf::compile(&models).map_err(|why| Failure::failed(why.to_string()))?;
    for note in compiled.notes() {
        console::error(&note.to_string());
    }
    console::print(&compiled.to_tree())
}

fn read(file: &OsString) -> Result<Model, Failure> {
    let input = console::Input::read(file)?;
    let text = core::str::from_utf8(&input.bytes).map_err(|why| {
        Failure::failed(format!(
            "{}: not UTF-8 at octet {}",
            input.name,
            why.valid_up_to()
        ))
    })?;
    Model::parse(&input.name, text).map_err(|why| Failure::failed(why.to_string()))
}
