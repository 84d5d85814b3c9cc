//! `cargo xtask cross`: the firmware crates for every target.

use crate::process::Program;
use crate::workspace::{FIRMWARE_CRATES, TARGETS};
use crate::{Context, Verb, prepare};

pub(crate) const VERB: Verb = Verb {
    name: "cross",
    summary: "firmware crates for Cortex-M0, M3, M4, M33 and Cortex-A",
    switches: &[],
    details: "Builds the no_std crates with all their features that need no operating system.",
    run,
};

pub(crate) fn run(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("cross builds", |steps| {
        prepare::targets(steps)?;
        let features = workspace.all_bare_features();
        for target in TARGETS {
            let mut program = Program::cargo()
                .args(["build", "--quiet", "--target", target])
                .dir(&workspace.root);
            for name in FIRMWARE_CRATES {
                program = program.args(["--package", name]);
            }
            let features = features.clone();
            steps.timed(target, || {
                let mut program = program.args(["--features", &features?]);
                let line = program.line();
                match program.run()? {
                    output if output.success => Ok(((), String::new())),
                    output => Err(format!("$ {line}\n{}", output.stderr)),
                }
            })?;
        }
        Ok(())
    });
}
