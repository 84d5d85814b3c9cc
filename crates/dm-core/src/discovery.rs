//! What a server can find out about this client and its link (`P-FEAT-1` and `P-SESS-1` of the additions digest): this project's
//! reading of DM 1.3, not the standard. `dm_ddf::Standard::Profile13` describes the nodes.

use core::cell::Cell;

use dm_tree::{At, Handler, Outcome, Progress, Reason, Sink, Tree};

use crate::error::Error;
use crate::outbound::Outbound;
use crate::package1;
use crate::session::Session;

/// What this client can do, for [`Mount`](dm_tree::Mount)s at `./DevDetail/Ext/DM13P/Feature` (`D13-C-060`, `D13-C-061`).
///
/// The leaves tell what the build has, so that the tree cannot lie; none takes RAM but its slot. Without this handler all of them
/// are false or empty. `TStamp`, `VerNo` and `Title` say that the
/// client knows the property: which nodes have it, the description says.
///
/// ```
/// use dm_core::Discovery;
/// use dm_tree::{Mount, Schema};
///
/// # fn mounts<'h>(schema: &Schema<'_>, discovery: &'h mut Discovery) -> Option<[Mount<'h>; 1]> {
/// // `Discovery::new("HTTP", 0)`: HTTP is spoken, no objects larger than a message are taken.
/// let place = schema.find(b"./DevDetail/Ext/DM13P/Feature")?;
/// Some([Mount::new(place, discovery)])
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Discovery {
    bindings: &'static str,
    max_obj_size: u32,
}

impl Discovery {
    /// `bindings`: the transports, joined by `+`, such as `dm_bindings::BINDINGS`. `max_obj_size`: what
    /// [`Client::with_objects`](crate::Client::with_objects) is given; 0 without it.
    #[must_use]
    pub const fn new(bindings: &'static str, max_obj_size: u32) -> Self {
        Self {
            bindings,
            max_obj_size,
        }
    }
}

/// Something by name, and whether this build has it.
type Ability = (&'static str, bool);

/// Leaves that say whether something is there.
const ABILITIES: [Ability; 12] = [
    ("AtomicCmd", cfg!(feature = "atomic")),
    ("SequenceCmd", true),
    ("CopyCmd", cfg!(feature = "copy")),
    ("TNDS", cfg!(feature = "tnds")),
    ("TStamp", cfg!(feature = "properties")),
    ("VerNo", cfg!(feature = "properties")),
    ("Title", cfg!(feature = "properties")),
    ("StructQuery", cfg!(feature = "list")),
    ("VirtualURI", true),
    ("Sessionless", false),
    ("SessionlessReport", false),
    ("UIAlerts", cfg!(feature = "ui")),
];

/// Leaves that name what is there.
const LISTS: [(&str, &[Ability]); 3] = [
    (
        "NotiFormats",
        &[
            ("1.2", cfg!(feature = "notification")),
            ("1.3", cfg!(feature = "notification")),
        ],
    ),
    (
        "AuthTypes",
        &[
            ("BASIC", true),
            ("DIGEST", cfg!(feature = "md5")),
            ("SHA256", cfg!(feature = "sha256")),
            ("HMAC", cfg!(feature = "hmac")),
        ],
    ),
    (
        "BootMethods",
        &[
            ("FACTORY", true),
            ("SMARTCARD", cfg!(feature = "bootstrap")),
            ("PUSH", cfg!(feature = "bootstrap")),
            ("CLIENT", cfg!(feature = "bootstrap")),
        ],
    ),
];

impl Handler for Discovery {
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        match at.name {
            b"LargeObj" => {
                let takes_any = cfg!(feature = "large-object") && self.max_obj_size != 0;
                return truth(takes_any, out);
            }
            b"Bindings" => return out.text(self.bindings),
            // A client has one session at a time.
            b"MaxSessions" => return out.text("1"),
            _ => {}
        }
        if let Some((_, is_there)) = ABILITIES.iter().find(|row| row.0.as_bytes() == at.name) {
            return truth(*is_there, out);
        }
        let list = LISTS.iter().find(|row| row.0.as_bytes() == at.name);
        let (_, names) = list.ok_or(Reason::NoSuchNode)?;
        let mut is_first = true;
        for (name, _) in names.iter().filter(|(_, is_there)| *is_there) {
            if !is_first {
                out.put(b"+");
            }
            is_first = false;
            out.put(name.as_bytes());
        }
        Ok(Progress::Done)
    }
}

fn truth(is_so: bool, out: &mut Sink<'_>) -> Outcome {
    out.text(if is_so { "true" } else { "false" })
}

/// What carries a session, as `./DevDetail/Ext/DM13P/Session/CBT` tells it (`D13-C-101`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(u8)]
pub enum LinkBearer {
    /// Not known.
    #[default]
    Unknown = 0,
    /// GSM, circuit switched.
    GsmCircuit = 1,
    /// GSM, packet switched.
    GsmPacket = 2,
    /// UMTS, packet switched.
    UmtsPacket = 3,
    /// LTE.
    Lte = 4,
    /// CDMA2000.
    Cdma2000 = 5,
    /// Wireless LAN.
    Wlan = 6,
    /// A cable.
    Wired = 7,
    /// Bluetooth.
    Bluetooth = 8,
    /// Any other.
    Other = 9,
}

/// Whose network carries a session, as `./DevDetail/Ext/DM13P/Session/ROAMING` tells it (`D13-C-101`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(u8)]
pub enum Roaming {
    /// Not known.
    #[default]
    Unknown = 0,
    /// That of the subscription.
    Home = 1,
    /// Another one of the same country.
    National = 2,
    /// One of another country.
    International = 3,
}

/// The link of a session.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Link {
    /// What carries it.
    pub bearer: LinkBearer,
    /// Whose network that is.
    pub roaming: Roaming,
}

/// Tells the link of the present session, for [`Mount`](dm_tree::Mount)s at `./DevDetail/Ext/DM13P/Session` (`D13-C-100`).
///
/// The application keeps the cell true, at the latest before each session: only it knows. Servers read it in their sessions
/// like any leaf; one whose account says `true` in `Ext/DM13P/ReportSession` is told in package 1 as well.
#[derive(Clone, Copy, Debug)]
pub struct SessionLink<'c>(pub &'c Cell<Link>);

impl Handler for SessionLink<'_> {
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        let link = self.0.get();
        let number = match at.name {
            CBT => link.bearer as u8,
            ROAMING => link.roaming as u8,
            _ => return Err(Reason::NoSuchNode),
        };
        // Of one digit each.
        out.bytes(&[b'0'.saturating_add(number)])
    }
}

const CBT: &[u8] = b"CBT";
const ROAMING: &[u8] = b"ROAMING";
/// Where they stand.
const SESSION: &str = "./DevDetail/Ext/DM13P/Session";

/// The link as Items of the Replace in package 1, when the account asks for them.
#[inline(never)]
pub(crate) fn report(
    out: &mut Outbound<'_>,
    tree: &mut Tree<'_>,
    session: &Session,
) -> Result<(), Error> {
    let mut local = tree.local();
    let account = session.account;
    let Some(asked) = account.and_then(|node| local.below(node, "Ext/DM13P/ReportSession")) else {
        return Ok(());
    };
    let mut answer = [0; 4];
    if local.value(asked, &mut answer) != Ok(answer.len()) || answer != *b"true" {
        return Ok(());
    }
    let Some(place) = local.find(SESSION) else {
        return Ok(());
    };
    for node in local
        .children(place, &["CBT", "ROAMING"])
        .into_iter()
        .flatten()
    {
        let format = tree.local().format(node);
        package1::item(out, tree, (SESSION, &[node]), node, format)?;
    }
    Ok(())
}
