//! What a server message says about the session: our own credentials, the server's, the versions.
//!
//! Security chapter 4. Decided on the header and the Status for our SyncHdr, before any command is looked at.

use dm_tree::Tree;
use dm_wbxml::{Digest, Message, Meta, Part, SyncHdr, Text, tag};

use crate::account::{self, Level};
use crate::address::{host, is_https, same_word};
use crate::auth::{self, Nonce, Scheme};
use crate::error::{Error, ServerFault};
use crate::policy::{Passwords, ServerProof};
use crate::session::{Session, Version};
use crate::status;
use crate::step::{Peer, Received};

/// The message of `len` octets that begins at `start` of the receive buffer.
#[inline(never)]
pub(crate) fn message<'r>(rx: &'r [u8], start: usize, len: usize, digest: &Digest) -> Message<'r> {
    Message::new(bytes(rx, start, len), digest)
}

/// Its octets.
#[inline(never)]
pub(crate) fn bytes(rx: &[u8], start: usize, len: usize) -> &[u8] {
    let bytes = rx.get(start..start.saturating_add(len));
    bytes.unwrap_or_default()
}

/// A header to be read into. One copy of the code: it has many fields.
#[inline(never)]
pub(crate) fn no_header<'r>() -> SyncHdr<'r> {
    SyncHdr::default()
}

/// The server's answer to our SyncHdr.
#[derive(Clone, Copy)]
pub(crate) struct OwnStatus {
    pub(crate) code: u16,
    pub(crate) chal: Option<Chal>,
}

impl OwnStatus {
    /// What counts when there is none.
    pub(crate) const NONE: Self = Self {
        code: status::OK,
        chal: None,
    };
}

/// A challenge, whose nonce has been taken over already.
#[derive(Clone, Copy)]
pub(crate) struct Chal {
    /// `None`: one that is not spoken here.
    pub(crate) scheme: Option<Scheme>,
}

/// Finds the Status for our SyncHdr. A missing CmdRef with Cmd `SyncHdr` counts as `0` (protocol chapter 14).
///
/// The nonce of its challenge is used for our next credentials even when the server did not prove itself (`SEC-C-020`).
pub(crate) fn own_status(
    message: &Message<'_>,
    digest: &Digest,
    session: &mut Session,
    own: &mut OwnStatus,
) -> Result<(), Error> {
    let msg_id = Some(u32::from(session.msg_id));
    let mut body = message.body();
    let mut part = Part::Done;
    let mut left = digest.statuses;
    while left > 0 {
        body.next_into(&mut part)?;
        let status = match &part {
            Part::Status(status) => status,
            Part::Done => break,
            _ => continue,
        };
        left = left.saturating_sub(1);
        let cmd_ref = status.cmd_ref;
        let is_hdr = cmd_ref.is(b"0") || (cmd_ref.is_empty() && status.cmd.is(b"SyncHdr"));
        // One for another message tells nothing of the last (protocol chapter 14).
        if is_hdr && (status.msg_ref.is_empty() || status.msg_ref.parse_u32() == msg_id) {
            own.code = status.code;
            if let Some(chal) = &status.chal {
                take_nonce(session, chal);
                let scheme = Scheme::from_type(chal.mime.as_ref());
                own.chal = Some(Chal { scheme });
            }
            break;
        }
    }
    Ok(())
}

/// Whether the message tells that the server does not want the rest of a value that is being sent: an error for its
/// Results, or Alert 1225.
pub(crate) fn declines_value(message: &Message<'_>) -> Result<bool, Error> {
    let mut body = message.body();
    let mut part = Part::Done;
    loop {
        body.next_into(&mut part)?;
        let declines = match &part {
            Part::Done => return Ok(false),
            Part::Status(status) => status.code >= 300 && status.cmd.is(b"Results"),
            Part::Command(command) if command.tag == tag::ALERT => {
                let code = command.data.and_then(|data| data.parse_u32());
                code == Some(u32::from(status::alert::NO_END_OF_DATA))
            }
            _ => false,
        };
        if declines {
            return Ok(true);
        }
    }
}

/// Whether the server may be believed in this message: the code of our Status for its SyncHdr.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub(crate) enum Verdict {
    /// For this message.
    Trusted = status::OK,
    /// For the session.
    Proved = status::AUTHENTICATED,
    /// It brought a proof, which is wrong.
    Wrong = status::UNAUTHORIZED,
    /// It brought no proof, not even a wrong one.
    Missing = status::AUTHENTICATION_REQUIRED,
}

impl Verdict {
    pub(crate) const fn is_trusted(self) -> bool {
        matches!(self, Self::Trusted | Self::Proved)
    }

    pub(crate) const fn code(self) -> u16 {
        self as u16
    }
}

/// Checks the server's proof (security chapter 4.2).
pub(crate) fn verdict(
    tree: &mut Tree<'_>,
    session: &mut Session,
    header: &SyncHdr<'_>,
    (body, got): (&[u8], &Received<'_>),
) -> Result<Verdict, Error> {
    let policy = session.policy;
    let is_secured = is_proved_by(session, got.peer);
    let by_transport = session.transport_proof_is_enough && is_secured;
    let wanted = session.wanted_scheme();
    session.server_auth.renew = false;
    if wanted.is_some_and(Scheme::is_seal) && !by_transport {
        return sealed(tree, session, wanted, body, got);
    }
    if wanted == Some(Scheme::Basic) && policy.passwords == Passwords::Secured && !is_secured {
        return Err(Error::Server(ServerFault::NotAuthenticated));
    }
    let per_message = match policy.server_proof {
        ServerProof::PerSession => false,
        ServerProof::PerMessageOverPlain => !is_secured,
        ServerProof::PerMessage => true,
    };
    let can_check = header.cred.is_some() && account::proof(tree, session, Level::Server, wanted)?;
    let Some(cred) = header.cred.as_ref().filter(|_| can_check) else {
        // One that there is nothing to check with is passed over where the transport is enough.
        return Ok(match header.cred {
            _ if by_transport || (session.server_auth.done && !per_message) => Verdict::Trusted,
            Some(_) => Verdict::Wrong,
            None => Verdict::Missing,
        });
    };
    let auth = &mut session.server_auth;
    let proof = &auth.proof;
    let is_b64 = cred.format.is_some_and(|format| format.is(b"b64"));
    // Credentials of another type than the one asked for are none, even when they are right (security chapter 2).
    let scheme = Scheme::from_type(cred.mime.as_ref()).filter(|scheme| Some(*scheme) == wanted);
    // The nonce sent last, that of this session, or the stored one when the server missed the others. A failed check uses
    // none of them up (`SEC-C-053`). Where each message is proved by itself no nonce is good twice (`SEC-C-050`).
    let is_first = auth.scheme.is_none();
    let stored = !per_message || is_first || !scheme.is_some_and(Scheme::has_nonce);
    let is_right = |nonce: &[u8]| {
        is_b64 && scheme.is_some_and(|it| auth::verify(it, &proof.who, nonce, &cred.data))
    };
    if auth.issued().is_some_and(is_right) {
        auth::put(&mut auth.current, &auth.issued);
    } else if !(!per_message && !auth.current.is_empty() && is_right(&auth.current)
        || stored && is_right(&proof.nonce))
    {
        // Who fails has to prove itself anew; leaving the Cred out is no proof.
        auth.done = false;
        return Ok(Verdict::Wrong);
    }
    auth.done = true;
    auth.scheme = scheme;
    auth.challenges = 0;
    auth.renew = scheme.is_some_and(Scheme::has_nonce);
    Ok(match per_message {
        true => Verdict::Trusted,
        false => Verdict::Proved,
    })
}

/// Whether the transport proved the host that the session talks to, and that host is the server's.
pub(crate) fn is_proved_by(session: &Session, peer: Peer<'_>) -> bool {
    let Peer::Secured { name } = peer else {
        return false;
    };
    session.uri_is_proven && same_word(host(&session.uri), name.as_bytes())
}

/// Checks the `x-syncml-hmac` header where the server has to seal its messages.
fn sealed(
    tree: &mut Tree<'_>,
    session: &mut Session,
    wanted: Option<Scheme>,
    body: &[u8],
    got: &Received<'_>,
) -> Result<Verdict, Error> {
    let is_known = account::proof(tree, session, Level::Server, wanted)?;
    let auth = &mut session.server_auth;
    let in_force = auth.scheme == wanted;
    let proof = &auth.proof;
    let good = match (got.hmac, proof.seal) {
        (Some(header), Some(hash)) if is_known => {
            auth.issued()
                .is_some_and(|nonce| auth::mac::verify(hash, &proof.who, nonce, body, header))
                // The stored nonce is good for the first message only (`SEC-C-025`).
                || (!in_force && auth::mac::verify(hash, &proof.who, &proof.nonce, body, header))
        }
        _ => false,
    };
    if good {
        auth.scheme = wanted;
        auth.challenges = 0;
        auth.renew = true;
        return Ok(Verdict::Trusted);
    }
    if in_force {
        // Once used it has to go with every message (`SEC-C-026`, `SEC-C-027`).
        return Err(Error::Server(ServerFault::NotAuthenticated));
    }
    Ok(match got.hmac {
        Some(_) => Verdict::Wrong,
        None => Verdict::Missing,
    })
}

/// What a challenge or a NextNonce of the server means for our next credentials.
fn take_nonce(session: &mut Session, chal: &Meta<'_>) {
    let Some(text) = &chal.next_nonce else {
        return;
    };
    let mut nonce = Nonce::new();
    let _ = nonce.resize(auth::NONCE_MAX, 0);
    // A nonce that is no base64 or longer than any real one is as good as none.
    if let Ok(len) = text.decode_base64(nonce.as_mut_slice()) {
        nonce.truncate(len);
        session.client_auth.proof.renew(&nonce);
        session.client_auth.keep_nonce = true;
        session.client_auth.nonce_used = false;
    }
}

/// Whether the header's versions are spoken here; the status of the refusal otherwise (`PRO-C-134`).
pub(crate) fn version_fault(header: &SyncHdr<'_>) -> Option<u16> {
    if !header.ver_dtd.is(b"1.2") {
        return Some(status::DTD_VERSION);
    }
    let proto = header.ver_proto;
    let known = Version::ALL
        .iter()
        .any(|version| proto.is(version.ver_proto().as_bytes()));
    (!known).then_some(status::PROTOCOL_VERSION)
}

/// Takes over RespURI and MaxMsgSize of the header.
pub(crate) fn take_over(session: &mut Session, header: &SyncHdr<'_>) -> Result<(), Error> {
    if let Some(size) = header.max_msg_size {
        session.server_max_msg_size = size;
    }
    // Valid until a new value arrives (`PRO-C-024`).
    if let Some(size) = header.max_obj_size {
        session.server_max_obj_size = size;
    }
    match &header.resp_uri {
        Some(uri) if !uri.is_empty() => take_resp_uri(session, uri),
        _ => Ok(()),
    }
}

/// A frame of its own: addresses are long.
#[inline(never)]
fn take_resp_uri(session: &mut Session, resp_uri: &Text<'_>) -> Result<(), Error> {
    let mut buf = [0; crate::session::URI_MAX];
    let too_long = Error::Limit(crate::error::LimitKind::TextTooLong);
    let len = resp_uri.copy_to(&mut buf).ok_or(too_long)?;
    let uri = core::str::from_utf8(buf.get(..len).unwrap_or_default())
        .map_err(|_| Error::Server(ServerFault::Malformed))?;
    // The same level of security or better (protocol chapter 12, choice).
    if is_https(&session.uri) && !is_https(uri) {
        return Err(Error::Server(ServerFault::InsecureRespUri));
    }
    if !same_word(host(&session.uri), host(uri)) {
        // Until the message that says so is proved.
        session.uri_is_proven = false;
    }
    session.uri.clear();
    session.uri.push_str(uri).map_err(|_| too_long)
}

/// Keeps what a believed server gave for the next session (`SEC-C-012`, `SEC-C-021`).
pub(crate) fn keep(tree: &mut Tree<'_>, session: &mut Session) -> Result<(), Error> {
    // The server's message answers the one in which the nonce was sent, so it came across.
    if session.server_auth.keep_issued {
        account::keep_nonce(tree, session, Level::Server)?;
        session.server_auth.keep_issued = false;
    }
    let auth = &session.client_auth;
    if auth.keep_nonce && auth.scheme.is_some_and(Scheme::has_nonce) {
        account::keep_nonce(tree, session, Level::Client)?;
    }
    Ok(())
}

/// Text of the content type without parameters, compared without case.
pub(crate) fn encoding_of(content_type: &str, bytes: &[u8]) -> Option<dm_wbxml::Encoding> {
    use dm_wbxml::Encoding;
    let mut parts = content_type.as_bytes().split(|byte| *byte == b';');
    let name = Text::from_bytes(parts.next().unwrap_or_default()).trimmed();
    let name = name.plain().unwrap_or_default();
    if name.is_empty() {
        return Some(Encoding::detect(bytes));
    }
    [Encoding::Wbxml, Encoding::Xml]
        .into_iter()
        .find(|encoding| same_word(name, encoding.content_type().as_bytes()))
}

/// Whether a MsgID is lower than the one before: a message that was overtaken, or is played back (`PRO-C-139`; rule 6 of
/// `P-REPLAY-1`). MsgIDs that are no numbers are only told to be the same or not.
pub(crate) fn is_older(text: &Text<'_>, known: &[u8]) -> bool {
    let known = Text::from_bytes(known).parse_u32();
    known.is_some_and(|known| text.parse_u32().is_some_and(|id| id < known))
}

/// Whether two texts are the same short token, a MsgID say.
pub(crate) fn is_same(text: &Text<'_>, known: &[u8]) -> bool {
    !known.is_empty() && text.is(known)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// PRO-C-139: in every build, with or without the rules of 1.3.
    #[test]
    fn a_lower_number_is_older_and_other_text_is_not() {
        for (id, known, older) in [
            ("1", "2", true),
            ("9", "10", true),
            ("2", "2", false),
            ("3", "2", false),
            ("1", "", false),
            ("1", "b", false),
            ("a", "2", false),
            ("", "2", false),
        ] {
            assert_eq!(
                is_older(&Text::from(id), known.as_bytes()),
                older,
                "{id} {known}"
            );
        }
    }
}
