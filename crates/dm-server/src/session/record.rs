//! What the session writes into its transcript.

use dm_wbxml::Encoding;

use super::Session;
use crate::draft::Sent;
use crate::http::Request;
use crate::ledger::Place;
use crate::script::Verb;
use crate::transcript::{CommandRecord, ItemRecord, MessageRecord, Side, printable};
use crate::wire::{Incoming, Part};

impl Session {
    /// Notes an event of the message at hand.
    pub(super) fn event(&mut self, event: String) {
        if let Some(message) = self.transcript.messages.last_mut() {
            message.events.push(event);
        }
    }

    /// Writes a message of the device into the transcript.
    pub(super) fn note(&mut self, request: &Request<'_>, incoming: &Incoming) {
        let mut record = MessageRecord {
            from: Side::Device,
            msg_id: incoming.header.msg_id.clone(),
            bytes: request.body.len(),
            encoding: name(self.encoding),
            is_final: incoming.is_final,
            raw: self.config.server.capture.then(|| request.body.to_vec()),
            ..MessageRecord::default()
        };
        for part in &incoming.parts {
            match part {
                Part::Status(status) if status.is_for_header() => {
                    record.header_status.get_or_insert(status.code);
                }
                Part::Status(_) => {}
                Part::Command(command) => record.commands.push(CommandRecord {
                    cmd_id: command.cmd_id.clone(),
                    name: command.name.clone(),
                    depth: command.depth,
                    code: command.code,
                    correlator: command.correlator.clone(),
                    status: None,
                    items: command
                        .items
                        .iter()
                        .map(|item| ItemRecord {
                            uri: item.target.as_deref().unwrap_or(item.address()).to_owned(),
                            format: item.format.clone(),
                            mime: item.mime.clone(),
                            value: item.data.as_deref().map(printable),
                            more_data: item.more_data,
                            ..ItemRecord::default()
                        })
                        .collect(),
                }),
            }
        }
        self.transcript.messages.push(record);
    }

    /// Writes the message into the transcript, and its commands into the ledger.
    pub(super) fn record(
        &mut self,
        header_status: u16,
        is_final: bool,
        sent: Vec<Sent>,
        body: &[u8],
    ) {
        let message = self.transcript.messages.len();
        let mut record = MessageRecord {
            from: Side::Server,
            msg_id: self.heading.msg_id.to_string(),
            bytes: body.len(),
            encoding: name(self.encoding),
            is_final,
            header_status: Some(header_status),
            raw: self.config.server.capture.then(|| body.to_vec()),
            ..MessageRecord::default()
        };
        if let Some((scheme, _)) = &self.heading.proof {
            record
                .events
                .push(format!("credentials of the server, {}", scheme.mime()));
        }
        for (command, sent) in sent.into_iter().enumerate() {
            record.commands.push(CommandRecord {
                cmd_id: sent.cmd_id.to_string(),
                name: sent.name.clone(),
                depth: sent.depth,
                code: (sent.verb == Verb::Alert).then_some(sent.code),
                correlator: sent.correlator.clone(),
                status: None,
                items: sent
                    .items
                    .iter()
                    .map(|item| ItemRecord {
                        uri: item.uri.clone(),
                        format: item.format.clone(),
                        mime: item.mime.clone(),
                        value: item.data.as_deref().map(printable),
                        more_data: sent.more_data,
                        ..ItemRecord::default()
                    })
                    .collect(),
            });
            // Nothing is said about an abort.
            if sent.verb != Verb::Alert || sent.code != 1223 {
                self.ledger
                    .add(self.heading.msg_id, sent, Place { message, command });
            }
        }
        self.transcript.messages.push(record);
    }
}

/// The encoding in the transcript.
fn name(encoding: Encoding) -> &'static str {
    if encoding == Encoding::Xml {
        "xml"
    } else {
        "wbxml"
    }
}
