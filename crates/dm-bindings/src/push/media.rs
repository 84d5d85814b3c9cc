//! Media types and their parameters, as numbers and as text (`BIND-C-063`, `BIND-C-064`).

use super::{Application, Kind, Sec};
use crate::push::wsp::{Octets, Value};

/// Parameter tokens of WSP.
const PARAMETER_Q: u32 = 0x00;
const PARAMETER_SEC: u32 = 0x11;
const PARAMETER_MAC: u32 = 0x12;

/// The number of the DM client among push applications, and its name.
pub(crate) const APPLICATION: u8 = 0x07;
const APPLICATION_PREFIX: &[u8] = b"x-wap-application:";
const APPLICATION_NAME: &[u8] = b"syncml.dm";

impl Kind {
    const ALL: &'static [Self] = &[
        Self::Notification,
        #[cfg(feature = "profile13")]
        Self::Notification13,
        Self::DmWbxml,
        Self::DmXml,
        Self::Provisioning,
    ];

    /// The media type as a text.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Notification => "application/vnd.syncml.notification",
            #[cfg(feature = "profile13")]
            Self::Notification13 => "application/vnd.syncml.dm.notification",
            Self::DmWbxml => "application/vnd.syncml.dm+wbxml",
            Self::DmXml => "application/vnd.syncml.dm+xml",
            Self::Provisioning => "application/vnd.wap.connectivity-wbxml",
        }
    }

    /// The number of the media type in WSP.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Notification => 0x44,
            #[cfg(feature = "profile13")]
            Self::Notification13 => 0x58,
            Self::DmWbxml => 0x42,
            Self::DmXml => 0x43,
            Self::Provisioning => 0x36,
        }
    }

    fn find(is_it: impl Fn(Self) -> bool) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| is_it(*kind))
    }

    fn of_code(code: u32) -> Option<Self> {
        Self::find(|kind| u32::from(kind.code()) == code)
    }

    fn of_name(name: &[u8]) -> Option<Self> {
        Self::find(|kind| name.eq_ignore_ascii_case(kind.media_type().as_bytes()))
    }
}

impl Sec {
    /// The number of the method; `None`: it has none.
    #[must_use]
    pub const fn code(self) -> Option<u8> {
        match self {
            Self::NetworkId => Some(0),
            Self::UserPin => Some(1),
            Self::UserPinNetworkId => Some(2),
            Self::UserPinMac => Some(3),
            Self::Other => None,
        }
    }

    const fn of_code(code: u32) -> Self {
        match code {
            0 => Self::NetworkId,
            1 => Self::UserPin,
            2 => Self::UserPinNetworkId,
            3 => Self::UserPinMac,
            _ => Self::Other,
        }
    }

    /// By name, or by number in digits.
    fn of_name(name: &[u8]) -> Self {
        const NAMES: [(&[u8], Sec); 6] = [
            (b"NETWORKID", Sec::NetworkId),
            (b"NETWPIN", Sec::NetworkId),
            (b"USERPIN", Sec::UserPin),
            (b"USERPIN_NETWORKID", Sec::UserPinNetworkId),
            (b"USERNETWPIN", Sec::UserPinNetworkId),
            (b"USERPINMAC", Sec::UserPinMac),
        ];
        if let [digit @ b'0'..=b'9'] = name {
            return Self::of_code(u32::from(digit & 0x0F));
        }
        NAMES
            .iter()
            .find(|(known, _)| name.eq_ignore_ascii_case(known))
            .map_or(Self::Other, |(_, sec)| *sec)
    }
}

/// A Content-Type, as far as the DM client is concerned.
#[derive(Default)]
pub(crate) struct Content<'p> {
    /// `None`: none of ours.
    pub(crate) kind: Option<Kind>,
    pub(crate) sec: Option<Sec>,
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
            let is = |number: u32, text: &[u8]| code == Some(number) || name.is_text(text);
            if is(PARAMETER_SEC, b"SEC") {
                content.set_sec(match (value.integer(), value) {
                    (Some(code), _) => Sec::of_code(code),
                    (None, Value::Text(name)) => Sec::of_name(name),
                    (None, _) => Sec::Other,
                })?;
            } else if is(PARAMETER_MAC, b"MAC") {
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
                kind: Kind::of_code(code),
                ..Self::default()
            }),
            (None, Value::Text(text)) => Self::of_text(text),
            (None, _) => None,
        }
    }

    /// The text of a Content-Type field. `None`: a parameter of ours is there twice.
    pub(crate) fn of_text(text: &'p [u8]) -> Option<Self> {
        let mut parts = text.split(|octet| *octet == b';');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let mut content = Self {
            kind: Kind::of_name(name),
            ..Self::default()
        };
        for part in parts {
            let mut sides = part.splitn(2, |octet| *octet == b'=');
            let name = sides.next().unwrap_or_default().trim_ascii();
            let value = sides.next().unwrap_or_default().trim_ascii();
            if name.eq_ignore_ascii_case(b"SEC") {
                content.set_sec(Sec::of_name(unquoted(value)))?;
            } else if name.eq_ignore_ascii_case(b"MAC") {
                content.set_mac(value)?;
            }
        }
        Some(content)
    }

    /// `None`: there was one already. Two that differ could be read in two ways, and one of them would be wrong.
    fn set_sec(&mut self, sec: Sec) -> Option<()> {
        self.sec.replace(sec).is_none().then_some(())
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
            .filter(|(prefix, _)| prefix.eq_ignore_ascii_case(APPLICATION_PREFIX))
            .map_or(text, |(_, name)| name);
        bare.eq_ignore_ascii_case(APPLICATION_NAME) || matches!(bare, b"7" | b"07")
    }
}
