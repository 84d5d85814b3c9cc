//! For build scripts: DDF files in, one Rust file in `OUT_DIR` out.

use std::path::Path;

use crate::compile::Compiled;
use crate::error::{Error, Place};
use crate::rust::Options;
use crate::standard::Standard;

/// [`Standard::compile_files`] of DM 1.2.
///
/// # Errors
/// A file cannot be read or compiled.
pub fn compile_files<P: AsRef<Path>>(files: &[P]) -> Result<Compiled, Error> {
    Standard::Dm12.compile_files(files)
}

/// For `build.rs`: compiles DDF files of the package, with the standard objects, into the file `name` in `OUT_DIR`.
///
/// Tells cargo to run again when a DDF changes, and shows notes as warnings. The application then takes the file in:
///
/// ```no_run
/// // build.rs
/// fn main() -> Result<(), dm_ddf::Error> {
///     dm_ddf::compile_to_out_dir(&["device.ddf"], "device.rs")
/// }
/// ```
/// ```text
/// // src/main.rs
/// dm_tree::include_schema!(device);       // device::SCHEMA, device::LAMP, ...
/// ```
///
/// The standard objects are those of DM 1.2; [`Standard::compile_to_out_dir`] chooses.
///
/// # Errors
/// A file cannot be read, compiled or written. The text names file, line and column; cargo shows it.
pub fn compile_to_out_dir<P: AsRef<Path>>(files: &[P], name: &str) -> Result<(), Error> {
    to_out_dir(Standard::Dm12, files, name)
}

pub(crate) fn to_out_dir<P: AsRef<Path>>(
    standard: Standard,
    files: &[P],
    name: &str,
) -> Result<(), Error> {
    let run = || {
        let out = std::env::var_os("OUT_DIR").ok_or_else(|| {
            Place::whole(name).error("OUT_DIR is not set", "call this from a build script")
        })?;
        for file in files {
            println!("cargo::rerun-if-changed={}", file.as_ref().display());
        }
        let compiled = standard.compile_files(files)?;
        for note in compiled.notes() {
            println!("cargo::warning={note}");
        }
        write_rust(
            &compiled,
            &Path::new(&out).join(name),
            &Options::default().command("build.rs"),
        )
    };
    run().inspect_err(|why| println!("cargo::error={why}"))
}

/// Writes the Rust form of a schema.
fn write_rust(compiled: &Compiled, path: &Path, options: &Options) -> Result<(), Error> {
    std::fs::write(path, compiled.to_rust(options)).map_err(|why| {
        Place::whole(&path.display().to_string())
            .error(format!("cannot be written: {why}"), "check the folder")
    })
}
