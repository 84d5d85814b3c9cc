//! What a device tells a server unasked: client events and generic alerts (protocol chapter 10).

use dm_tree::Format;
use heapless::String;

use crate::error::{Error, Misuse};

/// Octets of the longest Type, its prefix included, and of any other text of an event.
pub const EVENT_TEXT_MAX: usize = 255;

/// Something that a server is to be told. It waits in the outbox until the server has answered it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'e> {
    /// What kind of alert it is, and its Type.
    pub kind: EventKind<'e>,
    /// ServerID of the only server it is for; empty: whichever has a session first.
    pub server_id: &'e str,
    /// Format of the data (`PRO-C-121`, `PRO-C-125`).
    pub format: Format,
    /// How important it is; without one it counts as informational (`PRO-C-122`).
    pub mark: Option<Mark>,
    /// The Correlator of the Exec that it answers. [`Client::finish`](crate::Client::finish) fills it in by itself.
    pub correlator: &'e str,
    /// Address of the node that it is about, where its type asks for one (`PRO-C-123`).
    pub source: &'e str,
    /// Target of its Item; normally empty.
    pub target: &'e str,
    /// The data. May be empty, but is always sent.
    pub data: &'e [u8],
}

impl<'e> Event<'e> {
    /// An event with this data, about nothing in particular and for any server.
    #[must_use]
    pub const fn new(kind: EventKind<'e>, format: Format, data: &'e [u8]) -> Self {
        Self {
            kind,
            server_id: "",
            format,
            mark: None,
            correlator: "",
            source: "",
            target: "",
            data,
        }
    }

    /// The Type as it is sent, after a look at everything that a server could choke on.
    pub(crate) fn checked(&self) -> Result<String<EVENT_TEXT_MAX>, Error> {
        let wrong = Error::Misuse(Misuse::Event);
        let (prefix, name) = match self.kind {
            EventKind::ContentType(name) => ("Content-Type: ", name),
            EventKind::ReversedDomainName(name) => ("Reversed-Domain-Name: ", name),
            EventKind::Client(name) => ("", name),
        };
        let is_bare = |name: &str| name.bytes().all(|octet| octet > b' ' && octet != 0x7F);
        let is_name = match self.kind {
            EventKind::ContentType(name) | EventKind::Client(name) => {
                !name.is_empty() && !name.chars().any(char::is_control)
            }
            EventKind::ReversedDomainName(name) => {
                !name.is_empty() && is_bare(name) && !name.contains(':')
            }
        };
        let texts = [self.server_id, self.correlator, self.source, self.target];
        let fits = texts.iter().all(|text| text.len() <= EVENT_TEXT_MAX);
        // Octets go as they are or as base64; what is text has to be text, in which NUL has no form.
        let is_text = !matches!(self.format, Format::Bin | Format::B64);
        let data_is_text = core::str::from_utf8(self.data).is_ok() && !self.data.contains(&0);
        if !is_name || !fits || self.format == Format::Node || (is_text && !data_is_text) {
            return Err(wrong);
        }
        let mut mime = String::new();
        mime.push_str(prefix).map_err(|_| wrong)?;
        mime.push_str(name).map_err(|_| wrong)?;
        Ok(mime)
    }
}

/// Which alert an event is sent as, and the name of its type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum EventKind<'e> {
    /// Generic alert 1226 whose type is a MIME type.
    ContentType(&'e str),
    /// Generic alert 1226 whose type is a name below a domain, such as
    /// `org.openmobilealliance.dm.firmwareupdate.update`.
    ReversedDomainName(&'e str),
    /// Client event 1224 of this type.
    Client(&'e str),
}

/// How important an event is (protocol table 10.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[non_exhaustive]
pub enum Mark {
    /// Something cannot work any more.
    Fatal = 1,
    /// Something is about to stop working.
    Critical,
    /// Something does not work as it should.
    Minor,
    /// Something may go wrong.
    Warning,
    /// What counts without a mark.
    Informational,
    /// Nothing is wrong.
    Harmless,
    /// Nobody can tell.
    Indeterminate,
}

impl Mark {
    /// The name in Meta/Mark, of the mark with this number; `None`: no mark.
    pub(crate) const fn name(number: u8) -> Option<&'static str> {
        Some(match number {
            1 => "fatal",
            2 => "critical",
            3 => "minor",
            4 => "warning",
            5 => "informational",
            6 => "harmless",
            7 => "indeterminate",
            _ => return None,
        })
    }
}
