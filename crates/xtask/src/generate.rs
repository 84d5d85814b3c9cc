//! `cargo xtask gen`: files that are made from other files and committed.

use crate::process::Program;
use crate::report::Steps;
use crate::report::{Check, Stop};
use crate::workspace::{Workspace, read, write};
use crate::{Context, Verb};
use std::fs;

pub(crate) const VERB: Verb = Verb {
    name: "gen",
    summary: "the tables of the standard management objects, from their DDF files",
    switches: &[("--check", "only compare with the committed file")],
    details: "crates/dm-tree/ddf/*.ddf -> crates/dm-tree/src/mo/standard.rs",
    run,
};

const SOURCES: &str = "crates/dm-tree/ddf";
const TABLES: &str = "crates/dm-tree/src/mo/standard.rs";

fn run(context: &mut Context) {
    if context.has("--check") {
        return check(context);
    }
    let workspace = &context.workspace;
    context.report.group("generated files", |steps| {
        let text = tables(steps, workspace)?;
        steps.verify("write", || {
            write(&workspace.path(TABLES), &text)?;
            Ok(TABLES.to_owned())
        })
    });
}

/// Fails when the committed tables differ from what the compiler makes now.
pub(crate) fn check(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("generated files", |steps| {
        let text = tables(steps, workspace)?;
        steps.verify("compare", || {
            if read(&workspace.path(TABLES))? == text {
                Ok(String::new())
            } else {
                Err(format!("{TABLES} is stale: run `cargo xtask gen`"))
            }
        })
    });
}

fn tables(steps: &mut Steps, workspace: &Workspace) -> Check<String> {
    let mut inputs: Vec<String> = fs::read_dir(workspace.path(SOURCES))
        .map_err(|_| Stop::Missing(format!("{SOURCES} does not exist")))?
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".ddf"))
        .map(|name| format!("{SOURCES}/{name}"))
        .collect();
    inputs.sort();
    let program = Program::cargo()
        .args([
            "run",
            "--quiet",
            "--package",
            "dm-ddf",
            "--bin",
            "ddfc",
            "--",
        ])
        .args(&inputs)
        .dir(&workspace.root);
    Ok(steps.run("ddfc", program)?.stdout)
}
