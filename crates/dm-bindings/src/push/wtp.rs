//! WTP: the transaction that carries a push in connection mode (bindings chapters 3.5 and 4.3).

use super::wsp::{self, CONFIRMED_PUSH, PUSH};
use super::{Ignored, Push};

/// Type Invoke, with the flags for the last packet of a message and the one of a repeat left open.
const INVOKE: u8 = 0x08;
const INVOKE_MASK: u8 = 0xF8;
/// First packet but not the last.
const IS_LAST: u8 = 0x02;
/// Transaction class in the fourth octet.
const CLASS_MASK: u8 = 0x03;
const ACK: u8 = 0x18;
/// Set by the side that did not begin the transaction.
const DIRECTION: u8 = 0x80;

/// A WTP invoke that holds a push.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Invoked<'p> {
    /// The packet to send back, when the push is a confirmed one (`BIND-C-048`). It says that the push came across and is
    /// due whatever becomes of it (`BIND-C-070`), also when it comes again.
    pub ack: Option<[u8; 3]>,
    /// The push.
    pub push: Result<Push<'p>, Ignored>,
}

impl<'p> Invoked<'p> {
    /// Reads a WTP packet.
    ///
    /// # Errors
    /// [`Ignored::NotPush`] when it is no invoke of a push, which is nothing that could be acknowledged.
    pub fn read(packet: &'p [u8]) -> Result<Self, Ignored> {
        let [first, high, low, flags, kind, pdu @ ..] = packet else {
            return Err(Ignored::NotPush);
        };
        if first & INVOKE_MASK != INVOKE {
            return Err(Ignored::NotPush);
        }
        let ack = match (*kind, flags & CLASS_MASK) {
            (CONFIRMED_PUSH, 1) => Some([ACK, high ^ DIRECTION, *low]),
            (PUSH, 0) => None,
            _ => return Err(Ignored::NotPush),
        };
        let push = if first & IS_LAST == 0 {
            Err(Ignored::TooLarge)
        } else {
            wsp::push(pdu)
        };
        Ok(Self { ack, push })
    }
}
