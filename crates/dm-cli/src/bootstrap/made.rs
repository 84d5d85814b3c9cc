//! `dm bootstrap make`.

use dm_bindings::push::{Kind, Push, Sec};
use dm_core::bootstrap::{Profile, mac};
use dm_wbxml::{Command, Encoding, Item, Meta, Reader, SyncHdr, Text, Vocabulary, Writer, tag};

use super::Order;
use super::shown::profile_of;
use crate::console;
use crate::convert;
use crate::failure::Failure;
use crate::push::{Pieces, hex};

pub(super) fn run(order: Order) -> Result<(), Failure> {
    let sec = order.secrets.method()?;
    if sec.is_some() && order.delivery.is_bare() {
        return Err(Failure::usage("a bare document has no place for a MAC"));
    }
    let input = Pieces::read(&order.files, order.hex)?;
    let (profile, document) =
        wbxml(input.last()).map_err(|why| Failure::failed(format!("{}: {why}", input.name)))?;
    if order.secrets.pin_mac && profile != Profile::Provisioning {
        let what = "--pin-mac is for client provisioning documents";
        return Err(Failure::usage(what));
    }
    let kind = Kind::of_media_type(profile.media_type())
        .ok_or_else(|| Failure::failed("no push holds such a document"))?;
    let mut digits = String::new();
    if let Some(sec) = sec {
        let secrets = &order.secrets;
        let made = mac(profile, sec, &document, &secrets.network, &secrets.pin);
        let made = made.map_err(|why| Failure::usage(why.to_string()))?;
        match sec {
            Sec::UserPinMac => tell_pin(&order.secrets.pin, &made)?,
            _ => digits = hex(&made).to_uppercase(),
        }
    }
    order.delivery.put(&Push {
        kind,
        sec,
        mac: digits.as_bytes(),
        body: &document,
    })
}

/// The document as it is pushed. One in WBXML stays octet by octet as it is.
fn wbxml(bytes: &[u8]) -> Result<(Profile, Vec<u8>), convert::Refusal> {
    let encoding = Encoding::detect(bytes);
    let reader = Reader::new(bytes, encoding)?;
    let is_tree = is_tree(reader)?;
    let profile = match profile_of(bytes) {
        _ if is_tree => Profile::Message,
        Some(profile) => profile,
        None => {
            return Err(convert::Refusal {
                offset: 0,
                what: "no bootstrap document".to_owned(),
            });
        }
    };
    let converted = convert::convert(bytes, Encoding::Wbxml, false)?;
    let document = match encoding {
        Encoding::Wbxml => bytes.to_vec(),
        _ => converted,
    };
    Ok(match is_tree {
        true => (profile, message(&document)),
        false => (profile, document),
    })
}

/// Whether the root is that of a serialised tree.
fn is_tree(mut reader: Reader<'_>) -> Result<bool, dm_wbxml::Error> {
    use dm_wbxml::Event;
    let is_known = reader.document().vocabulary() != Vocabulary::Provisioning;
    Ok(is_known && matches!(reader.next()?, Event::Start(tag::ddf::MGMT_TREE)))
}

/// A message that brings a serialised tree to the Inbox (bootstrap chapter 3.4).
fn message(tree: &[u8]) -> Vec<u8> {
    let mut buf = vec![0; tree.len().saturating_add(256)];
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    let text = |text: &'static str| Text::from_bytes(text.as_bytes());
    writer.begin_message(&SyncHdr {
        ver_dtd: text("1.2"),
        ver_proto: text("DM/1.2"),
        session_id: text("0"),
        msg_id: text("1"),
        // Whom it is for is not known, and who sends it is a matter of the MAC.
        target: text("device"),
        source: text("bootstrap"),
        ..SyncHdr::default()
    });
    writer.begin_command(&Command {
        tag: tag::ADD,
        cmd_id: text("1"),
        ..Command::default()
    });
    writer.begin_item(&Item {
        target: Some(text("./Inbox")),
        meta: Meta {
            format: Some(text("bin")),
            mime: Some(text("application/vnd.syncml.dmtnds+wbxml")),
            ..Meta::default()
        },
        ..Item::default()
    });
    writer.start(tag::DATA);
    writer.opaque(tree);
    writer.end(tag::DATA);
    writer.end_item(false);
    writer.end(tag::ADD);
    writer.end_message(true);
    writer.written().to_vec()
}

/// The PIN whose second half is the beginning of the MAC, in decimal digits.
fn tell_pin(half: &[u8], mac: &[u8]) -> Result<(), Failure> {
    let Some(mac) = mac.get(..half.len()) else {
        return Err(Failure::usage("the half of a PIN has 20 digits at most"));
    };
    let digits: String = mac.iter().map(|octet| (octet % 10).to_string()).collect();
    let half = String::from_utf8_lossy(half);
    console::error(&format!("PIN to type: {half}{digits}"));
    Ok(())
}
