//! Pushes in files, in short messages and on the wire: what `dm notify` and `dm bootstrap` have in common.

use std::ffi::OsString;

use dm_bindings::push::{Inbox, Kind, PART_MAX, PARTS_MAX, PORT, Push, SETS, SMS_MAX};
use dm_bindings::push::{sms_part, sms_parts};
use dm_server::{PUSH_PORT, send_push};

use crate::console::{self, Input, Output};
use crate::failure::Failure;

/// What a push is wrapped in.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
enum Wrap {
    Bare,
    #[default]
    Wsp,
    Sms,
}

/// Where a push that was made goes, and how.
#[derive(Default)]
pub(crate) struct Delivery {
    wrap: Wrap,
    /// Host and port for a datagram.
    pub(crate) send: Option<String>,
    pub(crate) output: Option<OsString>,
}

impl Delivery {
    /// Takes the value of `--wrap`.
    pub(crate) fn wrap(&mut self, name: &str) -> Result<(), Failure> {
        self.wrap = match name {
            "bare" => Wrap::Bare,
            "wsp" => Wrap::Wsp,
            "sms" => Wrap::Sms,
            other => {
                let what = format!("--wrap takes bare, wsp or sms, not {other:?}");
                return Err(Failure::usage(what));
            }
        };
        Ok(())
    }

    /// Whether SEC and MAC, which stand in the wrapping, get lost.
    pub(crate) fn is_bare(&self) -> bool {
        self.wrap == Wrap::Bare && self.send.is_none()
    }

    /// Sends the push, or writes it as octets to the file that is named, or as hex text.
    pub(crate) fn put(self, push: &Push<'_>) -> Result<(), Failure> {
        if let Some(to) = self.send {
            let to = address(&to);
            return send_push(&*to, &datagram(push)?)
                .map_err(|why| Failure::failed(format!("{to}: {why}")));
        }
        let pieces = match self.wrap {
            Wrap::Bare => vec![push.body.to_vec()],
            Wrap::Wsp => vec![datagram(push)?],
            Wrap::Sms => short_messages(&datagram(push)?)?,
        };
        match self.output {
            Some(file) => Output::File(file).write(&pieces.concat()),
            None => {
                let lines: Vec<String> = pieces.iter().map(|piece| hex(piece) + "\n").collect();
                console::print(&lines.concat())
            }
        }
    }
}

fn too_long() -> Failure {
    Failure::failed("it is too long for a push")
}

fn datagram(push: &Push<'_>) -> Result<Vec<u8>, Failure> {
    // Around it are 16 octets and the MAC, at most.
    let room = push.body.len().saturating_add(push.mac.len());
    let mut pdu = vec![0; room.saturating_add(16)];
    let len = push.write(1, &mut pdu).ok_or_else(too_long)?;
    pdu.truncate(len);
    Ok(pdu)
}

fn short_messages(pdu: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let total = sms_parts(pdu.len()).ok_or_else(too_long)?;
    // Long messages of one sender are told apart by this; the last octet is as good a number as any.
    let reference = pdu.last().copied().unwrap_or_default();
    let mut parts = Vec::new();
    for part in 1..=total {
        let mut user_data = [0; SMS_MAX];
        let len = sms_part(pdu, reference, part, &mut user_data).ok_or_else(too_long)?;
        parts.push(user_data.get(..len).unwrap_or_default().to_vec());
    }
    Ok(parts)
}

/// With the port of pushes, unless there is one.
fn address(to: &str) -> String {
    let has_port = match to.rsplit_once(':') {
        // An IPv6 literal has colons of its own.
        Some((host, _)) => !host.contains(':') || host.ends_with(']'),
        None => false,
    };
    match (has_port, to.contains(':') && !to.starts_with('[')) {
        (true, _) => to.to_owned(),
        (false, true) => format!("[{to}]:{PUSH_PORT}"),
        (false, false) => format!("{to}:{PUSH_PORT}"),
    }
}

/// The files that a command line names: a push, or its parts.
pub(crate) struct Pieces {
    /// The name of the last one.
    pub(crate) name: String,
    pieces: Vec<Vec<u8>>,
}

impl Pieces {
    /// Reads the files, which with `is_hex` are hex text.
    pub(crate) fn read(files: &[OsString], is_hex: bool) -> Result<Self, Failure> {
        if files.is_empty() {
            return Err(Failure::usage("no file is given (`-` is standard input)"));
        }
        let mut it = Self {
            name: String::new(),
            pieces: Vec::new(),
        };
        for file in files {
            let mut input = Input::read(file)?;
            if is_hex {
                input = crate::hex::decode(input)?;
            }
            it.name = input.name;
            it.pieces.push(input.bytes);
        }
        Ok(it)
    }

    /// The octets of the last file.
    pub(crate) fn last(&self) -> &[u8] {
        self.pieces.last().map(Vec::as_slice).unwrap_or_default()
    }

    /// The push that they are, put together in `inbox`.
    pub(crate) fn unwrap<'p>(&'p self, inbox: &'p mut Inbox<'_>) -> Result<Push<'p>, Failure> {
        unwrap(inbox, &self.pieces).map_err(|why| Failure::failed(format!("{}: {why}", self.name)))
    }
}

/// Memory of an [`Inbox`] that takes all there can be.
pub(crate) fn memory() -> Vec<u8> {
    vec![0; SETS * PARTS_MAX * PART_MAX]
}

/// A WAP push, or the user data of short messages.
fn unwrap<'p>(inbox: &'p mut Inbox<'_>, pieces: &'p [Vec<u8>]) -> Result<Push<'p>, String> {
    let [piece] = pieces else {
        let (last, parts) = pieces.split_last().ok_or("nothing is given")?;
        for part in parts {
            match inbox.sms(b"", part, 0) {
                Ok(None) => {}
                Ok(Some(_)) => return Err("more files than parts".to_owned()),
                Err(why) => return Err(why.to_string()),
            }
        }
        return match inbox.sms(b"", last, 0) {
            Ok(Some(push)) => Ok(push),
            Ok(None) => Err("parts are missing".to_owned()),
            Err(why) => Err(why.to_string()),
        };
    };
    // The second octet of a push is its type; that of user data is an element with a length, never 6.
    if piece.get(1) == Some(&6) {
        return Push::datagram(PORT, piece).map_err(|why| why.to_string());
    }
    match inbox.sms(b"", piece, 0) {
        Ok(Some(push)) => Ok(push),
        Ok(None) => Err("it is one part of a long message; name all of them".to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

/// What the wrapping of a push says.
pub(crate) fn wrapping(push: &Push<'_>) -> String {
    let mut text = row("push", push.kind.media_type());
    if let Some(sec) = push.sec {
        text.push_str(&row("SEC", sec.name()));
    }
    if !push.mac.is_empty() {
        text.push_str(&row("MAC", &String::from_utf8_lossy(push.mac)));
    }
    if !is_notification(push.kind) {
        text.push_str(&row("document", &format!("{} octets", push.body.len())));
    }
    text
}

pub(crate) const fn is_notification(kind: Kind) -> bool {
    matches!(kind, Kind::Notification | Kind::Notification13)
}

pub(crate) fn row(name: &str, value: &str) -> String {
    format!("{name:<10} {value}\n")
}

/// Octets as hex text.
pub(crate) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
