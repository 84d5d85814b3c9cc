//! Chooses memory map, linker script and start-up code for the target.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Memory of the machine that QEMU plays for each target.
const MAPS: &[(&str, &str)] = &[
    // micro:bit, Cortex-M0
    ("thumbv6m-none-eabi", "FLASH : ORIGIN = 0x0, LENGTH = 256K\n RAM : ORIGIN = 0x20000000, LENGTH = 16K"),
    // MPS2 AN385, Cortex-M3
    ("thumbv7m-none-eabi", "FLASH : ORIGIN = 0x0, LENGTH = 4M\n RAM : ORIGIN = 0x20000000, LENGTH = 4M"),
    // MPS2 AN386, Cortex-M4
    ("thumbv7em-none-eabihf", "FLASH : ORIGIN = 0x0, LENGTH = 4M\n RAM : ORIGIN = 0x20000000, LENGTH = 4M"),
    // MPS2 AN505, Cortex-M33
    ("thumbv8m.main-none-eabihf", "FLASH : ORIGIN = 0x10000000, LENGTH = 4M\n RAM : ORIGIN = 0x38000000, LENGTH = 4M"),
];

fn main() -> Result<(), Box<dyn Error>> {
    let target = env::var("TARGET")?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    println!("cargo:rustc-check-cfg=cfg(cortex_a)");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=virt.ld");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=--nmagic");
    if let Some((_, map)) = MAPS.iter().find(|(name, _)| *name == target) {
        fs::write(out.join("memory.x"), format!("MEMORY\n{{\n {map}\n}}\n"))?;
        println!("cargo:rustc-link-arg-bins=-Tlink.x");
    } else if target == "armv7a-none-eabi" {
        fs::copy(Path::new("virt.ld"), out.join("virt.ld"))?;
        println!("cargo:rustc-link-arg-bins=-Tvirt.ld");
        println!("cargo:rustc-cfg=cortex_a");
    }
    Ok(())
}
