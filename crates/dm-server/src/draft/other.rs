//! Commands that a scenario gives as XML: what no device knows, and what is wrong on purpose.

use dm_wbxml::{Encoding, Event, Reader, Tag, Writer, tag};

use super::{Draft, Sent};
use crate::script::Op;

/// The command where a message has it.
fn framed(xml: &str) -> String {
    format!("<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncBody>{xml}</SyncBody></SyncML>")
}

/// Whether a scenario's XML can be sent at all.
pub(crate) fn sound(xml: &str) -> bool {
    let text = framed(xml);
    let Ok(mut reader) = Reader::new(text.as_bytes(), Encoding::Xml) else {
        return false;
    };
    let mut commands = 0_usize;
    loop {
        match reader.next() {
            Ok(Event::Start(_)) => commands = commands.saturating_add(1),
            Ok(Event::Done) => return commands > 2,
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

/// The names in the XML of `ops` that WBXML has no tokens for, as a string table.
pub(crate) fn names<'o>(ops: impl Iterator<Item = &'o Op>) -> Vec<u8> {
    let mut table: Vec<u8> = Vec::new();
    for op in ops {
        table.extend(names(op.ops.iter()));
        let text = framed(&op.xml);
        let Ok(mut reader) = Reader::new(text.as_bytes(), Encoding::Xml) else {
            continue;
        };
        while let Ok(event) = reader.next() {
            match event {
                Event::Start(Tag::UNKNOWN) => {
                    table.extend(reader.name());
                    table.push(0);
                }
                Event::Done => break,
                _ => {}
            }
        }
    }
    table
}

impl Draft<'_> {
    /// Writes such a command, with a CmdID where it has none.
    pub(super) fn other(&mut self, op: &Op, depth: usize) {
        let cmd_id = self.next_id();
        let text = framed(&op.xml);
        let name = copy(&text, &mut self.writer, cmd_id, op.xml.contains("<CmdID"));
        self.sent.push(Sent {
            cmd_id,
            depth,
            verb: op.verb,
            name,
            code: 0,
            correlator: None,
            items: Vec::new(),
            expect: op.expect.clone(),
            values: Vec::new(),
            more_data: false,
            insists: false,
        });
    }
}

/// Copies what stands in SyncBody; the name of its first element.
fn copy(text: &str, writer: &mut Writer<'_>, cmd_id: u32, has_id: bool) -> String {
    let mut first = None;
    let Ok(mut reader) = Reader::new(text.as_bytes(), Encoding::Xml) else {
        return String::new();
    };
    let mut open: Vec<(Tag, &[u8])> = Vec::new();
    while let Ok(event) = reader.next() {
        match event {
            Event::Start(tag) => {
                let name = reader.name();
                open.push((tag, name));
                if open.len() <= 2 {
                    continue;
                }
                if tag == Tag::UNKNOWN {
                    writer.start_literal(name);
                } else {
                    writer.start(tag);
                }
                if first.is_none() {
                    first = Some(String::from_utf8_lossy(name).into_owned());
                    if !has_id {
                        writer.number(tag::CMD_ID, cmd_id);
                    }
                }
            }
            Event::Text(text) => writer.text(text),
            Event::End => match open.pop() {
                Some(_) if open.len() < 2 => {}
                Some((Tag::UNKNOWN, name)) => writer.end_literal(name),
                Some((tag, _)) => writer.end(tag),
                None => break,
            },
            Event::Done => break,
        }
    }
    first.unwrap_or_default()
}
