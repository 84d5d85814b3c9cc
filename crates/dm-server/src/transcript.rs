//! The record of a session: what was said, what was answered, what was learnt, and what was wrong.

mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest;

/// One session, message by message. Prints as a person would like to read it; serialises as data.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct Transcript {
    /// Device identifier (`Source/LocURI` of the device).
    pub device: String,
    /// SessionID.
    pub session_id: String,
    /// Protocol version the device opened with (`VerProto`).
    pub version: String,
    /// All messages of both sides, in order.
    pub messages: Vec<MessageRecord>,
    /// What the server learnt about the device: URI (always `./...`) and the last value reported.
    pub values: BTreeMap<String, Leaf>,
    /// What the device did against the protocol.
    pub faults: Vec<Fault>,
    /// Expectations of the script that were not met.
    pub unmet: Vec<Unmet>,
    /// How the session stands or ended.
    pub end: End,
    /// How it has to end, whatever the reason; `None`: closed.
    #[serde(skip)]
    pub(crate) expected: Option<End>,
}

/// Who sent a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The device.
    #[default]
    Device,
    /// This server.
    Server,
}

/// How a session stands or ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum End {
    /// Not yet.
    #[default]
    Running,
    /// The script was played to its end and the session closed.
    Closed,
    /// The device sent Alert 1223.
    AbortedByDevice,
    /// The server sent Alert 1223, or an error for the header, for this reason.
    AbortedByServer(String),
    /// The device could not prove who it is.
    NotAuthenticated,
    /// The device began another session, or none of the messages came that should have followed.
    Abandoned,
}

/// One message.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct MessageRecord {
    /// Who sent it.
    pub from: Side,
    /// MsgID.
    pub msg_id: String,
    /// Length in octets.
    pub bytes: usize,
    /// `wbxml` or `xml`.
    pub encoding: &'static str,
    /// Whether it closes its package.
    pub is_final: bool,
    /// How often the same message came again and was answered as before.
    pub repeats: u32,
    /// Status codes for the header, given by this message to the peer's last one.
    pub header_status: Option<u16>,
    /// Authentication and other events, as sentences.
    pub events: Vec<String>,
    /// Commands in document order; those inside containers follow their container.
    pub commands: Vec<CommandRecord>,
    /// The octets, when the configuration asks for them.
    #[serde(skip)]
    pub raw: Option<Vec<u8>>,
}

/// One command.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct CommandRecord {
    /// CmdID.
    pub cmd_id: String,
    /// Element name.
    pub name: String,
    /// Containers around it.
    pub depth: usize,
    /// Code of an Alert.
    pub code: Option<u16>,
    /// Correlator of an Exec or a generic alert.
    pub correlator: Option<String>,
    /// Status it received as a whole.
    pub status: Option<u16>,
    /// Its Items.
    pub items: Vec<ItemRecord>,
}

/// One Item of a command.
#[derive(Clone, Debug, Default, Serialize)]
#[non_exhaustive]
pub struct ItemRecord {
    /// Target, or Source where there is no Target; empty where there is neither.
    pub uri: String,
    /// Format, where stated.
    pub format: Option<String>,
    /// Type, where stated.
    pub mime: Option<String>,
    /// Data, as text; octets that are no text in base64.
    pub value: Option<String>,
    /// Whether more of the value follows in a later message.
    pub more_data: bool,
    /// Status this Item received, where Items were answered one by one.
    pub status: Option<u16>,
    /// What the peer returned: the value of a Get, the input of an alert.
    pub returned: Option<String>,
}

/// A value the device reported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Leaf {
    /// Format as stated; `chr` where nothing was.
    pub format: String,
    /// Type as stated; `text/plain` where nothing was.
    pub mime: String,
    /// The octets as carried: still base64 where the format is `b64`.
    #[serde(serialize_with = "as_text")]
    pub data: Vec<u8>,
}

/// A breach of the protocol by the device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fault {
    /// Number of the message in the transcript, from 1.
    pub message: usize,
    /// The requirement it breaks.
    pub rule: &'static str,
    /// What happened.
    pub what: String,
}

/// An answer the script did not expect, or an operation that could not be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Unmet {
    /// The operation, by command and URI.
    pub op: String,
    /// What was expected, and what came.
    pub what: String,
}

impl Transcript {
    /// Whether the session went as it should: no fault, no unmet expectation, and the end that the scenario expects; it
    /// expects that the session closes unless it says otherwise.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let expected = self.expected.as_ref().unwrap_or(&End::Closed);
        let is_expected = core::mem::discriminant(expected) == core::mem::discriminant(&self.end);
        self.faults.is_empty() && self.unmet.is_empty() && is_expected
    }

    /// The last value reported for `uri`, when it is text.
    #[must_use]
    pub fn value(&self, uri: &str) -> Option<&str> {
        core::str::from_utf8(&self.values.get(&normal(uri))?.data).ok()
    }

    /// The octets last reported for `uri`, decoded where the format is `b64`.
    #[must_use]
    pub fn bytes(&self, uri: &str) -> Option<Vec<u8>> {
        let leaf = self.values.get(&normal(uri))?;
        match leaf.format.as_str() {
            "b64" => digest::decode(core::str::from_utf8(&leaf.data).ok()?),
            _ => Some(leaf.data.clone()),
        }
    }
}

impl Transcript {
    /// Notes a breach of `rule` in the message noted last.
    pub(crate) fn fault(&mut self, rule: &'static str, what: impl Into<String>) {
        self.faults.push(Fault {
            message: self.messages.len(),
            rule,
            what: what.into(),
        });
    }
}

/// `A/B` and `./A/B` are the same node.
pub(crate) fn normal(uri: &str) -> String {
    match uri {
        "." | "./" => ".".to_owned(),
        _ if uri.starts_with("./") || uri.starts_with(".?") => uri.to_owned(),
        _ => format!("./{uri}"),
    }
}

/// Octets as text, or base64 where they are none.
pub(crate) fn printable(data: &[u8]) -> String {
    match core::str::from_utf8(data) {
        Ok(text) if !text.contains('\0') => text.to_owned(),
        _ => digest::encode(data),
    }
}

fn as_text<S: serde::Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&printable(data))
}
