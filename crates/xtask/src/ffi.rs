//! `cargo xtask ffi`: the C API, used from C.

use crate::process::Program;
use crate::report::{Check, Steps, Stop};
use crate::workspace::{CORTEX_M4, Workspace, read};
use crate::{Context, Verb, image, libs, prepare};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const VERB: Verb = Verb {
    name: "ffi",
    summary: "C programs against the static library, and the header",
    switches: &[
        ("--libs", "only make the static libraries, see below"),
        (
            "--features=LIST",
            "with --libs: these features instead of all",
        ),
    ],
    details: "Builds crates/dm-ffi as static library, compiles crates/dm-ffi/tests/*.c with every\n\
              warning an error, runs each plain and with address and undefined-behaviour checks,\n\
              and some on an emulated Cortex-M4 with the same output; reads the header\n\
              as C++, and compares it with a newly generated one; links each function of the header\n\
              alone for each bare-metal target and finds no panic symbol; and builds tests/reference.c\n\
              with what pkg-config and CMake say about the library.\n\n\
              --libs leaves libomadm.a, omadm.h, omadm.pc and omadm-config.cmake for the host and the\n\
              bare-metal targets in target/libs/TARGET.",
    run,
};

const CRATE: &str = "crates/dm-ffi";

/// The programs that run on the host and on Cortex-M4, and the arguments of their runs.
const PORTABLE: &[(&str, &[&str])] = &[("reference", &["wbxml", "xml"]), ("bootstrap", &[""])];

/// Every warning is an error.
pub(crate) const STRICT: &[&str] = &["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"];

pub(crate) fn run(context: &mut Context) {
    let workspace = &context.workspace;
    let features = context.value("--features").map(str::to_owned);
    if features.is_some() && !context.has("--libs") {
        return context.report.group("switches", |steps| {
            steps.verify("--features", || {
                let what =
                    "the tests want every feature: say `--libs --features=LIST`, or leave it out";
                Err(what.to_owned())
            })
        });
    }
    if context.has("--libs") {
        return context.report.group("static libraries", |steps| {
            libs::build(steps, workspace, features.as_deref())
        });
    }
    context.report.group("C programs", |steps| {
        let compilers: Vec<_> = prepare::HOST_C.iter().collect();
        prepare::packages(steps, &compilers)?;
        programs(steps, workspace)
    });
    context.report.group("C on Cortex-M4", |steps| {
        prepare::targets(steps)?;
        let tools: Vec<_> = prepare::ARM_GCC.iter().chain([&prepare::QEMU]).collect();
        prepare::packages(steps, &tools)?;
        on_target(steps, workspace)
    });
    context
        .report
        .group("C header", |steps| header(steps, workspace));
    context.report.group("C functions without panic", |steps| {
        prepare::packages(steps, &[&prepare::ARM_BINUTILS])?;
        libs::no_panic(steps, workspace)
    });
    context.report.group("C packages", |steps| {
        let tools: Vec<_> = prepare::HOST_C.iter().chain(prepare::C_PACKAGES).collect();
        prepare::packages(steps, &tools)?;
        libs::found(steps, workspace)
    });
}

fn with_suffix(folder: &Path, suffix: &str) -> Check<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    found.retain(|path| path.extension().is_some_and(|ext| ext == suffix));
    found.sort();
    if found.is_empty() {
        return Err(Stop::Missing(format!("no .{suffix} file in {CRATE}")));
    }
    Ok(found)
}

/// The features of the library.
pub(crate) fn features(workspace: &Workspace) -> Check<Vec<String>> {
    let mut features = workspace.bare_features("dm-ffi").map_err(Stop::Missing)?;
    features.retain(|feature| feature != "panic-handler");
    Ok(features)
}

/// What tells the header that the library has all of them.
fn defines(workspace: &Workspace) -> Check<Vec<String>> {
    let defined = |feature: &String| format!("-D{}", define(feature));
    Ok(features(workspace)?.iter().map(defined).collect())
}

/// What the header calls a feature.
pub(crate) fn define(feature: &str) -> String {
    let name = feature.to_uppercase().replace('-', "_");
    format!("OMADM_FEATURE_{name}")
}

fn programs(steps: &mut Steps, workspace: &Workspace) -> Check {
    let folder = workspace.path(CRATE);
    let sources = with_suffix(&folder.join("tests"), "c")?;
    let defines = defines(workspace)?;
    let cargo = library(workspace, "")?;
    steps.run("static library", cargo)?;
    let out = workspace.target.join("ffi");
    steps.verify("folder", || {
        fs::create_dir_all(&out).map_err(|error| error.to_string())?;
        Ok(String::new())
    })?;
    for source in &sources {
        for (kind, switches) in [
            ("plain", ["-O2", "-g"].as_slice()),
            (
                "checked",
                [
                    "-O1",
                    "-g",
                    "-fsanitize=address,undefined",
                    "-fno-sanitize-recover",
                ]
                .as_slice(),
            ),
        ] {
            let stem = source.file_stem().unwrap_or_default().to_string_lossy();
            let program = out.join(format!("{stem}-{kind}"));
            let compile = Program::new("gcc")
                .args(STRICT)
                .args(&defines)
                .args(switches)
                .arg("-I")
                .arg(folder.join("include"))
                .arg("-o")
                .arg(&program)
                .arg(source)
                .arg(workspace.target.join("debug/libdm_ffi.a"))
                .args(["-lpthread", "-ldl", "-lm"])
                .dir(&folder);
            steps.run(&format!("gcc {stem}.c, {kind}"), compile)?;
            let portable = PORTABLE.iter().find(|(name, _)| stem == *name);
            let runs = portable.map_or(&[""][..], |(_, runs)| runs);
            for argument in runs {
                let run = Program::new(&program)
                    .args((!argument.is_empty()).then_some(argument))
                    .dir(&folder)
                    .limit(60);
                steps.run(&format!("run {stem} {argument}, {kind}"), run)?;
            }
        }
    }
    Ok(())
}

/// The static library with every feature, `more` among them for bare metal.
fn library(workspace: &Workspace, more: &str) -> Check<Program> {
    let mut features = features(workspace)?;
    features.extend((!more.is_empty()).then(|| more.to_owned()));
    Ok(staticlib(workspace, &features))
}

/// The static library with these features.
pub(crate) fn staticlib(workspace: &Workspace, features: &[String]) -> Program {
    Program::cargo()
        .args(["rustc", "--quiet", "--package", "dm-ffi", "--lib"])
        .args(["--crate-type", "staticlib", "--features"])
        .arg(features.join(","))
        .dir(&workspace.root)
}

/// The programs on bare metal say what they say on the host.
fn on_target(steps: &mut Steps, workspace: &Workspace) -> Check {
    let cargo = library(workspace, "panic-handler")?.args(["--release", "--target", CORTEX_M4]);
    steps.run("static library", cargo)?;
    for (name, runs) in PORTABLE {
        as_on_host(steps, workspace, name, runs)?;
    }
    Ok(())
}

fn as_on_host(steps: &mut Steps, workspace: &Workspace, name: &str, runs: &[&str]) -> Check {
    let folder = workspace.path(CRATE);
    let firmware = image::folder(workspace).join("c");
    let out = workspace.target.join("ffi");
    let elf = out.join(format!("{name}.elf"));
    let compile = Program::new("arm-none-eabi-gcc")
        .args(STRICT)
        .args(&defines(workspace)?)
        .args([
            "-mcpu=cortex-m4",
            "-mthumb",
            "-mfloat-abi=hard",
            "-mfpu=fpv4-sp-d16",
        ])
        .args(["-Os", "-g", "-ffunction-sections", "-Wl,--gc-sections"])
        .args(["--specs=rdimon.specs", "-T"])
        .arg(firmware.join("mps2.ld"))
        .arg("-I")
        .arg(folder.join("include"))
        .arg("-o")
        .arg(&elf)
        .arg(firmware.join("start.c"))
        .arg(folder.join("tests").join(format!("{name}.c")))
        .arg(workspace.target.join(CORTEX_M4).join("release/libdm_ffi.a"));
    steps.run(&format!("arm-none-eabi-gcc {name}.c"), compile)?;
    for argument in runs {
        let host = Program::new(out.join(format!("{name}-plain")))
            .args((!argument.is_empty()).then_some(argument))
            .dir(&folder)
            .run()
            .map_err(Stop::Missing)?;
        let run = image::emulator_with_files(&image::CORTEX_M4, &elf, &[name, argument]);
        let seen = steps.run(&format!("run {name} {argument}"), run.dir(&folder))?;
        steps.verify("compare with the host", || {
            if seen.stdout == host.stdout {
                Ok(String::new())
            } else {
                Err(format!("host:\n{}Cortex-M4:\n{}", host.stdout, seen.stdout))
            }
        })?;
    }
    Ok(())
}

fn header(steps: &mut Steps, workspace: &Workspace) -> Check {
    let folder = workspace.path(CRATE);
    let headers = with_suffix(&folder.join("include"), "h")?;
    let defines = defines(workspace)?;
    for header in &headers {
        let name = header.file_name().unwrap_or_default().to_string_lossy();
        for (compiler, language, standard) in
            [("gcc", "c", "-std=c99"), ("g++", "c++", "-std=c++11")]
        {
            for (with, defines) in [("no", &[][..]), ("every", &defines)] {
                let compile = Program::new(compiler)
                    .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
                    .args(["-fsyntax-only", "-x", language])
                    .args(defines)
                    .arg(header);
                steps.run(&format!("{name} as {language}, {with} feature"), compile)?;
            }
        }
    }
    prepare::cargo_tool(steps, "cbindgen")?;
    let generate = Program::new("cbindgen")
        .args(["--quiet", "--config", "cbindgen.toml", "--crate", "dm-ffi"])
        .dir(&folder);
    let fresh = steps.run("cbindgen", generate)?.stdout;
    steps.verify("compare", || {
        let committed = headers.first().map(|path| read(path)).transpose()?;
        if committed.is_some_and(|text| text == fresh) {
            Ok(String::new())
        } else {
            Err("the header is stale: regenerate it with cbindgen".to_owned())
        }
    })
}
