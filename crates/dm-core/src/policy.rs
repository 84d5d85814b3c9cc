//! What is taken for a proof: the rules of an installation, beyond those of the account.

use crate::auth::{Hash, Scheme};

/// The rules.
///
/// | rule | default | stricter | more lenient |
/// | --- | --- | --- | --- |
/// | [`weakest`](Self::weakest): schemes below are neither used nor taken | [`Strength::Basic`]: all of 1.2 | `Md5` refuses passwords, `Sha256` MD5, too | |
/// | [`passwords`](Self::passwords): `syncml:auth-basic` where the transport proves nothing | as the account says, never in place of a digest | [`Passwords::Secured`] | |
/// | [`server_proof`](Self::server_proof): how long a server is believed (`SEC-C-050`) | each message anew over a plain transport, once a session over a secured one | [`ServerProof::PerMessage`] | [`ServerProof::PerSession`] |
/// | [`resync`](Self::resync): the special nonce of security chapter 5.1 | not taken: whoever has recorded one session with it can play the server in another | | `true`: once for each nonce of the account, when a notification was right with it alone |
///
/// And what no rule makes weaker: a server that has to seal its messages is not believed for a digest, a type of credentials
/// once accepted stays that of the session (`SEC-C-014`), no nonce is kept from a server that has not proved itself
/// (`SEC-C-021`), nothing is executed for one (`SEC-C-016`), and an account without a secret is proved by nobody.
///
/// # The order in which a client tries types
///
/// `AAuthPref`, when the account has an entry of that type that the rules allow; else the strongest of its entries: seals, then
/// digests, then passwords, each with SHA-256 before MD5. A challenge overrules both (`SEC-C-008`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Policy {
    /// The weakest scheme that either side may prove itself with. An account's entry of a weaker digest stands for the digest
    /// of this strength: its name and secret are good for any.
    pub weakest: Strength,
    /// Where passwords may be shown.
    pub passwords: Passwords,
    /// How often the server has to prove itself, where its account does not leave that to the transport.
    pub server_proof: ServerProof,
    /// Whether both sides may meet on the special nonce when a notification asks for it ([`Notice::nonce`](crate::Notice::nonce)).
    pub resync: bool,
}

impl Default for Policy {
    /// Every MUST of the 1.2 security specification, and nothing that keeps a 1.2 server out.
    fn default() -> Self {
        Self {
            weakest: Strength::Basic,
            passwords: Passwords::AsAccount,
            server_proof: ServerProof::PerMessageOverPlain,
            resync: false,
        }
    }
}

/// How much a scheme is worth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
pub enum Strength {
    /// `syncml:auth-basic`: the secret itself.
    Basic,
    /// `syncml:auth-md5`, and seals with MD5.
    Md5,
    /// `syncml:auth-SHA256`, and seals with SHA-256 (this project's 1.3 profile).
    #[cfg(feature = "sha256")]
    Sha256,
}

/// Where passwords may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Passwords {
    /// Over any transport, when the account says to begin with them; a server that asks for one instead of a digest gets it
    /// over a secured transport only.
    AsAccount,
    /// Over secured transports only: to an `https` address, or to a peer that the transport has proved. The server's, too.
    Secured,
}

/// How long a server is believed that has proved itself with credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ServerProof {
    /// For the session (212), as the many servers of 1.2 do it that send credentials once.
    PerSession,
    /// For one message where the transport does not prove the server (`SEC-C-050`), else for the session. Costs a
    /// record of the store for each message that brings credentials: their nonce is good once, after a restart as well.
    PerMessageOverPlain,
    /// For one message over every transport.
    PerMessage,
}

impl Policy {
    /// The scheme that one of an account stands for under these rules, with the hash of its seals; `None`: it is too weak.
    pub(crate) fn lift(
        self,
        (scheme, seal): (Scheme, Option<Hash>),
    ) -> Option<(Scheme, Option<Hash>)> {
        if strength(scheme, seal) >= self.weakest {
            return Some((scheme, seal));
        }
        match scheme {
            #[cfg(feature = "sha256")]
            Scheme::Digest(_) => Some((Scheme::Digest(Hash::Sha256), None)),
            #[cfg(all(feature = "sha256", feature = "hmac", feature = "profile13"))]
            Scheme::Mac => Some((Scheme::Mac, Some(Hash::Sha256))),
            _ => None,
        }
    }

    /// The hash of seals where the entry that stands in names none: that of 1.2, or the weakest that is allowed.
    pub(crate) fn seal(self) -> Option<Hash> {
        #[cfg(feature = "hmac")]
        return self
            .lift((Scheme::Mac, Some(Hash::Md5)))
            .and_then(|(_, seal)| seal);
        #[cfg(not(feature = "hmac"))]
        None
    }

    /// Whether a server may ask for this scheme. That of a seal is settled by the account.
    pub(crate) fn allows(self, scheme: Scheme) -> bool {
        scheme.is_seal() || strength(scheme, None) >= self.weakest
    }
}

/// What orders the entries of an account: seals, digests, passwords; within them SHA-256 first.
pub(crate) const fn rank((scheme, seal): (Scheme, Option<Hash>)) -> u8 {
    let kind = match scheme {
        Scheme::Basic => 1,
        Scheme::Digest(_) => 2,
        #[cfg(feature = "hmac")]
        Scheme::Mac => 3,
    };
    kind << 4 | strength(scheme, seal) as u8
}

#[cfg_attr(
    not(feature = "hmac"),
    expect(unused_variables, reason = "nothing is sealed")
)]
const fn strength(scheme: Scheme, seal: Option<Hash>) -> Strength {
    let hash = match scheme {
        Scheme::Basic => None,
        Scheme::Digest(hash) => Some(hash),
        #[cfg(feature = "hmac")]
        Scheme::Mac => seal,
    };
    match hash {
        #[cfg(feature = "md5")]
        Some(Hash::Md5) => Strength::Md5,
        #[cfg(feature = "sha256")]
        Some(Hash::Sha256) => Strength::Sha256,
        _ => Strength::Basic,
    }
}
