//! Client-initiated bootstrap: the device asks bootstrap servers for its document with HTTPS GET.
//!
//! That this exists, and the Bootstrap Config MO with its identifier, is confirmed for DM 1.3; request, answers, discovery and
//! the nodes of the object are this project's profile (`P-BOOT-1`, `P-BOOTMO` of the additions digest), not the standard.
//! `ddf/bootstrapcfg.ddf` of this crate describes the object.
//!
//! [`Fetch`] says what to do, the application has the sockets: do what a [`FetchStep`] says, then make the one call it names.

use dm_tree::{NodeId, Reason, Tree};
use dm_wbxml::{Decimal, Text};
use heapless::{String, Vec};

use super::account::value;
use super::{Profile, Refused};
use crate::address::is_https;

/// Identifier of the Bootstrap Config MO (`D13-C-046`).
const OBJECT: &[u8] = b"urn:oma:mo:oma-dm-bootstrapcfg:";
/// Servers of the object that are tried.
const SERVERS_MAX: usize = 8;
/// Redirections that are followed, from one server.
const HOPS_MAX: u8 = 3;
/// Octets of the longest address, with its query.
const URI_MAX: usize = 640;

/// The `Accept` header of the request (`D13-C-042`): what a bootstrap is for this build, and nothing in XML.
#[cfg(feature = "tnds")]
pub const ACCEPT: &str = "application/vnd.syncml.dm+wbxml, application/vnd.wap.connectivity-wbxml";
/// The `Accept` header of the request (`D13-C-042`): what a bootstrap is for this build, and nothing in XML.
#[cfg(not(feature = "tnds"))]
pub const ACCEPT: &str = "application/vnd.wap.connectivity-wbxml";

/// How a fetch ended; the number is what `LastResult` says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FetchResult {
    /// The document was applied.
    Applied = 1,
    /// No server has anything for this device.
    NotFound = 2,
    /// No server was reached, none over `https`, or none whose answer says what to do: it was still busy after the last try,
    /// sent the device on once too often or to another scheme, or answered with a status that has no meaning here.
    Transport = 3,
    /// The server does not know the device.
    Authentication = 4,
    /// The answer is no bootstrap document.
    Parse = 5,
    /// The document was refused.
    Refused = 6,
}

/// What to do next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchStep<'f> {
    /// Send a GET with [`ACCEPT`] to this `https` address, over TLS that verifies its server; then call
    /// [`answered`](Fetch::answered) or [`failed`](Fetch::failed).
    Get {
        /// The address.
        uri: &'f str,
        /// With HTTP credentials: `Identity` and `Secret` of [`server`](Fetch::server).
        with_credentials: bool,
    },
    /// Wait for so many seconds, then call [`again`](Fetch::again).
    Wait(u32),
    /// Apply the body of the answer, [`Origin::Secured`](super::Origin::Secured) by the host of the last address; then call
    /// [`applied`](Fetch::applied).
    Apply(Profile),
    /// It is over; `LastResult` says so, too.
    Done(FetchResult),
}

/// What a bootstrap server answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answer<'a> {
    /// HTTP status code.
    pub status: u16,
    /// `Content-Type`; empty when there is none.
    pub content_type: &'a str,
    /// `Location` of a redirection.
    pub location: Option<&'a str>,
    /// `Retry-After` in seconds.
    pub retry_after: Option<u32>,
}

/// A fetch under way: about 1.5 KiB, held from the first request to the last.
#[derive(Debug)]
pub struct Fetch {
    config: Option<NodeId>,
    /// The servers of the object by their order, and the one that is asked.
    servers: Vec<(u32, NodeId), SERVERS_MAX>,
    at: usize,
    uri: String<URI_MAX>,
    query: String<URI_MAX>,
    hops: u8,
    tries: u32,
    with_credentials: bool,
    result: FetchResult,
}

impl Fetch {
    /// Looks up the servers of the Bootstrap Config MO, the one with the lowest `Order` first.
    ///
    /// # Errors
    /// [`Refused::Policy`] when `Enable` is `false`; [`Refused::Device`], with [`Reason::TooLarge`] when a value of DevInfo that
    /// is told is longer than 128 octets, or all of them in a query than 640.
    pub fn new(tree: &mut Tree<'_>) -> Result<Self, Refused> {
        let config = tree.local().object(OBJECT, None);
        let mut fetch = Self {
            config,
            servers: Vec::new(),
            at: 0,
            uri: String::new(),
            query: query(tree)?,
            hops: 0,
            tries: 0,
            with_credentials: false,
            result: FetchResult::Transport,
        };
        let Some(config) = config else {
            return Ok(fetch);
        };
        let mut enable = [0; 5];
        if value(tree, config, "Enable", &mut enable)? == b"false" {
            return Err(Refused::Policy);
        }
        let list = tree.local().child(config, "Servers");
        let mut next = list.and_then(|list| tree.local().first_child(list));
        while let Some(server) = next {
            let order = number(tree, server, "Order")?.unwrap_or(100);
            let behind = fetch.servers.iter().position(|known| known.0 > order);
            let at = behind.unwrap_or(fetch.servers.len());
            // More than there is room for are not tried.
            let _ = fetch.servers.insert(at, (order, server));
            next = tree.local().next_sibling(server);
        }
        Ok(fetch)
    }

    /// Begins with the first server of the object.
    ///
    /// # Errors
    /// [`Refused::Device`].
    pub fn start(&mut self, tree: &mut Tree<'_>) -> Result<FetchStep<'_>, Refused> {
        self.at = 0;
        self.open(tree)
    }

    /// Asks a server that was discovered, when those of the object had nothing (`D13-C-045`).
    ///
    /// # Errors
    /// [`Refused::Device`].
    pub fn discovered(&mut self, tree: &mut Tree<'_>, uri: &str) -> Result<FetchStep<'_>, Refused> {
        self.at = self.servers.len();
        if !self.go_to(uri) {
            return self.done(tree, FetchResult::Transport);
        }
        Ok(self.get())
    }

    /// The server of the object that is being asked: its node, below which `SecMode`, `Identity`, `Secret` and
    /// `CAFingerprint` are.
    #[must_use]
    pub fn server(&self) -> Option<NodeId> {
        self.servers.get(self.at).map(|server| server.1)
    }

    /// Takes an answer.
    ///
    /// # Errors
    /// [`Refused::Device`].
    pub fn answered(
        &mut self,
        tree: &mut Tree<'_>,
        answer: &Answer<'_>,
    ) -> Result<FetchStep<'_>, Refused> {
        match answer.status {
            200 => match Profile::of_media_type(answer.content_type) {
                Some(profile) => Ok(FetchStep::Apply(profile)),
                None => self.next(tree, FetchResult::Parse),
            },
            204 => self.done(tree, FetchResult::NotFound),
            301 | 302 | 303 | 307 | 308 => {
                self.hops = self.hops.saturating_add(1);
                let to = answer.location.filter(|_| self.hops <= HOPS_MAX);
                // Credentials are for the server that they belong to (`D13-C-043` for the rest).
                self.with_credentials = false;
                match to.is_some_and(|to| self.set_uri(to)) {
                    true => Ok(self.get()),
                    false => self.next(tree, FetchResult::Transport),
                }
            }
            401 if !self.with_credentials && self.hops == 0 && self.has_credentials(tree)? => {
                self.with_credentials = true;
                Ok(self.get())
            }
            401 | 403 | 407 => self.next(tree, FetchResult::Authentication),
            404 | 410 => self.next(tree, FetchResult::NotFound),
            429 | 503 => self.later(tree, answer.retry_after),
            _ => self.later(tree, None),
        }
    }

    /// The request could not be carried out, or the server did not prove to be the one of the address.
    ///
    /// # Errors
    /// [`Refused::Device`].
    pub fn failed(&mut self, tree: &mut Tree<'_>) -> Result<FetchStep<'_>, Refused> {
        self.later(tree, None)
    }

    /// The time of [`FetchStep::Wait`] is over.
    pub fn again(&mut self) -> FetchStep<'_> {
        self.get()
    }

    /// What became of the document. One that was refused ends the fetch: the next server has no better claim to the device.
    ///
    /// # Errors
    /// [`Refused::Device`]: `LastResult` cannot be written; what was applied stays applied.
    pub fn applied(
        &mut self,
        tree: &mut Tree<'_>,
        result: Result<(), Refused>,
    ) -> Result<FetchStep<'_>, Refused> {
        let result = match result {
            Ok(()) => FetchResult::Applied,
            Err(Refused::Codec(..) | Refused::NoAccount) => FetchResult::Parse,
            Err(_) => FetchResult::Refused,
        };
        self.done(tree, result)
    }

    /// Goes to the server that is next in order.
    fn open(&mut self, tree: &mut Tree<'_>) -> Result<FetchStep<'_>, Refused> {
        while let Some((_, server)) = self.servers.get(self.at) {
            let mut uri = [0; URI_MAX];
            let uri = core::str::from_utf8(value(tree, *server, "URI", &mut uri)?);
            if uri.is_ok_and(|uri| self.go_to(uri)) {
                return Ok(self.get());
            }
            self.at = self.at.saturating_add(1);
        }
        self.done(tree, self.result)
    }

    fn next(&mut self, tree: &mut Tree<'_>, result: FetchResult) -> Result<FetchStep<'_>, Refused> {
        self.result = result;
        self.at = self.at.saturating_add(1);
        self.open(tree)
    }

    /// Tries again later, or goes to the next server.
    fn later(
        &mut self,
        tree: &mut Tree<'_>,
        retry_after: Option<u32>,
    ) -> Result<FetchStep<'_>, Refused> {
        let setting = |tree: &mut Tree<'_>, leaf, default| match self.config {
            Some(config) => Ok::<_, Refused>(number(tree, config, leaf)?.unwrap_or(default)),
            None => Ok(default),
        };
        let most = setting(tree, "RetryMax", 3)?;
        let first = setting(tree, "RetryWait", 60)?;
        if self.tries >= most {
            return self.next(tree, FetchResult::Transport);
        }
        let wait = first.saturating_mul(1u32.checked_shl(self.tries).unwrap_or(u32::MAX));
        self.tries = self.tries.saturating_add(1);
        Ok(FetchStep::Wait(retry_after.unwrap_or(wait)))
    }

    fn done(&mut self, tree: &mut Tree<'_>, result: FetchResult) -> Result<FetchStep<'_>, Refused> {
        let leaf = self
            .config
            .and_then(|config| tree.local().child(config, "LastResult"));
        if let Some(leaf) = leaf {
            let number = Decimal::new(result as u32);
            tree.local().set_value(leaf, number.as_bytes())?;
        }
        Ok(FetchStep::Done(result))
    }

    fn get(&self) -> FetchStep<'_> {
        FetchStep::Get {
            uri: &self.uri,
            with_credentials: self.with_credentials,
        }
    }

    /// Begins with a server, whose address gets the query.
    fn go_to(&mut self, uri: &str) -> bool {
        (self.hops, self.tries, self.with_credentials) = (0, 0, false);
        if !self.set_uri(uri) {
            return false;
        }
        let joint = if uri.contains('?') { "&" } else { "?" };
        self.uri.push_str(joint).is_ok() && self.uri.push_str(&self.query).is_ok()
    }

    /// Only `https`, at every hop (`D13-C-043`), and no name in front of the host that could be taken for it.
    fn set_uri(&mut self, uri: &str) -> bool {
        let authority = uri.get("https://".len()..).unwrap_or_default();
        let host = authority.split(['/', '?', '#']).next().unwrap_or_default();
        let is_plain = |octet: u8| octet.is_ascii_graphic() && octet != b'#';
        self.uri.clear();
        is_https(uri)
            && !host.is_empty()
            && !host.contains('@')
            && uri.bytes().all(is_plain)
            && self.uri.push_str(uri).is_ok()
    }

    fn has_credentials(&self, tree: &mut Tree<'_>) -> Result<bool, Refused> {
        let Some(server) = self.server() else {
            return Ok(false);
        };
        let mut mode = [0; 16];
        Ok(value(tree, server, "SecMode", &mut mode)? == b"CERT+HTTPAUTH")
    }
}

/// A leaf with a number.
fn number(tree: &mut Tree<'_>, parent: NodeId, leaf: &str) -> Result<Option<u32>, Refused> {
    let mut digits = [0; 12];
    let digits = value(tree, parent, leaf, &mut digits)?;
    Ok(Text::from_bytes(digits).parse_u32())
}

/// Who asks: `devid=…&man=…&mod=…&dmv=1.3&lang=…` (`D13-C-042`).
fn query(tree: &mut Tree<'_>) -> Result<String<URI_MAX>, Refused> {
    let mut query = String::new();
    for (key, leaf) in [
        ("devid=", "./DevInfo/DevId"),
        ("&man=", "./DevInfo/Man"),
        ("&mod=", "./DevInfo/Mod"),
        ("&dmv=", ""),
        ("&lang=", "./DevInfo/Lang"),
    ] {
        push(&mut query, key)?;
        if leaf.is_empty() {
            push(&mut query, crate::profile13::NUMBER)?;
            continue;
        }
        let mut text = [0; crate::device::LONGEST];
        let len = match tree.local().get(leaf, &mut text) {
            Err(Reason::NoSuchNode) => 0,
            result => result?,
        };
        for octet in text.get(..len).unwrap_or_default() {
            encode(&mut query, *octet)?;
        }
    }
    Ok(query)
}

fn push(text: &mut String<URI_MAX>, more: &str) -> Result<(), Refused> {
    text.push_str(more)
        .map_err(|_| Refused::Device(Reason::TooLarge))
}

/// Percent-encodes what is not unreserved in a URI.
fn encode(text: &mut String<URI_MAX>, octet: u8) -> Result<(), Refused> {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    let mut put = |character: char| {
        text.push(character)
            .map_err(|_| Refused::Device(Reason::TooLarge))
    };
    if octet.is_ascii_alphanumeric() || b"-._~".contains(&octet) {
        return put(char::from(octet));
    }
    put('%')?;
    put(digit(octet >> 4).to_ascii_uppercase())?;
    put(digit(octet & 0xF).to_ascii_uppercase())
}

/// The address of the bootstrap server of an operator by country and network code (`D13-C-044`, `D13-C-045`) of 3, and of 2
/// or 3 digits: `https://dmbootstrap.mnc001.mcc262.pub.3gppnetwork.org/dm/bootstrap`. `None`: they are none.
///
/// ```
/// # use dm_core::bootstrap::operator_server;
/// let uri = operator_server("262", "01").ok_or("no codes")?;
/// assert_eq!(uri.as_str(), "https://dmbootstrap.mnc001.mcc262.pub.3gppnetwork.org/dm/bootstrap");
/// # Ok::<(), &str>(())
/// ```
#[must_use]
pub fn operator_server(mcc: &str, mnc: &str) -> Option<String<80>> {
    let is_code = |code: &str, lens: &[usize]| {
        lens.contains(&code.len()) && code.bytes().all(|octet| octet.is_ascii_digit())
    };
    if !is_code(mcc, &[3]) || !is_code(mnc, &[2, 3]) {
        return None;
    }
    let zero = if mnc.len() == 2 { "0" } else { "" };
    let mut uri = String::new();
    for part in [
        "https://dmbootstrap.mnc",
        zero,
        mnc,
        ".mcc",
        mcc,
        ".pub.3gppnetwork.org/dm/bootstrap",
    ] {
        uri.push_str(part).ok()?;
    }
    Some(uri)
}

/// The name under which a domain tells its bootstrap server with an SRV record (`D13-C-045`): `_omadm-bootstrap._tcp.` in front
/// of it. `None`: the domain is empty, or longer than 106 octets.
#[must_use]
pub fn srv_name(domain: &str) -> Option<String<128>> {
    let mut name = String::new();
    name.push_str("_omadm-bootstrap._tcp.").ok()?;
    name.push_str(domain).ok()?;
    (!domain.is_empty()).then_some(name)
}
