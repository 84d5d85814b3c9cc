//! `cargo xtask qemu`: the firmware against its golden output.

use crate::image::{self, Machine};
use crate::process::Program;
use crate::report::{Check, Steps, Stop};
use crate::workspace::{Workspace, read, write};
use crate::{Context, Verb, panics, prepare};
use std::path::{Path, PathBuf};

pub(crate) const VERB: Verb = Verb {
    name: "qemu",
    summary: "the firmware on six emulated machines against its golden output",
    switches: &[("--write", "take the present output as the golden one")],
    details: "examples/firmware/src/bin/NAME.rs stands beside NAME.out (all features) and\n\
              NAME-FEATURES.out. No image may hold a panic symbol, but those on flash\n\
              the ones of NAME.panics, which tells why no content of the flash reaches them, and those\n\
              of live*.panics likewise. examples/live-host puts a DM server, plain and behind TLS, on\n\
              the serial line of live.rs and embassy.rs and lets their power fail.\n\
              Lines that begin with `measured` are compared without their number:\n\
              `cargo xtask size` watches those.",
    run,
};

const PROGRAM: &str = "reference";

/// Programs over the flash store that are cut by resets, and their features: the tree, and the whole way from no account to
/// the second session.
const RESETS: [(&str, &str); 2] = [("store", "wbxml,store"), ("newborn", "newborn")];

/// A device with a serial line, and what it is built of.
struct Live {
    name: &'static str,
    program: &'static str,
    features: &'static str,
    /// What the far end has to know.
    switches: &'static [&'static str],
    /// What may panic in it; `None`: another of these tells.
    panics: Option<&'static str>,
}

const LIVE: &[Live] = &[
    Live {
        name: "HTTP",
        program: "live",
        features: "wbxml,live",
        switches: &[],
        panics: Some("live.panics"),
    },
    Live {
        name: "TLS 1.3",
        program: "live",
        features: "wbxml,tls",
        switches: &["--tls"],
        panics: Some("live-tls.panics"),
    },
    Live {
        name: "embassy",
        program: "embassy",
        features: "wbxml,embassy",
        switches: &[],
        panics: None,
    },
    Live {
        name: "defmt",
        program: "live",
        features: "wbxml,live,defmt",
        switches: &[],
        panics: None,
    },
];

/// Conformance scripts that ask for no more than the live device has.
const SCRIPTS: &[&str] = &[
    "protocol-03-empty-session",
    "protocol-03-packages",
    "protocol-04-many-commands",
    "protocol-06-no-resp",
    "protocol-07.03-delete",
    "protocol-07.08-sequence",
    "protocol-07.09-atomic-illegal",
    "protocol-07.11-unknown",
    "protocol-13-older",
    "protocol-13-server-aborts",
    "protocol-14-other-session",
    "protocol-14-same-cmd-id",
    "protocol-14-version-protocol",
    "security-03-md5",
    "security-04.2-server-fails-later",
];

pub(crate) fn run(context: &mut Context) {
    let bless = context.has("--write");
    let workspace = &context.workspace;
    for machine in image::MACHINES {
        let name = format!("QEMU {}, {}", machine.name, machine.target);
        context.report.group(&name, |steps| {
            prepare::targets(steps)?;
            prepare::packages(steps, &[&prepare::QEMU, &prepare::ARM_BINUTILS])?;
            compare(steps, workspace, machine, bless)
        });
    }
    for (program, features) in RESETS {
        let name = format!("QEMU, {program} on flash");
        context.report.group(&name, |steps| {
            prepare::targets(steps)?;
            prepare::packages(steps, &[&prepare::QEMU, &prepare::ARM_BINUTILS])?;
            let machine = &image::CORTEX_M4;
            let elf = image::build(steps, workspace, machine.target, features, program)?;
            let programs = image::folder(workspace).join("src/bin");
            let golden = programs.join(format!("{program}.out"));
            run_and_compare(steps, machine, &elf, &golden, bless)?;
            steps.verify("panic symbols", || {
                known_panics(&elf, &programs.join(format!("{program}.panics")))
            })
        });
    }
    for live in LIVE {
        let name = format!("QEMU, live device, {}", live.name);
        context.report.group(&name, |steps| {
            prepare::targets(steps)?;
            prepare::packages(steps, &[&prepare::QEMU, &prepare::ARM_BINUTILS])?;
            play(steps, workspace, live)
        });
    }
}

/// Lets a device live through sessions and power failures at the end of a serial line.
fn play(steps: &mut Steps, workspace: &Workspace, live: &Live) -> Check {
    let target = image::CORTEX_M4.target;
    let elf = image::build(steps, workspace, target, live.features, live.program)?;
    let host = Program::cargo()
        .args(["run", "--quiet", "--package", "live-host", "--"])
        .arg(&elf)
        .arg(workspace.target.join("live"))
        .args(live.switches)
        .args(SCRIPTS.iter().map(|script| {
            let path = format!("tests/conformance/scripts/{script}.toml");
            workspace.path(&path)
        }))
        .dir(&workspace.root)
        .limit(900);
    steps.run_noting("sessions, scripts and power failures", host, |output| {
        let last = output.stdout.lines().last();
        last.unwrap_or_default().to_owned()
    })?;
    if live.features.ends_with(",defmt") {
        log(steps, workspace, &elf)?;
    }
    let Some(list) = live.panics else {
        return Ok(());
    };
    let list = image::folder(workspace).join("src/bin").join(list);
    steps.verify("panic symbols", || known_panics(&elf, &list))
}

fn compare(steps: &mut Steps, workspace: &Workspace, machine: &Machine, bless: bool) -> Check {
    let elf = image::build(steps, workspace, machine.target, machine.features, PROGRAM)?;
    let golden = golden_file(workspace, machine.features);
    run_and_compare(steps, machine, &elf, &golden, bless)?;
    steps.verify("no panic symbol", || {
        let panics = panics::find(&elf)?;
        if panics.is_empty() {
            Ok(String::new())
        } else {
            Err(panics.join("\n"))
        }
    })
}

/// The log of the last life tells of its session.
fn log(steps: &mut Steps, workspace: &Workspace, elf: &Path) -> Check {
    prepare::cargo_tool(steps, "defmt-print")?;
    let print = Program::new("defmt-print")
        .arg("-e")
        .arg(elf)
        .reading(&workspace.target.join("live/defmt.bin"))
        .map_err(Stop::Missing)?
        .limit(300);
    let lines = steps.run("defmt-print", print)?.stdout;
    for line in lines.lines() {
        steps.say(line.trim());
    }
    steps.verify("the log tells of the session", || {
        if lines.contains(" with srv begins") && lines.contains(" ends: ") {
            Ok(String::new())
        } else {
            Err(lines)
        }
    })
}

/// Fails when the image has a panic symbol that the list does not have: one a line, beside lines of `#` that say why no
/// content of the flash leads to them. The list may only shrink.
fn known_panics(elf: &Path, list: &Path) -> Result<String, String> {
    let list = read(list)?;
    let known = |line: &&String| {
        let symbol = line.split(" <- ").next().unwrap_or_default();
        list.lines().any(|known| known == symbol)
    };
    let found = panics::find(elf)?;
    let new: Vec<String> = found.iter().filter(|line| !known(line)).cloned().collect();
    if new.is_empty() {
        Ok(format!("{} known", found.len()))
    } else {
        Err(new.join("\n"))
    }
}

fn run_and_compare(
    steps: &mut Steps,
    machine: &Machine,
    elf: &Path,
    golden: &Path,
    bless: bool,
) -> Check {
    let output = steps.run("run", image::emulator(machine, elf))?.stdout;
    steps.verify("compare", || {
        let seen = without_figures(&output);
        if bless {
            write(golden, &seen)?;
        }
        let wanted = read(golden)?;
        if wanted == seen {
            Ok(String::new())
        } else {
            Err(difference(&wanted, &seen))
        }
    })
}

fn golden_file(workspace: &Workspace, features: &str) -> PathBuf {
    let name = if features == image::ALL_FEATURES {
        format!("{PROGRAM}.out")
    } else {
        format!("{PROGRAM}-{}.out", features.replace(',', "-"))
    };
    image::folder(workspace).join("src/bin").join(name)
}

/// The output with `#` for the number of each measured line.
fn without_figures(output: &str) -> String {
    let mut text = String::new();
    for line in output.lines() {
        match line.split_once(": ") {
            Some((name, _)) if name.trim_start().starts_with("measured ") => {
                text.push_str(name);
                text.push_str(": #");
            }
            _ => text.push_str(line),
        }
        text.push('\n');
    }
    text
}

fn difference(wanted: &str, seen: &str) -> String {
    let mut text = String::new();
    let (mut left, mut right) = (wanted.lines(), seen.lines());
    loop {
        match (left.next(), right.next()) {
            (None, None) => return text,
            (a, b) if a == b => {}
            (a, b) => {
                for (sign, line) in [('-', a), ('+', b)] {
                    if let Some(line) = line {
                        text.push_str(&format!("{sign} {line}\n"));
                    }
                }
            }
        }
    }
}

/// Runs an image and reads its measured lines: name and number.
pub(crate) fn figures(mut emulator: Program) -> Result<Vec<(String, u64)>, Stop> {
    let output = emulator.run().map_err(Stop::Missing)?;
    Ok(output.stdout.lines().filter_map(figure).collect())
}

fn figure(line: &str) -> Option<(String, u64)> {
    let (name, value) = line.trim().strip_prefix("measured ")?.split_once(": ")?;
    Some((name.to_owned(), value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_lines_lose_their_number_only() {
        let output = "m1: 517\nmeasured stack: 1336\n";
        assert_eq!(without_figures(output), "m1: 517\nmeasured stack: #\n");
        assert_eq!(figure("measured stack: 1336"), Some(("stack".into(), 1336)));
        assert_eq!(figure("m1: 517"), None);
    }

    #[test]
    fn differences_show_both_sides() {
        assert_eq!(difference("a\nb\n", "a\nc\nd\n"), "- b\n+ c\n+ d\n");
    }
}
