//! The C programs of this folder, built by gcc against the static library and run; what the reference program sends is
//! compared in meaning with the messages of the reference session.

#![cfg(not(miri))]
#![allow(clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::{env, fs};

use dm_wbxml::{Encoding, Event, Reader};

const CRATE: &str = env!("CARGO_MANIFEST_DIR");

/// Says what is not tested; a failure where nothing may be left out.
fn skip(why: &str) {
    assert!(env::var("OMA_DM_NO_SKIPS").as_deref() != Ok("1"), "{why}");
    eprintln!("skipped 1 test: {why}");
}

fn has(program: &str) -> bool {
    Command::new(program)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success())
}

/// The folder of the reference session's messages.
fn messages() -> Option<PathBuf> {
    let workspace = Path::new(CRATE).join("../..");
    let shared =
        env::var_os("OMA_DM_SHARED").map_or_else(|| workspace.join("../shared"), PathBuf::from);
    [
        workspace.join("tests/corpus/reference-session"),
        shared.join("reference-session"),
    ]
    .into_iter()
    .find(|folder| folder.join("m4-server-final.wbxml").is_file())
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("a program that starts");
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{command:?}\n{text}");
    text
}

/// The folder for everything made here.
fn out() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
}

/// What every library here has.
const LEAST: &[&str] = &["xml", "wbxml", "md5"];
/// And what a larger one has besides.
const MORE: &[&str] = &[
    "atomic",
    "copy",
    "list",
    "large-object",
    "ui",
    "events",
    "reasons",
    "notification",
    "tnds",
    "sha256",
    "hmac",
    "push",
    "bootstrap",
    "profile13",
    "properties",
    "formats",
];

/// Builds the static library with `more` features than [`LEAST`], and one program of this folder.
fn build(name: &str, more: &[&str]) -> PathBuf {
    link(name, more, &[PathBuf::from(format!("tests/{name}.c"))])
}

/// The same of these sources.
fn link(name: &str, more: &[&str], sources: &[PathBuf]) -> PathBuf {
    static LIBRARY: Mutex<()> = Mutex::new(());
    let _one_at_a_time = LIBRARY.lock();
    let features = [LEAST, more].concat();
    let defines = features.iter().map(|feature| {
        let name = feature.to_uppercase().replace('-', "_");
        format!("-DOMADM_FEATURE_{name}")
    });
    let target = out().parent().expect("the target folder").to_owned();
    run(Command::new(env!("CARGO"))
        .args([
            "rustc",
            "--quiet",
            "--package",
            "dm-ffi",
            "--lib",
            "--crate-type",
            "staticlib",
        ])
        .args(["--features", &features.join(","), "--target-dir"])
        .arg(&target)
        .current_dir(CRATE));
    let program = out().join(format!("{name}-{}", features.len()));
    run(Command::new("gcc")
        .args([
            "-std=c99",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-O1",
            "-I",
            "include",
        ])
        .args(defines)
        .arg("-o")
        .arg(&program)
        .args(sources)
        .arg(target.join("debug/libdm_ffi.a"))
        .args(["-lpthread", "-ldl", "-lm"])
        .current_dir(CRATE));
    program
}

/// An element of a message: its name, its text, its children.
#[derive(Default)]
struct Element {
    name: String,
    text: String,
    children: Vec<Self>,
}

impl Element {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).expect("a message");
        let mut reader = Reader::new(&bytes, Encoding::detect(&bytes)).expect("a document");
        let mut open = vec![Self::default()];
        loop {
            match reader.next().expect("a readable message") {
                Event::Start(tag) => open.push(Self {
                    name: tag.name().unwrap_or("?").to_owned(),
                    ..Self::default()
                }),
                Event::Text(text) => {
                    let mut buf = [0; 256];
                    let len = text.copy_to(&mut buf).expect("a short text");
                    let text = String::from_utf8_lossy(buf.get(..len).unwrap_or_default());
                    open.last_mut().expect("an element").text.push_str(&text);
                }
                Event::End => {
                    let done = open.pop().expect("an element");
                    open.last_mut().expect("its parent").children.push(done);
                }
                Event::Done => {
                    return open
                        .pop()
                        .and_then(|root| root.children.into_iter().next())
                        .expect("a root");
                }
            }
        }
    }

    fn child(&self, name: &str) -> &Self {
        self.children
            .iter()
            .find(|child| child.name == name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.name))
    }

    /// What the element says, in one line, without what a client is free to choose.
    fn meaning(&self) -> String {
        format!("{}({}{})", self.name, self.text, self.parts().join(" "))
    }

    /// What the children say, in one order. Free are the numbers of own commands, the default format and type, repeated
    /// addresses, and the limits of the client's memory.
    fn parts(&self) -> Vec<String> {
        let counts = |child: &&Self| match child.name.as_str() {
            "CmdID" | "TargetRef" | "SourceRef" => false,
            "Meta" => self.name == "Cred",
            _ => true,
        };
        let mut parts: Vec<String> = self
            .children
            .iter()
            .filter(counts)
            .map(Self::meaning)
            .collect();
        parts.sort();
        parts
    }
}

fn same_meaning(ours: &Path, reference: &Path) {
    let (ours, reference) = (Element::read(ours), Element::read(reference));
    for part in ["SyncHdr", "SyncBody"] {
        let mut expected = reference.child(part).parts();
        for line in &mut expected {
            // The server sends no credentials here; 212 is for those who do.
            *line = line.replace(
                "Cmd(SyncHdr) CmdRef(0) Data(212)",
                "Cmd(SyncHdr) CmdRef(0) Data(200)",
            );
        }
        assert_eq!(ours.child(part).parts(), expected);
    }
}

/// REP-C-001
#[test]
fn a_c_program_says_in_the_reference_session_what_the_reference_says() {
    let Some(messages) = messages() else {
        return skip("the messages of the reference session are not here");
    };
    if !has("gcc") {
        return skip("gcc is not installed");
    }
    let program = build("reference", &[]);
    for encoding in ["wbxml", "xml"] {
        let text = run(Command::new(&program)
            .arg(encoding)
            .arg(&messages)
            .arg(out())
            .current_dir(CRATE));
        println!("{text}");
        assert!(text.contains(&format!("application/vnd.syncml.dm+{encoding}")));
        for (ours, reference) in [("m1", "m1-client-reference"), ("m3", "m3-client-reference")] {
            let reference = messages.join(format!("{reference}.{encoding}"));
            same_meaning(&out().join(format!("{ours}.{encoding}")), &reference);
        }
    }
}

#[test]
fn a_c_program_that_breaks_the_contract_gets_a_result_code() {
    if !has("gcc") {
        return skip("gcc is not installed");
    }
    for more in [&[], MORE] {
        let text = run(&mut Command::new(build("misuse", more)));
        println!("{text}");
    }
}

/// BOOT-C-026
#[test]
fn a_c_program_without_an_account_gets_one_by_a_push() {
    if !has("gcc") {
        return skip("gcc is not installed");
    }
    let text = run(&mut Command::new(build("bootstrap", MORE)));
    assert_eq!(
        text,
        "without an account: 2001\n\
         with another PIN: 3303, tries left 2\n\
         new account of srv1.example (Demo) at https://srv1.example/dm\n\
         with the PIN: 0, accounts 1\n\
         the first message goes to https://srv1.example/dm\n"
    );
}

/// The loop in the README, as it stands there.
#[test]
fn the_session_loop_of_the_readme_runs() {
    if !has("gcc") {
        return skip("gcc is not installed");
    }
    let readme = include_str!("../../../README.md");
    let block = readme.split("```c\n").nth(1).expect("a block of C");
    let block = block.split("```").next().expect("its end");
    let source = out().join("readme.c");
    fs::write(&source, block).expect("a file");
    let sources = [source, PathBuf::from("tests/readme/main.c")];
    let text = run(Command::new(link("readme", &[], &sources)).current_dir(CRATE));
    assert!(
        text.starts_with("http://dm.example.test/srv: a message\n"),
        "{text}"
    );
    assert!(text.contains("\nresult 0, "), "{text}");
}
