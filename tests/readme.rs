//! The README tells the truth.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const README: &str = include_str!("../README.md");

/// The first block of a language.
fn block(language: &str) -> &'static str {
    let start = README.find(&format!("```{language}\n")).unwrap();
    let text = &README[start..];
    let text = &text[text.find('\n').unwrap() + 1..];
    &text[..text.find("```").unwrap()]
}

/// The C of the README compiles against the header, without a warning.
#[test]
fn the_c_snippet_compiles() {
    let include = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/dm-ffi/include");
    let gcc = Command::new("gcc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
        .args(["-fsyntax-only", "-x", "c", "-"])
        .arg("-I")
        .arg(include)
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut gcc) = gcc else {
        assert!(std::env::var("OMA_DM_NO_SKIPS").is_err(), "gcc is missing");
        println!("skipped: gcc is missing");
        return;
    };
    let mut input = gcc.stdin.take().unwrap();
    input.write_all(block("c").as_bytes()).unwrap();
    drop(input);
    assert!(gcc.wait().unwrap().success());
}

/// Every file that the README leads to is there.
#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut count = 0;
    for part in README.split("](").skip(1) {
        let target = part.split(')').next().unwrap();
        if !target.starts_with("http") {
            assert!(root.join(target).exists(), "{target}");
            count += 1;
        }
    }
    assert!(count > 5);
}

/// The commands are those that the checks run.
#[test]
fn the_two_commands_are_named_once_each() {
    for command in ["cargo run -p dm-cli -- demo", "cargo xtask test"] {
        assert_eq!(README.lines().filter(|line| *line == command).count(), 1);
    }
}

/// The row of a table that begins with this word, or has it in its first cell.
fn row(word: &str) -> &'static str {
    let first = |line: &'static str| line.strip_prefix("| ")?.split(" | ").next();
    let mut rows = README
        .lines()
        .filter(|line| first(line).is_some_and(|cell| cell.split(", ").any(|one| one == word)));
    rows.next().unwrap_or_default()
}

/// Every feature of a firmware crate stands in the row of its crate; those of `dm-core` have rows, and `dm-ffi` has most of them.
#[test]
fn all_features_are_in_the_tables() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    for name in ["dm-wbxml", "dm-tree", "dm-core", "dm-bindings", "dm-ffi"] {
        let manifest = std::fs::read_to_string(root.join(name).join("Cargo.toml")).unwrap();
        let features = manifest.split("[features]\ndefault = []\n").nth(1).unwrap();
        let features = features.lines().take_while(|line| !line.is_empty());
        let mut count = 0;
        for line in features.filter(|line| !line.starts_with('#')) {
            // A list of more than one line goes on without a name.
            let Some((feature, _)) = line.split_once(" = ") else {
                continue;
            };
            let feature = format!("`{feature}`");
            let of_core = matches!(name, "dm-core" | "dm-ffi") && !row(&feature).is_empty();
            let told = of_core || row(&format!("`{name}`")).contains(&feature);
            assert!(told, "{name}: {feature}");
            count += 1;
        }
        assert!(count > 3, "{name}");
    }
}
