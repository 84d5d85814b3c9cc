//! The octets of a document, taken from its front, token by token.

/// What is wrong with a document, and where: octets from the start of the outermost document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) offset: usize,
    pub(super) what: String,
}

/// What is left of a document. Whatever cannot be taken is a fault of the token that was begun last.
#[derive(Clone, Debug)]
pub(super) struct Octets<'a> {
    /// From the start of the outermost document to the end of this one.
    bytes: &'a [u8],
    at: usize,
    token: usize,
}

impl<'a> Octets<'a> {
    /// A document from `at` to the end of `bytes`.
    pub(super) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            token: at,
        }
    }

    /// The part that begins `len` octets before here and ends here, as a document of its own.
    pub(super) fn behind(&self, len: usize) -> Self {
        let bytes = self.bytes.get(..self.at).unwrap_or(self.bytes);
        Self::new(bytes, self.at.saturating_sub(len))
    }

    /// The next token begins here.
    pub(super) const fn begin(&mut self) {
        self.token = self.at;
    }

    /// Where the token begun last stands.
    pub(super) const fn token(&self) -> usize {
        self.token
    }

    /// Where the next octet stands.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Where the document ends.
    pub(super) const fn end(&self) -> usize {
        self.bytes.len()
    }

    /// A fault of the token begun last.
    pub(super) fn fault(&self, what: impl Into<String>) -> Fault {
        Fault {
            offset: self.token,
            what: what.into(),
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next octet, if there is one.
    pub(super) fn next(&mut self) -> Option<u8> {
        let octet = *self.rest().first()?;
        self.at = self.at.saturating_add(1);
        Some(octet)
    }

    /// The next octet, which is part of `what`.
    pub(super) fn octet(&mut self, what: &str) -> Result<u8, Fault> {
        self.next().ok_or_else(|| self.ends_inside(what))
    }

    /// A multi-byte integer (`mb_u_int32`), which is part of `what`.
    pub(super) fn number(&mut self, what: &str) -> Result<u32, Fault> {
        let mut value = 0_u64;
        for _ in 0..5 {
            let octet = self.octet(what)?;
            value = value << 7 | u64::from(octet & 0x7F);
            if octet & 0x80 == 0 {
                return u32::try_from(value)
                    .map_err(|_| self.fault(format!("the number of {what} needs over 32 bits")));
            }
        }
        Err(self.fault(format!("the number of {what} takes over five octets")))
    }

    /// The octets up to a NUL, which is taken too.
    pub(super) fn string(&mut self, what: &str) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        let len = rest.iter().position(|octet| *octet == 0);
        let (string, len) = len
            .and_then(|len| Some((rest.get(..len)?, len)))
            .ok_or_else(|| self.fault(format!("the string of {what} has no end")))?;
        self.at = self.at.saturating_add(len).saturating_add(1);
        Ok(string)
    }

    /// `len` octets of `what`.
    pub(super) fn take(&mut self, len: u32, what: &str) -> Result<&'a [u8], Fault> {
        let rest = self.rest();
        let taken = usize::try_from(len).ok().and_then(|len| rest.get(..len));
        let taken = taken.ok_or_else(|| {
            let left = rest.len();
            self.fault(format!("{what} of {len} octets, but {left} are left"))
        })?;
        self.at = self.at.saturating_add(taken.len());
        Ok(taken)
    }

    fn ends_inside(&self, what: &str) -> Fault {
        self.fault(format!("the document ends inside {what}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(bytes: &[u8]) -> Result<u32, String> {
        let mut octets = Octets::new(bytes, 0);
        octets.number("it").map_err(|fault| fault.what)
    }

    #[test]
    fn numbers_take_five_octets_and_32_bits() {
        assert_eq!(number(&[0x8F, 0xFF, 0xFF, 0xFF, 0x7F]), Ok(u32::MAX));
        assert_eq!(number(&[0x80, 0x05]), Ok(5));
        for (bytes, expected) in [
            (
                &[0x90, 0x80, 0x80, 0x80, 0x00][..],
                "the number of it needs over 32 bits",
            ),
            (&[0x80; 6], "the number of it takes over five octets"),
            (&[0x80, 0x80], "the document ends inside it"),
        ] {
            assert_eq!(number(bytes), Err(expected.to_owned()));
        }
    }

    #[test]
    fn faults_stand_at_the_token_begun() {
        let mut octets = Octets::new(b"..\xC3\x05abc", 2);
        octets.begin();
        assert_eq!(octets.next(), Some(0xC3));
        let len = octets.number("OPAQUE").unwrap();
        let fault = octets.take(len, "OPAQUE").unwrap_err();
        let what = "OPAQUE of 5 octets, but 3 are left".to_owned();
        assert_eq!(fault, Fault { offset: 2, what });
        assert!(octets.string("STR_I").is_err());
        assert_eq!((octets.at(), octets.end()), (4, 7));
    }
}
