//! Unsigned numbers as decimal text, without the formatting machinery.

/// The decimal digits of a number.
#[derive(Clone, Copy)]
pub(crate) struct Decimal {
    digits: [u8; 10],
    start: u8,
}

impl Decimal {
    #[inline(never)]
    pub(crate) fn new(mut n: u32) -> Self {
        let mut decimal = Self {
            digits: [0; 10],
            start: 10,
        };
        for digit in decimal.digits.iter_mut().rev() {
            *digit = b'0' | (n % 10) as u8;
            decimal.start = decimal.start.wrapping_sub(1);
            n /= 10;
            if n == 0 {
                break;
            }
        }
        decimal
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.digits
            .get(usize::from(self.start)..)
            .unwrap_or_default()
    }
}

/// The value of a text of decimal digits only; none when empty, or above `u32::MAX`.
pub(crate) fn parse_u32(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    let mut n = 0u32;
    for &c in text {
        let digit = c.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n.checked_mul(10)?.checked_add(u32::from(digit))?;
    }
    Some(n)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_those_of_the_number() {
        for n in [0, 1, 9, 10, 99, 100, 65535, u32::MAX] {
            assert_eq!(Decimal::new(n).as_bytes(), n.to_string().as_bytes());
            assert_eq!(parse_u32(n.to_string().as_bytes()), Some(n));
        }
        for bad in ["", "-1", "+1", "4294967296", "1 ", "a"] {
            assert_eq!(parse_u32(bad.as_bytes()), None, "{bad}");
        }
    }
}
