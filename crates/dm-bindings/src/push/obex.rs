//! OBEX: a push that is the body of a PUT (bindings chapter 4.4).

use super::wsp::Octets;
use super::{Ignored, Push};

/// PUT, final.
const PUT_FINAL: u8 = 0x82;
const TYPE: u8 = 0x42;
const BODY: u8 = 0x48;
const END_OF_BODY: u8 = 0x49;

/// A PUT of one packet.
pub(crate) fn put(packet: &[u8]) -> Result<Push<'_>, Ignored> {
    if packet.first() != Some(&PUT_FINAL) {
        return Err(Ignored::NotPush);
    }
    let (media_type, body) = headers(packet).ok_or(Ignored::Malformed)?;
    Push::typed(media_type, body)
}

/// Type and body of a packet, whose length has to be its own.
fn headers(packet: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut octets = Octets(packet);
    octets.octet()?;
    if length(&mut octets)? != packet.len() {
        return None;
    }
    let mut media_type = None;
    let mut body: Option<&[u8]> = None;
    while let Some(id) = octets.octet() {
        let value = match id >> 6 {
            2 => octets.take(1)?,
            3 => octets.take(4)?,
            // The length counts the header's own three octets.
            _ => {
                let len = length(&mut octets)?.checked_sub(3)?;
                octets.take(len)?
            }
        };
        match id {
            TYPE if media_type.replace(value).is_some() => return None,
            // The end of a body that stands in another header may be empty.
            END_OF_BODY if value.is_empty() && body.is_some() => {}
            BODY | END_OF_BODY if body.replace(value).is_some() => return None,
            _ => {}
        }
    }
    let media_type = media_type?;
    Some((media_type.strip_suffix(b"\0").unwrap_or(media_type), body?))
}

fn length(octets: &mut Octets<'_>) -> Option<usize> {
    let high = octets.octet()?;
    let low = octets.octet()?;
    Some(usize::from(u16::from_be_bytes([high, low])))
}
