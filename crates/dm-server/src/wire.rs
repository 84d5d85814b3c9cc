//! Received messages as plain owned values, ready to be looked at more than once.

use dm_wbxml::{Body, Encoding, Error, Limits, Message, Meta, Text, check};

use crate::config::Secret;

/// Commands and Status elements of one message this server reads.
const MAX_COMMANDS: u16 = 10_000;

/// One received message.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    pub(crate) header: Header,
    /// Statuses and commands in document order; empty when there is a fault.
    pub(crate) parts: Vec<Part>,
    pub(crate) is_final: bool,
    /// Why the body cannot be used, though the header can.
    pub(crate) fault: Option<String>,
}

/// The header.
#[derive(Clone, Debug, Default)]
pub(crate) struct Header {
    pub(crate) ver_dtd: String,
    pub(crate) ver_proto: String,
    pub(crate) session_id: String,
    pub(crate) msg_id: String,
    pub(crate) target: String,
    pub(crate) source: String,
    /// `Source/LocName`: the user name.
    pub(crate) user: Option<String>,
    pub(crate) cred: Option<Cred>,
    pub(crate) max_msg_size: Option<u32>,
    pub(crate) max_obj_size: Option<u32>,
}

/// Credentials of the device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cred {
    pub(crate) mime: String,
    pub(crate) format: Option<String>,
    pub(crate) data: Secret,
}

/// One element of the body.
#[derive(Debug)]
pub(crate) enum Part {
    Status(Status),
    Command(Command),
}

/// A Status of the device.
#[derive(Debug, Default)]
pub(crate) struct Status {
    pub(crate) msg_ref: String,
    pub(crate) cmd_ref: String,
    pub(crate) cmd: String,
    pub(crate) target_ref: Option<String>,
    pub(crate) source_ref: Option<String>,
    pub(crate) code: u16,
    pub(crate) chal: Option<Chal>,
    /// Data of its Items.
    pub(crate) items: Vec<String>,
}

impl Status {
    /// Whether it answers the header of a message.
    pub(crate) fn is_for_header(&self) -> bool {
        self.cmd_ref == "0" || (self.cmd_ref.is_empty() && self.cmd == "SyncHdr")
    }
}

/// A challenge of the device.
#[derive(Clone, Debug, Default)]
pub(crate) struct Chal {
    pub(crate) mime: String,
    pub(crate) format: Option<String>,
    pub(crate) next_nonce: Option<String>,
}

/// A command of the device.
#[derive(Debug, Default)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) cmd_id: String,
    pub(crate) depth: usize,
    /// Code of an Alert.
    pub(crate) code: Option<u16>,
    pub(crate) correlator: Option<String>,
    pub(crate) msg_ref: Option<String>,
    pub(crate) cmd_ref: Option<String>,
    pub(crate) items: Vec<Item>,
}

/// An Item of a command; Meta of the command stands in where it has none of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Item {
    pub(crate) target: Option<String>,
    pub(crate) source: Option<String>,
    pub(crate) format: Option<String>,
    pub(crate) mime: Option<String>,
    pub(crate) mark: Option<String>,
    pub(crate) size: Option<u32>,
    pub(crate) data: Option<Vec<u8>>,
    pub(crate) more_data: bool,
}

impl Item {
    /// Source, else Target, else nothing.
    pub(crate) fn address(&self) -> &str {
        self.source
            .as_deref()
            .or(self.target.as_deref())
            .unwrap_or_default()
    }
}

impl Incoming {
    /// Reads a message.
    ///
    /// # Errors
    /// When not even the header is readable, so that no Status can be given.
    pub(crate) fn parse(bytes: &[u8], encoding: Encoding) -> Result<Self, Error> {
        let limits = Limits {
            commands: MAX_COMMANDS,
        };
        let digest = check(bytes, encoding, &limits)?;
        let message = Message::new(bytes, &digest);
        let mut incoming = Self {
            header: header(&message)?,
            is_final: digest.is_final,
            ..Self::default()
        };
        match digest.fault {
            Some(fault) => {
                incoming.fault = Some(fault.to_string());
            }
            None => match parts(&mut message.body()) {
                Ok(parts) => incoming.parts = parts,
                Err(error) => incoming.fault = Some(error.to_string()),
            },
        }
        Ok(incoming)
    }

    /// Whether it answers the header of a server message, so that it cannot be the first of its session.
    pub(crate) fn answers_header(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Status(status) if status.is_for_header()))
    }

    /// The commands of the message.
    pub(crate) fn commands(&self) -> impl Iterator<Item = &Command> {
        self.parts.iter().filter_map(|part| match part {
            Part::Command(command) => Some(command),
            Part::Status(_) => None,
        })
    }
}

fn header(message: &Message<'_>) -> Result<Header, Error> {
    let header = message.header()?;
    Ok(Header {
        ver_dtd: token(header.ver_dtd),
        ver_proto: token(header.ver_proto),
        session_id: token(header.session_id),
        msg_id: token(header.msg_id),
        target: token(header.target),
        source: token(header.source),
        user: header.source_name.map(token),
        cred: header.cred.map(|cred| Cred {
            mime: cred.mime.map(token).unwrap_or_default(),
            format: cred.format.map(token),
            data: Secret::new(&token(cred.data)),
        }),
        max_msg_size: header.max_msg_size,
        max_obj_size: header.max_obj_size,
    })
}

fn parts(body: &mut Body<'_>) -> Result<Vec<Part>, Error> {
    let mut parts = Vec::new();
    let mut depth = 0_usize;
    loop {
        match body.next()? {
            dm_wbxml::Part::Status(status) => {
                let mut items = Vec::new();
                while let Some(item) = body.item()? {
                    items.extend(item.data.map(token));
                }
                parts.push(Part::Status(Status {
                    msg_ref: token(status.msg_ref),
                    cmd_ref: token(status.cmd_ref),
                    cmd: token(status.cmd),
                    target_ref: status.target_ref.map(token),
                    source_ref: status.source_ref.map(token),
                    code: status.code,
                    chal: status.chal.map(|meta| Chal {
                        mime: meta.mime.map(token).unwrap_or_default(),
                        format: meta.format.map(token),
                        next_nonce: meta.next_nonce.map(token),
                    }),
                    items,
                }));
            }
            dm_wbxml::Part::Command(command) => {
                let items = items(body, &command.meta)?;
                parts.push(Part::Command(Command {
                    items,
                    depth,
                    ..fields(&command)
                }));
            }
            dm_wbxml::Part::Open(command) => {
                parts.push(Part::Command(Command {
                    depth,
                    ..fields(&command)
                }));
                depth = depth.saturating_add(1);
            }
            dm_wbxml::Part::Close => depth = depth.saturating_sub(1),
            dm_wbxml::Part::Final => {}
            dm_wbxml::Part::Done => return Ok(parts),
        }
    }
}

fn fields(command: &dm_wbxml::Command<'_>) -> Command {
    Command {
        name: command.tag.name().unwrap_or("unknown").to_owned(),
        cmd_id: token(command.cmd_id),
        code: command
            .data
            .and_then(|data| data.parse_u32())
            .and_then(|code| u16::try_from(code).ok()),
        correlator: command.correlator.map(token),
        msg_ref: command.msg_ref.map(token),
        cmd_ref: command.cmd_ref.map(token),
        ..Command::default()
    }
}

fn items(body: &mut Body<'_>, usual: &Meta<'_>) -> Result<Vec<Item>, Error> {
    let mut items = Vec::new();
    while let Some(item) = body.item()? {
        items.push(Item {
            target: item.target.map(token),
            source: item.source.map(token),
            format: item.meta.format.or(usual.format).map(token),
            mime: item.meta.mime.or(usual.mime).map(token),
            mark: item.meta.mark.or(usual.mark).map(token),
            size: item.meta.size.or(usual.size),
            data: item.data.map(octets),
            more_data: item.more_data,
        });
    }
    Ok(items)
}

fn octets(text: Text<'_>) -> Vec<u8> {
    let mut octets = Vec::new();
    for piece in text.pieces() {
        octets.extend_from_slice(&piece);
    }
    octets
}

fn token(text: Text<'_>) -> String {
    String::from_utf8_lossy(&octets(text.trimmed())).into_owned()
}
