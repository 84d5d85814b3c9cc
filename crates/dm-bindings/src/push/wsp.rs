//! WSP: connectionless push PDUs and the encoding of their headers (bindings chapters 3.2 and 3.3).

use super::media::{self, Content};
use super::{Application, Ignored, Push};

/// PDU types.
pub(crate) const PUSH: u8 = 0x06;
pub(crate) const CONFIRMED_PUSH: u8 = 0x07;
/// X-Wap-Application-Id on header code page 1.
pub(crate) const APPLICATION_ID: u8 = 0x2F;
const APPLICATION_ID_NAME: &str = "X-Wap-Application-Id";
/// The next octet is a header code page.
const SHIFT: u8 = 0x7F;
/// The next octets are the length of the value.
const LENGTH_QUOTE: u8 = 0x1F;
/// Octets of the longest uintvar.
const UINTVAR_MAX: usize = 5;

/// A PDU of the connectionless service: transaction id, type, push.
pub(crate) fn connectionless(pdu: &[u8]) -> Result<Push<'_>, Ignored> {
    match pdu {
        [_, PUSH, rest @ ..] => push(rest),
        [_, _, ..] => Err(Ignored::NotPush),
        _ => Err(Ignored::Malformed),
    }
}

/// A Push PDU behind its type: length of the headers, content type, headers, data.
pub(crate) fn push(pdu: &[u8]) -> Result<Push<'_>, Ignored> {
    let mut rest = Octets(pdu);
    let parsed = parse(&mut rest);
    let (content, application) = parsed.ok_or(Ignored::Malformed)?;
    Push::route(application, &content, rest.0)
}

/// Takes everything but the data.
fn parse<'p>(rest: &mut Octets<'p>) -> Option<(Content<'p>, Application)> {
    let len = rest.uintvar()?;
    let mut octets = Octets(rest.take(len)?);
    let content = Content::of_value(&octets.value()?)?;
    let application = headers(&mut octets)?;
    Some((content, application))
}

/// Walks over all headers, whose order is free (`NOT-C-028`); those not known are skipped (`BIND-C-043`).
fn headers(octets: &mut Octets<'_>) -> Option<Application> {
    let mut application = Application::Unnamed;
    let mut page = 1;
    while let Some(first) = octets.0.first() {
        match *first {
            0 => return None,
            SHIFT => {
                octets.take(1)?;
                page = octets.octet()?;
            }
            shortcut @ 1..=LENGTH_QUOTE => {
                octets.take(1)?;
                page = shortcut;
            }
            _ => {
                let name = octets.value()?;
                let value = octets.value()?;
                let is_known = page == 1 && name.integer() == Some(u32::from(APPLICATION_ID));
                if is_known || name.is_text(APPLICATION_ID_NAME) {
                    application.name(&value);
                }
            }
        }
    }
    Some(application)
}

/// A value in one of the general forms.
#[derive(Clone, Copy)]
pub(crate) enum Value<'p> {
    /// Seven bits.
    Short(u8),
    /// Characters, without the octet that may quote them and the NUL behind them.
    Text(&'p [u8]),
    /// Octets behind their length.
    Data(&'p [u8]),
}

impl Value<'_> {
    /// As an integer: short, or long of at most four octets.
    #[inline(never)]
    pub(crate) fn integer(&self) -> Option<u32> {
        match self {
            Self::Short(value) => Some(u32::from(*value)),
            Self::Data(octets) if matches!(octets.len(), 1..=4) => Some(
                octets
                    .iter()
                    .fold(0, |value, octet| (value << 8) | u32::from(*octet)),
            ),
            _ => None,
        }
    }

    pub(crate) fn is_text(&self, name: &str) -> bool {
        matches!(self, Self::Text(text) if media::is(text, name))
    }
}

/// What is still to be read.
pub(crate) struct Octets<'p>(pub(crate) &'p [u8]);

impl<'p> Octets<'p> {
    pub(crate) fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    pub(crate) fn take(&mut self, len: usize) -> Option<&'p [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    /// A number in septets, most significant first; at most 32 bits in 5 octets (`BIND-C-044`).
    pub(crate) fn uintvar(&mut self) -> Option<usize> {
        let mut value: u32 = 0;
        for _ in 0..UINTVAR_MAX {
            let octet = self.octet()?;
            if value > u32::MAX >> 7 {
                return None;
            }
            value = (value << 7) | u32::from(octet & 0x7F);
            if octet & 0x80 == 0 {
                return usize::try_from(value).ok();
            }
        }
        None
    }

    pub(crate) fn value(&mut self) -> Option<Value<'p>> {
        let first = *self.0.first()?;
        if first >= 0x80 {
            self.take(1)?;
            return Some(Value::Short(first & 0x7F));
        }
        if first > LENGTH_QUOTE {
            return self.text().map(Value::Text);
        }
        self.take(1)?;
        let len = match first {
            LENGTH_QUOTE => self.uintvar()?,
            len => usize::from(len),
        };
        self.take(len).map(Value::Data)
    }

    fn text(&mut self) -> Option<&'p [u8]> {
        let end = self.0.iter().position(|octet| *octet == 0)?;
        let text = self.take(end)?;
        self.take(1)?;
        Some(text.strip_prefix(&[SHIFT]).unwrap_or(text))
    }
}
