//! XML to WBXML and back, event by event.

use dm_wbxml::{Encoding, Event, Reader, Writer};

fn convert(bytes: &[u8], from: Encoding, to: Encoding) -> Vec<u8> {
    let mut buf = vec![0; bytes.len() * 8 + 256];
    let mut writer = Writer::new(&mut buf, to);
    let mut reader = Reader::new(bytes, from).expect("a document");
    let mut open = Vec::new();
    writer.begin_document();
    loop {
        match reader.next().expect("well formed") {
            Event::Start(tag) => {
                writer.start(tag);
                open.push(tag);
            }
            Event::Text(text) => writer.text(text),
            Event::End => writer.end(open.pop().expect("balanced")),
            Event::Done => break,
        }
    }
    assert!(!writer.overflowed());
    let len = writer.position();
    buf.truncate(len);
    buf
}

/// An XML message as WBXML.
pub fn to_wbxml(xml: &str) -> Vec<u8> {
    convert(xml.as_bytes(), Encoding::Xml, Encoding::Wbxml)
}

/// A WBXML message as XML.
pub fn to_xml(wbxml: &[u8]) -> String {
    String::from_utf8(convert(wbxml, Encoding::Wbxml, Encoding::Xml)).expect("UTF-8")
}
