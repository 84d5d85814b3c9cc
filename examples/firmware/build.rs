//! Memory map and start-up for the target, and the device's schema from its DDF.

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// Flash and RAM of the machine that QEMU plays for each target.
const MAPS: &[(&str, &str, &str)] = &[
    // micro:bit, Cortex-M0
    (
        "thumbv6m-none-eabi",
        "0x0, LENGTH = 256K",
        "0x20000000, LENGTH = 16K",
    ),
    // MPS2 AN385, Cortex-M3
    (
        "thumbv7m-none-eabi",
        "0x0, LENGTH = 4M",
        "0x20000000, LENGTH = 4M",
    ),
    // MPS2 AN386, Cortex-M4; AN500, Cortex-M7
    (
        "thumbv7em-none-eabihf",
        "0x0, LENGTH = 4M",
        "0x20000000, LENGTH = 4M",
    ),
    // MPS2 AN505, Cortex-M33
    (
        "thumbv8m.main-none-eabihf",
        "0x10000000, LENGTH = 4M",
        "0x38000000, LENGTH = 4M",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var("TARGET")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo::rustc-check-cfg=cfg(cortex_a)");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-search={}", out.display());
    println!("cargo::rustc-link-arg-bins=--nmagic");
    if let Some((_, flash, ram)) = MAPS.iter().find(|(name, _, _)| *name == target) {
        let map = format!("MEMORY\n{{\n  FLASH : ORIGIN = {flash}\n  RAM : ORIGIN = {ram}\n}}\n");
        fs::write(out.join("memory.x"), map)?;
        println!("cargo::rustc-link-arg-bins=-Tlink.x");
        if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
            println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
        }
    } else if target == "armv7a-none-eabi" {
        println!("cargo::rerun-if-changed=virt.ld");
        fs::copy("virt.ld", out.join("virt.ld"))?;
        println!("cargo::rustc-link-arg-bins=-Tvirt.ld");
        println!("cargo::rustc-cfg=cortex_a");
    }
    let ddf = "../../tests/corpus/reference-session/vendor.ddf";
    Ok(dm_ddf::compile_to_out_dir(
        &[ddf, "device.ddf"],
        "device.rs",
    )?)
}
