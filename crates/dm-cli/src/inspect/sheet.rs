//! The listing: offset, octets, meaning, side by side.

use super::octets::Fault;

/// Octets in a line.
const OCTETS: usize = 12;
/// Lines a token takes at most, unless all of it is wanted.
const LINES: usize = 4;
/// Columns of a line.
const WIDTH: usize = 120;
/// Columns a meaning has at least.
const ROOM: usize = 48;
/// Elements inside each other that are still indented.
const DEPTH: usize = 24;

/// What was found in a document, in its order.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    rows: Vec<Row>,
    faults: Vec<Fault>,
}

#[derive(Debug)]
struct Row {
    /// `None`: it is about no octets.
    at: Option<usize>,
    len: usize,
    depth: usize,
    meaning: String,
}

impl Sheet {
    /// The octets from `at` to `end` mean something.
    pub(super) fn row(&mut self, at: usize, end: usize, depth: usize, meaning: impl Into<String>) {
        self.rows.push(Row {
            at: Some(at),
            len: end.saturating_sub(at),
            depth,
            meaning: meaning.into(),
        });
    }

    /// Something is to be said that no octets say.
    pub(super) fn remark(&mut self, depth: usize, meaning: impl Into<String>) {
        self.rows.push(Row {
            at: None,
            len: 0,
            depth,
            meaning: meaning.into(),
        });
    }

    /// Something is wrong with the octets up to `end`.
    pub(super) fn fault(&mut self, fault: Fault, end: usize, depth: usize) {
        self.row(fault.offset, end, depth, format!("!! {}", fault.what));
        self.faults.push(fault);
    }

    /// What was found wrong, in the order of the document.
    pub(super) fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// The listing of a document in `bytes`; `full`: nothing is cut short.
    pub(super) fn text(&self, bytes: &[u8], full: bool) -> String {
        let hex = digits(bytes.len(), 16).max(4);
        let decimal = digits(bytes.len(), 10).max(6);
        let octets = OCTETS.saturating_mul(3);
        let mut text = format!(
            "{:>decimal$}  {:hex$}  {:octets$} meaning\n",
            "octet", "hex", "octets"
        );
        let margin = decimal
            .saturating_add(hex)
            .saturating_add(octets)
            .saturating_add(5);
        for row in &self.rows {
            let at = row.at.unwrap_or(0);
            let run = bytes
                .get(at..at.saturating_add(row.len))
                .unwrap_or_default();
            let indent = row.depth.min(DEPTH).saturating_mul(2);
            let room = WIDTH
                .saturating_sub(margin)
                .saturating_sub(indent)
                .max(ROOM);
            let mut left = octet_lines(run);
            let mut right = text_lines(&row.meaning, room);
            if !full {
                cut(&mut left, &format!("... {} octets in all", run.len()));
                cut(&mut right, "...");
            }
            for line in 0..left.len().max(right.len()) {
                let (place, count) = match (line, row.at) {
                    (0, Some(at)) => (at.to_string(), format!("{at:0hex$X}")),
                    _ => (String::new(), String::new()),
                };
                let left = left.get(line).map_or("", String::as_str);
                let right = right.get(line).map_or("", String::as_str);
                let line = format!(
                    "{place:>decimal$}  {count:hex$}  {left:octets$} {:indent$}{right}",
                    ""
                );
                text.push_str(line.trim_end());
                text.push('\n');
            }
        }
        text
    }
}

fn digits(mut number: usize, base: usize) -> usize {
    let mut digits = 1_usize;
    while number >= base {
        number = number.checked_div(base).unwrap_or(0);
        digits = digits.saturating_add(1);
    }
    digits
}

fn octet_lines(octets: &[u8]) -> Vec<String> {
    let line = |octets: &[u8]| {
        let octets: Vec<String> = octets.iter().map(|octet| format!("{octet:02X}")).collect();
        octets.join(" ")
    };
    octets.chunks(OCTETS).map(line).collect()
}

/// Lines of at most `room` characters; those after the first one stand a little to the right.
fn text_lines(meaning: &str, room: usize) -> Vec<String> {
    let letters: Vec<char> = meaning.chars().collect();
    let (first, rest) = letters.split_at_checked(room).unwrap_or((&letters, &[]));
    let mut lines = vec![first.iter().collect()];
    for more in rest.chunks(room.saturating_sub(2)) {
        lines.push(format!("  {}", more.iter().collect::<String>()));
    }
    lines
}

/// Leaves as many lines as a token may take; the last one then says that there is more.
fn cut(lines: &mut Vec<String>, more: &str) {
    if lines.len() > LINES {
        lines.truncate(LINES.saturating_sub(1));
        lines.push(more.to_owned());
    }
}

/// Octets as text in quotes. What is no character of UTF-8, or cannot be seen, is escaped as in Rust.
pub(super) fn quoted(octets: &[u8]) -> String {
    let mut text = String::from("\"");
    for chunk in octets.utf8_chunks() {
        let valid = format!("{:?}", chunk.valid());
        text.push_str(
            valid
                .get(1..valid.len().saturating_sub(1))
                .unwrap_or_default(),
        );
        for octet in chunk.invalid() {
            text.push_str(&format!("\\x{octet:02X}"));
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_side_by_side() {
        let mut sheet = Sheet::default();
        sheet.row(0, 1, 0, "one");
        sheet.row(1, 14, 2, "thirteen");
        sheet.remark(0, "none");
        let fault = Fault {
            offset: 14,
            what: "broken".to_owned(),
        };
        sheet.fault(fault.clone(), 15, 1);
        assert_eq!(sheet.faults(), [fault]);
        let expected = "\x20\
octet  hex   octets                               meaning
     0  0000  00                                   one
     1  0001  01 02 03 04 05 06 07 08 09 0A 0B 0C      thirteen
              0D
                                                   none
    14  000E  0E                                     !! broken
";
        let bytes: Vec<u8> = (0..15).collect();
        assert_eq!(sheet.text(&bytes, false), expected);
    }

    #[test]
    fn long_tokens_are_cut_unless_all_is_wanted() {
        let mut sheet = Sheet::default();
        let bytes = [0x41; 300];
        sheet.row(0, 300, 0, quoted(&bytes));
        let text = sheet.text(&bytes, false);
        let lines: Vec<&str> = text.lines().skip(1).collect();
        assert_eq!(lines.len(), 4, "{text}");
        assert!(lines[0].starts_with("     0  0000  41 41 "), "{text}");
        assert!(lines[3].contains("  ... 300 octets in all "), "{text}");
        assert!(lines[3].ends_with(" ..."), "{text}");
        assert!(lines.iter().all(|line| line.len() <= WIDTH), "{text}");
        let text = sheet.text(&bytes, true);
        assert_eq!(text.matches("41").count(), 300);
        assert_eq!(text.matches('A').count(), 300);
    }

    #[test]
    fn deep_elements_keep_room_for_their_text() {
        let mut sheet = Sheet::default();
        sheet.row(0, 1, 500, "x".repeat(ROOM));
        let text = sheet.text(&[0], false);
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn octets_that_are_no_text_are_escaped() {
        for (octets, text) in [
            (&b"a 'b' \"c\" \\"[..], r#""a 'b' \"c\" \\""#),
            (b"\xC3\x28\0\n\x01", r#""\xC3(\0\n\u{1}""#),
            ("\u{20AC}\u{202E}".as_bytes(), "\"\u{20AC}\\u{202e}\""),
            (b"", r#""""#),
        ] {
            assert_eq!(quoted(octets), text);
        }
    }
}
