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
