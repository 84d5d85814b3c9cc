//! `cargo xtask bench`: instructions of the codec's jobs beside those of other codecs, and of the tree's.

use crate::process::Program;
use crate::report::{Check, Steps, Stop};
use crate::workspace::Workspace;
use crate::{Context, Verb, prepare, size};

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    summary: "instructions of codec and tree against docs/codec-speed.tsv and docs/tree-cost.tsv",
    switches: &[("--write", "take the present figures as the committed ones")],
    details: "Counts with callgrind on this machine (opt-level 3), the codec beside libwbxml, quick-xml\n\
              and base64ct on the same files, the tree among 64, 1,000 and 10,000 nodes, and fails when\n\
              a job costs more than 1 % above its bar. The codec's files are those of the shared folder.",
    run,
};

fn run(context: &mut Context) {
    let write = context.has("--write");
    let workspace = &context.workspace;
    context.report.group("codec speed", |steps| {
        let needed = prepare::ORACLES.iter().chain(prepare::HOST_C);
        prepare::packages(steps, &needed.collect::<Vec<_>>())?;
        count(steps, workspace, "dm-wbxml", "wbxml,xml", write)
    });
    context.report.group("tree cost", |steps| {
        prepare::packages(steps, &prepare::ORACLES.iter().collect::<Vec<_>>())?;
        count(steps, workspace, "dm-tree", "list,tnds,transaction", write)
    });
}

/// Runs the bench `cost` of a package.
fn count(
    steps: &mut Steps,
    workspace: &Workspace,
    package: &str,
    features: &str,
    write: bool,
) -> Check {
    let mut bench = Program::cargo()
        .args(["bench", "--quiet", "--package", package])
        .args(["--features", features, "--bench", "cost"])
        .dir(&workspace.root);
    if write {
        bench = bench.args(["--", "--write"]);
    }
    let output = steps.run("jobs under callgrind", bench)?;
    for line in output.stdout.lines().filter(|line| !line.is_empty()) {
        steps.say(line);
    }
    if let Some(line) = output.stdout.lines().find(|l| l.starts_with("SKIPPED")) {
        return Err(Stop::Missing(line.to_owned()));
    }
    if write {
        steps.verify("page", || size::refresh(workspace))?;
    }
    Ok(())
}
