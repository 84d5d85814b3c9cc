//! As much of a server as the story needs: it proves itself with MD5, checks the device, sets one leaf, and calls.

use base64ct::{Base64, Encoding as _};
use dm_core::{Encoding, Peer, Received};
use dm_wbxml::{
    Command, Cred, Decimal, Item, Limits, Message, Meta, Part, Status, SyncHdr, Text, Writer,
    check, tag,
};
use md5::{Digest, Md5};

const ID: &str = "srv";
const SECRET: &str = "server-secret";
const DEVICE: &str = "device-7";
const DEVICE_SECRET: &str = "device-secret";
/// Nonces of the first credentials, as in the provisioning document.
const NONCE: &[u8] = b"server nonce 001";
const DEVICE_NONCE: &[u8] = b"client nonce 001";
/// SessionID of the notification.
const SESSION: u8 = 0x1F;

/// What the server remembers.
#[repr(C)]
pub struct Server {
    nonce: [u8; 32],
    nonce_len: u32,
    /// Sessions so far.
    sessions: u32,
    /// The notification that was sent.
    pub package0: [u8; 27],
}

/// Base64 of an MD5.
type Sum = [u8; 24];

fn sum(parts: &[&[u8]]) -> Sum {
    let mut text = [0; 24];
    let _ = Base64::encode(&digest(parts), &mut text);
    text
}

fn digest(parts: &[&[u8]]) -> [u8; 16] {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(part);
    }
    md5.finalize().into()
}

fn credentials(user: &str, secret: &str, nonce: &[u8]) -> Sum {
    let inner = sum(&[user.as_bytes(), b":", secret.as_bytes()]);
    sum(&[&inner, b":", nonce])
}

/// Octets in the space of the client, as a plain transport brings them.
pub fn received(len: usize) -> Received<'static> {
    Received {
        len,
        content_type: "application/vnd.syncml.dm+wbxml",
        hmac: None,
        peer: Peer::Plain,
    }
}

impl Server {
    pub const fn new() -> Self {
        Self {
            nonce: [0; 32],
            nonce_len: 0,
            sessions: 0,
            package0: [0; 27],
        }
    }

    fn nonce(&self) -> &[u8] {
        match self.nonce_len {
            0 => NONCE,
            len => self.nonce.get(..len as usize).unwrap_or_default(),
        }
    }

    /// A notification for a session in the background.
    pub fn notify(&mut self) -> [u8; 27] {
        let mut trigger = [0x02, 0xD8, 0, 0, 0, 0, SESSION, ID.len() as u8, 0, 0, 0];
        if let Some((_, place)) = trigger.split_at_mut_checked(8) {
            for (to, from) in place.iter_mut().zip(ID.as_bytes()) {
                *to = *from;
            }
        }
        let inner = sum(&[ID.as_bytes(), b":", SECRET.as_bytes()]);
        let sum = sum(&[&trigger]);
        let digest = digest(&[&inner, b":", self.nonce(), b":", &sum]);
        let octets = digest.iter().chain(&trigger);
        for (to, from) in self.package0.iter_mut().zip(octets) {
            *to = *from;
        }
        self.package0
    }

    /// Writes the answer to a message of the device to `out`; its length.
    pub fn answer(&mut self, bytes: &[u8], out: &mut [u8]) -> Result<usize, &'static str> {
        let digest = check(bytes, Encoding::Wbxml, &Limits::default()).map_err(|_| "a message")?;
        let message = Message::new(bytes, &digest);
        let header = message.header().map_err(|_| "a header")?;
        let is_first = header.msg_id.is(b"1");
        if is_first {
            let expected = credentials(DEVICE, DEVICE_SECRET, DEVICE_NONCE);
            if !header.cred.is_some_and(|cred| cred.data.is(&expected)) {
                return Err("the device's credentials");
            }
            self.sessions += 1;
        }
        self.take_nonce(&message)?;
        let cred = credentials(ID, SECRET, self.nonce());
        let (mut msg_id, mut session_id) = ([0; 8], [0; 8]);
        let msg_id = header.msg_id.flatten(&mut msg_id).ok_or("a number")?;
        let session_id = header
            .session_id
            .flatten(&mut session_id)
            .ok_or("a number")?;
        let text = |text: &'static str| Text::from_bytes(text.as_bytes());
        let mut writer = Writer::new(out, Encoding::Wbxml);
        writer.begin_message(&SyncHdr {
            ver_dtd: text("1.2"),
            ver_proto: text("DM/1.2"),
            session_id: Text::from_bytes(session_id),
            msg_id: Text::from_bytes(msg_id),
            target: header.source,
            source: header.target,
            cred: Some(Cred {
                format: Some(text("b64")),
                mime: Some(text("syncml:auth-md5")),
                data: Text::from_bytes(&cred),
            }),
            ..SyncHdr::default()
        });
        writer.status(&Status {
            cmd_id: text("1"),
            msg_ref: Text::from_bytes(msg_id),
            cmd_ref: text("0"),
            cmd: text("SyncHdr"),
            code: if is_first { 212 } else { 200 },
            ..Status::default()
        });
        if is_first {
            let number = Decimal::new(self.sessions);
            writer.begin_command(&Command {
                tag: tag::REPLACE,
                cmd_id: text("2"),
                ..Command::default()
            });
            writer.item(&Item {
                target: Some(text("./Vendor/cfg/label")),
                meta: Meta::default(),
                data: Some(Text::from_bytes(number.as_bytes())),
                ..Item::default()
            });
            writer.end(tag::REPLACE);
        }
        writer.end_message(true);
        Ok(writer.written().len())
    }

    /// Takes the nonce of the device's challenge.
    fn take_nonce(&mut self, message: &Message<'_>) -> Result<(), &'static str> {
        let mut body = message.body();
        loop {
            match body.next().map_err(|_| "a body")? {
                Part::Done => return Ok(()),
                Part::Status(status) => {
                    let next = status.chal.and_then(|chal| chal.next_nonce);
                    if let Some(next) = next {
                        let len = next.decode_base64(&mut self.nonce).map_err(|_| "a nonce")?;
                        self.nonce_len = len as u32;
                    }
                }
                _ => {}
            }
        }
    }
}
