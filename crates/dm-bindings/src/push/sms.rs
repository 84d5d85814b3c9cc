//! The user data header of a short message: ports and parts (bindings chapter 4.2).

use super::wsp::Octets;
use super::{Ignored, PORT};

/// Information elements.
const PARTS_8: u8 = 0x00;
const PARTS_16: u8 = 0x08;
const PORTS_16: u8 = 0x05;

/// Which part of a longer message a short one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Part {
    pub(crate) reference: u16,
    /// The reference has 16 bits: 8-bit ones are others.
    pub(crate) is_wide: bool,
    pub(crate) total: u8,
    /// From 1.
    pub(crate) number: u8,
}

/// The user data of one short message to the push port.
#[derive(Clone, Copy)]
pub(crate) struct Segment<'p> {
    pub(crate) source_port: u16,
    /// `None`: it is whole.
    pub(crate) part: Option<Part>,
    pub(crate) payload: &'p [u8],
}

impl<'p> Segment<'p> {
    /// Takes user data that begins with a header (TP-UDHI is set) apart.
    pub(crate) fn parse(user_data: &'p [u8]) -> Result<Self, Ignored> {
        let mut octets = Octets(user_data);
        let len = octets.octet().ok_or(Ignored::Malformed)?;
        let header = octets.take(usize::from(len)).ok_or(Ignored::Malformed)?;
        let Elements { ports, part } = elements(header).ok_or(Ignored::Malformed)?;
        let Some((PORT, source_port)) = ports else {
            return Err(Ignored::Port);
        };
        if part.is_some_and(|part| part.number == 0 || part.number > part.total) {
            return Err(Ignored::Malformed);
        }
        Ok(Self {
            source_port,
            part: part.filter(|part| part.total > 1),
            payload: octets.0,
        })
    }
}

/// The elements that count; of those that come twice the last.
#[derive(Default)]
struct Elements {
    /// Destination and source.
    ports: Option<(u16, u16)>,
    part: Option<Part>,
}

fn elements(header: &[u8]) -> Option<Elements> {
    let mut octets = Octets(header);
    let Elements {
        mut ports,
        mut part,
    } = Elements::default();
    while let Some(id) = octets.octet() {
        let len = octets.octet()?;
        let data = octets.take(usize::from(len))?;
        match (id, data) {
            (PORTS_16, [a, b, c, d]) => {
                ports = Some((u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])));
            }
            (PARTS_8, [reference, total, number]) => {
                part = Some(Part {
                    reference: u16::from(*reference),
                    is_wide: false,
                    total: *total,
                    number: *number,
                });
            }
            (PARTS_16, [high, low, total, number]) => {
                part = Some(Part {
                    reference: u16::from_be_bytes([*high, *low]),
                    is_wide: true,
                    total: *total,
                    number: *number,
                });
            }
            // A wrong length: what it was to say is not known, so neither is what the rest means.
            (PORTS_16 | PARTS_8 | PARTS_16, _) => return None,
            _ => {}
        }
    }
    Some(Elements { ports, part })
}
