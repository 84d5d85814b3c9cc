//! Sees to it that a server is proved by a certificate and a signature, in this order, once.

use embedded_tls::{
    Aes128GcmSha256, CertificateRef, CertificateVerifyRef, CryptoProvider, CryptoRng,
    CryptoRngCore, Sha256, TlsError, TlsVerifier,
};
use rand_core::RngCore;

use super::connect::{Entropy, Refusal};

/// How much of the proof has been seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Seen {
    Nothing,
    Certificate,
    /// The signature too: the server is who it says.
    All,
}

/// Around a verifier: the library finishes a handshake without any certificate as if nothing were missing, and takes
/// messages in any order.
#[derive(Debug)]
pub(crate) struct Guard<V> {
    verifier: V,
    seen: Seen,
    refusal: Option<Refusal>,
}

impl<V> Guard<V> {
    pub(crate) const fn new(verifier: V) -> Self {
        Self {
            verifier,
            seen: Seen::Nothing,
            refusal: None,
        }
    }

    /// What speaks against the server, after the handshake.
    pub(crate) fn objection(&self) -> Option<Refusal> {
        match self.seen {
            _ if self.refusal.is_some() => self.refusal,
            Seen::All => None,
            Seen::Nothing | Seen::Certificate => Some(Refusal::Unproved),
        }
    }

    /// Lets one step of the proof through, if it is the one after `before`.
    fn step(
        &mut self,
        before: Seen,
        after: Seen,
        why: Refusal,
        look: impl FnOnce(&mut V) -> Result<(), TlsError>,
    ) -> Result<(), TlsError> {
        let result = if self.seen == before && self.refusal.is_none() {
            look(&mut self.verifier)
        } else {
            Err(TlsError::InvalidHandshake)
        };
        match result {
            Ok(()) => self.seen = after,
            Err(TlsError::InvalidHandshake) => self.refusal = Some(Refusal::Handshake),
            Err(_) => self.refusal = Some(why),
        }
        result
    }
}

impl<V: TlsVerifier<Aes128GcmSha256>> TlsVerifier<Aes128GcmSha256> for Guard<V> {
    fn set_hostname_verification(&mut self, host: &str) -> Result<(), TlsError> {
        self.verifier.set_hostname_verification(host)
    }

    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        shown: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        self.step(
            Seen::Nothing,
            Seen::Certificate,
            Refusal::Certificate,
            |verifier| verifier.verify_certificate(transcript, shown),
        )
    }

    fn verify_signature(&mut self, signature: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        self.step(
            Seen::Certificate,
            Seen::All,
            Refusal::Signature,
            |verifier| verifier.verify_signature(signature),
        )
    }
}

/// What the library asks for during a handshake.
pub(crate) struct Provider<'e, V, E> {
    pub(crate) guard: Guard<V>,
    pub(crate) random: Random<'e, E>,
}

impl<V: TlsVerifier<Aes128GcmSha256>, E: Entropy> CryptoProvider for Provider<'_, V, E> {
    type CipherSuite = Aes128GcmSha256;
    /// No client certificate, so nothing is ever signed.
    type Signature = [u8; 0];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.random
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.guard)
    }
}

/// The integrator's generator, for a library whose generators cannot fail.
pub(crate) struct Random<'e, E> {
    pub(crate) entropy: &'e mut E,
    /// What was given out is no secret: the connection must not be used.
    pub(crate) failed: bool,
}

impl<E: Entropy> RngCore for Random<'_, E> {
    fn next_u32(&mut self) -> u32 {
        let mut octets = [0; 4];
        self.fill_bytes(&mut octets);
        u32::from_le_bytes(octets)
    }

    fn next_u64(&mut self) -> u64 {
        let mut octets = [0; 8];
        self.fill_bytes(&mut octets);
        u64::from_le_bytes(octets)
    }

    fn fill_bytes(&mut self, to: &mut [u8]) {
        if self.entropy.fill(to).is_err() {
            self.failed = true;
            // A key of zeros would be asked for again and again.
            to.fill(0x5A);
        }
    }

    fn try_fill_bytes(&mut self, to: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(to);
        Ok(())
    }
}

impl<E: Entropy> CryptoRng for Random<'_, E> {}

#[cfg(test)]
mod tests {
    use embedded_tls::SignatureScheme;

    use super::*;
    use crate::tls13::NoEntropy;

    /// Accepts what it is told to accept.
    struct Says {
        certificate: bool,
        signature: bool,
    }

    impl TlsVerifier<Aes128GcmSha256> for Says {
        fn set_hostname_verification(&mut self, _: &str) -> Result<(), TlsError> {
            Ok(())
        }

        fn verify_certificate(
            &mut self,
            _: &Sha256,
            _: CertificateRef<'_>,
        ) -> Result<(), TlsError> {
            self.certificate
                .then_some(())
                .ok_or(TlsError::InvalidCertificate)
        }

        fn verify_signature(&mut self, _: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
            self.signature
                .then_some(())
                .ok_or(TlsError::InvalidSignature)
        }
    }

    /// What is left to object after these messages: `c` a certificate, `s` a signature.
    fn after(messages: &str, certificate: bool, signature: bool) -> Option<Refusal> {
        let mut guard = Guard::new(Says {
            certificate,
            signature,
        });
        for message in messages.bytes() {
            let _ = match message {
                b'c' => {
                    let nothing = CertificateRef::with_context(&[]);
                    guard.verify_certificate(&Sha256::default(), nothing)
                }
                _ => guard.verify_signature(CertificateVerifyRef {
                    signature_scheme: SignatureScheme::EcdsaSecp256r1Sha256,
                    signature: &[],
                }),
            };
        }
        guard.objection()
    }

    /// SEC-C-051
    #[test]
    fn a_server_is_proved_by_a_certificate_and_its_signature_and_nothing_less() {
        assert_eq!(after("cs", true, true), None);
        assert_eq!(after("", true, true), Some(Refusal::Unproved));
        assert_eq!(after("c", true, true), Some(Refusal::Unproved));
        assert_eq!(after("cs", false, true), Some(Refusal::Handshake));
        assert_eq!(after("c", false, true), Some(Refusal::Certificate));
        assert_eq!(after("cs", true, false), Some(Refusal::Signature));
    }

    #[test]
    fn the_parts_of_the_proof_come_once_and_in_order() {
        for messages in ["s", "sc", "scs", "cc", "ccs", "css", "cscs"] {
            assert_eq!(
                after(messages, true, true),
                Some(Refusal::Handshake),
                "{messages}"
            );
        }
    }

    #[test]
    fn a_generator_that_fails_once_is_remembered() {
        struct Fails(u32);
        impl Entropy for Fails {
            fn fill(&mut self, to: &mut [u8]) -> Result<(), NoEntropy> {
                to.fill(1);
                self.0 += 1;
                if self.0 == 2 { Err(NoEntropy) } else { Ok(()) }
            }
        }
        let mut entropy = Fails(0);
        let mut random = Random {
            entropy: &mut entropy,
            failed: false,
        };
        assert_eq!(random.next_u32(), 0x0101_0101);
        assert!(!random.failed);
        assert_ne!(random.next_u64(), 0);
        assert!(random.failed);
        assert_eq!(random.next_u32(), 0x0101_0101);
        assert!(random.failed);
    }
}
