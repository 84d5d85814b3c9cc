//! Semihosting output without `core::fmt`.

use semihosting::sys::arm_compat::sys_writec;

/// Prints a text.
#[inline(never)]
pub fn text(text: &str) {
    bytes(text.as_bytes());
}

/// Prints bytes as they are.
pub fn bytes(bytes: &[u8]) {
    for byte in bytes {
        sys_writec(*byte);
    }
}

/// Prints a text and ends the line.
pub fn line(end: &str) {
    text(end);
    text("\n");
}

/// Prints a number in decimal digits.
pub fn number(number: u32) {
    let mut rest = number;
    let mut divisor = 1_u32;
    while rest / 10 >= divisor {
        divisor *= 10;
    }
    while divisor > 0 {
        let mut digit = b'0';
        while rest >= divisor {
            rest -= divisor;
            digit += 1;
        }
        sys_writec(digit);
        divisor /= 10;
    }
}

/// Prints `name: number`.
#[inline(never)]
pub fn figure(name: &str, value: u32) {
    text(name);
    text(": ");
    number(value);
    text("\n");
}
