//! Who is who: the device proves itself to the server, and the server to the device.
//!
//! Security digest, sections 3 to 5. Nothing here is shared with the client.

use crate::config::{Config, Device, Secret};
use crate::digest::{self, Scheme};
use crate::http::Request;
use crate::nonce::Nonces;
use crate::wire::{Chal, Header};

/// What outlives a session: accounts with their nonces, and where nonces come from.
#[derive(Debug)]
pub(crate) struct Accounts {
    pub(crate) devices: Vec<Device>,
    pub(crate) nonces: Nonces,
}

/// A challenge this server gives: scheme, and the nonce where the scheme has one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) scheme: Scheme,
    pub(crate) nonce: Option<Vec<u8>>,
}

/// What the credentials of one message are worth.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// Status for the header: 200, 212, 401, 407.
    pub(crate) code: u16,
    pub(crate) challenge: Option<Challenge>,
    /// The session has to end: too many attempts, or credentials of another kind than asked for.
    pub(crate) is_last: bool,
    /// What happened, as a sentence.
    pub(crate) event: Option<String>,
}

impl Verdict {
    /// Whether the message may be acted upon.
    pub(crate) const fn is_accepted(&self) -> bool {
        matches!(self.code, 200 | 212)
    }
}

/// The device's proof, as far as it got in this session.
#[derive(Debug, Default)]
pub(crate) struct DeviceAuth {
    /// Authenticated for the session.
    done: bool,
    /// Scheme the device has proved itself with; it must not change.
    used: Option<Scheme>,
    /// Scheme last asked for.
    asked: Option<Scheme>,
    /// Nonce last issued in this session, not yet worth keeping.
    nonce: Option<Vec<u8>>,
    refusals: u32,
    /// Index of the account the device has proved to own.
    pub(crate) account: Option<usize>,
}

impl DeviceAuth {
    /// Judges the credentials of one message.
    pub(crate) fn judge(
        &mut self,
        header: &Header,
        request: &Request<'_>,
        config: &Config,
        accounts: &mut Accounts,
    ) -> Verdict {
        if self.done {
            return Verdict {
                code: 200,
                challenge: None,
                is_last: false,
                event: None,
            };
        }
        if let (None, Some(seal)) = (&header.cred, request.hmac) {
            return self.judge_seal(header, (seal, request.body), config, accounts);
        }
        let Some(cred) = &header.cred else {
            if config.server.anonymous && self.used.is_none() {
                let event = Some("no credentials, none demanded".to_owned());
                return Verdict {
                    code: 200,
                    challenge: None,
                    is_last: false,
                    event,
                };
            }
            return self.refuse(407, "no credentials", header, config, accounts);
        };
        let Some(scheme) = Scheme::from_mime(&cred.mime) else {
            let what = format!("credentials of unknown type `{}`", cred.mime);
            return self.refuse(401, &what, header, config, accounts);
        };
        if scheme.is_mac() {
            return self.refuse(401, "a seal in a Cred", header, config, accounts);
        }
        if cred.format.as_deref() != Some("b64") {
            return self.refuse(
                401,
                "credentials without Format b64",
                header,
                config,
                accounts,
            );
        }
        if self.asked.is_some_and(|asked| asked != scheme)
            || self.used.is_some_and(|used| used != scheme)
        {
            self.refusals = config.server.max_attempts;
            return self.refuse(
                401,
                "credentials of another type than asked for",
                header,
                config,
                accounts,
            );
        }
        let user = match scheme {
            Scheme::Basic => digest::basic_parts(cred.data.reveal()).map(|(user, _)| user),
            _ => header.user.clone(),
        };
        let Some(user) = user else {
            return self.refuse(
                401,
                "credentials without a user name",
                header,
                config,
                accounts,
            );
        };
        let found = accounts.devices.iter().position(|device| {
            device.user == user && device.id.as_ref().is_none_or(|id| *id == header.source)
        });
        let Some((index, device)) =
            found.and_then(|index| Some((index, accounts.devices.get(index)?)))
        else {
            return self.refuse(
                401,
                &format!("no account for `{user}`"),
                header,
                config,
                accounts,
            );
        };
        if device.auth.is_some_and(|demanded| demanded != scheme) {
            return self.refuse(
                401,
                "credentials of a type this account does not take",
                header,
                config,
                accounts,
            );
        }
        let nonce = self.nonce.as_ref().unwrap_or(&device.nonce);
        if !scheme.verify(cred.data.reveal(), &user, device.secret.reveal(), nonce) {
            let what = format!("wrong {} credentials for `{user}`", name(scheme));
            return self.refuse(401, &what, header, config, accounts);
        }
        self.accept(scheme, &user, index, config, accounts)
    }

    /// Refuses credentials that may be right, and asks for others of their kind, or of this scheme.
    pub(crate) fn refuse_anyway(
        &mut self,
        scheme: Option<Scheme>,
        header: &Header,
        config: &Config,
        accounts: &mut Accounts,
    ) -> Verdict {
        self.done = false;
        self.used = scheme.or(self.used);
        self.refuse(401, "as the scenario says", header, config, accounts)
    }

    /// Judges the seal of a message (security digest, section 3.3).
    fn judge_seal(
        &mut self,
        header: &Header,
        (seal, body): (&str, &[u8]),
        config: &Config,
        accounts: &mut Accounts,
    ) -> Verdict {
        let is_other = |scheme: Option<Scheme>| scheme.is_some_and(|scheme| !scheme.is_mac());
        if is_other(self.asked) || is_other(self.used) {
            self.refusals = config.server.max_attempts;
            let what = "credentials of another type than asked for";
            return self.refuse(401, what, header, config, accounts);
        }
        let user = header.user.clone().unwrap_or_default();
        let found = accounts.devices.iter().position(|device| {
            device.user == user && device.id.as_ref().is_none_or(|id| *id == header.source)
        });
        let account = found.and_then(|index| Some((index, accounts.devices.get(index)?)));
        let Some((index, device)) = account.filter(|(_, device)| !is_other(device.auth)) else {
            let what = format!("no account that seals for `{user}`");
            return self.refuse(401, &what, header, config, accounts);
        };
        let scheme = device.auth.unwrap_or(Scheme::Mac);
        let nonce = self.nonce.as_ref().unwrap_or(&device.nonce);
        if !scheme.verify_seal(seal, &user, device.secret.reveal(), nonce, body) {
            let what = format!("wrong {} of `{user}`", name(scheme));
            return self.refuse(401, &what, header, config, accounts);
        }
        self.accept(scheme, &user, index, config, accounts)
    }

    fn accept(
        &mut self,
        scheme: Scheme,
        user: &str,
        index: usize,
        config: &Config,
        accounts: &mut Accounts,
    ) -> Verdict {
        let per_message = config.server.per_message || scheme.is_mac();
        self.done = !per_message;
        self.used = Some(scheme);
        self.account = Some(index);
        self.nonce = None;
        let challenge = (scheme != Scheme::Basic)
            .then(|| accounts.nonces.next())
            .map(|nonce| {
                // Given to a device that has proved itself, so it outlives the session.
                if let Some(device) = accounts.devices.get_mut(index) {
                    device.nonce.clone_from(&nonce);
                }
                Challenge {
                    scheme,
                    nonce: Some(nonce),
                }
            });
        let (code, span) = if per_message {
            (200, "message")
        } else {
            (212, "session")
        };
        let event = Some(format!(
            "`{user}` authenticated with {} for this {span}",
            name(scheme)
        ));
        Verdict {
            code,
            challenge,
            is_last: false,
            event,
        }
    }

    fn refuse(
        &mut self,
        code: u16,
        what: &str,
        header: &Header,
        config: &Config,
        accounts: &mut Accounts,
    ) -> Verdict {
        self.refusals = self.refusals.saturating_add(1);
        let find =
            |is_it: &dyn Fn(&Device) -> bool| accounts.devices.iter().find(|device| is_it(device));
        let account = find(&|device| header.user.as_ref() == Some(&device.user))
            .or_else(|| find(&|device| device.id.as_ref() == Some(&header.source)))
            .or_else(|| accounts.devices.first());
        let scheme = self
            .used
            .or_else(|| account.and_then(|device| device.auth))
            .unwrap_or(Scheme::Md5);
        let nonce = (scheme != Scheme::Basic).then(|| accounts.nonces.next());
        self.asked = Some(scheme);
        self.nonce.clone_from(&nonce);
        Verdict {
            code,
            challenge: Some(Challenge { scheme, nonce }),
            is_last: self.refusals >= config.server.max_attempts,
            event: Some(format!("{what}: refused, {} asked for", name(scheme))),
        }
    }
}

/// What follows from the device's Status for the header of a server message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// The message was taken.
    Taken,
    /// The commands of the message have to be sent again, with other credentials.
    Again,
    /// The session cannot go on, for this reason.
    Stop(String),
}

/// The server's proof, as far as it got in this session.
#[derive(Debug, Default)]
pub(crate) struct OwnAuth {
    state: OwnState,
    /// Scheme asked for by the device.
    asked: Option<Scheme>,
    /// Nonce received in this session.
    nonce: Option<Vec<u8>>,
    refusals: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum OwnState {
    /// Nothing sent yet.
    #[default]
    Idle,
    /// Credentials go with the next message, and did with the last.
    Sending,
    /// The device takes all messages of this session.
    Done,
}

impl OwnAuth {
    /// The scheme of the next message: as asked for, with the hash that the server's own seals have.
    fn scheme(&self, config: &Config) -> Option<Scheme> {
        let own = config.server.auth;
        match self.asked {
            Some(asked) if asked.is_mac() => own.filter(|own| own.is_mac()).or(Some(asked)),
            asked => asked.or(own),
        }
    }

    fn nonce<'a>(&'a self, account: Option<usize>, accounts: &'a Accounts) -> &'a [u8] {
        let kept = account.and_then(|index| accounts.devices.get(index));
        let kept = kept.map(|device| device.server_nonce.as_slice());
        self.nonce.as_deref().or(kept).unwrap_or_default()
    }

    /// Whether the next message is sealed.
    pub(crate) fn seals(&self, config: &Config) -> bool {
        self.scheme(config).is_some_and(Scheme::is_mac)
    }

    /// The `x-syncml-hmac` header of a message.
    pub(crate) fn seal(
        &mut self,
        config: &Config,
        account: Option<usize>,
        accounts: &Accounts,
        body: &[u8],
    ) -> Option<String> {
        let scheme = self.scheme(config).filter(|scheme| scheme.is_mac())?;
        self.state = OwnState::Sending;
        let nonce = self.nonce(account, accounts);
        let secret = config.server.secret.reveal();
        Some(scheme.seal(config.server.user(), secret, nonce, body))
    }

    /// The credentials of the next message.
    pub(crate) fn proof(
        &mut self,
        config: &Config,
        account: Option<usize>,
        accounts: &Accounts,
    ) -> Option<(Scheme, Secret)> {
        let scheme = self.scheme(config).filter(|scheme| !scheme.is_mac())?;
        if self.state == OwnState::Done {
            return None;
        }
        self.state = OwnState::Sending;
        let nonce = self.nonce(account, accounts);
        let proof = scheme.proof(config.server.user(), config.server.secret.reveal(), nonce);
        Some((scheme, Secret::new(&proof)))
    }

    /// Takes the device's Status for the header of the last server message.
    pub(crate) fn answered(
        &mut self,
        code: u16,
        chal: Option<&Chal>,
        max_attempts: u32,
        kept_nonce: Option<&mut Vec<u8>>,
    ) -> Reaction {
        let nonce = chal
            .and_then(|chal| chal.next_nonce.as_deref())
            .and_then(digest::decode);
        match code {
            401 | 407 => {
                self.refusals = self.refusals.saturating_add(1);
                let Some(chal) = chal else {
                    return Reaction::Stop(format!("{code} without a challenge"));
                };
                let Some(scheme) = Scheme::from_mime(&chal.mime) else {
                    return Reaction::Stop(format!("the device asks for `{}`", chal.mime));
                };
                if self.refusals >= max_attempts {
                    return Reaction::Stop(
                        "the device refuses the server's credentials".to_owned(),
                    );
                }
                self.state = OwnState::Idle;
                self.asked = Some(scheme);
                self.nonce = nonce;
                Reaction::Again
            }
            200 | 212 => {
                if self.state == OwnState::Sending {
                    if code == 212 {
                        self.state = OwnState::Done;
                    }
                    if let Some(nonce) = nonce {
                        // Kept for the next session, too: the device that gave it has taken the server's proof.
                        if let Some(kept) = kept_nonce {
                            kept.clone_from(&nonce);
                        }
                        self.nonce = Some(nonce);
                    }
                }
                Reaction::Taken
            }
            _ => Reaction::Stop(format!("the device answers the header with {code}")),
        }
    }
}

/// The scheme in words.
const fn name(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Basic => "basic",
        Scheme::Md5 => "MD5",
        Scheme::Sha256 => "SHA-256",
        Scheme::Mac => "seal (MD5)",
        Scheme::MacSha256 => "seal (SHA-256)",
    }
}
