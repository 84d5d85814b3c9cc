//! The files of the repository, as git sees them.

use crate::process::Program;
use crate::workspace::{Workspace, read};
use std::path::PathBuf;

/// Files that are committed or about to be (not ignored), relative to the root, sorted.
pub(crate) fn files(workspace: &Workspace) -> Result<Vec<String>, String> {
    let output = Program::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .dir(&workspace.root)
        .run()?;
    if !output.success {
        return Err(output.stderr);
    }
    let mut names: Vec<String> = output
        .stdout
        .split('\0')
        .filter(|name| !name.is_empty() && workspace.path(name).is_file())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    Ok(names)
}

/// One Rust source file.
pub(crate) struct Source {
    /// Relative to the root.
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    /// The lines with their numbers, up to the unit tests at the end of the file.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = if self.is_test() { 0 } else { usize::MAX };
        self.text
            .lines()
            .take_while(|line| !line.starts_with("#[cfg(test)]"))
            .enumerate()
            .map(|(index, line)| (index + 1, line))
            .take(end)
    }

    /// A file that only test builds contain.
    pub(crate) fn is_test(&self) -> bool {
        self.name.starts_with("tests/")
            || self.name.starts_with("fuzz/")
            || self.name.contains("/tests/")
            || self.name.contains("/benches/")
            || self.name.ends_with("/tests.rs")
    }
}

/// Every Rust file.
pub(crate) fn rust(workspace: &Workspace) -> Result<Vec<Source>, String> {
    files(workspace)?
        .into_iter()
        .filter(|name| name.ends_with(".rs"))
        .map(|name| {
            let path: PathBuf = workspace.path(&name);
            Ok(Source {
                text: read(&path)?,
                name,
            })
        })
        .collect()
}

/// Every conformance script.
pub(crate) fn scripts(workspace: &Workspace) -> Result<Vec<Source>, String> {
    files(workspace)?
        .into_iter()
        .filter(|name| name.starts_with("tests/conformance/scripts/"))
        .map(|name| {
            Ok(Source {
                text: read(&workspace.path(&name))?,
                name,
            })
        })
        .collect()
}

/// The code of a line, without a comment at its end. Good enough for rules that look for a word.
pub(crate) fn code(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}
