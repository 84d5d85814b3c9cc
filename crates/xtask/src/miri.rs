//! `cargo xtask miri`: the tests of the codec and of the C API under an interpreter that sees undefined behaviour.

use crate::process::Program;
use crate::report::{Check, Steps};
use crate::test::totals;
use crate::{Context, Verb, prepare};

pub(crate) const VERB: Verb = Verb {
    name: "miri",
    summary: "tests of dm-wbxml and dm-ffi under Miri, with few inputs",
    switches: &[],
    details: "Needs a nightly compiler with the component miri; without it nothing is run, which is\n\
              said. Tests that call other programs or read the shared corpus are left out. Those of\n\
              dm-ffi hold whole sessions through raw pointers, as a C program does.",
    run,
};

/// Longest time of a run, seconds: three minutes of an idle processor, more where others work beside.
const LIMIT: u64 = 1200;

fn run(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("Miri", |steps| {
        if !prepare::toolchain(steps, "nightly") || !component(steps)? {
            steps.say("not run: no nightly compiler with Miri");
            return Ok(());
        }
        let programs = RUNS.iter().map(|(package, targets, flags)| {
            let tests = Program::toolchain("nightly", "cargo")
                .args(["miri", "test", "--quiet", "--package", package])
                .arg("--all-features")
                .args(*targets)
                .env("MIRIFLAGS", flags)
                .env("CARGO_TARGET_DIR", workspace.target.join("miri"))
                .dir(&workspace.root)
                .limit(LIMIT);
            (format!("{package} {}", targets.join(" ")), tests)
        });
        steps.run_side_by_side(programs.collect(), totals)
    });
}

/// Packages, their tests, and how they are interpreted; what takes longest comes first.
const RUNS: &[(&str, &[&str], &str)] = &[
    // Own documents are read from files.
    ("dm-wbxml", &["--test", "*"], "-Zmiri-disable-isolation"),
    ("dm-wbxml", &["--lib"], "-Zmiri-disable-isolation"),
    // What a C program lends is never given back.
    (
        "dm-ffi",
        &["--lib", "--test", "calls"],
        "-Zmiri-disable-isolation -Zmiri-ignore-leaks",
    ),
];

/// True when `cargo miri` works, after trying to bring it.
fn component(steps: &mut Steps) -> Check<bool> {
    let works = || {
        Program::toolchain("nightly", "cargo")
            .args(["miri", "--version"])
            .run()
            .is_ok_and(|output| output.success)
    };
    if works() {
        return Ok(true);
    }
    let add = [
        "component",
        "add",
        "--toolchain",
        "nightly",
        "miri",
        "rust-src",
    ];
    steps.timed("rustup component add miri", || {
        let added = Program::new("rustup").args(add).run();
        let note = match added {
            Ok(output) if output.success => "",
            _ => "not possible",
        };
        Ok((works(), note.to_owned()))
    })
}
