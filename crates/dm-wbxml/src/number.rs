//! Numbers as text, for fields that take [`Text`].

use crate::Text;

/// A number as decimal digits without leading zeros.
#[derive(Clone, Copy, Debug)]
pub struct Decimal {
    digits: [u8; 10],
    start: u8,
}

impl Decimal {
    /// The digits of `number`.
    #[inline]
    pub const fn new(number: u32) -> Self {
        let mut digits = [0; 10];
        let start = write(number, 10, &mut digits);
        Self { digits, start }
    }

    /// The digits.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(usize::from(self.start)..).unwrap_or(&[])
    }

    /// The digits as text.
    #[inline]
    pub fn as_text(&self) -> Text<'_> {
        Text::from_bytes(self.as_bytes())
    }
}

/// A number as upper-case hexadecimal digits without leading zeros, as `SessionID` is written.
#[derive(Clone, Copy, Debug)]
pub struct Hex {
    digits: [u8; 4],
    start: u8,
}

impl Hex {
    /// The digits of `number`.
    #[inline]
    pub const fn new(number: u16) -> Self {
        let mut digits = [0; 4];
        let start = write(number as u32, 16, &mut digits);
        Self { digits, start }
    }

    /// The digits.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(usize::from(self.start)..).unwrap_or(&[])
    }

    /// The digits as text.
    #[inline]
    pub fn as_text(&self) -> Text<'_> {
        Text::from_bytes(self.as_bytes())
    }
}

/// What a digit from ten on begins with.
const HEX: u8 = b'A' - 10;

/// Writes the digits of `number` to the end of `room`, the last ones if it is too short for all;
/// gives where they start.
#[inline(never)]
#[allow(clippy::arithmetic_side_effects)] // no base is 0
pub(crate) const fn write(mut number: u32, base: u32, room: &mut [u8]) -> u8 {
    let mut start = room.len() as u8;
    let mut rest = room;
    while let Some((last, front)) = rest.split_last_mut() {
        let digit = (number % base) as u8;
        *last = digit.wrapping_add(if digit < 10 { b'0' } else { HEX });
        number /= base;
        start = start.wrapping_sub(1);
        if number == 0 {
            break;
        }
        rest = front;
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_formatter() {
        for number in [0, 1, 9, 10, 99, 100, 65_535, 65_536, 4_294_967_295] {
            assert_eq!(
                Decimal::new(number).as_bytes(),
                number.to_string().as_bytes()
            );
        }
        for number in [0, 1, 9, 10, 15, 16, 0x2B, 0xFFF, 0xABCD, 0xFFFF] {
            assert_eq!(
                Hex::new(number).as_bytes(),
                format!("{number:X}").as_bytes()
            );
        }
    }
}
