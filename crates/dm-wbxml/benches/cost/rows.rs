//! The rows of the table: what is done, with what it is compared, and the committed figures.

use super::Counted;
use std::fmt::Write as _;

/// Who does a job.
pub(crate) enum Mode {
    Ours,
    Peer,
}

/// By what instructions are divided.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    InputOctet,
    OutputOctet,
    Whole,
}

/// What a row shall not exceed.
pub(crate) enum Target {
    /// A figure.
    AtMost(f64),
    /// The figure of the typical message with the same job, and 5 in a hundred: the work is linear.
    AsTypical,
    None,
}

/// One job on one file.
pub(crate) struct Row {
    /// What is counted.
    pub(crate) what: &'static str,
    /// Name of the job in `jobs.rs`.
    pub(crate) job: &'static str,
    pub(crate) file: &'static str,
    pub(crate) unit: Unit,
    pub(crate) target: Target,
    /// Name of the job of the best peer: in `libwbxml.c` after the word libwbxml, else in `peers.rs`.
    pub(crate) peer: Option<&'static str>,
    /// What a walk over tokens without any meaning needs, measured once.
    pub(crate) floor: Option<&'static str>,
}

const SMALL_W: &str = "typical-1k5.wbxml";
const SMALL_X: &str = "typical-1k5.xml";

pub(crate) const ROWS: &[Row] = &[
    Row {
        what: "all events, text borrowed; tokens, bounds and nesting checked",
        job: "events",
        file: SMALL_W,
        unit: Unit::InputOctet,
        target: Target::AtMost(16.0),
        peer: Some("libwbxml events"),
        floor: Some("8.6"),
    },
    Row {
        what: "the same, and each text proven UTF-8",
        job: "events-utf8",
        file: SMALL_W,
        unit: Unit::InputOctet,
        target: Target::None,
        peer: Some("libwbxml events"),
        floor: Some("8.6"),
    },
    Row {
        what: "typed views alone: header, every command, item, meta, data visited",
        job: "typed",
        file: SMALL_W,
        unit: Unit::InputOctet,
        target: Target::AtMost(26.0),
        peer: Some("libwbxml tree"),
        floor: Some("8.6"),
    },
    Row {
        what: "check pass alone: nesting, UTF-8, every CmdID",
        job: "check",
        file: SMALL_W,
        unit: Unit::InputOctet,
        target: Target::None,
        peer: Some("libwbxml events"),
        floor: Some("8.6"),
    },
    Row {
        what: "both passes: the check pass, then the typed views",
        job: "both",
        file: SMALL_W,
        unit: Unit::InputOctet,
        target: Target::None,
        peer: Some("libwbxml tree"),
        floor: Some("8.6"),
    },
    Row {
        what: "all events, text unescaped on read; nesting, characters and UTF-8 checked",
        job: "unescaped",
        file: SMALL_X,
        unit: Unit::InputOctet,
        target: Target::AtMost(26.0),
        peer: Some("quick-xml events"),
        floor: None,
    },
    Row {
        what: "typed views alone: header, every command, item, meta, data visited",
        job: "typed",
        file: SMALL_X,
        unit: Unit::InputOctet,
        target: Target::None,
        peer: None,
        floor: None,
    },
    Row {
        what: "check pass alone: nesting, characters, UTF-8, every CmdID",
        job: "check",
        file: SMALL_X,
        unit: Unit::InputOctet,
        target: Target::None,
        peer: None,
        floor: None,
    },
    Row {
        what: "both passes: the check pass, then the typed views",
        job: "both",
        file: SMALL_X,
        unit: Unit::InputOctet,
        target: Target::None,
        peer: None,
        floor: None,
    },
    Row {
        what: "write WBXML from typed values",
        job: "write-wbxml",
        file: SMALL_W,
        unit: Unit::OutputOctet,
        target: Target::AtMost(12.0),
        peer: Some("libwbxml write"),
        floor: None,
    },
    Row {
        what: "write XML from typed values",
        job: "write-xml",
        file: SMALL_X,
        unit: Unit::OutputOctet,
        target: Target::AtMost(9.0),
        peer: Some("quick-xml write"),
        floor: None,
    },
    Row {
        what: "all events, as above",
        job: "events",
        file: "many-commands-64k.wbxml",
        unit: Unit::InputOctet,
        target: Target::AsTypical,
        peer: Some("libwbxml events"),
        floor: Some("8.2"),
    },
    Row {
        what: "all events, as above",
        job: "unescaped",
        file: "many-commands-64k.xml",
        unit: Unit::InputOctet,
        target: Target::AsTypical,
        peer: Some("quick-xml events"),
        floor: None,
    },
    Row {
        what: "all events, binary data borrowed",
        job: "events",
        file: "large-data-64k.wbxml",
        unit: Unit::Whole,
        target: Target::AtMost(5_000.0),
        peer: Some("libwbxml events"),
        floor: Some("2388"),
    },
    Row {
        what: "all events, and base64 decoded into the caller's buffer",
        job: "decoded",
        file: "large-data-64k.xml",
        unit: Unit::InputOctet,
        target: Target::AtMost(9.0),
        peer: Some("base64ct decode"),
        floor: None,
    },
];

/// Whose job this is.
pub(crate) fn mode(job: &str) -> Mode {
    if ROWS.iter().any(|row| row.job == job) {
        Mode::Ours
    } else {
        Mode::Peer
    }
}

/// The greatest figure that meets the target of a row.
fn target(counted: &Counted, all: &[Counted]) -> Option<f64> {
    match counted.row.target {
        Target::AtMost(most) => Some(most),
        Target::AsTypical => all
            .iter()
            .find(|other| other.row.job == counted.row.job)
            .map(|typical| typical.figure() * 1.05),
        Target::None => None,
    }
}

fn unit(row: &Row) -> &'static str {
    match row.unit {
        Unit::InputOctet => "Ir/octet read",
        Unit::OutputOctet => "Ir/octet written",
        Unit::Whole => "Ir in all",
    }
}

/// A figure as it is printed: whole numbers where that is exact enough.
fn number(figure: f64) -> String {
    if figure < 1000.0 {
        format!("{figure:.1}")
    } else {
        format!("{figure:.0}")
    }
}

fn shown(figure: Option<f64>) -> String {
    figure.map_or_else(|| "-".to_owned(), number)
}

/// The table for people.
pub(crate) fn listing(all: &[Counted]) -> String {
    let mut text = format!(
        "{:>12} {:>8} {:>8} {:>8} {:>7}  what, file; peer\n",
        "instructions", "figure", "target", "peer", "ratio"
    );
    for counted in all {
        let target = target(counted, all);
        let missed = target.is_some_and(|target| counted.figure() > target);
        let ratio = counted.peer_figure().map_or_else(String::new, |peer| {
            format!("{:.1}", peer / counted.figure())
        });
        let _ = writeln!(
            text,
            "{:>12} {:>8} {:>8} {:>8} {ratio:>7}  {}, {}{}; {}",
            counted.instructions,
            number(counted.figure()),
            shown(target),
            shown(counted.peer_figure()),
            counted.row.what,
            counted.row.file,
            if missed { " (TARGET MISSED)" } else { "" },
            counted.row.peer.unwrap_or("no peer"),
        );
    }
    text
}

/// The table to be committed: `cargo xtask size --write` makes a page of it.
pub(crate) fn table(all: &[Counted]) -> String {
    let mut text = String::from(
        "# job\tfile\tinstructions\tof the peer\tfigure\tunit\ttarget\tfigure of the peer\tpeer\tfloor\twhat; written by `cargo xtask bench --write`\n",
    );
    for counted in all {
        let row = counted.row;
        let _ = writeln!(
            text,
            "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}",
            row.job,
            row.file,
            counted.instructions,
            counted
                .peer
                .map_or_else(|| "-".to_owned(), |peer| peer.to_string()),
            number(counted.figure()),
            unit(row),
            shown(target(counted, all)),
            shown(counted.peer_figure()),
            row.peer.unwrap_or("-"),
            row.floor.unwrap_or("-"),
            row.what,
        );
    }
    text
}

/// The committed instructions of a row and of its peer.
pub(crate) fn committed(table: &str, row: &Row) -> Option<(u64, Option<u64>)> {
    table.lines().find_map(|line| {
        let mut fields = line.split('\t');
        if fields.next()? != row.job || fields.next()? != row.file {
            return None;
        }
        let ours = fields.next()?.parse().ok()?;
        Some((ours, fields.next()?.parse().ok()))
    })
}

/// The rows that are new or cost more than 1 % above their bar.
pub(crate) fn over(all: &[Counted], table: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for counted in all {
        let (row, cost) = (counted.row, counted.instructions);
        match committed(table, row) {
            None => faults.push(format!("{} {}: no bar", row.job, row.file)),
            Some((bar, _)) if cost > bar.saturating_add(bar / 100) => {
                faults.push(format!("{} {}: {bar} -> {cost}", row.job, row.file));
            }
            Some(_) => {}
        }
    }
    faults
}
