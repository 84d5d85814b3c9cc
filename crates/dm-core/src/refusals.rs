//! Why commands of a server were refused, for whoever has to find out on the device.
//!
//! The Status that goes to the server is a number that stands for many causes. The list of refusals, in memory that the
//! application lends, holds the cause itself, and the requirement that asks for it.

use dm_tree::Reason;
use dm_wbxml::Text;
use heapless::Vec;

use crate::client::Client;
use crate::status;
use crate::tell::{Shown, Why};

/// Octets of an address that a refusal holds; longer ones are cut.
const URI_MAX: usize = 64;

/// One command, or Item of a command, that was not executed. About 90 octets.
#[derive(Clone, Debug)]
pub struct Refusal {
    command: &'static str,
    code: u16,
    reason: Option<Reason>,
    uri: Vec<u8, URI_MAX>,
}

impl Refusal {
    /// A place for one.
    pub const EMPTY: Self = Self {
        command: "",
        code: 0,
        reason: None,
        uri: Vec::new(),
    };

    /// Name of the command.
    #[must_use]
    pub const fn command(&self) -> &'static str {
        self.command
    }

    /// The status that the server was told.
    #[must_use]
    pub const fn code(&self) -> u16 {
        self.code
    }

    /// What the tree or a handler had against it; `None`: it was refused before it came so far.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        self.reason
    }

    /// The first 64 octets of the address; empty for a command that was refused as a whole.
    #[must_use]
    pub fn uri(&self) -> &[u8] {
        &self.uri
    }

    /// The requirement that the refusal follows, of the project's digests; empty where none but the node's description or
    /// the handler asks for it.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        rule(self.reason, self.code)
    }
}

const fn rule(reason: Option<Reason>, code: u16) -> &'static str {
    match (reason, code) {
        (Some(reason), _) => rule_of(reason),
        (_, status::UNAUTHORIZED | status::AUTHENTICATION_REQUIRED) => "SEC-C-016",
        (_, status::NOT_EXECUTED) => "PRO-C-082",
        (_, status::NOT_SUPPORTED) => "PRO-C-059",
        (_, status::NOT_IMPLEMENTED) => "PRO-C-138",
        (_, 517) => "PRO-C-086",
        _ => "",
    }
}

const fn rule_of(reason: Reason) -> &'static str {
    match reason {
        Reason::Acl => "PRO-C-142",
        Reason::UriSyntax => "PRO-C-140",
        Reason::UriTooLong => "PRO-C-141",
        Reason::NoSuchNode | Reason::NoSuchParent => "PRO-C-062",
        Reason::Exists => "PRO-C-040",
        Reason::NotInterior => "PRO-C-041",
        Reason::Permanent => "PRO-C-055",
        Reason::Property | Reason::PropertyAccess => "PRO-C-063",
        Reason::Query => "PRO-C-065",
        _ => "",
    }
}

/// The lent list.
#[derive(Default)]
pub(crate) struct Refusals<'m> {
    list: &'m mut [Refusal],
    len: usize,
    /// What the tree had against the present Item.
    pub(crate) reason: Option<Reason>,
}

impl Refusals<'_> {
    pub(crate) const fn clear(&mut self) {
        self.len = 0;
    }

    /// Takes note of a code that is no success, as long as there is room: the first refusals tell most. `limit`: the number
    /// that was exceeded, if one was; 0: none.
    #[inline(never)]
    pub(crate) fn note(
        &mut self,
        command: &'static str,
        uri: Option<Text<'_>>,
        code: u16,
        limit: u32,
    ) {
        let reason = self.reason.take();
        if status::is_success(code) {
            return;
        }
        let plain = uri.and_then(|uri| uri.trimmed().plain());
        let plain = plain.unwrap_or_default();
        let plain = plain.get(..URI_MAX).unwrap_or(plain);
        let shown: &[u8] = if plain.is_empty() {
            b"as a whole"
        } else {
            plain
        };
        tell!(
            warn,
            "{} {} is refused with {}{}",
            command,
            Shown(shown),
            code,
            Why {
                reason,
                rule: rule(reason, code),
                limit
            }
        );
        let Some(place) = self.list.get_mut(self.len) else {
            return;
        };
        self.len = self.len.saturating_add(1);
        place.command = command;
        place.code = code;
        place.reason = reason;
        place.uri.clear();
        let _ = place.uri.extend_from_slice(plain);
    }
}

impl<'m> Client<'m> {
    /// Lends memory for the causes of refusals: as many as `list` is long are kept, the first of each session.
    #[must_use]
    pub fn with_refusals(mut self, list: &'m mut [Refusal]) -> Self {
        self.refusals = Refusals {
            list,
            ..Refusals::default()
        };
        self
    }

    /// What was refused in the present session, or after its end in the last one.
    #[must_use]
    pub fn refusals(&self) -> &[Refusal] {
        let Refusals { list, len, .. } = &self.refusals;
        list.get(..*len).unwrap_or_default()
    }
}
