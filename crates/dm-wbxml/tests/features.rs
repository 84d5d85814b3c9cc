//! What is not built in is refused with a typed error, and never mistaken for the other encoding.

#![allow(clippy::unwrap_used)]

use dm_wbxml::{Encoding, ErrorKind, Limits, Reader, Writer, check, tag};

const WBXML: &[u8] = &[0x02, 0xA4, 0x01, 0x6A, 0x00, 0x6D, 0x2C, 0x2B, 0x01];
const XML: &[u8] = b"<SyncML><SyncHdr/><SyncBody/></SyncML>";

#[test]
fn documents_open_in_the_encodings_built_in_only() {
    for (bytes, encoding) in [(WBXML, Encoding::Wbxml), (XML, Encoding::Xml)] {
        let outcome = check(bytes, encoding, &Limits::default())
            .map(|digest| digest.fault)
            .map_err(|error| error.kind);
        if encoding.is_supported() {
            assert_eq!(outcome, Ok(None));
        } else {
            assert_eq!(outcome, Err(ErrorKind::Unsupported));
            assert_eq!(ErrorKind::Unsupported.status(), 415);
            assert_eq!(
                Reader::new(bytes, encoding).unwrap_err().kind,
                ErrorKind::Unsupported
            );
        }
    }
    assert_eq!(Encoding::Wbxml.is_supported(), cfg!(feature = "wbxml"));
    assert_eq!(Encoding::Xml.is_supported(), cfg!(feature = "xml"));
}

#[test]
fn nothing_is_written_in_an_encoding_that_is_not_built_in() {
    for encoding in [Encoding::Wbxml, Encoding::Xml] {
        let mut buf = [0xEE; 64];
        let mut writer = Writer::new(&mut buf, encoding);
        writer.begin_document();
        writer.element(tag::CMD, "Get".into());
        assert_eq!(writer.overflowed(), !encoding.is_supported());
        assert_eq!(buf == [0xEE; 64], !encoding.is_supported());
    }
}

#[test]
fn attributes_are_refused_where_they_are_not_built_in() {
    const DOCUMENT: &[u8] = b"<wap-provisioningdoc version=\"1.0\"/>";
    if !Encoding::Xml.is_supported() {
        return;
    }
    let mut reader = Reader::new(DOCUMENT, Encoding::Xml).unwrap();
    reader.next().unwrap();
    let version = reader
        .attribute()
        .map(|attribute| attribute.unwrap().is(b"1.0"));
    let expected = if cfg!(feature = "provisioning") {
        Ok(true)
    } else {
        Err(ErrorKind::Unsupported)
    };
    assert_eq!(version.map_err(|error| error.kind), expected);
}
