//! `cargo xtask fuzz-smoke`: each fuzz target for a moment.

use crate::process::{Output, Program};
use crate::report::Stop;
use crate::workspace::{Workspace, read};
use crate::{Context, Verb, prepare};

pub(crate) const VERB: Verb = Verb {
    name: "fuzz-smoke",
    summary: "each fuzz target for 20 seconds",
    switches: &[
        ("--full", "10 minutes each"),
        ("--seconds=N", "so many seconds each"),
    ],
    details: "Needs a nightly compiler and cargo-fuzz. Inputs found are kept in fuzz/corpus (not\n\
              committed); fuzz/seeds.tsv names, for a target, folders of the shared corpus. From an\n\
              empty fuzz/corpus every run tries the same inputs in the same order, so that a finding\n\
              can be repeated; --full tries others each time.",
    run,
};

fn run(context: &mut Context) {
    let given = context.value("--seconds").map(str::parse::<u64>);
    let full = context.has("--full");
    let usual = if full { 600 } else { 20 };
    let workspace = &context.workspace;
    context.report.group("fuzzing", |steps| {
        let Ok(seconds) = given.unwrap_or(Ok(usual)) else {
            return steps.verify("--seconds", || Err("takes a whole number".into()));
        };
        let targets = read(&workspace.path("fuzz/Cargo.toml"))
            .map(|manifest| names(&manifest))
            .unwrap_or_default();
        if targets.is_empty() {
            return Err(Stop::Missing("fuzz/Cargo.toml lists no target".into()));
        }
        if !prepare::toolchain(steps, "nightly") {
            steps.say("not run: no nightly compiler");
            return Ok(());
        }
        prepare::cargo_tool(steps, "cargo-fuzz")?;
        steps.run("build", fuzz(workspace, "build"))?;
        let programs = targets
            .into_iter()
            .map(|target| {
                let program = smoke(workspace, &target, seconds, full);
                (target, program)
            })
            .collect();
        steps.run_side_by_side(programs, runs)
    });
}

fn fuzz(workspace: &Workspace, verb: &str) -> Program {
    Program::toolchain("nightly", "cargo")
        .args(["fuzz", verb])
        .env("CARGO_TARGET_DIR", workspace.target.join("fuzz"))
        .dir(&workspace.root)
}

fn smoke(workspace: &Workspace, target: &str, seconds: u64, random: bool) -> Program {
    let corpus = workspace.path(&format!("fuzz/corpus/{target}"));
    let _ = std::fs::create_dir_all(&corpus);
    fuzz(workspace, "run")
        .arg(target)
        .arg(&corpus)
        .args(seeds(workspace, target))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .arg(if random { "-seed=0" } else { "-seed=1" })
        .args(["-max_len=4096", "-timeout=10", "-rss_limit_mb=2048"])
        .limit(seconds + 300)
}

/// How many runs the fuzzer counted.
fn runs(output: &Output) -> String {
    let runs = output.stderr.lines().rev().find_map(|line| {
        let rest = line.strip_prefix("Done ")?;
        rest.split_whitespace().next()
    });
    format!("{} runs", runs.unwrap_or_default())
}

/// Folders of the shared corpus for one target; none when there is no shared corpus.
fn seeds(workspace: &Workspace, target: &str) -> Vec<std::path::PathBuf> {
    let (Some(shared), Ok(list)) = (workspace.shared(), read(&workspace.path("fuzz/seeds.tsv")))
    else {
        return Vec::new();
    };
    list.lines()
        .filter_map(|line| line.split_once('\t'))
        .filter(|(name, _)| *name == target)
        .map(|(_, folder)| shared.join(folder.trim()))
        .filter(|folder| folder.is_dir())
        .collect()
}

/// The names of the `[[bin]]` tables.
fn names(manifest: &str) -> Vec<String> {
    let mut in_bin = false;
    let mut found = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            in_bin = line.trim() == "[[bin]]";
        } else if in_bin && let Some(value) = line.strip_prefix("name = ") {
            found.push(value.trim().trim_matches('"').to_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn only_bin_tables_name_targets() {
        let manifest = "[package]\nname = \"fuzz\"\n[[bin]]\nname = \"reader\"\npath = \"r.rs\"\n[[bin]]\nname = \"acl\"\n[dependencies]\n";
        assert_eq!(names(manifest), ["reader", "acl"]);
    }
}
