//! `cargo xtask test`: everything that proves behaviour.

use crate::process::{Output, Program};
use crate::{Context, Verb, conformance, cross, ffi, generate, prepare, qemu};

pub(crate) const VERB: Verb = Verb {
    name: "test",
    summary: "host tests, cross builds, QEMU, C, conformance and generated files",
    switches: &[(
        "--full",
        "heavy tests with their whole budget (OMA_DM_FULL=1, OMA_DM_TEST_BUDGET=20)",
    )],
    details: "Host tests of the workspace with all features, doc tests, builds for every firmware\n\
              target, the firmware under QEMU against its golden output, the C programs, and the\n\
              comparison of generated files with the committed ones.",
    run,
};

/// How many times the ordinary share the damage and power-cut tests do.
const BUDGET: &str = "OMA_DM_TEST_BUDGET";
/// That of `--full`, unless another one is set.
const WHOLE_BUDGET: &str = "20";

/// Seconds that may take.
const WHOLE_TIME: u64 = 4 * 60 * 60;

/// Tests of what an image answers that lacks a feature: package, its features, and the test. With all features they are empty,
/// or play other scripts.
const WITHOUT: &[(&str, &str, &str)] = &[
    ("dm-core", "xml", "without_tnds"),
    ("dm-core", "xml,wbxml,list,large-object", "without_tnds"),
    ("dm-tests", "", "conformance"),
    (
        "dm-tests",
        "atomic,list,large-object,events,notification",
        "conformance",
    ),
    ("dm-tests", "copy,tnds,ui,bootstrap", "conformance"),
    ("dm-tests", "profile13", "discovery"),
    ("dm-tests", "profile13,atomic,tnds,bootstrap", "discovery"),
    ("dm-tree", "durable,list", "without_properties"),
    ("dm-tree", "durable,list", "without_formats"),
];

fn run(context: &mut Context) {
    context.report.group("prepare", prepare::everything);
    host(context);
    cross::run(context);
    qemu::run(context);
    ffi::run(context);
    conformance::check(context);
    generate::check(context);
}

fn host(context: &mut Context) {
    let full = context.has("--full");
    let root = context.workspace.root.clone();
    let test = |what: &[&str]| {
        let mut program = Program::cargo()
            .args(["test", "--quiet", "--workspace", "--all-features"])
            .args(what)
            .dir(&root);
        if full {
            program = program.env("OMA_DM_FULL", "1").limit(WHOLE_TIME);
            if std::env::var_os(BUDGET).is_none() {
                program = program.env(BUDGET, WHOLE_BUDGET);
            }
        }
        program
    };
    context.report.group("host tests", |steps| {
        let build = test(&["--lib", "--bins", "--tests", "--examples", "--no-run"]);
        steps.run("build", build)?;
        let run = test(&["--lib", "--bins", "--tests", "--examples"]);
        steps.run_noting("unit and integration tests", run, totals)?;
        for (package, features, test) in WITHOUT {
            let program = Program::cargo()
                .args(["test", "--quiet", "--no-default-features"])
                .args(["--package", package])
                .args(["--features", features, "--test", test])
                .dir(&root);
            let name = format!("{package} {test}, of the features only: {features}");
            steps.run_noting(&name, program, totals)?;
        }
        Ok(())
    });
    context.report.group("doc tests", |steps| {
        steps.run_noting("doc tests", test(&["--doc"]), totals)?;
        Ok(())
    });
}

/// The sum over all `test result:` lines.
pub(crate) fn totals(output: &Output) -> String {
    let (mut passed, mut ignored) = (0_u64, 0_u64);
    for line in output.stdout.lines() {
        let Some(rest) = line.strip_prefix("test result:") else {
            continue;
        };
        let words: Vec<&str> = rest.split_whitespace().collect();
        for pair in words.windows(2) {
            if let [number, word] = pair {
                let number = number.parse::<u64>().unwrap_or(0);
                match word.trim_end_matches(';') {
                    "passed" => passed += number,
                    "ignored" => ignored += number,
                    _ => {}
                }
            }
        }
    }
    format!("{passed} passed, {ignored} ignored")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_add_up_over_all_binaries() {
        let stdout = "running 2 tests\n..\ntest result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                      noise\ntest result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.00s\n";
        let output = Output {
            success: true,
            stdout: stdout.to_owned(),
            stderr: String::new(),
        };
        assert_eq!(totals(&output), "42 passed, 1 ignored");
    }
}
