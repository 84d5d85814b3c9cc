//! `dm tree`: device descriptions as a tree.

use std::ffi::OsString;

use lexopt::prelude::*;

use crate::failure::Failure;
use crate::{console, ddf};

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
    let compiled = ddf::compile(VERB.name, &files, standard)?;
    ddf::note(&compiled);
    console::print(&compiled.to_tree())
}
