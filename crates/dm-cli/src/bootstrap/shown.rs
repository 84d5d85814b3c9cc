//! `dm bootstrap inspect`.

use dm_bindings::push::{Inbox, Push};
use dm_core::bootstrap::{Bootstrap, Change, Origin, Profile, Refused};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{NodeSlot, RamStore, Tree, TreeMemory, UriLimits};
use dm_wbxml::tag::SYNC_ML;
use dm_wbxml::tag::provisioning::PARM;
use dm_wbxml::{Attribute, Encoding, Event, Reader, Vocabulary};

use super::{Order, POLICY, Secrets, proved};
use crate::changes;
use crate::console;
use crate::failure::Failure;
use crate::push::{self, Pieces, row};

pub(super) fn run(order: &Order) -> Result<(), Failure> {
    let pieces = Pieces::read(&order.files, order.hex)?;
    let mut memory = push::memory();
    let mut inbox = Inbox::new(&mut memory);
    let (push, profile, document) = found(&pieces, &mut inbox)?;
    let mut text = String::new();
    let mut verdict = Ok(());
    if let Some(push) = &push {
        text.push_str(&push::wrapping(push));
        let said = judged(push, profile, &order.secrets);
        verdict = said.clone().map(|_| ());
        text.push_str(&row("", said.as_deref().unwrap_or_else(|why| why)));
    }
    let listed = match profile {
        Profile::Provisioning => {
            text.push_str(&accounts(profile, document));
            parameters(document).map_err(|why| Refused::from(why).to_string())
        }
        _ => match nodes(profile, document) {
            Ok((accounts, nodes)) => {
                text.push_str(&accounts);
                Ok(nodes)
            }
            Err(why @ Refused::Codec(..)) => Err(why.to_string()),
            Err(why) => {
                text.push_str(&row("account", &format!("refused: {why}")));
                Ok(String::new())
            }
        },
    };
    text.push('\n');
    text.push_str(listed.as_deref().unwrap_or_default());
    console::print(&text)?;
    let failed = |why: String| Failure::failed(format!("{}: {why}", pieces.name));
    listed.map_err(failed)?;
    verdict.map_err(failed)
}

/// The document in the files, what it is, and the push that it came in.
pub(super) fn found<'p>(
    pieces: &'p Pieces,
    inbox: &'p mut Inbox<'_>,
) -> Result<(Option<Push<'p>>, Profile, &'p [u8]), Failure> {
    let bytes = pieces.last();
    if let Some(profile) = profile_of(bytes) {
        return Ok((None, profile, bytes));
    }
    let push = pieces.unwrap(inbox)?;
    let media_type = push.kind.media_type();
    let profile = Profile::of_media_type(media_type).ok_or_else(|| {
        let what = format!("{}: a push of {media_type}", pieces.name);
        Failure::failed(what)
    })?;
    Ok((Some(push), profile, push.body))
}

/// The profile that a bare document is of, by its first element; `None`: it is none, or wrapped.
pub(crate) fn profile_of(bytes: &[u8]) -> Option<Profile> {
    let mut reader = Reader::new(bytes, Encoding::detect(bytes)).ok()?;
    let first = reader.next();
    match (reader.document().vocabulary(), first) {
        (Vocabulary::Provisioning, _) => Some(Profile::Provisioning),
        (Vocabulary::SyncMl, Ok(Event::Start(SYNC_ML))) => Some(Profile::Message),
        _ => None,
    }
}

/// What a device says to the MAC.
fn judged(push: &Push<'_>, profile: Profile, secrets: &Secrets) -> Result<String, String> {
    let origin = Origin::Push {
        sec: push.sec,
        mac: push.mac,
    };
    let missing = push.sec.and_then(|sec| secrets.missing(sec));
    match (proved((profile, push.body), origin, secrets), missing) {
        (Ok(_), _) => Ok("right".to_owned()),
        (Err(Refused::WrongProof(_)), Some(option)) => {
            Ok(format!("not checked: that needs {option}"))
        }
        (Err(Refused::WrongProof(_)), None) => {
            Err("WRONG: the MAC is not that of these secrets".to_owned())
        }
        (Err(why), _) => Err(why.to_string()),
    }
}

/// The accounts that a device without any would make.
fn accounts(profile: Profile, document: &[u8]) -> String {
    let mut rows = String::new();
    let shown = on_a_new_device(|tree| changes_of(tree, profile, document, &mut rows));
    if let Err(why) = shown {
        rows.push_str(&row("account", &format!("refused: {why}")));
    }
    rows
}

/// The same, and the nodes that there would be.
fn nodes(profile: Profile, document: &[u8]) -> Result<(String, String), Refused> {
    on_a_new_device(|tree| {
        let mut rows = String::new();
        changes_of(tree, profile, document, &mut rows)?;
        let before = changes::snapshot(tree, &SCHEMA);
        let mut work = vec![0; document.len()];
        Bootstrap::open(profile, document, Origin::Factory, POLICY)?.apply(
            tree,
            &mut work,
            &mut |_| {},
        )?;
        let after = changes::snapshot(tree, &SCHEMA);
        Ok((rows, changes::lines(&before, &after)))
    })
}

fn changes_of(
    tree: &mut Tree<'_>,
    profile: Profile,
    document: &[u8],
    rows: &mut String,
) -> Result<(), Refused> {
    let bootstrap = Bootstrap::open(profile, document, Origin::Factory, POLICY)?;
    let mut work = vec![0; document.len()];
    bootstrap.changes(tree, &mut work, &mut |change| {
        rows.push_str(&row("account", &account(change)));
    })
}

/// A device with the standard objects and no account.
fn on_a_new_device<T>(
    what: impl FnOnce(&mut Tree<'_>) -> Result<T, Refused>,
) -> Result<T, Refused> {
    let (mut pool, mut value, mut values) = (vec![0; 0xFFFF], vec![0; 0xFFFF], vec![0; 0x4_0000]);
    let mut store = RamStore::new(&mut values);
    let mut nodes = vec![NodeSlot::EMPTY; 2048];
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    what(&mut Tree::open(
        &SCHEMA,
        &mut store,
        &mut [],
        memory,
        UriLimits::default(),
    )?)
}

fn account(change: &Change<'_>) -> String {
    let [id, name, addr] =
        [change.server_id, change.name, change.addr].map(String::from_utf8_lossy);
    format!("{id} {name:?} {addr}")
}

/// Every characteristic and parameter, by their depth.
fn parameters(document: &[u8]) -> Result<String, dm_wbxml::Error> {
    let mut reader = Reader::new(document, Encoding::detect(document))?;
    let mut text = String::new();
    let mut depth = 0_usize;
    loop {
        match reader.next()? {
            Event::Start(tag) => {
                let (mut name, mut value) = (String::new(), None);
                while let Some(attribute) = reader.attribute()? {
                    match attribute.name {
                        b"name" | b"type" => name = said(&attribute),
                        b"value" => value = Some(said(&attribute)),
                        _ => {}
                    }
                }
                let indent = "  ".repeat(depth.saturating_sub(1));
                if depth > 0 && tag == PARM {
                    let value = match value {
                        Some(_) if is_secret(&name) => "(not shown)".to_owned(),
                        value => value.unwrap_or_default(),
                    };
                    text.push_str(format!("{indent}{name:<12} {value}").trim_end());
                    text.push('\n');
                } else if depth > 0 {
                    text.push_str(&format!("{indent}{name}\n"));
                }
                depth = depth.saturating_add(1);
            }
            Event::End => depth = depth.saturating_sub(1),
            Event::Text(_) => {}
            Event::Done => return Ok(text),
        }
    }
}

/// The value of an attribute, for one line.
fn said(attribute: &Attribute<'_>) -> String {
    let octets: Vec<u8> = attribute
        .pieces()
        .flat_map(|piece| piece.to_vec())
        .collect();
    String::from_utf8_lossy(&octets)
        .chars()
        .flat_map(|character| match character.is_control() {
            true => character.escape_default().collect::<Vec<_>>(),
            false => vec![character],
        })
        .collect()
}

/// Whether a parameter holds what nobody else is to know: AAUTHSECRET, PXAUTH-PW, and what vendors call such things.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let ends = ["-PW", "PIN", "KEY"];
    ["SECRET", "PASSWORD"]
        .iter()
        .any(|part| name.contains(part))
        || ends.iter().any(|end| name.ends_with(end))
}
