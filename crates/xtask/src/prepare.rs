//! Brings what a check needs: rustup targets, Debian packages, cargo tools.
//!
//! Nothing is asked of any registry when the thing is already here.

use crate::process::Program;
use crate::report::{Check, Steps, Stop, no_skips};
use crate::workspace::TARGETS;
use crate::{Context, Verb};
use std::env;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) const VERB: Verb = Verb {
    name: "prepare",
    summary: "only what the others begin with: bring the tools",
    switches: &[],
    details: "rustup targets always; Debian packages when root on such a system. Nothing is asked\n\
              of anybody when everything is here.",
    run: |context: &mut Context| context.report.group("prepare", everything),
};

/// A program and the Debian package that brings it.
pub(crate) struct Package {
    /// Looked for in PATH; with a slash: a file that must exist.
    pub(crate) evidence: &'static str,
    pub(crate) name: &'static str,
}

/// Runs the firmware.
pub(crate) const QEMU: Package = Package {
    evidence: "qemu-system-arm",
    name: "qemu-system-arm",
};

/// `size`, `nm` and the linker for Arm.
pub(crate) const ARM_BINUTILS: Package = Package {
    evidence: "arm-none-eabi-nm",
    name: "binutils-arm-none-eabi",
};

/// C for Cortex-M.
pub(crate) const ARM_GCC: &[Package] = &[
    Package {
        evidence: "arm-none-eabi-gcc",
        name: "gcc-arm-none-eabi",
    },
    Package {
        evidence: "/usr/lib/arm-none-eabi/newlib/libc.a",
        name: "libnewlib-arm-none-eabi",
    },
];

/// C and C++ for the host.
pub(crate) const HOST_C: &[Package] = &[
    Package {
        evidence: "gcc",
        name: "gcc",
    },
    Package {
        evidence: "g++",
        name: "g++",
    },
];

/// How C projects find libraries.
pub(crate) const C_PACKAGES: &[Package] = &[
    Package {
        evidence: "pkg-config",
        name: "pkgconf",
    },
    Package {
        evidence: "cmake",
        name: "cmake",
    },
];

/// Independent decoders and the memory checker that tests call.
pub(crate) const ORACLES: &[Package] = &[
    Package {
        evidence: "wbxml2xml",
        name: "libwbxml2-utils",
    },
    Package {
        evidence: "tshark",
        name: "tshark",
    },
    Package {
        evidence: "valgrind",
        name: "valgrind",
    },
];

/// Everything, in one call of the package manager, before the first group needs it.
pub(crate) fn everything(steps: &mut Steps) -> Check {
    let all: Vec<&Package> = [&QEMU, &ARM_BINUTILS]
        .into_iter()
        .chain(ARM_GCC)
        .chain(HOST_C)
        .chain(C_PACKAGES)
        .chain(ORACLES)
        .collect();
    targets(steps)?;
    packages(steps, &all)
}

/// Where a program is, when it is in PATH.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|dir| dir.join(program))
        .find(|file| file.is_file())
}

fn present(package: &Package) -> bool {
    if package.evidence.contains('/') {
        Path::new(package.evidence).exists()
    } else {
        find(package.evidence).is_some()
    }
}

/// Makes sure that the packages are here, or names those that are not.
pub(crate) fn packages(steps: &mut Steps, wanted: &[&Package]) -> Check {
    let missing = |wanted: &[&Package]| -> Vec<&'static str> {
        wanted
            .iter()
            .filter(|package| !present(package))
            .map(|package| package.name)
            .collect()
    };
    let names = missing(wanted);
    if names.is_empty() {
        return Ok(());
    }
    if is_root() && find("apt-get").is_some() {
        static UPDATED: AtomicBool = AtomicBool::new(false);
        if !UPDATED.swap(true, Ordering::Relaxed) {
            let update = Program::new("apt-get").args(["update", "-qq"]);
            install(steps, "apt-get update", update)?;
        }
        let program = Program::new("apt-get")
            .args(["install", "-y", "-qq", "--no-install-recommends"])
            .args(&names)
            .env("DEBIAN_FRONTEND", "noninteractive");
        install(steps, &format!("install {}", names.join(" ")), program)?;
    }
    let names = missing(wanted);
    if names.is_empty() {
        Ok(())
    } else {
        Err(Stop::Missing(format!(
            "Debian package {} is not installed",
            names.join(", ")
        )))
    }
}

/// Makes sure that the standard library of every firmware target is here.
pub(crate) fn targets(steps: &mut Steps) -> Check {
    let missing: Vec<&str> = TARGETS
        .iter()
        .copied()
        .filter(|target| !has_target(target))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if find("rustup").is_none() {
        return Err(Stop::Missing(format!("target {}", missing.join(", "))));
    }
    let add = Program::new("rustup")
        .args(["target", "add"])
        .args(&missing);
    install(
        steps,
        &format!("rustup target add ({})", missing.len()),
        add,
    )
}

fn has_target(target: &str) -> bool {
    Program::new("rustc")
        .args(["--print", "target-libdir", "--target", target])
        .run()
        .is_ok_and(|output| output.success && Path::new(output.stdout.trim()).is_dir())
}

/// Makes sure that a cargo subcommand or tool is here; builds it only where nobody is waiting.
pub(crate) fn cargo_tool(steps: &mut Steps, program: &str) -> Check {
    if find(program).is_some() {
        return Ok(());
    }
    if !(no_skips() || env::var_os("CI").is_some()) {
        return Err(Stop::Missing(format!(
            "{program} (cargo install --locked {program})"
        )));
    }
    let build = Program::cargo()
        .args(["install", "--locked", "--quiet", program])
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off");
    install(steps, &format!("cargo install {program}"), build)
}

/// True when `rustup run <channel>` works, after trying to bring the toolchain.
pub(crate) fn toolchain(steps: &mut Steps, channel: &str) -> bool {
    let works = || {
        Program::toolchain(channel, "rustc")
            .arg("--version")
            .run()
            .is_ok_and(|output| output.success)
    };
    if works() {
        return true;
    }
    let add = Program::new("rustup")
        .args(["toolchain", "install", channel, "--profile", "minimal"])
        .arg("--no-self-update");
    install(steps, &format!("rustup toolchain install {channel}"), add).is_ok() && works()
}

/// An installation that fails is a missing thing, not a failed check.
fn install(steps: &mut Steps, name: &str, mut program: Program) -> Check {
    let line = program.line();
    steps
        .timed(name, || {
            let failure = match program.run() {
                Ok(output) if output.success => None,
                Ok(output) => Some(output.stderr),
                Err(why) => Some(why),
            };
            let note = if failure.is_some() {
                "not possible"
            } else {
                ""
            };
            Ok((failure, note.to_owned()))
        })?
        .map_or(Ok(()), |why| {
            let last = why.trim().lines().last().unwrap_or_default().to_owned();
            Err(Stop::Missing(format!("`{line}` failed: {last}")))
        })
}

fn is_root() -> bool {
    Program::new("id")
        .arg("-u")
        .run()
        .is_ok_and(|output| output.stdout.trim() == "0")
}
