//! Who decides about certificates, and when now is.

use core::fmt;
use core::marker::PhantomData;

use embedded_tls::pki::CertVerifier;
use embedded_tls::{
    Aes128GcmSha256, Certificate, CertificateEntryRef, CertificateRef, CertificateVerifyRef,
    Sha256, TlsClock, TlsError, TlsVerifier,
};

use super::leaf;

/// Octets of a server's certificate, with a frame of 5, that can be held until its signature is checked.
const CERTIFICATE: usize = 2048;

/// Decides whether certificates prove a name.
///
/// [`Issuer`] is the one that this crate has. An implementation of one's own takes the place of a full validation:
/// whatever it accepts is taken as proved, so it has to look at everything (path, constraints, purposes, validity,
/// name). That a certificate was shown at all, only one, and before the signature that goes with it, is seen to in any case.
pub trait Trust {
    /// Looks at the certificates and the signature of one handshake.
    type Verifier<'v>: TlsVerifier<Aes128GcmSha256>
    where
        Self: 'v;

    /// A verifier for a server that has to be `host`.
    fn verifier<'v>(&'v self, host: &'v str) -> Self::Verifier<'v>;
}

/// The time of the device, for the validity of certificates.
///
/// A function without a value, because the library asks its type: firmware reads a register or a static.
pub trait Clock {
    /// Whether validity is looked at. Only [`DangerousNoClock`] says no.
    const CHECKED: bool = true;

    /// Seconds since 1970. `None`: nobody knows, and no certificate is valid.
    fn utc() -> Option<u64>;
}

/// Waives the validity of certificates, for a device that will never know the time.
///
/// A certificate then stays good for ever, also one that was given up because its key became known.
#[derive(Clone, Copy, Debug)]
pub struct DangerousNoClock;

impl Clock for DangerousNoClock {
    const CHECKED: bool = false;

    fn utc() -> Option<u64> {
        None
    }
}

/// The clock as the library asks for it: it takes no answer for a waiver, so that a time which is not known becomes
/// one after the end of every certificate.
#[derive(Debug)]
struct Time<C>(PhantomData<C>);

impl<C: Clock> TlsClock for Time<C> {
    fn now() -> Option<u64> {
        match C::utc() {
            None if C::CHECKED => Some(u64::MAX),
            now => now,
        }
    }
}

/// Trust in one issuing certificate: the server shows exactly one certificate, and that one is signed by this issuer.
///
/// The library reads nothing that says who may issue certificates, so that in a longer chain every server of the same
/// issuer could pass for any other. With one certificate there is nothing to say. Take an issuer that issues to
/// servers only and knows whose name is whose. See the [module](super) for what else is looked at.
pub struct Issuer<'i, C> {
    certificate: &'i [u8],
    clock: PhantomData<C>,
}

impl<'i, C: Clock> Issuer<'i, C> {
    /// Trusts the certificate with these octets (DER; ECDSA on P-256). Its own validity is not looked at.
    pub const fn new(certificate: &'i [u8]) -> Self {
        Self {
            certificate,
            clock: PhantomData,
        }
    }
}

impl<C> fmt::Debug for Issuer<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Issuer")
    }
}

impl<C: Clock> Trust for Issuer<'_, C> {
    type Verifier<'v>
        = Pinned<'v, C>
    where
        Self: 'v;

    fn verifier<'v>(&'v self, host: &'v str) -> Pinned<'v, C> {
        Pinned {
            host,
            inner: CertVerifier::new(Certificate::X509(self.certificate)),
        }
    }
}

/// The verifier of an [`Issuer`].
pub struct Pinned<'v, C: Clock> {
    host: &'v str,
    inner: CertVerifier<'v, Aes128GcmSha256, Time<C>, CERTIFICATE>,
}

impl<C: Clock> fmt::Debug for Pinned<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pinned")
    }
}

impl<C: Clock> TlsVerifier<Aes128GcmSha256> for Pinned<'_, C> {
    fn set_hostname_verification(&mut self, host: &str) -> Result<(), TlsError> {
        self.inner.set_hostname_verification(host)
    }

    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        shown: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        let [CertificateEntryRef::X509(certificate)] = shown.entries.as_slice() else {
            return Err(TlsError::InvalidCertificateEntry);
        };
        if !leaf::serves(certificate, self.host) {
            return Err(TlsError::InvalidCertificate);
        }
        self.inner.verify_certificate(transcript, shown)
    }

    fn verify_signature(&mut self, signature: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        self.inner.verify_signature(signature)
    }
}
