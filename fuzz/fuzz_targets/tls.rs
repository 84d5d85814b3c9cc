//! What anybody on the way can say to a TLS client: records, and certificates that are nearly right or anything. It is
//! refused, without a panic of ours or of the library below.
#![no_main]

use dm_bindings::http::{Authority, Connector, Link, Scheme};
use dm_bindings::std_net::block_on;
use dm_bindings::tls13::embedded_tls::{CertificateEntryRef, CertificateRef, Sha256, TlsVerifier};
use dm_bindings::tls13::{Clock, Entropy, Issuer, NoEntropy, Tls13, Trust};
use dm_core::Failure;
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use libfuzzer_sys::fuzz_target;

const ISSUER: &[u8] = include_bytes!("tls_issuer.der");
const SERVER: &[u8] = include_bytes!("tls_server.der");
const HOST: &str = "dm.example.org";

/// 2030, when both are valid.
struct Now;

impl Clock for Now {
    fn utc() -> Option<u64> {
        Some(1_906_502_400)
    }
}

/// Everybody can guess these, which changes nothing here.
struct Fixed;

impl Entropy for Fixed {
    fn fill(&mut self, to: &mut [u8]) -> Result<(), NoEntropy> {
        to.fill(7);
        Ok(())
    }
}

/// Says what it was given, in pieces.
struct Script<'s>(&'s [u8]);

impl ErrorType for Script<'_> {
    type Error = ErrorKind;
}

impl Read for Script<'_> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        let count = buf.len().min(self.0.len()).min(100);
        let (now, later) = self.0.split_at(count);
        buf[..count].copy_from_slice(now);
        self.0 = later;
        Ok(count)
    }
}

impl Write for Script<'_> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

struct Door<'s>(&'s [u8]);

impl<'s> Connector for Door<'s> {
    type Stream<'c>
        = Script<'s>
    where
        Self: 'c;

    async fn connect<'t>(
        &mut self,
        _: &Authority<'t>,
    ) -> Result<Link<'t, Self::Stream<'_>>, Failure> {
        Ok(Link::Plain(Script(self.0)))
    }
}

fn handshake(said: &[u8]) {
    let (mut rx, mut tx) = ([0; 4096], [0; 1024]);
    let mut tls = Tls13::new(
        Door(said),
        Issuer::<Now>::new(ISSUER),
        Fixed,
        &mut rx,
        &mut tx,
    );
    let target = Authority {
        scheme: Scheme::Https,
        host: HOST,
        port: 443,
    };
    assert!(block_on(tls.connect(&target)).is_err());
}

fn accepted(certificate: &[u8]) -> bool {
    let trust = Issuer::<Now>::new(ISSUER);
    let mut verifier = trust.verifier(HOST);
    verifier.set_hostname_verification(HOST).expect("short");
    let mut shown = CertificateRef::with_context(&[]);
    shown
        .add(CertificateEntryRef::X509(certificate))
        .expect("room for one");
    verifier
        .verify_certificate(&Sha256::default(), shown)
        .is_ok()
}

fuzz_target!(|input: &[u8]| {
    let Some((kind, rest)) = input.split_first() else {
        return;
    };
    match kind % 3 {
        0 => handshake(rest),
        1 => assert!(!accepted(rest) || rest == SERVER),
        _ => {
            // Octets of the signed part are changed: where, and with what.
            let signed = 4..4 + 4 + usize::from(u16::from_be_bytes([SERVER[6], SERVER[7]]));
            let mut certificate = SERVER.to_vec();
            for change in rest.chunks_exact(3) {
                let at = usize::from(u16::from_be_bytes([change[0], change[1]]));
                certificate[signed.start + at % signed.len()] ^= change[2];
            }
            assert_eq!(accepted(&certificate), certificate == SERVER);
        }
    }
});
