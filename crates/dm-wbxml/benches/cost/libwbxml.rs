//! Builds the program beside this file, which does a job with libwbxml.

use super::Outcome;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program; `None` where gcc or the library is missing.
///
/// The library is named by the file that Debian's libwbxml2-1 brings: no development package.
pub(crate) fn build() -> Outcome<Option<PathBuf>> {
    let program = std::env::current_exe()?.with_extension("libwbxml");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/cost/libwbxml.c");
    let gcc = Command::new("gcc")
        .args(["-O2", "-o"])
        .arg(&program)
        .arg(source)
        .arg("-l:libwbxml2.so.1")
        .output();
    Ok(match gcc {
        Ok(output) if output.status.success() => Some(program),
        _ => None,
    })
}
