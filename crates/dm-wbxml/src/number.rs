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
    pub const fn new(mut number: u32) -> Self {
        let mut digits = [b'0'; 10];
        let mut start = digits.len() as u8;
        let mut rest: &mut [u8] = &mut digits;
        while let Some((last, front)) = rest.split_last_mut() {
            *last = b'0'.wrapping_add((number % 10) as u8);
            number /= 10;
            start = start.wrapping_sub(1);
            if number == 0 {
                break;
            }
            rest = front;
        }
        Self { digits, start }
    }

    /// The digits.
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(usize::from(self.start)..).unwrap_or(&[])
    }

    /// The digits as text.
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

/// What a digit from ten on begins with.
const HEX: u8 = b'A' - 10;

impl Hex {
    /// The digits of `number`.
    pub const fn new(mut number: u16) -> Self {
        let mut digits = [b'0'; 4];
        let mut start = digits.len() as u8;
        let mut rest: &mut [u8] = &mut digits;
        while let Some((last, front)) = rest.split_last_mut() {
            let nibble = (number & 15) as u8;
            *last = nibble.wrapping_add(if nibble < 10 { b'0' } else { HEX });
            number >>= 4;
            start = start.wrapping_sub(1);
            if number == 0 {
                break;
            }
            rest = front;
        }
        Self { digits, start }
    }

    /// The digits.
    pub fn as_bytes(&self) -> &[u8] {
        self.digits.get(usize::from(self.start)..).unwrap_or(&[])
    }

    /// The digits as text.
    pub fn as_text(&self) -> Text<'_> {
        Text::from_bytes(self.as_bytes())
    }
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
