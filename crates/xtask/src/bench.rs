//! `cargo xtask bench`: instructions of the codec's jobs beside those of other codecs.

use crate::process::Program;
use crate::report::Stop;
use crate::{Context, Verb, prepare, size};

pub(crate) const VERB: Verb = Verb {
    name: "bench",
    summary: "instructions of the codec against docs/codec-speed.tsv",
    switches: &[("--write", "take the present figures as the committed ones")],
    details: "Counts with callgrind on this machine (opt-level 3), beside libwbxml, quick-xml and\n\
              base64ct on the same files, and fails when a job costs more than 1 % above its bar.\n\
              The files are those of the shared folder.",
    run,
};

fn run(context: &mut Context) {
    let write = context.has("--write");
    let workspace = &context.workspace;
    context.report.group("codec speed", |steps| {
        let needed = prepare::ORACLES.iter().chain(prepare::HOST_C);
        prepare::packages(steps, &needed.collect::<Vec<_>>())?;
        let mut bench = Program::cargo()
            .args(["bench", "--quiet", "--package", "dm-wbxml"])
            .args(["--features", "wbxml,xml", "--bench", "cost"])
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
    });
}
