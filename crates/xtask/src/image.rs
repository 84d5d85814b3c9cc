//! The firmware image: building it, running it, looking into it.

use crate::process::Program;
use crate::report::{Check, Steps};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// A machine that QEMU plays, and the features of the image that fits into it.
pub(crate) struct Machine {
    pub(crate) target: &'static str,
    pub(crate) name: &'static str,
    cpu: Option<&'static str>,
    pub(crate) features: &'static str,
}

/// Every feature that the firmware has.
pub(crate) const ALL_FEATURES: &str = "wbxml,xml,md5";

/// The machine of every published figure.
pub(crate) const CORTEX_M4: Machine = Machine {
    target: crate::workspace::CORTEX_M4,
    name: "mps2-an386",
    cpu: None,
    features: ALL_FEATURES,
};

/// One machine for each firmware target.
pub(crate) const MACHINES: &[Machine] = &[
    Machine {
        target: "thumbv6m-none-eabi",
        name: "microbit",
        cpu: None,
        // 16 KB of RAM: the buffers of the XML session do not fit.
        features: "wbxml",
    },
    Machine {
        target: "thumbv7m-none-eabi",
        name: "mps2-an385",
        cpu: None,
        features: ALL_FEATURES,
    },
    CORTEX_M4,
    Machine {
        target: "thumbv8m.main-none-eabihf",
        name: "mps2-an505",
        cpu: None,
        features: ALL_FEATURES,
    },
    Machine {
        target: "armv7a-none-eabi",
        name: "virt",
        cpu: Some("cortex-a15"),
        features: ALL_FEATURES,
    },
];

/// The firmware's folder.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.path("examples/firmware")
}

/// Builds one program as it would be shipped.
pub(crate) fn build(
    steps: &mut Steps,
    workspace: &Workspace,
    target: &str,
    features: &str,
    program: &str,
) -> Check<PathBuf> {
    let dir = workspace.firmware_target();
    let cargo = Program::cargo()
        .args(["build", "--quiet", "--release", "--target", target])
        .args(["--features", features, "--bin", program])
        .env("CARGO_TARGET_DIR", &dir)
        .dir(&folder(workspace));
    steps.run(&format!("build {target} [{features}]"), cargo)?;
    Ok(dir.join(target).join("release").join(program))
}

/// The emulator with this image; one instruction takes one nanosecond of its time.
pub(crate) fn emulator(machine: &Machine, image: &Path) -> Program {
    let mut program = Program::new("qemu-system-arm").args(["-machine", machine.name]);
    if let Some(cpu) = machine.cpu {
        program = program.args(["-cpu", cpu]);
    }
    program
        .args(["-nographic", "-nic", "none", "-monitor", "none"])
        .args(["-serial", "none", "-icount", "shift=0"])
        .args(["-chardev", "stdio,id=out"])
        .args(["-semihosting-config", "enable=on,target=native,chardev=out"])
        .arg("-kernel")
        .arg(image)
        .limit(60)
}

/// One symbol with its size in the image.
pub(crate) struct Symbol {
    pub(crate) size: u64,
    /// `T` code, `R` read-only data, `D` data, `B` zeroed data; lower case when local.
    pub(crate) kind: char,
    pub(crate) name: String,
}

/// Every symbol that is in the image, names demangled.
pub(crate) fn symbols(image: &Path) -> Result<Vec<Symbol>, String> {
    let output = Program::new("arm-none-eabi-nm")
        .args(["--print-size", "--demangle", "--defined-only"])
        .arg(image)
        .run()?;
    if !output.success {
        return Err(output.stderr);
    }
    Ok(output.stdout.lines().filter_map(symbol).collect())
}

/// `address [size] kind name`; without a size it is 0.
fn symbol(line: &str) -> Option<Symbol> {
    let (_, rest) = line.split_once(' ')?;
    let (first, tail) = rest.split_once(' ')?;
    let (size, kind, name) = if first.len() == 1 {
        (0, first, tail)
    } else {
        let (kind, name) = tail.split_once(' ')?;
        (u64::from_str_radix(first, 16).ok()?, kind, name)
    };
    Some(Symbol {
        size,
        kind: kind.chars().next()?,
        name: name.to_owned(),
    })
}

/// Bytes that an image takes.
pub(crate) struct Sizes {
    /// Code, constants, and the start values of static data.
    pub(crate) flash: u64,
    /// Static data, zeroed data included; no stack.
    pub(crate) ram: u64,
}

pub(crate) fn sizes(image: &Path) -> Result<Sizes, String> {
    let output = Program::new("arm-none-eabi-size").arg(image).run()?;
    let numbers: Vec<u64> = output
        .stdout
        .lines()
        .nth(1)
        .unwrap_or_default()
        .split_whitespace()
        .take(3)
        .filter_map(|word| word.parse().ok())
        .collect();
    match numbers.as_slice() {
        [text, data, bss] => Ok(Sizes {
            flash: text + data,
            ram: data + bss,
        }),
        _ => Err(format!(
            "arm-none-eabi-size: {}{}",
            output.stdout, output.stderr
        )),
    }
}

/// Symbols that only code which can panic brings in.
pub(crate) fn panic_symbols(symbols: &[Symbol]) -> Vec<&str> {
    symbols
        .iter()
        .map(|symbol| symbol.name.as_str())
        .filter(|name| name.starts_with("core::") || name.starts_with("<core::"))
        .filter(|name| {
            ["panicking", "_fail", "::fmt"]
                .iter()
                .any(|sign| name.contains(sign))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbol_lines_with_and_without_size() {
        let sized = symbol("00000400 0000003c T dm_core::client::Client::start").unwrap();
        assert_eq!((sized.size, sized.kind), (60, 'T'));
        assert_eq!(sized.name, "dm_core::client::Client::start");
        let bare = symbol("20000000 B __sbss").unwrap();
        assert_eq!(
            (bare.size, bare.kind, bare.name.as_str()),
            (0, 'B', "__sbss")
        );
    }

    #[test]
    fn panic_symbols_are_those_of_core() {
        let named = |name: &str| Symbol {
            size: 4,
            kind: 't',
            name: name.into(),
        };
        let all = [
            named("core::panicking::panic_fmt"),
            named("core::slice::index::slice_index_fail"),
            named("core::option::expect_failed"),
            named("core::fmt::Formatter::pad"),
            named("dm_core::client::Client::failed"),
            named("core::str::converts::from_utf8"),
        ];
        assert_eq!(panic_symbols(&all).len(), 4);
    }
}
