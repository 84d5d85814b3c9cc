//! Notifications: Package 0 made, signed, taken apart and pushed, from the specification alone.
//!
//! Nothing here is shared with the client, neither digests nor the WSP around them, so that a mistake on either side shows.

use std::fmt;
use std::io;
use std::net::{ToSocketAddrs, UdpSocket};

use md5::Md5;
use sha2::{Digest, Sha256};

use crate::config::Secret;
use crate::digest::encode;

/// The port on which devices wait for WAP pushes.
pub const PUSH_PORT: u16 = 2948;
/// The nonce on which both sides meet when they have lost each other's.
pub const SPECIAL_NONCE: [u8; 4] = [0; 4];

/// Octets before the options of a 1.3 notification, and of the digests.
const HEADER: usize = 6;
const MD5: usize = 16;
const SHA256: usize = 32;

/// Which of the two notifications it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The trigger of DM 1.2, media type `application/vnd.syncml.notification`.
    V1_2,
    /// The extensible notification of DM 1.3 as this project's profile has it, media type
    /// `application/vnd.syncml.dm.notification`, signed with MD5.
    V1_3Md5,
    /// As before, signed with SHA-256.
    V1_3,
}

impl Format {
    /// The number of the media type in WSP.
    #[must_use]
    pub const fn content_type(self) -> u8 {
        match self {
            Self::V1_2 => 0x44,
            Self::V1_3Md5 | Self::V1_3 => 0x58,
        }
    }
}

/// What the user is to know of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum UiMode {
    /// As the device likes.
    #[default]
    NotSpecified,
    /// Nothing.
    Background,
    /// That it begins.
    Informative,
    /// The user decides.
    UserInteraction,
}

impl UiMode {
    const ALL: [Self; 4] = [
        Self::NotSpecified,
        Self::Background,
        Self::Informative,
        Self::UserInteraction,
    ];

    fn bits(self) -> u32 {
        Self::ALL
            .iter()
            .zip(0..)
            .find(|(mode, _)| **mode == self)
            .map_or(0, |(_, bits)| bits)
    }

    fn of_bits(bits: u32) -> Self {
        Self::ALL
            .iter()
            .zip(0..)
            .find(|(_, number)| *number == bits & 3)
            .map_or(Self::NotSpecified, |(mode, _)| *mode)
    }
}

/// What a notification says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Notification {
    /// Which of the two it is.
    pub format: Format,
    /// Ten times the version that its header says: 11 in 1.2, 13 in 1.3.
    pub version: u16,
    /// The server that wants a session, by its ServerID.
    pub server_id: String,
    /// The SessionID of that session.
    pub session_id: u16,
    /// What the user is to know.
    pub ui_mode: UiMode,
    /// The user asked for the session, not the server.
    pub by_user: bool,
    /// Vendor specific octets: the body of a trigger, or option Vendor-Info.
    pub vendor: Vec<u8>,
    /// Numbers of management objects that the session is about (1.3 only, as all below).
    pub targeted: Vec<u16>,
    /// Numbers of management objects that package 1 is to hold.
    pub requested: Vec<u16>,
    /// Ways to reach the server, the preferred one first.
    pub bearers: Vec<u8>,
    /// Why, for the user to read.
    pub reason: Option<String>,
    /// Seconds since 1970 after which it is not to be acted upon.
    pub expires: Option<u32>,
}

/// Why something is no notification, or cannot be made one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationError(pub String);

impl fmt::Display for NotificationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NotificationError {}

fn fault(text: impl Into<String>) -> NotificationError {
    NotificationError(text.into())
}

/// A notification taken apart, with what its digest is checked by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// What it says.
    pub notification: Notification,
    /// Its digest.
    pub digest: Vec<u8>,
    /// What the digest is over.
    signed: Vec<u8>,
}

impl Received {
    /// Whether it was made with this secret and nonce.
    #[must_use]
    pub fn is_right(&self, secret: &Secret, nonce: &[u8]) -> bool {
        let Notification {
            format, server_id, ..
        } = &self.notification;
        self.digest == digest(*format, server_id, secret, nonce, &self.signed)
    }
}

impl Notification {
    /// A silent notification of the server's own will.
    #[must_use]
    pub fn new(format: Format, server_id: &str, session_id: u16) -> Self {
        Self {
            format,
            version: if format == Format::V1_2 { 11 } else { 13 },
            server_id: server_id.to_owned(),
            session_id,
            ui_mode: UiMode::Background,
            by_user: false,
            vendor: Vec::new(),
            targeted: Vec::new(),
            requested: Vec::new(),
            bearers: Vec::new(),
            reason: None,
            expires: None,
        }
    }

    /// Package 0, signed. `nonce` are decoded octets: the server's nonce that the device gave out last.
    ///
    /// # Errors
    /// A text, list or number that has no place in the format.
    pub fn sign(&self, secret: &Secret, nonce: &[u8]) -> Result<Vec<u8>, NotificationError> {
        let mut package = self.unsigned()?;
        let digest = digest(self.format, &self.server_id, secret, nonce, &package);
        if self.format == Format::V1_2 {
            package.splice(0..0, digest);
        } else {
            package.extend(digest);
        }
        Ok(package)
    }

    /// Everything but the digest.
    fn unsigned(&self) -> Result<Vec<u8>, NotificationError> {
        if self.session_id == 0 || self.version > 1023 {
            return Err(fault("session ids begin with 1, versions end with 102.3"));
        }
        let start = u32::from(self.version) << 22
            | self.ui_mode.bits() << 20
            | u32::from(!self.by_user) << 19;
        if self.format == Format::V1_2 {
            return self.trigger(start);
        }
        let options = self.options()?;
        let algorithm = if self.format == Format::V1_3 { 2 } else { 1 };
        let count = u32::try_from(options.len()).unwrap_or(u32::MAX);
        if count > 31 {
            return Err(fault("more than 31 options"));
        }
        let bits = start | count << 14 | algorithm << 12;
        let mut package = bits.to_be_bytes().to_vec();
        package.extend(self.session_id.to_be_bytes());
        for (number, value) in options {
            let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
            if value.is_empty() || len > 4095 {
                return Err(fault(format!("option {number} holds 1 to 4095 octets")));
            }
            package.extend((u16::from(number) << 12 | len).to_be_bytes());
            package.extend(value);
        }
        Ok(package)
    }

    fn trigger(&self, start: u32) -> Result<Vec<u8>, NotificationError> {
        let Ok(len @ 1..) = u8::try_from(self.server_id.len()) else {
            return Err(fault("a server identifier has 1 to 255 octets"));
        };
        let is_plain = self.targeted.is_empty()
            && self.requested.is_empty()
            && self.bearers.is_empty()
            && self.reason.is_none()
            && self.expires.is_none();
        if !is_plain {
            return Err(fault("options are for 1.3 only"));
        }
        let mut package = start.to_be_bytes().to_vec();
        package.push(0);
        package.extend(self.session_id.to_be_bytes());
        package.push(len);
        package.extend(self.server_id.as_bytes());
        package.extend(&self.vendor);
        Ok(package)
    }

    fn options(&self) -> Result<Vec<(u8, Vec<u8>)>, NotificationError> {
        if !(1..=256).contains(&self.server_id.len()) {
            return Err(fault("a server identifier has 1 to 256 octets"));
        }
        let mut options = vec![(1, self.server_id.clone().into_bytes())];
        options.extend(
            self.targeted
                .iter()
                .map(|mo| (2, mo.to_be_bytes().to_vec())),
        );
        options.extend(
            self.requested
                .iter()
                .map(|mo| (3, mo.to_be_bytes().to_vec())),
        );
        options.extend(self.bearers.iter().map(|bearer| (4, vec![*bearer])));
        options.extend(
            self.reason
                .iter()
                .map(|text| (5, text.clone().into_bytes())),
        );
        if !self.vendor.is_empty() {
            options.push((6, self.vendor.clone()));
        }
        options.extend(self.expires.iter().map(|at| (7, at.to_be_bytes().to_vec())));
        Ok(options)
    }

    /// Takes Package 0 apart. `content_type` is the number of its media type, which alone tells 1.2 from 1.3.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(content_type: u8, octets: &[u8]) -> Result<Received, NotificationError> {
        match content_type {
            0x44 => Self::read_trigger(octets),
            0x58 => Self::read_13(octets),
            other => Err(fault(format!(
                "0x{other:02X} is no media type of notifications"
            ))),
        }
    }

    fn read_trigger(octets: &[u8]) -> Result<Received, NotificationError> {
        let (digest, signed) = octets
            .split_at_checked(MD5)
            .ok_or_else(|| fault("the digest is cut"))?;
        let [a, b, _, _, _, high, low, len, rest @ ..] = signed else {
            return Err(fault("the header is cut"));
        };
        let (server, vendor) = rest
            .split_at_checked(usize::from(*len))
            .ok_or_else(|| fault(format!("the server identifier of {len} octets is cut")))?;
        let mut notification = Self::head(Format::V1_2, [*a, *b], [*high, *low], server)?;
        notification.vendor = vendor.to_vec();
        Ok(Received {
            notification,
            digest: digest.to_vec(),
            signed: signed.to_vec(),
        })
    }

    fn read_13(octets: &[u8]) -> Result<Received, NotificationError> {
        let [a, b, c, _, high, low, body @ ..] = octets else {
            return Err(fault("the header is cut"));
        };
        let (format, digest_len) = match c >> 4 & 3 {
            1 => (Format::V1_3Md5, MD5),
            2 => (Format::V1_3, SHA256),
            other => return Err(fault(format!("digest algorithm {other} is none"))),
        };
        let count = usize::from((b & 7) << 2 | c >> 6);
        let (mut rest, mut options, mut last) = (body, Vec::new(), 0);
        for _ in 0..count {
            let [first, second, value @ ..] = rest else {
                return Err(fault("an option is cut"));
            };
            let head = u16::from_be_bytes([*first, *second]);
            let (value, behind) = value
                .split_at_checked(usize::from(head & 0x0FFF))
                .ok_or_else(|| fault(format!("option {} is cut", head >> 12)))?;
            if head >> 12 < last {
                return Err(fault(format!("option {} is out of order", head >> 12)));
            }
            last = head >> 12;
            options.push((last, value));
            rest = behind;
        }
        if rest.len() != digest_len {
            return Err(fault(format!(
                "{} octets where the digest has {digest_len}",
                rest.len()
            )));
        }
        let all = |number: u16| {
            options
                .iter()
                .filter(move |option| option.0 == number)
                .map(|option| option.1)
        };
        let server = all(1).next().ok_or_else(|| fault("no server identifier"))?;
        let mut notification = Self::head(format, [*a, *b], [*high, *low], server)?;
        let number = |value: &[u8]| {
            value
                .iter()
                .fold(0_u32, |sum, octet| sum << 8 | u32::from(*octet))
        };
        let mos = |which| {
            all(which)
                .map(|value| u16::try_from(number(value)).unwrap_or(u16::MAX))
                .collect()
        };
        notification.targeted = mos(2);
        notification.requested = mos(3);
        notification.bearers = all(4).filter_map(|value| value.first().copied()).collect();
        notification.reason = all(5)
            .next()
            .map(|text| String::from_utf8_lossy(text).into_owned());
        notification.vendor = all(6).next().unwrap_or_default().to_vec();
        notification.expires = all(7).next().map(number);
        let end = octets.len().saturating_sub(digest_len);
        Ok(Received {
            notification,
            digest: rest.to_vec(),
            signed: octets.get(..end.max(HEADER)).unwrap_or_default().to_vec(),
        })
    }

    fn head(
        format: Format,
        start: [u8; 2],
        session_id: [u8; 2],
        server_id: &[u8],
    ) -> Result<Self, NotificationError> {
        let bits = u16::from_be_bytes(start);
        let server_id = core::str::from_utf8(server_id)
            .ok()
            .filter(|name| !name.is_empty())
            .ok_or_else(|| fault("the server identifier is no text"))?;
        let mut notification = Self::new(format, server_id, u16::from_be_bytes(session_id));
        notification.version = bits >> 6;
        notification.ui_mode = UiMode::of_bits(u32::from(bits >> 4));
        notification.by_user = bits & 8 == 0;
        Ok(notification)
    }
}

/// A connectionless WAP push of a Package 0: transaction id, Push, three octets of headers.
#[must_use]
pub fn wap_push(format: Format, tid: u8, package0: &[u8]) -> Vec<u8> {
    let mut pdu = vec![tid, 0x06, 3, 0x80 | format.content_type(), 0xAF, 0x87];
    pdu.extend(package0);
    pdu
}

/// Sends a push in a datagram, from a free port of this host.
///
/// # Errors
/// What the operating system says. That it arrives is not known: nothing answers a push.
pub fn send_push(to: impl ToSocketAddrs, pdu: &[u8]) -> io::Result<()> {
    let to = to
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no address"))?;
    let any = if to.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let sent = UdpSocket::bind(any)?.send_to(pdu, to)?;
    if sent == pdu.len() {
        Ok(())
    } else {
        Err(io::Error::new(
            io::ErrorKind::WriteZero,
            "the datagram was cut",
        ))
    }
}

/// `H(B64(H(server ":" secret)) ":" nonce ":" B64(H(package)))`.
fn digest(
    format: Format,
    server_id: &str,
    secret: &Secret,
    nonce: &[u8],
    package: &[u8],
) -> Vec<u8> {
    match format {
        Format::V1_2 | Format::V1_3Md5 => nested::<Md5>(server_id, secret, nonce, package),
        Format::V1_3 => nested::<Sha256>(server_id, secret, nonce, package),
    }
}

fn nested<H: Digest>(server_id: &str, secret: &Secret, nonce: &[u8], package: &[u8]) -> Vec<u8> {
    let mut text = encode(&H::digest(format!("{server_id}:{}", secret.reveal()))).into_bytes();
    text.push(b':');
    text.extend(nonce);
    text.push(b':');
    text.extend(encode(&H::digest(package)).as_bytes());
    H::digest(text).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
        digits
            .chunks(2)
            .map(|pair| u8::from_str_radix(core::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// The vectors N1 to N3 of the notification chapter.
    #[test]
    fn triggers_equal_the_vectors() {
        let secret = Secret::new("Srv#Pass-1");
        let mut notification = Notification::new(Format::V1_2, "dm.example.org", 0x1F);
        let n1 = "35F4951F2611F6137E0822633437DD48 02D8000000001F0E646D2E6578616D706C652E6F7267";
        assert_eq!(notification.sign(&secret, &[0xA5; 16]), Ok(hex(n1)));
        (notification.ui_mode, notification.by_user) = (UiMode::UserInteraction, true);
        notification.session_id = 0xBEEF;
        notification.vendor = vec![1, 2, 3];
        let n2 =
            "5F83DABF8640B1EEE3D8EBA7E0A49708 02F0000000BEEF0E646D2E6578616D706C652E6F7267 010203";
        assert_eq!(notification.sign(&secret, &[0xA5; 16]), Ok(hex(n2)));
        notification.session_id = 0xFFFF;
        (notification.ui_mode, notification.by_user) = (UiMode::Informative, false);
        notification.vendor.clear();
        let n3 = "3D746C683AD31EB12144630EADB4542E 02E8000000FFFF0E646D2E6578616D706C652E6F7267";
        assert_eq!(notification.sign(&secret, &SPECIAL_NONCE), Ok(hex(n3)));
        let text = "4CB906156D6F384588D1915AE69230FA 02E8000000FFFF0E646D2E6578616D706C652E6F7267";
        assert_eq!(notification.sign(&secret, b"0x00000000"), Ok(hex(text)));
        assert_eq!(wap_push(Format::V1_2, 1, b"x"), hex("010603c4af8778"));
        assert_eq!(wap_push(Format::V1_3, 1, b"x"), hex("010603d8af8778"));
    }

    /// The vectors of the additions, both hashes.
    #[test]
    fn notifications_of_1_3_equal_the_vectors() {
        let secret = Secret::new("notipass");
        let mut notification = Notification::new(Format::V1_3, "mgmt.example.com", 0x0A41);
        notification.requested = vec![0x000B];
        notification.bearers = vec![2];
        notification.reason = Some("fw".to_owned());
        notification.expires = Some(1_767_225_600);
        let options = "10106d676d742e6578616d706c652e636f6d 3002000b 400102 50026677 7004 6955b900";
        let sha256 = "f4d0f8f8783ad4629ed6b6677633a832d7446aaa22fc99fc84df5d17a0964a45";
        let expected = hex(&format!("035960000a41 {options} {sha256}"));
        assert_eq!(notification.sign(&secret, b"nonce-01"), Ok(expected));
        notification.format = Format::V1_3Md5;
        let expected = hex(&format!(
            "035950000a41 {options} 1455bb7fee910737e92edc0bcb06d637"
        ));
        assert_eq!(notification.sign(&secret, b"nonce-01"), Ok(expected));
    }

    #[test]
    fn what_was_made_is_read_again_and_its_digest_is_right() {
        let secret = Secret::new("s");
        for format in [Format::V1_2, Format::V1_3Md5, Format::V1_3] {
            for (ui_mode, by_user) in UiMode::ALL.into_iter().zip([false, true, false, true]) {
                let mut notification = Notification::new(format, "srv", 0xABC);
                (notification.ui_mode, notification.by_user) = (ui_mode, by_user);
                notification.vendor = b"\0\xff".to_vec();
                if format != Format::V1_2 {
                    notification.targeted = vec![0x27, 0x100];
                    notification.requested = vec![0x0B];
                    notification.bearers = vec![5, 0];
                    notification.reason = Some("why".to_owned());
                    notification.expires = Some(7);
                }
                let octets = notification.sign(&secret, b"n").unwrap();
                let read = Notification::read(format.content_type(), &octets).unwrap();
                assert_eq!(read.notification, notification);
                assert!(read.is_right(&secret, b"n"));
                assert!(!read.is_right(&secret, b"m"));
                assert!(!read.is_right(&Secret::new("t"), b"n"));
                for len in 0..octets.len() {
                    let cut = Notification::read(format.content_type(), &octets[..len]);
                    assert!(
                        cut.is_err() || !cut.unwrap().is_right(&secret, b"n"),
                        "{len}"
                    );
                }
            }
        }
    }

    #[test]
    fn what_has_no_place_is_refused() {
        let secret = Secret::new("s");
        let good = Notification::new(Format::V1_2, "srv", 1);
        let refuse = |change: &dyn Fn(&mut Notification), format| {
            let mut notification = Notification {
                format,
                ..good.clone()
            };
            change(&mut notification);
            assert!(notification.sign(&secret, b"").is_err());
        };
        refuse(&|it| it.session_id = 0, Format::V1_2);
        refuse(&|it| it.server_id.clear(), Format::V1_2);
        refuse(&|it| it.server_id = "x".repeat(256), Format::V1_2);
        refuse(&|it| it.server_id = "x".repeat(257), Format::V1_3);
        refuse(&|it| it.reason = Some("why".to_owned()), Format::V1_2);
        refuse(&|it| it.reason = Some(String::new()), Format::V1_3);
        refuse(&|it| it.bearers = vec![0; 31], Format::V1_3);
        refuse(&|it| it.vendor = vec![0; 4096], Format::V1_3);
        refuse(&|it| it.version = 1024, Format::V1_3);
        assert!(Notification::read(0x42, &[0; 40]).is_err());
    }
}
