//! What tokens are called.
//!
//! The names are those of the codec. Its reader is asked about one token at a time, with a document that has no other, so
//! that nothing else in the inspected document can lead astray.

use dm_wbxml::{Encoding, Event, Reader, Tag, Vocabulary};

/// The document type that a public identifier of this number names, and whose tables give its elements names.
pub(super) fn document_type(number: u32) -> Option<(&'static str, Option<Vocabulary>)> {
    let known = match number {
        0x01 => ("unknown", Some(Vocabulary::SyncMl)),
        0x05 => ("-//WAPFORUM//DTD SI 1.0//EN", None),
        0x06 => ("-//WAPFORUM//DTD SL 1.0//EN", None),
        0x0B => (
            "-//WAPFORUM//DTD PROV 1.0//EN",
            Some(Vocabulary::Provisioning),
        ),
        0x0D => ("-//WAPFORUM//DTD EMN 1.0//EN", None),
        0x0FD1 => ("-//SYNCML//DTD SyncML 1.0//EN", Some(Vocabulary::SyncMl)),
        0x0FD2 => ("-//SYNCML//DTD DevInf 1.0//EN", Some(Vocabulary::DevInf)),
        0x0FD3 => ("-//SYNCML//DTD SyncML 1.1//EN", Some(Vocabulary::SyncMl)),
        0x0FD4 => ("-//SYNCML//DTD DevInf 1.1//EN", Some(Vocabulary::DevInf)),
        0x1201 => ("-//SYNCML//DTD SyncML 1.2//EN", Some(Vocabulary::SyncMl)),
        0x1202 => ("-//SYNCML//DTD MetInf 1.2//EN", Some(Vocabulary::SyncMl)),
        0x1203 => ("-//SYNCML//DTD DevInf 1.2//EN", Some(Vocabulary::DevInf)),
        _ => return None,
    };
    Some(known)
}

/// The tables for a document type that is named by text; unknown ones are taken for SyncML, as the codec does.
pub(super) fn vocabulary(identifier: &[u8]) -> Vocabulary {
    let identifier = String::from_utf8_lossy(identifier).to_ascii_uppercase();
    if identifier.contains("DM-DDF") {
        Vocabulary::Ddf
    } else if identifier.contains("DEVINF") {
        Vocabulary::DevInf
    } else if identifier.contains("PROV 1.0") {
        Vocabulary::Provisioning
    } else {
        Vocabulary::SyncMl
    }
}

/// What the elements of a vocabulary are about, in a phrase.
pub(super) const fn about(vocabulary: Vocabulary) -> &'static str {
    match vocabulary {
        Vocabulary::SyncMl => "SyncML",
        Vocabulary::Ddf => "DDF or TNDS",
        Vocabulary::DevInf => "DevInf",
        Vocabulary::Provisioning => "client provisioning",
    }
}

/// What a code page holds.
pub(super) const fn page(vocabulary: Option<Vocabulary>, page: u8) -> &'static str {
    match (vocabulary, page) {
        (Some(Vocabulary::SyncMl | Vocabulary::Ddf), 0) => ": SyncML",
        (Some(Vocabulary::SyncMl | Vocabulary::Ddf), 1) => ": MetInf",
        (Some(Vocabulary::SyncMl | Vocabulary::Ddf), 2) => ": DDF and TNDS",
        (Some(Vocabulary::DevInf), 0) => ": DevInf",
        (Some(Vocabulary::Provisioning), 0 | 1) => ": client provisioning",
        (Some(_), _) => " (in no table)",
        (None, _) => "",
    }
}

/// The octets of version, public identifier, character set and an empty string table.
fn header(vocabulary: Vocabulary) -> Vec<u8> {
    match vocabulary {
        Vocabulary::SyncMl | Vocabulary::Ddf => vec![0x03, 0xA4, 0x01, 0x6A, 0x00],
        Vocabulary::DevInf => vec![0x03, 0xA4, 0x03, 0x6A, 0x00],
        Vocabulary::Provisioning => vec![0x03, 0x0B, 0x6A, 0x00],
    }
}

/// The name of the element with `token` on `page`.
pub(super) fn element(vocabulary: Vocabulary, page: u8, token: u8) -> Option<&'static str> {
    let mut document = header(vocabulary);
    document.extend([0x00, page, token & 0x3F]);
    match Reader::new(&document, Encoding::Wbxml).ok()?.next() {
        Ok(Event::Start(tag)) if tag != Tag::UNKNOWN => tag.name(),
        _ => None,
    }
}

/// The attribute that a start token of client provisioning stands for, and its value or the begin of it.
pub(super) fn attribute(page: u8, token: u8) -> Option<(String, String)> {
    lone_attribute(&[0x00, page, token])
}

/// The text that a value token of client provisioning stands for.
pub(super) fn value(page: u8, token: u8) -> Option<String> {
    // The attribute `value` without a value, and the token behind it.
    let (_, value) = lone_attribute(&[0x00, 0x00, 0x06, 0x00, page, token])?;
    (!value.is_empty()).then_some(value)
}

fn lone_attribute(list: &[u8]) -> Option<(String, String)> {
    let mut document = header(Vocabulary::Provisioning);
    // `parm` without content, its attributes, END.
    document.push(0x87);
    document.extend(list);
    document.push(0x01);
    let mut reader = Reader::new(&document, Encoding::Wbxml).ok()?;
    reader.next().ok()?;
    let attribute = reader.attribute().ok().flatten()?;
    let name = String::from_utf8_lossy(attribute.name).into_owned();
    let value: Vec<u8> = attribute
        .pieces()
        .flat_map(|piece| piece.to_vec())
        .collect();
    (!name.is_empty()).then(|| (name, String::from_utf8_lossy(&value).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_every_vocabulary_have_their_names() {
        for (vocabulary, page, token, name) in [
            (Vocabulary::SyncMl, 0, 0x2D, Some("SyncML")),
            (Vocabulary::SyncMl, 0, 0x6D, Some("SyncML")),
            (Vocabulary::SyncMl, 0, 0xED, Some("SyncML")),
            (Vocabulary::SyncMl, 1, 0x16, Some("FieldLevel")),
            (Vocabulary::SyncMl, 2, 0x20, Some("MgmtTree")),
            (Vocabulary::Ddf, 2, 0x24, Some("Node")),
            (Vocabulary::DevInf, 0, 0x0A, Some("DevInf")),
            (
                Vocabulary::Provisioning,
                0,
                0x05,
                Some("wap-provisioningdoc"),
            ),
            (Vocabulary::Provisioning, 1, 0x07, Some("parm")),
            (Vocabulary::SyncMl, 0, 0x30, None),
            (Vocabulary::SyncMl, 0, 0x3D, None),
            (Vocabulary::SyncMl, 5, 0x05, None),
            (Vocabulary::DevInf, 1, 0x0A, None),
        ] {
            assert_eq!(element(vocabulary, page, token), name, "{page} {token:02X}");
        }
    }

    /// Page 1 has two tables of OMA.
    #[test]
    fn attribute_tokens_of_provisioning_have_their_texts() {
        let pair = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
        assert_eq!(attribute(0, 0x05), pair("name", ""));
        assert_eq!(attribute(0, 0x55), pair("type", "NAPDEF"));
        assert_eq!(attribute(1, 0x36), pair("name", "APPID"));
        assert_eq!(attribute(1, 0x30), pair("name", "AAUTHLEVEL"));
        assert_eq!(attribute(0, 0x4D), None);
        assert_eq!(value(0, 0x85).as_deref(), Some("IPV4"));
        assert_eq!(value(1, 0x8D).as_deref(), Some("APPSRV"));
        assert_eq!(value(1, 0x83).as_deref(), Some("DIGEST"));
        assert_eq!(value(1, 0x93).as_deref(), Some("DIGEST"));
        assert_eq!(value(0, 0xFF), None);
    }

    #[test]
    fn document_types_are_known_by_number_and_by_text() {
        for number in [
            0x01, 0x0B, 0x0FD1, 0x0FD2, 0x0FD3, 0x0FD4, 0x1201, 0x1202, 0x1203,
        ] {
            let (name, named) = document_type(number).unwrap();
            assert_eq!(named, Some(vocabulary(name.as_bytes())), "{name}");
        }
        assert_eq!(vocabulary(b"-//OMA//DTD-DM-DDF 1.2//EN"), Vocabulary::Ddf);
        assert_eq!(vocabulary(b"-//nobody//"), Vocabulary::SyncMl);
        assert_eq!(
            document_type(0x05),
            Some(("-//WAPFORUM//DTD SI 1.0//EN", None))
        );
        assert_eq!(document_type(0x02), None);
    }
}
