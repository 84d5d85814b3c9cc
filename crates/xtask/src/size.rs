//! `cargo xtask size`: what the reference session costs, feature by feature on a Cortex-M4, and on each machine.

use crate::codec_size;
use crate::frames;
use crate::image;
use crate::profile;
use crate::qemu;
use crate::report::{Check, Steps, Stop};
use crate::source_map::{CRYPTO, Owner};
use crate::workspace::{Workspace, read, write};
use crate::{Context, Verb, codec_page, ledger, machines, panics, prepare, tree_page};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

pub(crate) const VERB: Verb = Verb {
    name: "size",
    summary: "flash, RAM, stack, instructions and panic symbols against docs/footprint.tsv",
    switches: &[
        ("--write", "take the present figures as the committed ones"),
        ("--codec", "only the codec alone, part by part"),
        (
            "--profile",
            "instead list the most expensive functions of the whole image",
        ),
    ],
    details: "Builds the reference firmware for Cortex-M4 (opt-level \"s\", fat LTO) with several\n\
              feature sets, and one for every machine, runs each under QEMU, and fails when a figure is\n\
              more than 1 % above the committed one.",
    run,
};

const TABLE: &str = "docs/footprint.tsv";
const PAGE: &str = "docs/footprint.md";

/// Feature sets: each further feature shows what it costs.
const IMAGES: &[&str] = &[
    "wbxml",
    "wbxml,md5",
    ONE_KIB,
    "xml,md5",
    "wbxml,xml,md5",
    "wbxml,xml,md5,atomic",
    "wbxml,xml,md5,atomic,copy",
    "wbxml,xml,md5,atomic,copy,list",
    "wbxml,xml,md5,atomic,copy,list,large-object",
    "wbxml,xml,md5,atomic,copy,list,large-object,properties",
    "wbxml,xml,md5,atomic,copy,list,large-object,properties,formats",
    image::ALL_FEATURES,
    DOORS,
    "wbxml,md5,atomic,notification",
    "wbxml,md5,atomic,notification,bootstrap",
    "wbxml,md5,atomic,notification,bootstrap,tnds",
    FULL,
];

/// The image in which the price of notification and bootstrap is seen.
const DOORS: &str = "wbxml,md5,atomic";

/// The image with the features of the C client that it is compared with.
const PEER: &str = "wbxml,md5";

/// What the second budget is for: both encodings, every command, every way to begin.
const FULL: &str = "wbxml,xml,md5,atomic,copy,list,large-object,notification,bootstrap,tnds";

/// The same as [`PEER`] with messages of 1 KiB.
const ONE_KIB: &str = "wbxml,md5,kib";

/// Stack frames that `--profile` shows.
const FRAMES: usize = 25;

/// What a feature adds: the flash of one image less that of another.
const FEATURES: &[(&str, &str, &str)] = &[
    ("md5", "wbxml,md5", "wbxml"),
    ("wbxml", "wbxml,xml,md5", "xml,md5"),
    ("xml", "wbxml,xml,md5", "wbxml,md5"),
    ("atomic", "wbxml,xml,md5,atomic", "wbxml,xml,md5"),
    ("copy", "wbxml,xml,md5,atomic,copy", "wbxml,xml,md5,atomic"),
    (
        "list",
        "wbxml,xml,md5,atomic,copy,list",
        "wbxml,xml,md5,atomic,copy",
    ),
    (
        "large-object",
        "wbxml,xml,md5,atomic,copy,list,large-object",
        "wbxml,xml,md5,atomic,copy,list",
    ),
    (
        "properties",
        "wbxml,xml,md5,atomic,copy,list,large-object,properties",
        "wbxml,xml,md5,atomic,copy,list,large-object",
    ),
    (
        "formats",
        "wbxml,xml,md5,atomic,copy,list,large-object,properties,formats",
        "wbxml,xml,md5,atomic,copy,list,large-object,properties",
    ),
    (
        "profile13",
        image::ALL_FEATURES,
        "wbxml,xml,md5,atomic,copy,list,large-object,properties,formats",
    ),
    ("notification", "wbxml,md5,atomic,notification", DOORS),
    (
        "bootstrap",
        "wbxml,md5,atomic,notification,bootstrap",
        "wbxml,md5,atomic,notification",
    ),
    (
        "tnds",
        "wbxml,md5,atomic,notification,bootstrap,tnds",
        "wbxml,md5,atomic,notification,bootstrap",
    ),
];

/// Our own crates; their sum is `own code`.
const OWN: &[&str] = &["dm-wbxml", "dm-tree", "dm-core"];

/// One figure of one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) image: String,
    pub(crate) figure: String,
    pub(crate) value: u64,
}

fn run(context: &mut Context) {
    for (switch, features) in [("--profile", PEER), ("--profile-xml", "xml,md5")] {
        if context.has(switch) {
            return list(context, features);
        }
    }
    codec_size::run(context);
    if context.has("--codec") {
        return;
    }
    let workspace = &context.workspace;
    let accept = context.switches.iter().any(|switch| switch == "--write");
    context.report.group("size on Cortex-M4", |steps| {
        prepare::targets(steps)?;
        prepare::packages(steps, &[&prepare::QEMU, &prepare::ARM_BINUTILS])?;
        let mut rows = Vec::new();
        for features in IMAGES {
            measure(steps, workspace, features, &mut rows)?;
        }
        machines::measure(steps, workspace, &mut rows)?;
        if accept {
            steps.verify("write", || {
                write(&workspace.path(TABLE), &table(&rows))?;
                refresh(workspace)
            })?;
        }
        steps.verify("compare", || {
            let committed = parse(&read(&workspace.path(TABLE))?)?;
            compare(&committed, &rows)
        })
    });
}

fn measure(steps: &mut Steps, workspace: &Workspace, features: &str, rows: &mut Vec<Row>) -> Check {
    let machine = image::CORTEX_M4;
    let elf = image::build(steps, workspace, machine.target, features, "reference")?;
    let row = |figure: &str, value: u64| Row {
        image: features.to_owned(),
        figure: figure.to_owned(),
        value,
    };
    let (panics, sizes, code) = look(&elf).map_err(Stop::Missing)?;
    rows.push(row("flash", sizes.flash));
    let sum = |names: &[&str]| -> u64 {
        let code = profile::by_crate(&code);
        names.iter().filter_map(|name| code.get(name)).sum()
    };
    for name in OWN {
        rows.push(row(&format!("code of {name}"), sum(&[name])));
    }
    let (own, crypto) = (sum(OWN), sum(CRYPTO));
    rows.push(row("own code", own));
    rows.push(row("code of crypto", crypto));
    rows.push(row("constants", sizes.constants));
    rows.push(row("static RAM", sizes.ram));
    rows.push(row("panic symbols", panics.len() as u64));
    if [PEER, FULL].contains(&features) {
        rows.extend(ledger::rows(features, OWN, &code));
    }
    let figures = qemu::figures(image::emulator(&machine, &elf))?;
    for (name, value) in &figures {
        rows.push(row(name, *value));
    }
    let shown = |name: &str| {
        figures
            .iter()
            .find(|(figure, _)| figure.ends_with(name))
            .map_or(0, |(_, value)| *value)
    };
    steps.say(&format!(
        "flash {}, own code {own}, crypto {crypto}, static RAM {}, stack {}, instructions {}, panic symbols {}",
        sizes.flash,
        sizes.ram,
        shown("stack"),
        shown("session instructions"),
        panics.len()
    ));
    if !panics.is_empty() && *features == *image::ALL_FEATURES {
        for panic in &panics {
            steps.say(&format!("panic symbol: {panic}"));
        }
    }
    if figures.is_empty() {
        return Err(Stop::Missing("the image printed no figure".into()));
    }
    Ok(())
}

type Look = (Vec<String>, image::Sizes, BTreeMap<Owner, u64>);

fn look(elf: &Path) -> Result<Look, String> {
    Ok((panics::find(elf)?, image::sizes(elf)?, profile::bytes(elf)?))
}

/// The most expensive functions of an image.
fn list(context: &mut Context, features: &str) {
    let workspace = &context.workspace;
    context.report.group("profile on Cortex-M4", |steps| {
        let machine = image::CORTEX_M4;
        let elf = image::build(steps, workspace, machine.target, features, "reference")?;
        let code = steps.timed("bytes", || Ok((profile::bytes(&elf)?, String::new())))?;
        let spent = steps.timed("instructions", || {
            Ok((profile::instructions(&elf, &machine)?, String::new()))
        })?;
        let frames = steps.timed("stack frames", || {
            Ok((frames::largest(&elf)?, String::new()))
        })?;
        steps.say("bytes of stack");
        for (bytes, function) in frames.iter().take(FRAMES) {
            steps.say(&format!("{bytes:>8}  {function}"));
        }
        for text in [
            profile::listing("bytes of code", &code),
            profile::listing("instructions of all sessions", &spent),
        ] {
            for line in text.lines() {
                steps.say(line);
            }
        }
        Ok(())
    });
}

pub(crate) fn table(rows: &[Row]) -> String {
    let mut text = String::from("# image\tfigure\tvalue; written by `cargo xtask size --write`\n");
    for row in rows {
        let _ = writeln!(text, "{}\t{}\t{}", row.image, row.figure, row.value);
    }
    text
}

pub(crate) fn parse(table: &str) -> Result<Vec<Row>, String> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                [image, figure, value] => Ok(Row {
                    image: (*image).to_owned(),
                    figure: (*figure).to_owned(),
                    value: value.parse().map_err(|_| format!("{TABLE}: {line}"))?,
                }),
                _ => Err(format!("{TABLE}: {line}")),
            }
        })
        .collect()
}

/// Fails when a figure grew by more than 1 %, is new, or is gone.
pub(crate) fn compare(committed: &[Row], seen: &[Row]) -> Result<String, String> {
    let mut faults = String::new();
    let mut better = 0_usize;
    for row in seen.iter().filter(|row| !ledger::holds(row)) {
        let same = |other: &&Row| other.image == row.image && other.figure == row.figure;
        match committed.iter().find(same) {
            None => {
                let _ = writeln!(faults, "new: [{}] {}", row.image, row.figure);
            }
            Some(old) if row.value * 100 > old.value * 101 => {
                let _ = writeln!(
                    faults,
                    "[{}] {}: {} -> {}",
                    row.image, row.figure, old.value, row.value
                );
            }
            Some(old) if row.value * 101 < old.value * 100 => better += 1,
            Some(_) => {}
        }
    }
    let compared = |rows: &[Row]| rows.iter().filter(|row| !ledger::holds(row)).count();
    let gone = compared(committed).saturating_sub(compared(seen));
    if gone > 0 {
        let _ = writeln!(faults, "{gone} rows are gone");
    }
    if !faults.is_empty() {
        faults.push_str("when this is meant: `cargo xtask size --write`\n");
        return Err(faults);
    }
    Ok(if better > 0 {
        format!("{better} figures are better: `--write` keeps that")
    } else {
        String::new()
    })
}

/// Our budgets, and figures of Intel libdmclient (C, 2014) in the same session, WBXML and MD5 only.
const BUDGETS: &[(&str, &str, &str, &str)] = &[
    (PEER, "own code", "24576", "38300 + 15-20 kB libc"),
    (FULL, "own code", "49152", "-"),
    (FULL, "code of crypto", "11264", "2200"),
    (ONE_KIB, "static RAM", "6144", "47 kB heap"),
    (PEER, "wbxml session stack", "2048", "1336"),
    (FULL, "wbxml session stack", "2048", "-"),
    (PEER, "wbxml session instructions", "100000", "874604"),
    (PEER, "panic symbols", "0", "-"),
];

/// Writes the page from the committed tables.
pub(crate) fn refresh(workspace: &Workspace) -> Result<String, String> {
    let rows = parse(&read(&workspace.path(TABLE))?)?;
    let text = page(&rows)
        + &machines::page(&rows)
        + &codec_page::text(workspace)?
        + &tree_page::text(workspace)?;
    write(&workspace.path(PAGE), &text)?;
    Ok(PAGE.to_owned())
}

fn page(rows: &[Row]) -> String {
    let mut text = String::from(
        "# Footprint\n\n\
         Written by `cargo xtask size --write`; `cargo xtask size` fails when a figure grows by more\n\
         than 1 %. Image: `examples/firmware`, Cortex-M4 (thumbv7em-none-eabihf), release, opt-level\n\
         \"s\", fat LTO. The image holds start-up code, semihosting output and the server's messages\n\
         besides the engine. Code is charged through all inlining, by line tables; `own code` is\n\
         dm-wbxml, dm-tree and dm-core; `constants` are all constants of the image, the device\n\
         description and the server's messages among them. Static RAM holds everything: client, tree,\n\
         values, and buffers for the whole answer in one message, or in two of 1 KiB (`kib`). Instructions are those of one\n\
         reference session from memory to memory, setup included, counted by QEMU (resolution 40).\n\
         Stack is the painted depth of all of that, and of what an image has beside it: a serialised tree in a session,\n\
         a notification, bootstraps.\n\n",
    );
    let mut figures: Vec<&str> = Vec::new();
    for row in rows {
        let is_feature_set = IMAGES.contains(&row.image.as_str());
        if is_feature_set && !ledger::holds(row) && !figures.contains(&row.figure.as_str()) {
            figures.push(&row.figure);
        }
    }
    let number = |image: &str, figure: &str| {
        let same = |row: &&Row| row.image == image && row.figure == figure;
        rows.iter().find(same).map(|row| row.value)
    };
    let shown =
        |value: Option<u64>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
    text.push_str("| figure |");
    for image in IMAGES {
        let _ = write!(text, " {} |", image.replace(',', " "));
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(IMAGES.len()));
    text.push('\n');
    for figure in figures {
        let _ = write!(text, "| {figure} |");
        for image in IMAGES {
            let _ = write!(text, " {} |", shown(number(image, figure)));
        }
        text.push('\n');
    }
    text.push_str("\n## Flash per feature\n\n| feature | octets |\n|---|---:|\n");
    for (feature, with, without) in FEATURES {
        let sum = number(with, "flash").zip(number(without, "flash"));
        let added = sum.map(|(with, without)| with.saturating_sub(without));
        let _ = writeln!(text, "| {feature} | {} |", shown(added));
    }
    text.push_str(
        "\n## Budgets, and a C client\n\n\
         Intel libdmclient (C, 2014), the same session on the same emulated core, -Os. It has no Copy,\n\
         TNDS, large objects, packages of several messages, Atomic, HMAC, bootstrap, persistence or\n\
         transport. A figure above its budget is bold.\n\n\
         | image | figure | measured | budget | libdmclient |\n|---|---|---:|---:|---:|\n",
    );
    for (image, figure, budget, peer) in BUDGETS {
        let measured = number(image, figure);
        let limit = budget.parse::<u64>().ok();
        let is_over = measured
            .zip(limit)
            .is_some_and(|(ours, limit)| ours > limit);
        let mark = if is_over { "**" } else { "" };
        let image = image.replace(',', " ");
        let _ = writeln!(
            text,
            "| {image} | {figure} | {mark}{}{mark} | {budget} | {peer} |",
            shown(measured)
        );
    }
    text.push_str(&ledger::page(
        rows,
        [("compared with C", PEER), ("full client", FULL)],
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(figure: &str, value: u64) -> Row {
        Row {
            image: "wbxml".into(),
            figure: figure.into(),
            value,
        }
    }

    #[test]
    fn growth_beyond_one_percent_fails() {
        let old = [row("flash", 10_000), row("panic symbols", 0)];
        assert!(compare(&old, &[row("flash", 10_100), row("panic symbols", 0)]).is_ok());
        let grown = compare(&old, &[row("flash", 10_101), row("panic symbols", 0)]);
        assert!(grown.unwrap_err().contains("10000 -> 10101"));
        let panics = compare(&old, &[row("flash", 9_000), row("panic symbols", 1)]);
        assert!(panics.unwrap_err().contains("panic symbols: 0 -> 1"));
        assert!(
            compare(&old, &[row("flash", 1)])
                .unwrap_err()
                .contains("gone")
        );
    }

    #[test]
    fn the_table_reads_back() {
        let rows = vec![row("flash", 1), row("static RAM", 2)];
        assert_eq!(parse(&table(&rows)).unwrap(), rows);
    }
}
