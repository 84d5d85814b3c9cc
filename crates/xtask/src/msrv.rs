//! The oldest compiler that is promised.

use crate::prepare;
use crate::process::Program;
use crate::report::{Check, Steps};
use crate::workspace::{Workspace, read};

/// Checks libraries and programs with the oldest compiler, or else asks clippy.
pub(crate) fn check(steps: &mut Steps, workspace: &Workspace) -> Check {
    let manifest = read(&workspace.path("Cargo.toml")).unwrap_or_default();
    let version = manifest
        .lines()
        .find_map(|line| line.strip_prefix("rust-version = "))
        .map(|value| value.trim_matches('"').to_owned())
        .unwrap_or_default();
    if prepare::toolchain(steps, &version) {
        let program = Program::toolchain(&version, "cargo")
            .args(["check", "--quiet", "--workspace", "--all-features"])
            .env("CARGO_TARGET_DIR", workspace.target.join("msrv"))
            .dir(&workspace.root);
        steps.run(&format!("cargo check with {version}"), program)?;
    } else {
        steps.say(&format!(
            "no compiler {version} here: clippy judges instead"
        ));
        let program = Program::cargo()
            .args(["clippy", "--quiet", "--workspace", "--all-features", "--"])
            .args(["-D", "clippy::incompatible_msrv"])
            .dir(&workspace.root);
        steps.run("clippy incompatible_msrv", program)?;
    }
    Ok(())
}
