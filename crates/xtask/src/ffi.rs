//! `cargo xtask ffi`: the C API, used from C.

use crate::process::Program;
use crate::report::{Check, Steps, Stop};
use crate::workspace::{Workspace, read};
use crate::{Context, Verb, prepare};
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) const VERB: Verb = Verb {
    name: "ffi",
    summary: "C programs against the static library, and the header",
    switches: &[],
    details: "Builds crates/dm-ffi as static library, compiles crates/dm-ffi/tests/*.c with every\n\
              warning an error, runs each plain and with address and undefined-behaviour checks,\n\
              reads the header as C++, and compares it with a newly generated one.",
    run,
};

const CRATE: &str = "crates/dm-ffi";

pub(crate) fn run(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("C programs", |steps| {
        let compilers: Vec<_> = prepare::HOST_C.iter().collect();
        prepare::packages(steps, &compilers)?;
        programs(steps, workspace)
    });
    context
        .report
        .group("C header", |steps| header(steps, workspace));
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

fn programs(steps: &mut Steps, workspace: &Workspace) -> Check {
    let folder = workspace.path(CRATE);
    let sources = with_suffix(&folder.join("tests"), "c")?;
    let features = workspace
        .bare_features("dm-ffi")
        .map_err(Stop::Missing)?
        .into_iter()
        .filter(|feature| feature != "panic-handler")
        .collect::<Vec<_>>()
        .join(",");
    let cargo = Program::cargo()
        .args(["rustc", "--quiet", "--package", "dm-ffi", "--lib"])
        .args(["--crate-type", "staticlib", "--features", &features])
        .dir(&workspace.root);
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
                .args(["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
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
            let run = Program::new(&program).dir(&folder).limit(60);
            steps.run(&format!("run {stem}, {kind}"), run)?;
        }
    }
    Ok(())
}

fn header(steps: &mut Steps, workspace: &Workspace) -> Check {
    let folder = workspace.path(CRATE);
    let headers = with_suffix(&folder.join("include"), "h")?;
    for header in &headers {
        let name = header.file_name().unwrap_or_default().to_string_lossy();
        for (compiler, language, standard) in
            [("gcc", "c", "-std=c99"), ("g++", "c++", "-std=c++11")]
        {
            let compile = Program::new(compiler)
                .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror"])
                .args(["-fsyntax-only", "-x", language])
                .arg(header);
            steps.run(&format!("{name} as {language}"), compile)?;
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
