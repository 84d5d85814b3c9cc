//! Files shared by the tests of the workspace, which may be absent.

use std::path::{Path, PathBuf};

/// The root of the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder of the shared material; `None` when it is not there, which is told, or is a failure where no test may be
/// skipped.
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let shared =
        std::env::var_os("OMA_DM_SHARED").map_or_else(|| root().join("../shared"), PathBuf::from);
    let folder = shared.join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    assert!(
        std::env::var_os("OMA_DM_NO_SKIPS").is_none_or(|set| set != "1"),
        "{} is not there",
        folder.display()
    );
    println!("skipped: {} is not there", folder.display());
    None
}

/// The files of a folder whose name begins with one of `prefixes`, in order.
pub(crate) fn files(folder: &Path, prefixes: &[&str]) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| prefixes.iter().any(|prefix| name(path).starts_with(prefix)))
        .collect();
    files.sort();
    files
}

/// The last part of a path.
pub(crate) fn name(path: &Path) -> &str {
    path.file_name()
        .and_then(|name| name.to_str())
        .expect("a file name in UTF-8")
}
