//! `dm bootstrap inspect`.

use dm_bindings::push::{Inbox, Kind, Push};
use dm_core::bootstrap::{Bootstrap, Change, Origin, Refused};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{NodeSlot, RamStore, Tree, TreeMemory, UriLimits};
use dm_wbxml::tag::provisioning::PARM;
use dm_wbxml::{Attribute, Encoding, Event, Reader, Vocabulary};

use super::{Order, POLICY, Secrets, proved};
use crate::console;
use crate::failure::Failure;
use crate::push::{self, Pieces, row};

pub(super) fn run(order: &Order) -> Result<(), Failure> {
    let pieces = Pieces::read(&order.files, order.hex)?;
    let mut memory = push::memory();
    let mut inbox = Inbox::new(&mut memory);
    let (push, document) = found(&pieces, &mut inbox)?;
    let mut text = String::new();
    let mut verdict = Ok(());
    if let Some(push) = &push {
        text.push_str(&push::wrapping(push));
        let said = judged(push, &order.secrets);
        verdict = said.clone().map(|_| ());
        text.push_str(&row("", said.as_deref().unwrap_or_else(|why| why)));
    }
    text.push_str(&accounts(document));
    let listed = parameters(document);
    text.push('\n');
    text.push_str(listed.as_deref().unwrap_or_default());
    console::print(&text)?;
    let failed = |why: String| Failure::failed(format!("{}: {why}", pieces.name));
    listed.map_err(|why| failed(format!("{} at octet {}", why.kind, why.offset)))?;
    verdict.map_err(failed)
}

/// The document in the files, and the push that it came in.
pub(super) fn found<'p>(
    pieces: &'p Pieces,
    inbox: &'p mut Inbox<'_>,
) -> Result<(Option<Push<'p>>, &'p [u8]), Failure> {
    let bytes = pieces.last();
    let vocabulary = Reader::new(bytes, Encoding::detect(bytes))
        .ok()
        .map(|reader| reader.document().vocabulary());
    if vocabulary == Some(Vocabulary::Provisioning) {
        return Ok((None, bytes));
    }
    let push = pieces.unwrap(inbox)?;
    if push.kind != Kind::Provisioning {
        let media_type = push.kind.media_type();
        let what = format!("{}: a push of {media_type}", pieces.name);
        return Err(Failure::failed(what));
    }
    Ok((Some(push), push.body))
}

/// What a device says to the MAC.
fn judged(push: &Push<'_>, secrets: &Secrets) -> Result<String, String> {
    let origin = Origin::Push {
        sec: push.sec,
        mac: push.mac,
    };
    let missing = push.sec.and_then(|sec| secrets.missing(sec));
    match (proved(push.body, origin, secrets), missing) {
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
fn accounts(document: &[u8]) -> String {
    let (mut pool, mut value, mut values) = ([0; 1024], [0; 64], [0; 256]);
    let mut store = RamStore::new(&mut values);
    let mut nodes = [NodeSlot::EMPTY; 64];
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let limits = UriLimits::default();
    let mut rows = String::new();
    let shown = Tree::open(&SCHEMA, &mut store, &mut [], memory, limits)
        .map_err(Refused::from)
        .and_then(|mut tree| {
            let bootstrap = Bootstrap::open(document, Origin::Factory, POLICY)?;
            let mut work = vec![0; document.len()];
            bootstrap.changes(&mut tree, &mut work, &mut |change| {
                rows.push_str(&row("account", &account(change)));
            })
        });
    if let Err(why) = shown {
        rows.push_str(&row("account", &format!("refused: {why}")));
    }
    rows
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
