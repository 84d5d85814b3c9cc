//! The part of `cargo xtask size` that measures the codec alone, part by part.

use crate::image;
use crate::profile;
use crate::qemu;
use crate::report::{Check, Steps, Stop};
use crate::size::{self, Row};
use crate::workspace::{Workspace, read, write};
use crate::{Context, panics, prepare};

const PROGRAM: &str = "codec";
pub(crate) const TABLE: &str = "docs/codec-size.tsv";

/// The image that the others are compared with: no codec in it.
const BASE: &str = "none";

/// Images: name, features, and whether all names are in it.
const IMAGES: &[(&str, &str, bool)] = &[
    (BASE, "", true),
    ("wbxml read", "codec-read,wbxml", true),
    ("wbxml attributes", "codec-attributes,wbxml", true),
    ("wbxml", "codec-write,wbxml", true),
    ("messages", "codec-write,wbxml,xml", false),
    ("both", "codec-write,wbxml,xml", true),
    ("xml", "codec-write,xml", true),
];

/// What one image has more than another.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    with: &'static str,
    without: &'static str,
    /// The most octets it shall take.
    pub(crate) bar: Option<u64>,
}

pub(crate) const PARTS: &[Part] = &[
    Part {
        name: "WBXML reader, check pass, typed views",
        with: "wbxml read",
        without: BASE,
        bar: Some(8192),
    },
    Part {
        name: "WBXML writer",
        with: "wbxml",
        without: "wbxml read",
        bar: Some(3072),
    },
    Part {
        name: "XML reader and writer, beside the former",
        with: "messages",
        without: "wbxml",
        bar: Some(7168),
    },
    Part {
        name: "names of DDF, DevInf and client provisioning (XML)",
        with: "both",
        without: "messages",
        bar: None,
    },
    Part {
        name: "attributes of client provisioning (WBXML)",
        with: "wbxml attributes",
        without: "wbxml read",
        bar: None,
    },
    Part {
        name: "XML alone: reader, check pass, typed views, writer, all names",
        with: "xml",
        without: BASE,
        bar: None,
    },
];

/// Figure of a part in the table.
pub(crate) const SIZE: &str = "octets";

pub(crate) fn run(context: &mut Context) {
    let accept = context.has("--write");
    let workspace = &context.workspace;
    context.report.group("codec alone on Cortex-M4", |steps| {
        prepare::targets(steps)?;
        prepare::packages(steps, &[&prepare::QEMU, &prepare::ARM_BINUTILS])?;
        let mut images = Vec::new();
        let mut rows = Vec::new();
        for (name, features, names) in IMAGES {
            let row = |(figure, value): (String, u64)| Row {
                image: (*name).to_owned(),
                figure,
                value,
            };
            let (taken, figures) = measure(steps, workspace, name, features, *names)?;
            rows.extend(figures.into_iter().map(row));
            images.push((*name, taken));
        }
        let taken = |name: &str| {
            let found = images.iter().find(|(image, _)| *image == name);
            found.map_or((0, 0), |(_, taken)| *taken)
        };
        for part in PARTS {
            let (with, without) = (taken(part.with), taken(part.without));
            let mut push = |figure: &str, value| {
                rows.push(Row {
                    image: part.name.to_owned(),
                    figure: figure.to_owned(),
                    value,
                });
            };
            push(SIZE, with.0.saturating_sub(without.0));
            push("static RAM", with.1.saturating_sub(without.1));
        }
        for row in rows.iter().filter(|row| row.figure == SIZE) {
            steps.say(&format!("{:>8}  {}", row.value, row.image));
        }
        if accept {
            steps.verify("write", || {
                write(&workspace.path(TABLE), &size::table(&rows))?;
                size::refresh(workspace)
            })?;
        }
        steps.verify("compare", || {
            let committed = size::parse(&read(&workspace.path(TABLE))?)?;
            size::compare(&committed, &rows)
        })
    });
    panic_free(context);
}

/// What an image takes, flash without the probe's own code and static RAM, and its figures.
type Measured = ((u64, u64), Vec<(String, u64)>);

fn measure(
    steps: &mut Steps,
    workspace: &Workspace,
    name: &str,
    features: &str,
    names: bool,
) -> Check<Measured> {
    let machine = image::CORTEX_M4;
    let elf = if names {
        image::build(steps, workspace, machine.target, features, PROGRAM)?
    } else {
        let few = "--cfg dm_wbxml_names=\"messages\"";
        image::build_with(steps, workspace, machine.target, features, PROGRAM, few)?
    };
    let look = || -> Result<(u64, u64), String> {
        let sizes = image::sizes(&elf)?;
        let code = profile::bytes(&elf)?;
        let own = profile::by_crate(&code).get("firmware").copied();
        Ok((sizes.flash.saturating_sub(own.unwrap_or(0)), sizes.ram))
    };
    let taken = look().map_err(Stop::Missing)?;
    let figures = qemu::figures(image::emulator(&machine, &elf))?;
    if figures.is_empty() && name != BASE {
        return Err(Stop::Missing(format!("image {name} printed no figure")));
    }
    for (figure, value) in &figures {
        steps.say(&format!("{value:>8}  {figure}"));
    }
    Ok((taken, figures))
}

/// No part of the codec can panic, on any target.
fn panic_free(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("codec without panic", |steps| {
        prepare::targets(steps)?;
        prepare::packages(steps, &[&prepare::ARM_BINUTILS])?;
        for machine in image::MACHINES {
            let features = "codec-write,codec-attributes,wbxml,xml";
            let elf = image::build(steps, workspace, machine.target, features, PROGRAM)?;
            steps.verify("no panic symbol", || {
                let panics = panics::find(&elf)?;
                if panics.is_empty() {
                    Ok(String::new())
                } else {
                    Err(panics.join("\n"))
                }
            })?;
        }
        Ok(())
    });
}
