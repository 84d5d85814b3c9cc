//! The part of docs/footprint.md that tells of the codec alone.

use crate::workspace::{Workspace, read};
use std::fmt::Write as _;

/// Written by the bench of dm-wbxml.
const SPEED: &str = "docs/codec-speed.tsv";

/// The text, from the committed tables.
pub(crate) fn text(workspace: &Workspace) -> Result<String, String> {
    Ok(speed(&read(&workspace.path(SPEED))?))
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
