//! Pushes written: for servers, tools and tests.

use super::media::APPLICATION;
use super::wsp::{APPLICATION_ID, PUSH};
use super::{Kind, PORT, Push};

/// Octets of the user data of one short message.
pub const SMS_MAX: usize = 140;
/// Octets of the header of a short message that is whole, and of one that is a part.
const WHOLE_HEADER: usize = 7;
const PART_HEADER: usize = 12;
/// Where pushes come from; any port would do.
const SOURCE_PORT: u16 = 49154;

impl Push<'_> {
    /// Writes the connectionless WAP push with transaction id `tid` to the beginning of `out` and gives its length. The
    /// media type is written as a number, as it has to be for notifications, and the application id behind it.
    ///
    /// `None`: it does not fit.
    #[must_use]
    pub fn write(&self, tid: u8, out: &mut [u8]) -> Option<usize> {
        let sec = self.sec.map(super::Sec::code);
        let mut content = 1_usize;
        if sec.is_some() {
            content = content.checked_add(2)?;
        }
        if !self.mac.is_empty() {
            content = content.checked_add(self.mac.len())?.checked_add(2)?;
        }
        // A number alone stands for itself; with parameters their length goes before.
        let prefix = match content {
            1 => 0,
            2..=30 => 1,
            31..=127 => 2,
            _ => return None,
        };
        let has_id = self.kind != Kind::Provisioning;
        let headers = content
            .checked_add(prefix)?
            .checked_add(if has_id { 2 } else { 0 })?;
        let mut to = Out { buf: out, at: 0 };
        to.put(&[tid, PUSH])?;
        if headers > 127 {
            to.put(&[0x81])?;
        }
        let octet = |len: usize| u8::try_from(len & 0x7F).ok();
        to.put(&[octet(headers)?])?;
        match prefix {
            0 => {}
            1 => to.put(&[octet(content)?])?,
            _ => to.put(&[0x1F, octet(content)?])?,
        }
        to.put(&[0x80 | self.kind.code()])?;
        if let Some(sec) = sec {
            to.put(&[0x91, 0x80 | sec])?;
        }
        if !self.mac.is_empty() {
            to.put(&[0x92])?;
            to.put(self.mac)?;
            to.put(&[0])?;
        }
        if has_id {
            to.put(&[0x80 | APPLICATION_ID, 0x80 | APPLICATION])?;
        }
        to.put(self.body)?;
        Some(to.at)
    }
}

/// Short messages that a push of `len` octets takes; `None`: more than can be numbered.
#[must_use]
pub fn sms_parts(len: usize) -> Option<u8> {
    if len <= SMS_MAX.saturating_sub(WHOLE_HEADER) {
        return Some(1);
    }
    u8::try_from(len.div_ceil(SMS_MAX.saturating_sub(PART_HEADER))).ok()
}

/// Writes the user data of the `number`th short message, from 1, of those that carry `pdu`, and gives its length.
/// `reference` is the same for all of one push.
///
/// `None`: there is no such part.
#[must_use]
pub fn sms_part(pdu: &[u8], reference: u8, number: u8, out: &mut [u8; SMS_MAX]) -> Option<usize> {
    let total = sms_parts(pdu.len())?;
    let index = number.checked_sub(1).filter(|index| *index < total)?;
    let [dest_high, dest_low] = PORT.to_be_bytes();
    let [source_high, source_low] = SOURCE_PORT.to_be_bytes();
    let header_len = if total == 1 {
        WHOLE_HEADER
    } else {
        PART_HEADER
    };
    let share = SMS_MAX.saturating_sub(header_len);
    let from = usize::from(index).saturating_mul(share);
    let to = from.saturating_add(share).min(pdu.len());
    let header = [
        u8::try_from(header_len.saturating_sub(1)).ok()?,
        0x05,
        0x04,
        dest_high,
        dest_low,
        source_high,
        source_low,
        0x00,
        0x03,
        reference,
        total,
        number,
    ];
    let mut sms = Out { buf: out, at: 0 };
    sms.put(header.get(..header_len)?)?;
    sms.put(pdu.get(from..to)?)?;
    Some(sms.at)
}

struct Out<'b> {
    buf: &'b mut [u8],
    at: usize,
}

impl Out<'_> {
    fn put(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.at.checked_add(bytes.len())?;
        self.buf.get_mut(self.at..end)?.copy_from_slice(bytes);
        self.at = end;
        Some(())
    }
}
