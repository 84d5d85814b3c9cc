use dm_wbxml::{Encoding, Tag, Text, Writer, tag};

use super::{convert, pretty};

/// A WBXML document: SyncML holding what `fill` writes.
fn wbxml(fill: impl Fn(&mut Writer<'_>)) -> Vec<u8> {
    let mut buf = vec![0; 512];
    let mut writer = Writer::new(&mut buf, Encoding::Wbxml);
    writer.begin_document();
    writer.start(tag::SYNC_ML);
    fill(&mut writer);
    writer.end(tag::SYNC_ML);
    let len = writer.position();
    assert!(!writer.overflowed());
    buf.truncate(len);
    buf
}

fn xml(document: &[u8]) -> String {
    let text = String::from_utf8(convert(document, Encoding::Xml, false).unwrap()).unwrap();
    let inner = text
        .strip_prefix(r#"<SyncML xmlns="SYNCML:SYNCML1.2">"#)
        .unwrap();
    inner
        .strip_suffix("</SyncML>")
        .unwrap()
        .replace(r#" xmlns="syncml:metinf""#, "")
}

const BINARY: [u8; 4] = [0x00, 0xFF, 0x01, 0x02];

/// An Item with binary Data, and what `meta` writes before it.
fn item(meta: impl Fn(&mut Writer<'_>)) -> String {
    xml(&wbxml(|writer| {
        writer.start(tag::ITEM);
        meta(writer);
        writer.start(tag::DATA);
        writer.opaque(&BINARY);
        writer.end(tag::DATA);
        writer.end(tag::ITEM);
    }))
}

/// Representation, section 4: binary data over XML is b64.
#[test]
fn binary_data_becomes_base64_and_says_so() {
    let element = |writer: &mut Writer<'_>, tag, text: &str| writer.element(tag, Text::from(text));
    assert_eq!(
        item(|_| {}),
        "<Item><Meta><Format>b64</Format></Meta><Data>AP8BAg==</Data></Item>"
    );
    assert_eq!(
        item(|writer| {
            writer.start(tag::META);
            element(writer, tag::FORMAT, "bin");
            element(writer, tag::TYPE, "image/png");
            element(writer, tag::SIZE, "4");
            writer.end(tag::META);
        }),
        "<Item><Meta><Format>b64</Format><Type>image/png</Type><Size>8</Size></Meta><Data>AP8BAg==</Data></Item>"
    );
    // The Format behind the Type, and a Size that does not count this Data.
    assert_eq!(
        item(|writer| {
            writer.start(tag::META);
            writer.start(tag::MET_INF);
            element(writer, tag::TYPE, "image/png");
            element(writer, tag::FORMAT, "bin");
            element(writer, tag::SIZE, "77");
            writer.end(tag::MET_INF);
            writer.end(tag::META);
        }),
        "<Item><Meta><MetInf><Format>b64</Format><Type>image/png</Type><Size>77</Size></MetInf></Meta>\
         <Data>AP8BAg==</Data></Item>"
    );
    assert_eq!(
        item(|writer| writer.empty(tag::META)),
        "<Item><Meta><Format>b64</Format></Meta><Data>AP8BAg==</Data></Item>"
    );
}

/// Representation, section 4: what WBXML carries as octets is b64 in XML, be it text or not.
#[test]
fn data_of_the_format_bin_becomes_base64_in_xml_whatever_it_is() {
    let meta = |writer: &mut Writer<'_>, format: &str| {
        writer.start(tag::META);
        writer.element(tag::FORMAT, Text::from(format));
        writer.end(tag::META);
    };
    let item = |writer: &mut Writer<'_>, format: Option<&str>| {
        writer.start(tag::ITEM);
        if let Some(format) = format {
            meta(writer, format);
        }
        writer.element(tag::DATA, Text::from("text"));
        writer.end(tag::ITEM);
    };
    let command = |format: Option<&str>, of_item: Option<&str>| {
        let document = wbxml(|writer| {
            writer.start(tag::ADD);
            writer.element(tag::CMD_ID, Text::from("1"));
            if let Some(format) = format {
                meta(writer, format);
            }
            item(writer, of_item);
            item(writer, Some("chr"));
            writer.end(tag::ADD);
            // The next command is not concerned.
            writer.start(tag::ADD);
            writer.element(tag::CMD_ID, Text::from("2"));
            item(writer, None);
            writer.end(tag::ADD);
        });
        let text = xml(&document);
        let (_, first) = text.split_once("<Item>").unwrap();
        let (first, rest) = first.split_once("</Item>").unwrap();
        assert_eq!(rest.matches("<Data>text</Data>").count(), 2, "{rest}");
        first.to_owned()
    };
    let coded = "<Meta><Format>b64</Format></Meta><Data>dGV4dA==</Data>";
    assert_eq!(command(Some("bin"), None), coded);
    assert_eq!(command(None, Some("bin")), coded);
    assert_eq!(command(Some("chr"), Some("bin")), coded);
    assert_eq!(
        command(Some("bin"), Some("chr")),
        "<Meta><Format>chr</Format></Meta><Data>text</Data>"
    );
    assert_eq!(command(None, None), "<Data>text</Data>");
    // In XML it is taken as it stands.
    let said =
        b"<SyncML><Item><Meta><Format>bin</Format></Meta><Data>dGV4dA==</Data></Item></SyncML>";
    assert_eq!(
        xml(said),
        "<Item><Meta><Format>bin</Format></Meta><Data>dGV4dA==</Data></Item>"
    );
}

#[test]
fn the_size_of_a_chunked_object_is_that_of_its_base64() {
    let document = wbxml(|writer| {
        writer.start(tag::ITEM);
        writer.start(tag::META);
        writer.number(tag::SIZE, 100);
        writer.end(tag::META);
        writer.start(tag::DATA);
        writer.opaque(&BINARY);
        writer.end(tag::DATA);
        writer.empty(tag::MORE_DATA);
        writer.end(tag::ITEM);
    });
    assert_eq!(
        xml(&document),
        "<Item><Meta><Format>b64</Format><Size>136</Size></Meta><Data>AP8BAg==</Data><MoreData/></Item>"
    );
}

#[test]
fn text_in_opaque_stays_text() {
    let document = wbxml(|writer| {
        writer.start(tag::ITEM);
        writer.start(tag::DATA);
        writer.opaque("<a> \u{20AC}\r\n".as_bytes());
        writer.end(tag::DATA);
        writer.end(tag::ITEM);
    });
    assert_eq!(
        xml(&document),
        "<Item><Data>&lt;a&gt; \u{20AC}&#13;\n</Data></Item>"
    );
    let again = convert(
        &convert(&document, Encoding::Xml, false).unwrap(),
        Encoding::Wbxml,
        false,
    )
    .unwrap();
    assert_eq!(xml(&again), xml(&document));
}

#[test]
fn only_data_and_nonces_may_be_binary() {
    let nonce = wbxml(|writer| {
        writer.start(tag::META);
        writer.start(tag::NEXT_NONCE);
        writer.opaque(&BINARY);
        writer.end(tag::NEXT_NONCE);
        writer.end(tag::META);
    });
    assert_eq!(xml(&nonce), "<Meta><NextNonce>AP8BAg==</NextNonce></Meta>");
    let name = wbxml(|writer| {
        writer.start(tag::CMD);
        writer.opaque(&BINARY);
        writer.end(tag::CMD);
    });
    let refusal = convert(&name, Encoding::Xml, false).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "characters that XML cannot carry at octet 7"
    );
    // WBXML carries it.
    assert_eq!(convert(&name, Encoding::Wbxml, false).unwrap(), name);
}

#[test]
fn markup_in_data_stays_text() {
    let inline = br#"<SyncML><Item><Data><a b="1">x &amp; y</a></Data></Item></SyncML>"#;
    let wbxml = convert(inline, Encoding::Wbxml, false).unwrap();
    assert_eq!(
        xml(&wbxml),
        "<Item><Data>&lt;a b=\"1\"&gt;x &amp;amp; y&lt;/a&gt;</Data></Item>"
    );
    assert_eq!(xml(inline), xml(&wbxml));
}

#[test]
fn what_is_broken_or_has_no_name_is_refused_with_its_offset() {
    let document = wbxml(|writer| writer.empty(Tag::new(0, 0x3D)));
    let refusal = convert(&document, Encoding::Xml, false).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "an element without a name (page 0, token 3D) at octet 6"
    );
    assert_eq!(
        convert(&document, Encoding::Wbxml, false).unwrap(),
        document
    );
    let refusal = convert(b"<SyncML><Item></SyncML>", Encoding::Wbxml, false).unwrap_err();
    assert_eq!(refusal.to_string(), "end tag does not match at octet 14");
}

#[test]
fn descriptions_and_serialised_trees_are_documents_of_their_own() {
    let tnds = br#"<MgmtTree xmlns="syncml:dmddf1.2"><VerDTD>1.2</VerDTD><Node><NodeName>A</NodeName></Node></MgmtTree>"#;
    let wbxml = convert(tnds, Encoding::Wbxml, false).unwrap();
    // Representation, section 9, W3: the inner document.
    assert_eq!(wbxml.get(..5), Some(&[0x02, 0x00, 0x00, 0x6A, 0x1B][..]));
    assert!(wbxml.ends_with(b"\x00\x02\x60\x77\x031.2\x00\x01\x64\x66\x03A\x00\x01\x01\x01"));
    assert_eq!(convert(&wbxml, Encoding::Xml, false).unwrap(), tnds);
}

#[test]
fn pretty_layout_changes_no_content() {
    let document = b"<SyncML><SyncHdr><MsgID>1</MsgID></SyncHdr><SyncBody><Add><Item><Data> a\n</Data><Meta/></Item></Add><Final/></SyncBody></SyncML>";
    let expected = "\
<SyncML xmlns=\"SYNCML:SYNCML1.2\">
  <SyncHdr>
    <MsgID>1</MsgID>
  </SyncHdr>
  <SyncBody>
    <Add>
      <Item>
        <Data> a
</Data>
        <Meta/>
      </Item>
    </Add>
    <Final/>
  </SyncBody>
</SyncML>";
    assert_eq!(pretty(document).unwrap(), expected);
    let plain = convert(document, Encoding::Wbxml, false).unwrap();
    assert_eq!(
        convert(expected.as_bytes(), Encoding::Wbxml, false).unwrap(),
        plain
    );
    // Elements inside Data are content.
    let inline = wbxml(|writer| {
        writer.start(tag::DATA);
        writer.start(tag::ddf::MGMT_TREE);
        writer.empty(tag::ddf::VER_DTD);
        writer.end(tag::ddf::MGMT_TREE);
        writer.end(tag::DATA);
    });
    assert!(
        pretty(&inline).unwrap().contains(
            "\n  <Data><MgmtTree xmlns=\"syncml:dmddf1.2\"><VerDTD/></MgmtTree></Data>\n"
        )
    );
}

#[test]
fn client_provisioning_keeps_its_attributes() {
    let document = br#"<wap-provisioningdoc version="1.1"><characteristic type="APPLICATION"><parm name="APPID" value="w7"/><parm name="ADDR" value="http://a.test/?x=1&amp;y=2"/></characteristic></wap-provisioningdoc>"#;
    let wbxml = convert(document, Encoding::Wbxml, false).unwrap();
    // Public identifier 0x0B; the value of a known pair is one token.
    assert_eq!(wbxml.get(1), Some(&0x0B));
    assert!(!wbxml.windows(5).any(|window| window == b"APPID"));
    let back = convert(&wbxml, Encoding::Xml, false).unwrap();
    assert_eq!(
        String::from_utf8_lossy(&back),
        String::from_utf8_lossy(document)
    );
    let pretty = pretty(&wbxml).unwrap();
    assert!(
        pretty.contains("\n    <parm name=\"APPID\" value=\"w7\"/>\n"),
        "{pretty}"
    );
}

#[test]
fn elements_that_are_in_no_table_keep_their_names() {
    let vendor = b"<SyncML><Item><Foo a=\"1\">x</Foo><Bar/></Item></SyncML>";
    let wbxml = convert(vendor, Encoding::Wbxml, false).unwrap();
    assert_eq!(xml(&wbxml), "<Item><Foo>x</Foo><Bar></Bar></Item>");
    assert_eq!(xml(vendor), xml(&wbxml));
}
