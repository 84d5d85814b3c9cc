//! Media types and their parameters, as numbers and as text (`BIND-C-063`, `BIND-C-064`).

use super::{Application, Kind, Sec};
use crate::push::wsp::{Octets, Value};

/// Parameter tokens of WSP.
const PARAMETER_Q: u32 = 0x00;
const PARAMETER_SEC: u32 = 0x11;
const PARAMETER_MAC: u32 = 0x12;

/// The number of the DM client among push applications, and its name.
pub(crate) const APPLICATION: u8 = 0x07;
const APPLICATION_PREFIX: &str = "x-wap-application:";
const APPLICATION_NAME: &str = "syncml.dm";

/// Whether two texts are the same but for capitals. One function for all texts of this folder.
#[inline(never)]
pub(crate) fn is(text: &[u8], known: &str) -> bool {
    text.eq_ignore_ascii_case(known.as_bytes())
}

/// Every kind, the number of its media type in WSP, and its name.
const KINDS: &[(Kind, u8, &str)] = &[
    (
        Kind::Notification,
        0x44,
        "application/vnd.syncml.notification",
    ),
    #[cfg(feature = "profile13")]
    (
        Kind::Notification13,
        0x58,
        "application/vnd.syncml.dm.notification",
    ),
    (Kind::DmWbxml, 0x42, "application/vnd.syncml.dm+wbxml"),
    (Kind::DmXml, 0x43, "application/vnd.syncml.dm+xml"),
    (
        Kind::Provisioning,
        0x36,
        "application/vnd.wap.connectivity-wbxml",
    ),
];

impl Kind {
    fn row(self) -> &'static (Self, u8, &'static str) {
        const NONE: (Kind, u8, &str) = (Kind::Notification, 0, "");
        KINDS.iter().find(|row| row.0 == self).unwrap_or(&NONE)
    }

    /// The media type as a text.
    #[must_use]
    pub fn media_type(self) -> &'static str {
        self.row().2
    }

    /// The number of the media type in WSP.
    #[must_use]
    pub fn code(self) -> u8 {
        self.row().1
    }

    /// The kind of this media type, in any case of letters and without parameters. `None`: it is none of ours.
    #[must_use]
    pub fn of_media_type(name: &str) -> Option<Self> {
        Self::find(None, name.as_bytes())
    }

    /// By number, or by name.
    fn find(code: Option<u32>, name: &[u8]) -> Option<Self> {
        KINDS
            .iter()
            .find(|row| match code {
                Some(code) => u32::from(row.1) == code,
                None => is(name, row.2),
            })
            .map(|row| row.0)
    }
}

/// A Content-Type, as far as the DM client is concerned.
#[derive(Default)]
pub(crate) struct Content<'p> {
    /// `None`: none of ours.
    pub(crate) kind: Option<Kind>,
    /// `None`: there is none, or one that nobody knows.
    pub(crate) sec: Option<Sec>,
    has_sec: bool,
    pub(crate) mac: &'p [u8],
}

impl<'p> Content<'p> {
    /// The value of the first header of a push. `None`: it is broken.
    pub(crate) fn of_value(value: &Value<'p>) -> Option<Self> {
        let Value::Data(general) = value else {
            return Self::of_media(value);
        };
        let mut octets = Octets(general);
        let mut content = Self::of_media(&octets.value()?)?;
        while !octets.0.is_empty() {
            let name = octets.value()?;
            let code = name.integer();
            if code == Some(PARAMETER_Q) {
                octets.uintvar()?;
                continue;
            }
            let value = octets.value()?;
            let is_it = |number: u32, text: &str| code == Some(number) || name.is_text(text);
            if is_it(PARAMETER_SEC, "SEC") {
                content.set_sec(match (value.integer(), value) {
                    (Some(code), _) => Sec::of_code(code),
                    (None, Value::Text(name)) => Sec::of_name(name),
                    (None, _) => None,
                })?;
            } else if is_it(PARAMETER_MAC, "MAC") {
                let Value::Text(mac) = value else {
                    return None;
                };
                content.set_mac(mac)?;
            }
        }
        Some(content)
    }

    fn of_media(value: &Value<'p>) -> Option<Self> {
        match (value.integer(), value) {
            (Some(code), _) => Some(Self {
                kind: Kind::find(Some(code), b""),
                ..Self::default()
            }),
            (None, Value::Text(text)) => Self::of_text(text),
            (None, _) => None,
        }
    }

    /// The text of a Content-Type field. `None`: a parameter of ours is there twice.
    #[inline(never)]
    pub(crate) fn of_text(text: &'p [u8]) -> Option<Self> {
        let mut parts = text.split(|octet| *octet == b';');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let mut content = Self {
            kind: Kind::find(None, name),
            ..Self::default()
        };
        for part in parts {
            let mut sides = part.splitn(2, |octet| *octet == b'=');
            let name = sides.next().unwrap_or_default().trim_ascii();
            let value = sides.next().unwrap_or_default().trim_ascii();
            if is(name, "SEC") {
                content.set_sec(Sec::of_name(unquoted(value)))?;
            } else if is(name, "MAC") {
                content.set_mac(value)?;
            }
        }
        Some(content)
    }

    /// `None`: there was one already. Two that differ could be read in two ways, and one of them would be wrong.
    fn set_sec(&mut self, sec: Option<Sec>) -> Option<()> {
        let is_first = !self.has_sec;
        (self.sec, self.has_sec) = (sec, true);
        is_first.then_some(())
    }

    fn set_mac(&mut self, mac: &'p [u8]) -> Option<()> {
        let is_first = self.mac.is_empty();
        self.mac = unquoted(mac);
        (is_first && !self.mac.is_empty()).then_some(())
    }
}

/// Quotes of HTTP stand on both sides, those of WSP in front only.
fn unquoted(text: &[u8]) -> &[u8] {
    let text = text.strip_prefix(b"\"").unwrap_or(text);
    text.strip_suffix(b"\"").unwrap_or(text)
}

impl Application {
    /// Takes one X-Wap-Application-Id. Of several that are not the same none is ours.
    pub(crate) fn name(&mut self, value: &Value<'_>) {
        let is_dm = match (value.integer(), value) {
            (Some(code), _) => code == u32::from(APPLICATION),
            (None, Value::Text(text)) => Self::is_dm(text),
            (None, _) => false,
        };
        self.settle(is_dm);
    }

    pub(crate) fn settle(&mut self, is_dm: bool) {
        *self = match self {
            Self::Unnamed | Self::Dm if is_dm => Self::Dm,
            _ => Self::Other,
        };
    }

    /// The text of an X-Wap-Application-Id: number, name, or name with its prefix.
    pub(crate) fn is_dm(text: &[u8]) -> bool {
        let text = text.trim_ascii();
        let bare = text
            .split_at_checked(APPLICATION_PREFIX.len())
            .filter(|(prefix, _)| is(prefix, APPLICATION_PREFIX))
            .map_or(text, |(_, name)| name);
        is(bare, APPLICATION_NAME) || matches!(bare, b"7" | b"07")
    }
}
