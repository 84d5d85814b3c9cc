//! Rules about the sources that no compiler checks.

use crate::sources::{self, Source, code};
use crate::workspace::{Workspace, read};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;

/// Longest source file.
const MAX_LINES: usize = 800;

/// Callers of `Principal::dangerous_assume` and `dangerous_bootstrap`, each with the reason why it may.
const DANGEROUS: &str = "docs/dangerous-assume.tsv";

/// Folders that may hold unsafe code; the fuzzing entry point expands to it.
const UNSAFE_ALLOWED: &[&str] = &["crates/dm-ffi/", "examples/firmware/", "fuzz/"];

type Verdict = Result<String, String>;

fn verdict(faults: String, note: String) -> Verdict {
    if faults.is_empty() {
        Ok(note)
    } else {
        Err(faults)
    }
}

/// No source file is longer than one can read.
pub(crate) fn file_length(all: &[Source]) -> Verdict {
    let mut faults = String::new();
    for source in all {
        let lines = source.text.lines().count();
        if lines > MAX_LINES && !source.name.ends_with("/standard.rs") {
            let _ = writeln!(faults, "{}: {lines} lines", source.name);
        }
    }
    verdict(faults, format!("{} files", all.len()))
}

/// Every crate root forbids unsafe code, and nothing takes that back, outside two folders.
pub(crate) fn unsafe_code(all: &[Source]) -> Verdict {
    let mut faults = String::new();
    let mut roots = 0_usize;
    for source in all {
        if UNSAFE_ALLOWED
            .iter()
            .any(|dir| source.name.starts_with(dir))
        {
            continue;
        }
        if is_root(&source.name) {
            roots += 1;
            if !source.text.contains("#![forbid(unsafe_code)]") {
                let _ = writeln!(faults, "{}: does not forbid unsafe code", source.name);
            }
        }
        for (index, line) in source.text.lines().enumerate() {
            let code = code(line);
            let lifts = ["allow(", "expect("].iter().any(|word| code.contains(word));
            if lifts && code.contains("unsafe_code") && !code.contains('"') {
                let _ = writeln!(faults, "{}:{}: {}", source.name, index + 1, line.trim());
            }
        }
    }
    verdict(faults, format!("{roots} crate roots"))
}

/// The first file of a library or program; test programs inherit the lint of the workspace.
fn is_root(name: &str) -> bool {
    name.ends_with("src/lib.rs") || name.ends_with("src/main.rs") || name.contains("src/bin/")
}

/// Everybody who makes a principal without proof is on the list, and the list has nobody else.
pub(crate) fn dangerous_assume(workspace: &Workspace, all: &[Source]) -> Verdict {
    let mut callers: BTreeMap<String, usize> = BTreeMap::new();
    for source in all {
        if source.name.starts_with("crates/xtask/") {
            continue;
        }
        for (_, line) in source.product_lines() {
            let code = code(line);
            let makes = ["dangerous_assume", "dangerous_bootstrap"]
                .iter()
                .any(|maker| {
                    code.contains(&format!("{maker}(")) && !code.contains(&format!("fn {maker}("))
                });
            if makes {
                *callers.entry(source.name.clone()).or_default() += 1;
            }
        }
    }
    let mut listed = BTreeMap::new();
    for line in read(&workspace.path(DANGEROUS))?.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        match line.split('\t').collect::<Vec<_>>().as_slice() {
            [file, calls, reason] if !reason.is_empty() => {
                listed.insert((*file).to_owned(), calls.parse().unwrap_or(0));
            }
            _ => {
                return Err(format!(
                    "{DANGEROUS}: not `file<TAB>calls<TAB>reason`: {line}"
                ));
            }
        }
    }
    if callers == listed {
        Ok(format!("{} files call it", callers.len()))
    } else {
        Err(format!("found {callers:?}\n{DANGEROUS} lists {listed:?}"))
    }
}

/// No path of one person's machine in a committed file.
pub(crate) fn machine_paths(workspace: &Workspace) -> Verdict {
    // In pieces, so that this file keeps the rule.
    let roots = ["work/", "tmp/", "home/", "root/", "Users/"].map(|dir| format!("/{dir}"));
    let mut faults = String::new();
    for name in sources::files(workspace)? {
        let Ok(text) = fs::read_to_string(workspace.path(&name)) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            if roots.iter().any(|root| begins_path(line, root)) {
                let _ = writeln!(faults, "{name}:{}: {}", index + 1, line.trim());
            }
        }
    }
    verdict(faults, String::new())
}

/// True when `root` stands in the line where a path can begin.
fn begins_path(line: &str, root: &str) -> bool {
    line.match_indices(root).any(|(at, _)| {
        let before = line.get(..at).and_then(|head| head.chars().next_back());
        before.is_none_or(|c| !(c.is_alphanumeric() || "._-/}*~:<>)".contains(c)))
    })
}

/// No file of the shared corpus that others wrote, byte for byte. `None`: no corpus at hand.
pub(crate) fn foreign_files(workspace: &Workspace) -> Option<Verdict> {
    let corpus = workspace.shared()?.join("corpus");
    let manifest = read(&corpus.join("MANIFEST.tsv")).ok()?;
    Some(find_foreign(workspace, &corpus, &manifest))
}

fn find_foreign(workspace: &Workspace, corpus: &std::path::Path, manifest: &str) -> Verdict {
    let mut foreign: BTreeMap<u64, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    let mut count = 0_usize;
    for line in manifest.lines().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [file, _, _, licence, ..] = fields.as_slice() else {
            continue;
        };
        if *licence == "same as the project" {
            continue;
        }
        if let Ok(bytes) = fs::read(corpus.join(file)) {
            count += 1;
            let list = foreign.entry(bytes.len() as u64).or_default();
            list.push(((*file).to_owned(), bytes));
        }
    }
    let mut faults = String::new();
    for name in sources::files(workspace)? {
        let path = workspace.path(&name);
        let length = fs::metadata(&path).map(|data| data.len()).unwrap_or(0);
        let Some(candidates) = foreign.get(&length) else {
            continue;
        };
        let bytes = fs::read(&path).unwrap_or_default();
        for (file, _) in candidates.iter().filter(|(_, other)| *other == bytes) {
            let _ = writeln!(faults, "{name} is {file} of the corpus");
        }
    }
    verdict(faults, format!("{count} compared"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(name: &str, text: &str) -> Source {
        Source {
            name: name.into(),
            text: text.into(),
        }
    }

    #[test]
    fn long_files_are_named() {
        let long = source("a.rs", &"\n".repeat(MAX_LINES + 1));
        assert!(file_length(&[long]).unwrap_err().contains("a.rs: 801"));
        let just = source("a.rs", &"\n".repeat(MAX_LINES));
        assert!(file_length(&[just]).is_ok());
    }

    #[test]
    fn crate_roots_forbid_unsafe_code() {
        let good = source("crates/a/src/lib.rs", "#![forbid(unsafe_code)]\n");
        assert!(unsafe_code(&[good]).is_ok());
        let bad = source("crates/a/src/bin/b.rs", "fn main() {}\n");
        assert!(unsafe_code(&[bad]).is_err());
        let lifted = source("crates/a/tests/b.rs", "#![allow(unsafe_code)]\n");
        assert!(unsafe_code(&[lifted]).unwrap_err().contains("b.rs:1"));
        let ffi = source("crates/dm-ffi/src/lib.rs", "#![allow(unsafe_code)]\n");
        assert!(unsafe_code(&[ffi]).is_ok());
    }

    #[test]
    fn a_path_is_found_where_one_can_begin() {
        let root = format!("/{}", "home/");
        assert!(begins_path(&format!("see {root}me/a.txt"), &root));
        assert!(begins_path(&format!("\"{root}me\""), &root));
        assert!(!begins_path(&format!("./Vendor{root}x"), &root));
        assert!(!begins_path(&format!("http://a.test{root}x"), &root));
    }
}
