//! `cargo xtask lint`: everything that is found without running the code.

use crate::process::Program;
use crate::report::Stop;
use crate::workspace::{CORTEX_M4, FIRMWARE_CRATES};
use crate::{Context, Verb, image, msrv, prepare, rules, sources};

pub(crate) const VERB: Verb = Verb {
    name: "lint",
    summary: "lock files, format, clippy, features, docs, oldest compiler, dependencies, source rules",
    switches: &[],
    details: "Clippy runs for the host with all features, and for Cortex-M4 with no feature, each\n\
              feature alone and all together. The source rules: file length, where unsafe code and\n\
              `dangerous_assume` may stand, no machine path, no file that others wrote.",
    run,
};

fn run(context: &mut Context) {
    // First: what builds without `--locked` mends these files silently.
    lock_files(context);
    format(context);
    host(context);
    features(context);
    docs(context);
    source_rules(context);
    let workspace = &context.workspace;
    let report = &mut context.report;
    report.group("oldest compiler", |steps| msrv::check(steps, workspace));
    report.group("dependencies", |steps| {
        prepare::cargo_tool(steps, "cargo-deny")?;
        let deny = Program::cargo()
            .args(["deny", "--offline", "--all-features", "check"])
            .args(["bans", "licenses", "sources"])
            .dir(&workspace.root);
        steps.run("cargo deny", deny)?;
        Ok(())
    });
}

/// Each lock file has what its manifests ask for. Fetches crates of other platforms too, which `cargo deny` needs offline.
fn lock_files(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("lock files", |steps| {
        for name in [".", "examples/firmware", "fuzz"] {
            let fetch = Program::cargo().args(["fetch", "--quiet", "--locked"]);
            steps.run(
                &format!("cargo fetch in {name}"),
                fetch.dir(&workspace.path(name)),
            )?;
        }
        Ok(())
    });
}

fn format(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("format", |steps| {
        let fmt = Program::cargo().args(["fmt", "--all", "--", "--check", "-l"]);
        steps.run("cargo fmt", fmt.dir(&workspace.root))?;
        for name in ["examples/firmware", "fuzz"] {
            let fmt = Program::cargo().args(["fmt", "--", "--check", "-l"]);
            steps.run(
                &format!("cargo fmt in {name}"),
                fmt.dir(&workspace.path(name)),
            )?;
        }
        Ok(())
    });
}

fn host(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("clippy", |steps| {
        let clippy = Program::cargo()
            .args(["clippy", "--quiet", "--workspace", "--all-targets"])
            .args(["--all-features", "--", "-D", "warnings"])
            .dir(&workspace.root);
        steps.run("workspace, all targets, all features", clippy)?;
        Ok(())
    });
    context.report.group("clippy of the firmware", |steps| {
        prepare::targets(steps)?;
        for features in FIRMWARE {
            let clippy = Program::cargo()
                .args(["clippy", "--quiet", "--target", CORTEX_M4])
                .args(["--no-default-features", "--features", features])
                .args(["--", "-D", "warnings"])
                .env("CARGO_TARGET_DIR", workspace.firmware_target())
                .dir(&image::folder(workspace));
            steps.run(&format!("[{features}]"), clippy)?;
        }
        Ok(())
    });
}

/// Features of the firmware: with handlers and everything else, and with neither.
const FIRMWARE: &[&str] = &[
    "wbxml,xml,tls,embassy,defmt,newborn,codec-write,codec-attributes",
    "wbxml,tls",
];

/// Each firmware crate with no feature, each feature alone, and all of them, for Cortex-M4.
fn features(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("features on Cortex-M4", |steps| {
        prepare::targets(steps)?;
        for name in FIRMWARE_CRATES {
            let features = workspace.bare_features(name).map_err(Stop::Missing)?;
            let mut sets = vec![String::new()];
            if features.len() > 1 {
                sets.push(features.join(","));
            }
            sets.extend(features);
            for set in sets {
                let clippy = Program::cargo()
                    .args(["clippy", "--quiet", "--package", name])
                    .args(["--target", CORTEX_M4, "--no-default-features"])
                    .args(["--features", &set, "--", "-D", "warnings"])
                    .dir(&workspace.root);
                steps.run(&format!("{name} [{set}]"), clippy)?;
            }
        }
        Ok(())
    });
}

fn docs(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("documentation", |steps| {
        let doc = Program::cargo()
            .args([
                "doc",
                "--quiet",
                "--workspace",
                "--no-deps",
                "--all-features",
            ])
            .env("RUSTDOCFLAGS", "-D warnings")
            .dir(&workspace.root);
        steps.run("rustdoc", doc)?;
        Ok(())
    });
}

fn source_rules(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("source rules", |steps| {
        let all = steps.timed("read", || Ok((sources::rust(workspace)?, String::new())))?;
        let results = [
            steps.verify("file length", || rules::file_length(&all)),
            steps.verify("unsafe code", || rules::unsafe_code(&all)),
            steps.verify("dangerous_assume", || {
                rules::dangerous_assume(workspace, &all)
            }),
            steps.verify("machine paths", || rules::machine_paths(workspace)),
            match rules::foreign_files(workspace) {
                Some(result) => steps.verify("files of others", || result),
                None => Err(Stop::Missing("no shared corpus to compare with".into())),
            },
        ];
        results.into_iter().collect()
    });
}
