//! What a server's certificate says about itself that the library does not read: names, purposes, critical extensions.

const BOOLEAN: u8 = 0x01;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const DNS_NAME: u8 = 0x82;
/// `[3]` of a TBSCertificate.
const EXTENSIONS: u8 = 0xA3;

/// 2.5.29.15, .17, .19, .37
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 15];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 19];
const EXT_KEY_USAGE: &[u8] = &[0x55, 0x1D, 37];
/// 1.3.6.1.5.5.7.3.1: TLS servers
const SERVER_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];

/// Elements of DER, one behind the other.
#[derive(Clone, Copy)]
struct Der<'d>(&'d [u8]);

impl<'d> Der<'d> {
    /// Tag and content of the next element; `None` at the end and where no element is.
    fn next(&mut self) -> Option<(u8, &'d [u8])> {
        let (tag, rest) = self.0.split_first()?;
        let (len, rest) = match rest.split_first()? {
            (len @ 0..=0x7F, rest) => (usize::from(*len), rest),
            (0x81, rest) => {
                let (len, rest) = rest.split_first()?;
                (usize::from(*len), rest)
            }
            (0x82, rest) => {
                let (len, rest) = rest.split_first_chunk::<2>()?;
                (usize::from(u16::from_be_bytes(*len)), rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((*tag, content))
    }

    /// The content of the next element, which has to have this tag.
    fn of(&mut self, tag: u8) -> Option<&'d [u8]> {
        self.next().filter(|(seen, _)| *seen == tag).map(|it| it.1)
    }

    /// The elements of the next one, a sequence.
    fn sequence(&mut self) -> Option<Self> {
        self.of(SEQUENCE).map(Self)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether the certificate is one for a server of this name, as far as its extensions say.
///
/// Without a subjectAltName the common name decides, which the library reads.
pub(crate) fn serves(certificate: &[u8], host: &str) -> bool {
    judge(certificate, host).unwrap_or(false)
}

/// `None`: not readable.
fn judge(certificate: &[u8], host: &str) -> Option<bool> {
    let mut certificate = Der(certificate).sequence()?;
    let mut body = certificate.sequence()?;
    let mut extensions = None;
    while !body.is_empty() {
        let (tag, content) = body.next()?;
        if tag == EXTENSIONS {
            extensions = Some(Der(content).sequence()?);
        }
    }
    // An old certificate without extensions.
    let Some(mut extensions) = extensions else {
        return Some(true);
    };
    while !extensions.is_empty() {
        let mut extension = extensions.sequence()?;
        let id = extension.of(OID)?;
        let (mut tag, mut content) = extension.next()?;
        let mut critical = false;
        if tag == BOOLEAN {
            critical = content != [0];
            (tag, content) = extension.next()?;
        }
        if tag != OCTET_STRING || !allows(id, content, critical, host)? {
            return Some(false);
        }
    }
    Some(true)
}

/// Whether one extension lets the certificate be that of the server.
fn allows(id: &[u8], content: &[u8], critical: bool, host: &str) -> Option<bool> {
    let mut content = Der(content);
    Some(match id {
        // The key signs the handshake: digitalSignature is the first bit, behind the count of unused ones.
        KEY_USAGE => content.of(BIT_STRING)?.get(1)? & 0x80 != 0,
        EXT_KEY_USAGE => has(content.sequence()?, |tag, purpose| {
            tag == OID && purpose == SERVER_AUTH
        })?,
        SUBJECT_ALT_NAME => has(content.sequence()?, |tag, name| {
            tag == DNS_NAME && matches(name, host.as_bytes())
        })?,
        BASIC_CONSTRAINTS => true,
        _ => !critical,
    })
}

/// Whether one of the elements is it.
fn has(mut elements: Der<'_>, is: impl Fn(u8, &[u8]) -> bool) -> Option<bool> {
    while !elements.is_empty() {
        let (tag, content) = elements.next()?;
        if is(tag, content) {
            return Some(true);
        }
    }
    Some(false)
}

/// Names are equal without regard to case; `*.` stands for one label, if two follow (RFC 6125, 6.4.3).
fn matches(name: &[u8], host: &[u8]) -> bool {
    if name.eq_ignore_ascii_case(host) {
        return true;
    }
    let Some(rest) = name.strip_prefix(b"*.") else {
        return false;
    };
    let Some(dot) = host.iter().position(|octet| *octet == b'.') else {
        return false;
    };
    let tail = host.get(dot.saturating_add(1)..).unwrap_or_default();
    dot != 0 && rest.contains(&b'.') && rest.eq_ignore_ascii_case(tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{
        CertificateParams, CustomExtension, ExtendedKeyUsagePurpose as Purpose, KeyPair,
        KeyUsagePurpose as Usage,
    };

    const HOST: &str = "dm.example.org";

    fn made(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = CertificateParams::new(["other.org".to_owned(), HOST.to_owned()]).unwrap();
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().to_vec()
    }

    fn critical(critical: bool) -> CustomExtension {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(critical);
        extension
    }

    /// SEC-C-051
    #[test]
    fn a_certificate_that_speaks_against_itself_serves_nobody() {
        let refused = |change: &dyn Fn(&mut CertificateParams)| !serves(&made(change), HOST);
        assert!(serves(&made(|_| ()), HOST));
        assert!(!serves(&made(|_| ()), "dm.example.net"));
        assert!(serves(&made(|c| c.subject_alt_names.clear()), HOST));
        assert!(refused(&|c| {
            c.subject_alt_names.pop();
        }));
        assert!(refused(&|c| c.custom_extensions.push(critical(true))));
        assert!(!refused(&|c| c.custom_extensions.push(critical(false))));
        assert!(refused(&|c| c
            .extended_key_usages
            .push(Purpose::ClientAuth)));
        assert!(!refused(&|c| c
            .extended_key_usages
            .extend([Purpose::ClientAuth, Purpose::ServerAuth])));
        assert!(refused(&|c| c.key_usages.push(Usage::KeyCertSign)));
        assert!(!refused(&|c| c.key_usages.push(Usage::DigitalSignature)));
    }

    #[test]
    fn a_certificate_cut_or_changed_anywhere_is_no_reason_to_stop() {
        let whole = made(|c| c.key_usages.push(Usage::DigitalSignature));
        for len in 0..whole.len() {
            assert!(!serves(&whole[..len], HOST), "{len}");
        }
        for at in 0..whole.len() {
            for value in [0, 0x7F, 0x80, 0x82, 0xFF] {
                let mut damaged = whole.clone();
                damaged[at] = value;
                // Whatever it says, it ends.
                let _ = serves(&damaged, HOST);
            }
        }
    }

    #[test]
    fn a_star_stands_for_one_label() {
        for (name, host, same) in [
            ("DM.example.org", "dm.EXAMPLE.org", true),
            ("*.example.org", "dm.example.org", true),
            ("*.example.org", "a.dm.example.org", false),
            ("*.example.org", "example.org", false),
            ("*.example.org", ".example.org", false),
            ("*.org", "example.org", false),
            ("d*.example.org", "dm.example.org", false),
            ("*", "dm", false),
            ("", "dm", false),
        ] {
            assert_eq!(matches(name.as_bytes(), host.as_bytes()), same, "{name}");
        }
    }
}
