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
pub(crate) const ALL_FEATURES: &str =
    "wbxml,xml,md5,atomic,copy,list,large-object,properties,formats,profile13";

/// The machine of every published figure.
pub(crate) const CORTEX_M4: Machine = Machine {
    target: crate::workspace::CORTEX_M4,
    name: "mps2-an386",
    cpu: None,
    features: ALL_FEATURES,
};

/// A machine for each firmware target, and of the Cortex-M7, which takes the image of the Cortex-M4.
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
        target: crate::workspace::CORTEX_M4,
        name: "mps2-an500",
        cpu: None,
        features: ALL_FEATURES,
    },
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
    build_with(steps, workspace, target, features, program, "")
}

/// As [`build`], with switches for the compiler in the place of the usual ones.
pub(crate) fn build_with(
    steps: &mut Steps,
    workspace: &Workspace,
    target: &str,
    features: &str,
    program: &str,
    switches: &str,
) -> Check<PathBuf> {
    let mut dir = workspace.firmware_target();
    if !switches.is_empty() {
        dir = dir.join("switched");
    }
    let mut cargo = Program::cargo()
        .args(["build", "--quiet", "--release", "--target", target])
        .args(["--no-default-features", "--features", features])
        .args(["--bin", program])
        .env("CARGO_TARGET_DIR", &dir)
        .dir(&folder(workspace));
    if !switches.is_empty() {
        cargo = cargo.env("RUSTFLAGS", switches);
    }
    steps.run(&format!("build {target} [{features}]"), cargo)?;
    Ok(dir.join(target).join("release").join(program))
}

/// The emulator with this image, whose semihosting console is standard output.
pub(crate) fn emulator(machine: &Machine, image: &Path) -> Program {
    let mut program = Program::new("qemu-system-arm").args(["-machine", machine.name]);
    if let Some(cpu) = machine.cpu {
        program = program.args(["-cpu", cpu]);
    }
    program
        .args(QUIET)
        .args(["-chardev", "stdio,id=out"])
        .args(["-semihosting-config", "enable=on,target=native,chardev=out"])
        .arg("-kernel")
        .arg(image)
        .limit(300)
}

/// As [`emulator`] for a C program: its standard output is a file of the host, and it has arguments.
pub(crate) fn emulator_with_files(machine: &Machine, image: &Path, arguments: &[&str]) -> Program {
    let mut semihosting = String::from("enable=on,target=native");
    for argument in arguments {
        semihosting.push_str(",arg=");
        semihosting.push_str(argument);
    }
    Program::new("qemu-system-arm")
        .args(["-machine", machine.name])
        .args(QUIET)
        .args(["-semihosting-config", &semihosting, "-kernel"])
        .arg(image)
        .limit(300)
}

/// No screen, network, monitor or serial line; one instruction takes one nanosecond.
const QUIET: &[&str] = &[
    "-nographic",
    "-nic",
    "none",
    "-monitor",
    "none",
    "-serial",
    "none",
    "-icount",
    "shift=0",
];

/// The switches with which the emulator treats every instruction as a block of its own.
pub(crate) fn one_by_one() -> Result<&'static [&'static str], String> {
    let version = Program::new("qemu-system-arm").arg("--version").run()?;
    let major = version
        .stdout
        .split("version ")
        .nth(1)
        .and_then(|rest| rest.split('.').next())
        .and_then(|number| number.parse::<u32>().ok())
        .ok_or("qemu-system-arm tells no version")?;
    Ok(if major < 9 {
        &["-singlestep"]
    } else {
        &["-accel", "tcg,one-insn-per-tb=on"]
    })
}

/// One section of an image.
pub(crate) struct Section {
    pub(crate) address: u64,
    pub(crate) size: u64,
}

pub(crate) fn section(image: &Path, name: &str) -> Result<Section, String> {
    let output = Program::new("arm-none-eabi-size")
        .args(["-A", "-d"])
        .arg(image)
        .run()?;
    let found = output.stdout.lines().find_map(|line| {
        let mut words = line.split_whitespace();
        let size = (words.next() == Some(name)).then(|| words.next())??;
        let address = words.next()?;
        Some(Section {
            address: address.parse().ok()?,
            size: size.parse().ok()?,
        })
    });
    found.ok_or_else(|| format!("{} has no section {name}", image.display()))
}

/// Bytes that an image takes.
pub(crate) struct Sizes {
    /// Code, constants, and the start values of static data.
    pub(crate) flash: u64,
    /// Static data, zeroed data included; no stack.
    pub(crate) ram: u64,
    /// The part of flash that is constants.
    pub(crate) constants: u64,
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
            constants: section(image, ".rodata")?.size,
        }),
        _ => Err(format!(
            "arm-none-eabi-size: {}{}",
            output.stdout, output.stderr
        )),
    }
}
