//! `cargo xtask gen`: files that are made from other files and committed.

use crate::process::Program;
use crate::{Context, Verb};
use std::fs;

pub(crate) const VERB: Verb = Verb {
    name: "gen",
    summary: "the tables of the standard management objects, from their DDF files",
    switches: &[("--check", "only compare with the committed file")],
    details: "crates/dm-ddf/ddf/*.ddf -> crates/dm-tree/src/mo/standard.rs",
    run,
};

const TABLES: &str = "crates/dm-tree/src/mo/standard.rs";

fn run(context: &mut Context) {
    let check = context.has("--check");
    compile(context, check);
}

/// Fails when the committed tables differ from what the compiler makes now.
pub(crate) fn check(context: &mut Context) {
    compile(context, true);
}

fn compile(context: &mut Context, check: bool) {
    let workspace = &context.workspace;
    context.report.group("generated files", |steps| {
        if !check && let Some(folder) = workspace.path(TABLES).parent() {
            let _ = fs::create_dir_all(folder);
        }
        // What is asked for stands in the file: `--check` must be the only difference.
        let program = Program::cargo()
            .args(["run", "--quiet", "--package", "dm-cli", "--"])
            .args(["ddf", "rust", "--standard", "--crate", "crate"])
            .args(["-o", TABLES])
            .args(check.then_some("--check"))
            .dir(&workspace.root);
        steps.run("standard objects", program)?;
        Ok(())
    });
}
