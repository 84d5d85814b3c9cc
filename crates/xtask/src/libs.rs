//! `cargo xtask ffi --libs`: the static library for the host and every bare-metal target, with what a C project looks it up
//! by.
//!
//! ```text
//! target/libs/TARGET/include/omadm.h
//! target/libs/TARGET/lib/libomadm.a
//! target/libs/TARGET/lib/pkgconfig/omadm.pc
//! target/libs/TARGET/lib/cmake/omadm/omadm-config.cmake
//! ```
//!
//! All of it finds its neighbours by its own place, so that a folder can be copied anywhere.

use crate::process::Program;
use crate::report::{Check, Steps, Stop};
use crate::workspace::{TARGETS, Workspace, read, write};
use crate::{ffi, panics, prepare};
use std::fs;
use std::path::{Path, PathBuf};

/// The version of all crates, this one among them.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What the host's linker needs besides: the standard library is in the archive there.
const HOST_LIBRARIES: &[&str] = &["pthread", "dl", "m"];

/// Builds every library. `features`: joined by commas; `None`: all.
pub(crate) fn build(steps: &mut Steps, workspace: &Workspace, features: Option<&str>) -> Check {
    prepare::targets(steps)?;
    let host = host()?;
    for target in TARGETS.iter().copied().chain([host.as_str()]) {
        one(steps, workspace, target, features)?;
    }
    Ok(())
}

/// Builds the library for one target; its folder.
pub(crate) fn one(
    steps: &mut Steps,
    workspace: &Workspace,
    target: &str,
    features: Option<&str>,
) -> Check<PathBuf> {
    let features = match features {
        Some(given) => given.split(',').map(str::to_owned).collect(),
        None => ffi::features(workspace)?,
    };
    let bare = TARGETS.contains(&target);
    let panic_handler = bare.then(|| "panic-handler".to_owned());
    let all: Vec<String> = features.iter().cloned().chain(panic_handler).collect();
    let cargo = ffi::staticlib(workspace, &all).args(["--release", "--target", target]);
    steps.run(&format!("static library, {target}"), cargo)?;
    let folder = workspace.target.join("libs").join(target);
    steps.verify(&format!("libs/{target}"), || {
        let archive = workspace.target.join(target).join("release/libdm_ffi.a");
        package(workspace, &archive, &folder, &features, bare)
    })?;
    Ok(folder)
}

/// Lays out the folder of one target.
fn package(
    workspace: &Workspace,
    archive: &Path,
    folder: &Path,
    features: &[String],
    bare: bool,
) -> Result<String, String> {
    let header = read(&workspace.path("crates/dm-ffi/include/omadm.h"))?;
    let version = VERSION;
    let defines: Vec<String> = features
        .iter()
        .map(|feature| ffi::define(feature))
        .filter(|define| header.contains(define.as_str()))
        .collect();
    let libraries = if bare { &[] } else { HOST_LIBRARIES };
    let make = |relative: &str| -> Result<PathBuf, String> {
        let path = folder.join(relative);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| format!("{}: {error}", parent.display()))?;
        Ok(path)
    };
    write(&make("include/omadm.h")?, &header)?;
    fs::copy(archive, make("lib/libomadm.a")?)
        .map_err(|error| format!("{}: {error}", archive.display()))?;
    write(
        &make("lib/pkgconfig/omadm.pc")?,
        &pkg_config(version, &defines, libraries),
    )?;
    write(
        &make("lib/cmake/omadm/omadm-config.cmake")?,
        &cmake(&defines, libraries),
    )?;
    write(
        &make("lib/cmake/omadm/omadm-config-version.cmake")?,
        &cmake_version(version),
    )?;
    Ok(version.to_owned())
}

fn pkg_config(version: &str, defines: &[String], libraries: &[&str]) -> String {
    let flags: String = defines
        .iter()
        .map(|define| format!(" -D{define}"))
        .collect();
    let links: String = libraries.iter().map(|name| format!(" -l{name}")).collect();
    format!(
        "prefix=${{pcfiledir}}/../..\n\
         includedir=${{prefix}}/include\n\
         libdir=${{prefix}}/lib\n\
         \n\
         Name: omadm\n\
         Description: OMA Device Management client for firmware\n\
         Version: {version}\n\
         Cflags: -I${{includedir}}{flags}\n\
         Libs: -L${{libdir}} -lomadm{links}\n"
    )
}

fn cmake(defines: &[String], libraries: &[&str]) -> String {
    let (defines, libraries) = (defines.join(";"), libraries.join(";"));
    format!(
        "# find_package(omadm REQUIRED)\n\
         # target_link_libraries(firmware PRIVATE omadm::omadm)\n\
         get_filename_component(_omadm_root \"${{CMAKE_CURRENT_LIST_DIR}}/../../..\" ABSOLUTE)\n\
         if(NOT TARGET omadm::omadm)\n\
         \x20 add_library(omadm::omadm STATIC IMPORTED)\n\
         \x20 set_target_properties(omadm::omadm PROPERTIES\n\
         \x20   IMPORTED_LOCATION \"${{_omadm_root}}/lib/libomadm.a\"\n\
         \x20   INTERFACE_INCLUDE_DIRECTORIES \"${{_omadm_root}}/include\"\n\
         \x20   INTERFACE_COMPILE_DEFINITIONS \"{defines}\"\n\
         \x20   INTERFACE_LINK_LIBRARIES \"{libraries}\")\n\
         endif()\n\
         unset(_omadm_root)\n"
    )
}

/// Before 1.0 a minor version may change anything.
fn cmake_version(version: &str) -> String {
    let minor = version.rsplit_once('.').map_or(version, |(minor, _)| minor);
    format!(
        "set(PACKAGE_VERSION \"{version}\")\n\
         if(PACKAGE_FIND_VERSION VERSION_LESS_EQUAL PACKAGE_VERSION AND PACKAGE_FIND_VERSION MATCHES \"^{}($|\\\\.)\")\n\
         \x20 set(PACKAGE_VERSION_COMPATIBLE TRUE)\n\
         endif()\n\
         if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)\n\
         \x20 set(PACKAGE_VERSION_EXACT TRUE)\n\
         endif()\n",
        minor.replace('.', "\\\\.")
    )
}

/// The target of the machine that this runs on.
pub(crate) fn host() -> Check<String> {
    let output = Program::new("rustc").arg("-vV").run();
    let output = output.map_err(Stop::Missing)?;
    let line = output
        .stdout
        .lines()
        .find_map(|it| it.strip_prefix("host: "));
    line.map(str::to_owned)
        .ok_or_else(|| Stop::Missing("rustc tells no host".into()))
}

/// A C program finds the library by pkg-config and by CMake, and says the same as it does otherwise.
pub(crate) fn found(steps: &mut Steps, workspace: &Workspace) -> Check {
    let folder = one(steps, workspace, &host()?, None)?;
    let crate_folder = workspace.path("crates/dm-ffi");
    let out = workspace.target.join("ffi");
    let lib = folder.join("lib");

    let flags = Program::new("pkg-config")
        .args(["--cflags", "--libs", "--static", "omadm"])
        .env("PKG_CONFIG_PATH", lib.join("pkgconfig"));
    let flags = steps.run("pkg-config", flags)?.stdout;
    let program = out.join("by-pkg-config");
    let compile = Program::new("gcc")
        .args(ffi::STRICT)
        .arg("-o")
        .arg(&program)
        .arg(crate_folder.join("tests/reference.c"))
        .args(flags.split_whitespace());
    steps.run("gcc, flags of pkg-config", compile)?;
    steps.run("run", Program::new(&program).dir(&crate_folder).limit(60))?;

    let build = out.join("cmake");
    // What was found once would be remembered.
    let _ = fs::remove_dir_all(&build);
    let configure = Program::new("cmake")
        .arg("-S")
        .arg(crate_folder.join("tests/package"))
        .arg("-B")
        .arg(&build)
        .arg(format!("-DCMAKE_PREFIX_PATH={}", folder.display()));
    steps.run("cmake", configure)?;
    steps.run(
        "cmake --build",
        Program::new("cmake").arg("--build").arg(&build),
    )?;
    let run = Program::new(build.join("reference")).dir(&crate_folder);
    steps.run("run", run.limit(60))?;
    Ok(())
}

/// Links an image of each function alone, for each target: none may hold a panic symbol.
pub(crate) fn no_panic(steps: &mut Steps, workspace: &Workspace) -> Check {
    prepare::targets(steps)?;
    for target in TARGETS {
        let folder = one(steps, workspace, target, None)?;
        let archive = folder.join("lib/libomadm.a");
        steps.verify(&format!("each function alone, {target}"), || {
            let functions = functions(&archive)?;
            for function in &functions {
                let image = folder.join("probe.elf");
                link(&archive, function, &image)?;
                let panics = panics::find(&image)?;
                if !panics.is_empty() {
                    return Err(format!("{function}:\n{}", panics.join("\n")));
                }
            }
            Ok(format!("{} functions", functions.len()))
        })?;
    }
    Ok(())
}

/// The functions that the archive gives to C.
fn functions(archive: &Path) -> Result<Vec<String>, String> {
    let names = Program::new("arm-none-eabi-nm")
        .args(["--extern-only", "--defined-only", "--format=just-symbols"])
        .arg(archive)
        .run()?;
    let functions: Vec<String> = names
        .stdout
        .lines()
        .filter(|name| name.starts_with("omadm_"))
        .map(str::to_owned)
        .collect();
    if functions.is_empty() {
        return Err(format!(
            "{}: no function\n{}",
            archive.display(),
            names.stderr
        ));
    }
    Ok(functions)
}

/// An image of what one function reaches. What only the firmware has is not called.
fn link(archive: &Path, function: &str, image: &Path) -> Result<(), String> {
    let output = Program::new("arm-none-eabi-ld")
        .args([
            "--gc-sections",
            "--entry",
            function,
            "--undefined",
            function,
        ])
        .args(["--defsym", "omadm_panic=0", "-o"])
        .arg(image)
        .arg(archive)
        .run()?;
    if output.success {
        Ok(())
    } else {
        Err(format!("{function}: {}", output.stderr))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_name_what_the_library_has() {
        let defines = ["OMADM_FEATURE_UI".to_owned()];
        let pc = pkg_config("0.1.0", &defines, HOST_LIBRARIES);
        assert!(pc.contains("\nCflags: -I${includedir} -DOMADM_FEATURE_UI\n"));
        assert!(pc.ends_with("\nLibs: -L${libdir} -lomadm -lpthread -ldl -lm\n"));
        let cmake = cmake(&defines, &[]);
        assert!(cmake.contains("INTERFACE_COMPILE_DEFINITIONS \"OMADM_FEATURE_UI\"\n"));
        assert!(cmake.contains("INTERFACE_LINK_LIBRARIES \"\")\n"));
        assert!(cmake_version("0.1.0").contains("MATCHES \"^0\\\\.1($|\\\\.)\""));
    }
}
