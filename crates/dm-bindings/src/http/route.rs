//! Where the waiting message goes: the address in lent memory, redirects, and the rule that nothing leaves https.

use dm_core::{Code, Failure, Peer};

use super::request::copy;
use super::uri::{Scheme, Uri};

/// Redirects that are followed for one message.
const REDIRECTS: u8 = 3;

/// The address of the present connection and message.
#[derive(Debug)]
pub(crate) struct Route<'b> {
    text: &'b mut [u8],
    len: usize,
    /// Redirects followed for the waiting message; with any, the address is not the message's own.
    redirects: u8,
    /// Whether the address was given by the message itself or by verified hosts, all over https.
    proved: bool,
    /// Whether http is out of the question.
    tls_only: bool,
}

impl<'b> Route<'b> {
    pub(crate) fn new(text: &'b mut [u8]) -> Self {
        Self {
            text,
            len: 0,
            redirects: 0,
            proved: false,
            tls_only: true,
        }
    }

    /// A session begins.
    pub(crate) fn reset(&mut self, tls_only: bool) {
        self.redirects = 0;
        self.tls_only = tls_only;
    }

    /// The waiting message was answered or given up.
    pub(crate) fn settle(&mut self) {
        self.redirects = 0;
    }

    /// Decides where to connect to for the waiting message, whose own address is `own`.
    pub(crate) fn open(&mut self, own: &str) -> Result<Uri<'_>, Failure> {
        let first = self.redirects == 0;
        if first && !self.replace(0, own) {
            return Err(Failure::TooLarge);
        }
        let secured = match self.uri() {
            Some(uri) => uri.authority.scheme == Scheme::Https,
            None => return Err(Failure::Link),
        };
        if self.tls_only && !secured {
            return Err(Failure::Tls);
        }
        self.tls_only |= secured;
        // What a host says over http is anybody's word.
        self.proved = secured && (first || self.proved);
        self.uri().ok_or(Failure::Link)
    }

    /// Whether the open connection serves the next message too, whose own address is `own`; if so, that is the
    /// address now.
    pub(crate) fn stays(&mut self, own: &str) -> bool {
        let secured = match (self.uri(), Uri::parse(own)) {
            (Some(old), Some(new)) if old.authority.is_same(&new.authority) => {
                new.authority.scheme == Scheme::Https
            }
            _ => return false,
        };
        self.proved = secured;
        self.replace(0, own)
    }

    /// Goes where an answer with this status and Location points: an absolute URI, `//host/path` or `/path`.
    pub(crate) fn follow(&mut self, status: u16, location: &str) -> Result<(), Failure> {
        self.redirects = self.redirects.saturating_add(1);
        if self.redirects > REDIRECTS {
            return Err(Failure::Http(Code(status)));
        }
        let base = self.uri().ok_or(Failure::Protocol)?;
        let scheme = match base.authority.scheme {
            Scheme::Http => "http:".len(),
            Scheme::Https => "https:".len(),
        };
        let keep = if location.starts_with("//") {
            scheme
        } else if location.starts_with('/') {
            scheme
                .saturating_add("//".len())
                .saturating_add(base.host_port.len())
        } else {
            0
        };
        if self.replace(keep, location) && self.uri().is_some() {
            Ok(())
        } else {
            Err(Failure::Protocol)
        }
    }

    /// The address in parts, when it is a usable one.
    pub(crate) fn uri(&self) -> Option<Uri<'_>> {
        let text = core::str::from_utf8(self.text.get(..self.len)?).ok()?;
        Uri::parse(text)
    }

    /// What is proved about the host at the other end.
    pub(crate) fn peer(&self) -> Peer<'_> {
        match self.uri() {
            Some(uri) if self.proved => Peer::Secured {
                name: uri.authority.host,
            },
            _ => Peer::Plain,
        }
    }

    /// Puts `tail` behind the first `keep` octets. When it does not fit, there is no address.
    fn replace(&mut self, keep: usize, tail: &str) -> bool {
        self.len = 0;
        let end = keep.saturating_add(tail.len());
        let Some(space) = self.text.get_mut(keep..end) else {
            return false;
        };
        copy(space, tail.as_bytes());
        self.len = end;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_resolved_against_the_address() {
        let follow = |base: &str, location: &str, room: usize| {
            let mut text = vec![0; room];
            let mut route = Route::new(&mut text);
            route.reset(false);
            assert!(route.open(base).is_ok());
            route.follow(307, location).map(|()| {
                let uri = route.uri().unwrap();
                let authority = uri.authority;
                format!(
                    "{:?} {} {} {}",
                    authority.scheme, authority.host, authority.port, uri.target
                )
            })
        };
        let base = "https://h:8443/a/b?c#d";
        let cases = [
            ("https://other/x", "Https other 443 /x"),
            ("http://other/x", "Http other 80 /x"),
            ("//other:1/x", "Https other 1 /x"),
            ("/x?y", "Https h 8443 /x?y"),
        ];
        for (location, expected) in cases {
            assert_eq!(
                follow(base, location, 64).as_deref(),
                Ok(expected),
                "{location}"
            );
        }
        for location in ["", "x", "../x", "?y", "ftp://h/", "/a b", "https://u@h/"] {
            assert_eq!(
                follow(base, location, 64),
                Err(Failure::Protocol),
                "{location}"
            );
        }
        assert_eq!(
            follow("http://h/", "/0123456789", 19),
            Ok("Http h 80 /0123456789".into())
        );
        assert_eq!(
            follow("http://h/", "/0123456789", 18),
            Err(Failure::Protocol)
        );
    }
}
