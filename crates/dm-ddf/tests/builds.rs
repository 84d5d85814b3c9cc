//! What is made of the descriptions of real devices builds for the smallest of devices.

#![allow(clippy::unwrap_used, clippy::panic, reason = "for tests only")]

mod support;

use core::fmt::Write;
use std::path::Path;
use std::process::Command;

use dm_ddf::{Model, Options, compile, with_standard};
use support::corpus_files;

const TARGET: &str = "thumbv6m-none-eabi";

/// Whether the compiler has the target; says so when not.
fn has_target() -> bool {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let printed = Command::new(rustc)
        .args(["--print", "sysroot"])
        .output()
        .unwrap();
    let sysroot = String::from_utf8(printed.stdout).unwrap();
    let found = Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(TARGET)
        .is_dir();
    if !found {
        if std::env::var_os("OMA_DM_NO_SKIPS").is_some_and(|value| value == "1") {
            panic!("the target {TARGET} is not installed");
        }
        println!("skipped: the target {TARGET} is not installed");
    }
    found
}

/// One crate with a module for each file, and one for all files of a vendor together.
#[test]
fn the_tables_of_every_file_of_the_corpus_build_for_a_cortex_m0() {
    let files = corpus_files();
    if files.is_empty() || !has_target() {
        return;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus-tables");
    std::fs::create_dir_all(folder.join("src")).unwrap();
    let manifest = format!(
        "[package]\nname = \"corpus-tables\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\ndm-tree = {{ path = {:?}, features = [\"formats\"] }}\n",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../dm-tree")
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    let mut main = String::from(
        "#![no_std]\n#![deny(warnings)]\n#![allow(dead_code, long_running_const_eval)]\n",
    );
    let (mut vendor, mut nodes, mut bytes) = (Vec::new(), 0, 0);
    let mut add = |name: &str, models: &[Model]| {
        let tables = compile(models).unwrap();
        let text = tables.to_rust(&Options::default());
        std::fs::write(folder.join("src").join(format!("{name}.rs")), text).unwrap();
        write!(
            main,
            "pub mod {name};\nconst _: () = assert!({name}::SCHEMA.check().is_ok());\n"
        )
        .unwrap();
        nodes += tables.nodes.len();
        bytes += tables.size();
    };
    for (n, (name, text)) in files.iter().enumerate() {
        let model = Model::parse(name, text).unwrap();
        add(&format!("file{n}"), std::slice::from_ref(&model));
        if name.starts_with("msdocs") {
            vendor.push(model);
        }
    }
    add("together", &with_standard(vendor).unwrap());
    std::fs::write(folder.join("src/lib.rs"), main).unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .args(["check", "--quiet", "--offline", "--target", TARGET])
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .env_remove("RUSTFLAGS")
        .current_dir(&folder)
        .output()
        .unwrap();
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    println!(
        "{} files, {nodes} nodes, {bytes} bytes of tables build for {TARGET}",
        files.len()
    );
}
