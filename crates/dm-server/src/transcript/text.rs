//! The transcript as text.

use core::fmt;

use super::{CommandRecord, End, ItemRecord, MessageRecord, Side, Transcript};

/// Column of the status codes.
const COLUMN: usize = 72;
/// Characters of a value that are shown.
const SHOWN: usize = 60;

impl fmt::Display for Transcript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Session {} with {}, {}",
            self.session_id, self.device, self.version
        )?;
        for (index, message) in self.messages.iter().enumerate() {
            writeln!(f)?;
            write_message(f, index.saturating_add(1), message)?;
        }
        writeln!(f)?;
        for fault in &self.faults {
            writeln!(
                f,
                "fault in message {}: {} ({})",
                fault.message, fault.what, fault.rule
            )?;
        }
        for unmet in &self.unmet {
            writeln!(f, "unexpected: {}: {}", unmet.op, unmet.what)?;
        }
        let count = self.messages.len();
        let octets: usize = self.messages.iter().map(|message| message.bytes).sum();
        writeln!(f, "{} after {count} messages, {octets} bytes", self.end)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Running => f.write_str("Still running"),
            Self::Closed => f.write_str("Closed"),
            Self::AbortedByDevice => f.write_str("Aborted by the device"),
            Self::AbortedByServer(why) => write!(f, "Aborted by the server ({why})"),
            Self::NotAuthenticated => f.write_str("Device not authenticated"),
            Self::Abandoned => f.write_str("Abandoned"),
        }
    }
}

fn write_message(
    f: &mut fmt::Formatter<'_>,
    number: usize,
    message: &MessageRecord,
) -> fmt::Result {
    let direction = match message.from {
        Side::Device => "device -> server",
        Side::Server => "server -> device",
    };
    let encoding = message.encoding.to_uppercase();
    let closing = if message.is_final { ", final" } else { "" };
    let repeats = match message.repeats {
        0 => String::new(),
        count => format!(", repeated {count} times"),
    };
    let MessageRecord { msg_id, bytes, .. } = message;
    writeln!(
        f,
        "{number}. {direction}, MsgID {msg_id}, {bytes} bytes {encoding}{closing}{repeats}"
    )?;
    for event in &message.events {
        writeln!(f, "     * {event}")?;
    }
    if let Some(code) = message.header_status {
        writeln!(f, "     = header of the last message: {code}")?;
    }
    message
        .commands
        .iter()
        .try_for_each(|command| write_command(f, command))
}

fn write_command(f: &mut fmt::Formatter<'_>, command: &CommandRecord) -> fmt::Result {
    let CommandRecord {
        cmd_id,
        name,
        depth,
        ..
    } = command;
    let mut line = format!(
        "{cmd_id:>4} {:indent$}{name}",
        "",
        indent = depth.saturating_mul(2)
    );
    if let Some(code) = command.code {
        line.push_str(&format!(" {code}{}", alert_name(code)));
    }
    if let Some(correlator) = &command.correlator {
        line.push_str(&format!(" correlator {correlator}"));
    }
    let margin = line.chars().count();
    for (index, item) in command.items.iter().enumerate() {
        if index > 0 {
            line = " ".repeat(margin);
        }
        line.push(' ');
        line.push_str(&item_text(item));
        let status = item
            .status
            .or(if index == 0 { command.status } else { None });
        write_line(f, &line, status, item.returned.as_deref())?;
    }
    if command.items.is_empty() {
        write_line(f, &line, command.status, None)?;
    }
    Ok(())
}

fn write_line(
    f: &mut fmt::Formatter<'_>,
    line: &str,
    status: Option<u16>,
    returned: Option<&str>,
) -> fmt::Result {
    let Some(status) = status else {
        return writeln!(f, "{line}");
    };
    write!(f, "{line:COLUMN$} {status}")?;
    match returned {
        Some(value) => writeln!(f, " {}", quoted(value)),
        None => writeln!(f),
    }
}

fn item_text(item: &ItemRecord) -> String {
    let mut text = item.uri.clone();
    if let Some(value) = &item.value {
        if !text.is_empty() {
            text.push_str(" = ");
        }
        text.push_str(&quoted(value));
    }
    match (&item.format, &item.mime) {
        (Some(format), Some(mime)) => text.push_str(&format!(" ({format}, {mime})")),
        (Some(one), None) | (None, Some(one)) => text.push_str(&format!(" ({one})")),
        (None, None) => {}
    }
    if item.more_data {
        text.push_str(" ...");
    }
    text
}

/// A value in quotes, control characters escaped, long ones cut.
fn quoted(value: &str) -> String {
    let mut text = String::from('"');
    let mut characters = value.chars();
    for character in characters.by_ref().take(SHOWN) {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            _ if character.is_control() => text.extend(character.escape_default()),
            _ => text.push(character),
        }
    }
    text.push('"');
    if characters.next().is_some() {
        text.push_str(&format!("... ({} bytes)", value.len()));
    }
    text
}

/// What an alert code means.
const fn alert_name(code: u16) -> &'static str {
    match code {
        1100 => " display",
        1101 => " confirm or reject",
        1102 => " text input",
        1103 => " single choice",
        1104 => " multiple choice",
        1200 => " server-initiated session",
        1201 => " client-initiated session",
        1222 => " next message",
        1223 => " session abort",
        1224 => " client event",
        1225 => " no end of data",
        1226 => " generic alert",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::{Fault, Leaf, Unmet, normal};

    fn sample() -> Transcript {
        let item = |uri: &str, value: &str| ItemRecord {
            uri: uri.to_owned(),
            value: Some(value.to_owned()),
            ..ItemRecord::default()
        };
        let mut transcript = Transcript {
            device: "urn:x:1".to_owned(),
            session_id: "2B".to_owned(),
            version: "DM/1.2".to_owned(),
            end: End::Closed,
            ..Transcript::default()
        };
        let alert = CommandRecord {
            cmd_id: "1".to_owned(),
            name: "Alert".to_owned(),
            code: Some(1201),
            status: Some(200),
            ..CommandRecord::default()
        };
        let replace = CommandRecord {
            cmd_id: "2".to_owned(),
            name: "Replace".to_owned(),
            status: Some(200),
            items: vec![
                item("./DevInfo/Man", "Acme \"x\"\n"),
                item("./DevInfo/Mod", &"m".repeat(100)),
            ],
            ..CommandRecord::default()
        };
        transcript.messages.push(MessageRecord {
            msg_id: "1".to_owned(),
            bytes: 300,
            encoding: "xml",
            is_final: true,
            events: vec!["no credentials".to_owned()],
            commands: vec![alert, replace],
            ..MessageRecord::default()
        });
        let get = CommandRecord {
            cmd_id: "5".to_owned(),
            name: "Get".to_owned(),
            depth: 1,
            status: Some(200),
            items: vec![ItemRecord {
                returned: Some("7.1".to_owned()),
                ..item("./A", "")
            }],
            ..CommandRecord::default()
        };
        transcript.messages.push(MessageRecord {
            from: Side::Server,
            msg_id: "1".to_owned(),
            bytes: 200,
            encoding: "wbxml",
            repeats: 2,
            header_status: Some(212),
            commands: vec![get],
            ..MessageRecord::default()
        });
        transcript
    }

    #[test]
    fn a_transcript_reads_line_by_line() {
        let text = sample().to_string();
        for line in [
            "Session 2B with urn:x:1, DM/1.2",
            "1. device -> server, MsgID 1, 300 bytes XML, final",
            "     * no credentials",
            "2. server -> device, MsgID 1, 200 bytes WBXML, repeated 2 times",
            "     = header of the last message: 212",
            "Closed after 2 messages, 500 bytes",
        ] {
            assert!(
                text.lines().any(|given| given == line),
                "{line} is not in\n{text}"
            );
        }
        assert!(text.contains("   1 Alert 1201 client-initiated session "));
        assert!(text.contains(r#"./DevInfo/Man = "Acme \"x\"\n""#));
        assert!(text.contains(r#"mmm"... (100 bytes)"#));
        assert!(text.contains(" 200 \"7.1\""));
        assert!(!text.contains("fault"));
    }

    #[test]
    fn faults_and_unmet_expectations_are_told_at_the_end() {
        let mut transcript = sample();
        assert!(transcript.is_clean());
        transcript.faults.push(Fault {
            message: 1,
            rule: "PRO-C-012",
            what: "no Status for the header".to_owned(),
        });
        transcript.unmet.push(Unmet {
            op: "Get ./A".to_owned(),
            what: "404".to_owned(),
        });
        assert!(!transcript.is_clean());
        let text = transcript.to_string();
        assert!(text.contains("fault in message 1: no Status for the header (PRO-C-012)\n"));
        assert!(text.contains("unexpected: Get ./A: 404\n"));
    }

    #[test]
    fn the_data_serialises_with_values_as_text() {
        let mut transcript = sample();
        let leaf = |data: &[u8]| Leaf {
            format: "bin".to_owned(),
            data: data.to_vec(),
            ..Leaf::default()
        };
        transcript.values.insert("./A".to_owned(), leaf(b"text"));
        transcript.values.insert("./B".to_owned(), leaf(&[0, 1]));
        let json = serde_json::to_value(&transcript).unwrap();
        assert_eq!(json["values"]["./A"]["data"], "text");
        assert_eq!(json["values"]["./B"]["data"], "AAE=");
        assert_eq!(json["messages"][0]["from"], "device");
        assert_eq!(json["end"], "closed");
    }

    #[test]
    fn values_are_found_under_either_form_of_their_uri() {
        let mut transcript = sample();
        let leaf = Leaf {
            format: "b64".to_owned(),
            data: b"AAE=".to_vec(),
            ..Leaf::default()
        };
        transcript.values.insert(normal("A/B"), leaf);
        assert_eq!(transcript.value("./A/B"), Some("AAE="));
        assert_eq!(transcript.bytes("A/B"), Some(vec![0, 1]));
        assert_eq!(transcript.value("./A"), None);
    }
}
