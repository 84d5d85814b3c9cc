//! The part of docs/footprint.md that tells of the codec alone.

use crate::codec_size::{self, PARTS, SIZE};
use crate::size::{self, Row};
use crate::workspace::{Workspace, read};
use std::fmt::Write as _;

/// Written by the bench of dm-wbxml.
const SPEED: &str = "docs/codec-speed.tsv";

/// The text, from the committed tables.
pub(crate) fn text(workspace: &Workspace) -> Result<String, String> {
    let rows = size::parse(&read(&workspace.path(codec_size::TABLE))?)?;
    Ok(sizes(&rows) + &speed(&read(&workspace.path(SPEED))?))
}

/// Most octets of stack for a check pass and for a walk over the typed views.
const STACK: u64 = 640;

fn sizes(rows: &[Row]) -> String {
    let number = |image: &str, figure: &str| {
        let same = |row: &&Row| row.image == image && row.figure == figure;
        let found = rows.iter().find(same).map(|row| row.value);
        found.map_or_else(|| "-".to_owned(), |value| value.to_string())
    };
    let mut text = String::from(
        "\n## The codec alone\n\n\
         Flash of `examples/firmware/src/bin/codec.rs` built with a part of dm-wbxml less that of the\n\
         same image without it, the probe's own code left out; what the part brings from `core` is in\n\
         it, the compiler's memory functions are in both. No part holds a panic symbol on any of the\n\
         five targets.\n\n\
         | part | octets | bar | static RAM |\n|---|---:|---:|---:|\n",
    );
    for part in PARTS {
        let bar = part
            .bar
            .map_or_else(|| "-".to_owned(), |bar| bar.to_string());
        let (octets, ram) = (number(part.name, SIZE), number(part.name, "static RAM"));
        let _ = writeln!(text, "| {} | {octets} | {bar} | {ram} |", part.name);
    }
    text.push_str(
        "\nThe server's message of the reference session, 1,026 octets in WBXML and 2,835 in XML: the\n\
         instructions of its check pass, of reading all typed views, and of reading and writing it\n\
         again; and the stack of the two passes over a message that nests as deeply as is allowed.\n\n\
         | figure | bar | WBXML only | WBXML, XML built in | XML, WBXML built in | XML only |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    for (figure, bar) in [
        ("check instructions", None),
        ("views instructions", None),
        ("views and write instructions", None),
        ("check stack", Some(STACK)),
        ("views stack", Some(STACK)),
    ] {
        let bar = bar.map_or_else(|| "-".to_owned(), |bar: u64| bar.to_string());
        let _ = write!(text, "| {figure} | {bar} |");
        for (image, encoding) in [
            ("wbxml", "wbxml"),
            ("both", "wbxml"),
            ("both", "xml"),
            ("xml", "xml"),
        ] {
            let _ = write!(
                text,
                " {} |",
                number(image, &format!("{encoding} {figure}"))
            );
        }
        text.push('\n');
    }
    text
}

fn speed(table: &str) -> String {
    let mut text = String::from(
        "\n## Speed of the codec\n\n\
         Instructions on x86-64 at opt-level 3, counted by callgrind (`cargo xtask bench`, which\n\
         fails when a job costs more than 1 % above its figure here). The peers do their job on the\n\
         same file in the same run: libwbxml by its callback parser, its tree, and its encoder\n\
         without string table; quick-xml by its slice reader and by writing events that are there\n\
         already; base64ct decodes the data alone. Typed values that are written were read before\n\
         counting began. The floor is a walk over the tokens without any meaning.\n\n\
         | file | job | instructions | figure | target | peer | ratio | floor |\n\
         |---|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        let &[
            _,
            file,
            ours,
            theirs,
            figure,
            unit,
            target,
            peer_figure,
            peer,
            floor,
            what,
        ] = fields.as_slice()
        else {
            continue;
        };
        let ratio = match (ours.parse::<f64>(), theirs.parse::<f64>()) {
            (Ok(ours), Ok(theirs)) => format!("{:.1}", theirs / ours),
            _ => "-".to_owned(),
        };
        let peer = match peer {
            "-" => "-".to_owned(),
            peer => format!("{peer_figure} ({peer})"),
        };
        let _ = writeln!(
            text,
            "| {file} | {what} | {ours} | {figure} {unit} | {target} | {peer} | {ratio} | {floor} |"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_of_the_table_is_a_row_of_the_page() {
        let table = "# note\nevents\ta.wbxml\t100\t450\t10.0\tIr/octet read\t16.0\t45.0\tlibwbxml events\t8.6\tall events\n";
        let text = speed(table);
        assert!(text.ends_with("| a.wbxml | all events | 100 | 10.0 Ir/octet read | 16.0 | 45.0 (libwbxml events) | 4.5 | 8.6 |\n"));
    }
}
