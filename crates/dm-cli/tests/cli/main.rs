//! The `dm` command from outside: what it prints, what it writes, and how it ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in the functions it calls"
)]

mod bootstrap;
mod convert;
mod corpus;
mod ddf;
mod demo;
mod inspect;
mod notify;
mod replay;
mod scripts;
mod serving;
mod tnds;
mod tree;
mod usage;
mod xml;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run of `dm` came to.
struct Ran {
    code: i32,
    out: Vec<u8>,
    err: String,
}

impl Ran {
    fn text(&self) -> &str {
        core::str::from_utf8(&self.out).expect("standard output is text")
    }

    /// Standard output of a run that must have succeeded.
    #[track_caller]
    fn ok(self) -> Vec<u8> {
        assert_eq!((self.code, self.err.as_str()), (0, ""));
        self.out
    }

    /// The one line of a run that must have ended with `code` and printed nothing else.
    #[track_caller]
    fn refused(&self, code: i32) -> &str {
        assert_eq!((self.code, self.text()), (code, ""), "{}", self.err);
        let line = self.err.strip_suffix('\n').expect("a whole line");
        assert!(!line.contains('\n'), "more than one line: {line}");
        line
    }
}

fn dm(arguments: &[&str]) -> Ran {
    dm_with(arguments, b"")
}

fn dm_with(arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_dm"))
        .args(arguments)
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("dm starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_vec();
    // A program that does not read its input closes the pipe early.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let Output {
        status,
        stdout,
        stderr,
    } = child.wait_with_output().expect("dm ends");
    feeder.join().expect("the feeder ends");
    Ran {
        code: status.code().expect("an exit status"),
        out: stdout,
        err: String::from_utf8(stderr).expect("standard error is text"),
    }
}

/// A folder for the files of one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("dm-cli-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a scratch folder");
        Self(path)
    }

    /// Writes a file and gives its path.
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        text(&path)
    }

    fn path(&self, name: &str) -> String {
        text(&self.0.join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}
