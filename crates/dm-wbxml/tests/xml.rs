//! The rules of XML the reader keeps, and the ones it leaves out.

#![cfg(all(feature = "wbxml", feature = "xml"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

#[path = "common/support.rs"]
mod support;

use dm_wbxml::{Encoding, ErrorKind, Reader, Tag, Vocabulary, tag};
use support::{Seen, events};

fn seen(xml: &str) -> Vec<Seen> {
    events(xml.as_bytes(), Encoding::Xml).unwrap_or_else(|error| panic!("{xml}: {error}"))
}

fn refused(xml: &[u8]) -> (u32, ErrorKind) {
    let error = events(xml, Encoding::Xml).unwrap_err();
    (error.offset, error.kind)
}

fn element(tag: Tag, text: &str) -> Vec<Seen> {
    let text = (!text.is_empty()).then(|| Seen::Text(text.into()));
    [Some(Seen::Start(tag)), text, Some(Seen::End)]
        .into_iter()
        .flatten()
        .collect()
}

#[test]
fn what_stands_before_and_behind_the_root_is_passed_over() {
    let plain = element(tag::DATA, "x");
    for xml in [
        "<Data>x</Data>",
        "\u{FEFF}<Data>x</Data>",
        "\r\n\t <Data>x</Data> \n",
        "<?xml version=\"1.0\"?><Data>x</Data>",
        "\u{FEFF}<?xml version='1.0' encoding='utf-8' standalone='yes'?>\n<Data>x</Data>",
        "<?xml version=\"1.0\" encoding = \"US-ASCII\"?><Data>x</Data>",
        "<!-- a - b --><?go <there>?><Data>x</Data><!-- c --><?and back?>",
        "<!DOCTYPE Data><Data>x</Data>",
        "<!DOCTYPE Data PUBLIC \"-//X//>\" 'http://example.org/>'><Data>x</Data>",
        "<!DOCTYPE Data [ <!ELEMENT Data (#PCDATA)> <!-- ]> --> <?pi ]>?> <!ATTLIST Data a CDATA \"]>\"> ] ><Data>x</Data>",
    ] {
        assert_eq!(seen(xml), plain, "{xml}");
    }
}

/// REP-C-039
#[test]
fn entities_are_neither_declared_nor_expanded() {
    assert_eq!(
        refused(b"<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>"),
        (13, ErrorKind::Entity)
    );
    assert_eq!(
        refused(b"<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a/>"),
        (13, ErrorKind::Entity)
    );
    assert_eq!(
        refused(b"<!DOCTYPE a [%remote;]><a/>"),
        (13, ErrorKind::Entity)
    );
    assert_eq!(refused(b"<Data>&nbsp;</Data>"), (6, ErrorKind::Entity));
    assert_eq!(refused(b"<Data>a&b</Data>"), (7, ErrorKind::Entity));
    assert_eq!(refused(b"<Data>&;</Data>"), (6, ErrorKind::Entity));
    assert_eq!(refused(b"<Data>&#;</Data>"), (6, ErrorKind::Entity));
    assert_eq!(refused(b"<Data>&#xG;</Data>"), (6, ErrorKind::Entity));
    assert_eq!(refused(b"<Data>&#-1;</Data>"), (6, ErrorKind::Entity));
    assert_eq!(
        refused(b"<Data>&#99999999999;</Data>"),
        (6, ErrorKind::Entity)
    );
    for illegal in [
        "&#0;",
        "&#1;",
        "&#x1F;",
        "&#xD800;",
        "&#xFFFE;",
        "&#x110000;",
    ] {
        assert_eq!(
            refused(format!("<Data>{illegal}</Data>").as_bytes()),
            (6, ErrorKind::Character),
            "{illegal}"
        );
    }
}

#[test]
fn references_sections_comments_and_instructions_make_one_text() {
    assert_eq!(
        seen("<Data>&lt;&gt;&amp;&quot;&apos;&#65;&#x41;&#x20AC;&#13;</Data>"),
        element(tag::DATA, "<>&\"'AA\u{20AC}\r")
    );
    assert_eq!(
        seen("<Data>a<![CDATA[<b>&amp;]]]]><![CDATA[>]]>c</Data>"),
        element(tag::DATA, "a<b>&amp;]]>c")
    );
    assert_eq!(
        seen("<Data>a<!-- b -->c<?d e?>f</Data>"),
        element(tag::DATA, "acf")
    );
    assert_eq!(seen("<Data><![CDATA[]]></Data>"), element(tag::DATA, ""));
    assert_eq!(
        seen("<Data><!-- nothing --></Data>"),
        element(tag::DATA, "")
    );
    assert_eq!(
        seen("<Data> <!-- white space counts --> </Data>"),
        element(tag::DATA, "  ")
    );
    assert_eq!(
        seen("<Data>]] > ]]&gt; >></Data>"),
        element(tag::DATA, "]] > ]]> >>")
    );
    // One section is one piece and needs no decoding.
    let xml = b"<Data><![CDATA[<a>&b;</a>]]></Data>";
    let mut reader = Reader::new(xml, Encoding::Xml).unwrap();
    reader.next().unwrap();
    assert_eq!(reader.text().unwrap().plain(), Some(&b"<a>&b;</a>"[..]));
}

/// REP-C-040
#[test]
fn white_space_counts_only_where_there_are_no_elements() {
    assert_eq!(
        seen("<Data> \r\n x\t</Data>"),
        element(tag::DATA, " \r\n x\t")
    );
    assert_eq!(seen("<Item> <Data/> </Item>").len(), 4);
    assert_eq!(seen("<Item>\n</Item>"), element(tag::ITEM, "\n"));
    assert_eq!(seen("<Item><!-- x -->\n<Data/></Item>").len(), 4);
    // Text beside elements is kept.
    assert_eq!(seen("<Item> a <Data/> b </Item>").len(), 6);
    // A reference is no white space between elements.
    assert_eq!(seen("<Item>&#32;<Data/></Item>").len(), 5);
}

#[test]
fn markup_inside_data_is_text() {
    assert_eq!(
        seen(
            "<Data> <MgmtTree xmlns='syncml:dmddf1.2'><Node a=\">\"/>&amp;<![CDATA[</Data>]]></MgmtTree> </Data>"
        ),
        element(
            tag::DATA,
            " <MgmtTree xmlns='syncml:dmddf1.2'><Node a=\">\"/>&amp;<![CDATA[</Data>]]></MgmtTree> "
        )
    );
    assert_eq!(seen("<Data>a<b/>c</Data>"), element(tag::DATA, "a<b/>c"));
    assert_eq!(
        seen("<Data><Data>x</Data></Data>"),
        element(tag::DATA, "<Data>x</Data>")
    );
    // It must be well formed all the same.
    assert_eq!(refused(b"<Data><a></b></Data>"), (9, ErrorKind::Nesting));
    assert_eq!(refused(b"<Data><a></Data>"), (9, ErrorKind::Nesting));
    assert_eq!(refused(b"<Data><a>&b;</a></Data>"), (9, ErrorKind::Entity));
    assert_eq!(refused(b"<Data><a b></a></Data>").1, ErrorKind::Syntax);
    // Other documents have an element of that name as well, without that rule.
    assert_eq!(seen("<DevInf><Data><b/></Data></DevInf>").len(), 6);
}

/// REP-C-009
#[test]
fn prefixes_and_name_spaces_are_ignored() {
    let plain = seen("<SyncML><SyncHdr><Meta><Size>1</Size></Meta></SyncHdr></SyncML>");
    for xml in [
        "<SyncML xmlns='SYNCML:SYNCML1.2'><SyncHdr><Meta><Size xmlns=\"syncml:metinf\">1</Size></Meta></SyncHdr></SyncML>",
        "<s:SyncML xmlns:s='SYNCML:SYNCML1.1' ><s:SyncHdr\n><s:Meta xmlns:m=\"syncml:metinf\"><m:Size>1</m:Size></s:Meta></s:SyncHdr></s:SyncML >",
    ] {
        assert_eq!(seen(xml), plain);
    }
}

#[test]
fn a_name_has_one_prefix_or_none_and_neither_is_empty() {
    // No such name is one of a known element either.
    let names = [
        "a:", ":a", "Item:", ":Item", "1:Item", "a:b:Item", ":", "a:b:c", "a::b", "a:1", "1:a",
        "a:-b",
    ];
    // Miri is some thousand times slower: it takes a share.
    for name in names.into_iter().take(if cfg!(miri) { 2 } else { 12 }) {
        for xml in [
            format!("<{name}/>"),
            format!("<{name}></{name}>"),
            format!("<{name} b='c'>x</{name}>"),
        ] {
            assert_eq!(refused(xml.as_bytes()), (0, ErrorKind::Syntax), "{xml}");
        }
        let xml = format!("<Item><{name}/></Item>");
        assert_eq!(refused(xml.as_bytes()), (6, ErrorKind::Syntax), "{xml}");
        let xml = format!("<Data><{name}/></Data>");
        assert_eq!(refused(xml.as_bytes()), (6, ErrorKind::Syntax), "{xml}");
        let xml = format!("<Item {name}='b'/>");
        assert_eq!(refused(xml.as_bytes()), (6, ErrorKind::Syntax), "{xml}");
        let xml = format!("<wap-provisioningdoc><parm {name}='b'/></wap-provisioningdoc>");
        assert_eq!(refused(xml.as_bytes()), (27, ErrorKind::Syntax), "{xml}");
    }
    assert_eq!(refused(b"<\xE4:Item/>"), (1, ErrorKind::Utf8));
    // The document may end in a name that could become one.
    for xml in ["<a:", "<Item", "<Item a:", "<Data><a:"] {
        let end = xml.len() as u32;
        assert_eq!(
            refused(xml.as_bytes()),
            (end, ErrorKind::UnexpectedEnd),
            "{xml}"
        );
    }
    assert_eq!(seen("<a.1:Item a-:_b='c'/>"), element(tag::ITEM, ""));
}

#[test]
fn end_tags_must_match() {
    assert_eq!(
        refused(b"<Item><Data>x</Item></Data>"),
        (13, ErrorKind::Nesting)
    );
    assert_eq!(refused(b"<Item></item>"), (6, ErrorKind::Nesting));
    assert_eq!(refused(b"<a:Item></b:Item>"), (8, ErrorKind::Nesting));
    assert_eq!(refused(b"<Vendor1></Vendor2>"), (9, ErrorKind::Nesting));
    assert_eq!(refused(b"<Item></Items>"), (6, ErrorKind::Nesting));
    assert_eq!(refused(b"</Item>"), (0, ErrorKind::Syntax));
    assert_eq!(refused(b"<Item></>"), (6, ErrorKind::Nesting));
}

#[test]
fn broken_markup_is_refused_at_its_place() {
    for (xml, offset, kind) in [
        ("", 0, ErrorKind::UnexpectedEnd),
        ("  ", 2, ErrorKind::UnexpectedEnd),
        ("x", 0, ErrorKind::Syntax),
        ("<", 1, ErrorKind::UnexpectedEnd),
        ("<1/>", 0, ErrorKind::Syntax),
        ("<Item", 5, ErrorKind::UnexpectedEnd),
        ("<Item>", 6, ErrorKind::UnexpectedEnd),
        ("<Item/", 6, ErrorKind::UnexpectedEnd),
        ("<Item / >", 7, ErrorKind::Syntax),
        ("<Item a>", 7, ErrorKind::Syntax),
        ("<Item a=b>", 8, ErrorKind::Syntax),
        ("<Item a='b>", 11, ErrorKind::UnexpectedEnd),
        ("<Item a='b'c='d'/>", 11, ErrorKind::Syntax),
        ("<Item a='<'/>", 9, ErrorKind::Syntax),
        ("<Item a='&x;'/>", 9, ErrorKind::Entity),
        ("<Item!/>", 5, ErrorKind::Syntax),
        ("<Item/><Item/>", 7, ErrorKind::Trailing),
        ("<Item/>x", 7, ErrorKind::Trailing),
        ("<Item><!-- a -- b --></Item>", 15, ErrorKind::Syntax),
        ("<Item><!-- a --->", 15, ErrorKind::Syntax),
        ("<Item><!-x--></Item>", 6, ErrorKind::Syntax),
        ("<Item><!-- a", 12, ErrorKind::UnexpectedEnd),
        ("<Item><![CDATA[a]]</Item>", 25, ErrorKind::UnexpectedEnd),
        ("<Item><![cdata[a]]></Item>", 6, ErrorKind::Syntax),
        ("<Item>]]></Item>", 8, ErrorKind::Syntax),
        ("<Item><?xml version='1.0'?></Item>", 6, ErrorKind::Syntax),
        ("<Item><? x?></Item>", 8, ErrorKind::Syntax),
        (" <?xml version='1.0'?><Item/>", 1, ErrorKind::Syntax),
        ("<Item><!DOCTYPE x></Item>", 6, ErrorKind::Syntax),
        ("<!DOCTYPE a><!DOCTYPE a><a/>", 12, ErrorKind::Syntax),
        ("<!DOCTYPE a [", 13, ErrorKind::UnexpectedEnd),
        ("<Item>\u{1}</Item>", 6, ErrorKind::Character),
        ("<Item>\u{0}</Item>", 6, ErrorKind::Character),
        ("<Item><![CDATA[\u{8}]]></Item>", 15, ErrorKind::Character),
        ("<Item><!-- \u{8} --></Item>", 11, ErrorKind::Character),
        ("<!-- \u{8} --><Item/>", 5, ErrorKind::Character),
        ("<Item>a\u{FFFE}</Item>", 7, ErrorKind::Character),
    ] {
        assert_eq!(refused(xml.as_bytes()), (offset, kind), "{xml}");
    }
}

#[test]
fn only_utf8_is_taken() {
    assert_eq!(
        seen("<Data>\u{e4}\u{20AC}\u{1F600}</Data>"),
        element(tag::DATA, "\u{e4}\u{20AC}\u{1F600}")
    );
    assert_eq!(refused(b"<Data>ab\xE4</Data>"), (8, ErrorKind::Utf8));
    assert_eq!(refused(b"<Data>\xED\xA0\x80</Data>"), (6, ErrorKind::Utf8));
    assert_eq!(refused(b"<Data>\xC0\x80</Data>"), (6, ErrorKind::Utf8));
    assert_eq!(
        refused(b"<Data><!-- \xE4 --></Data>"),
        (11, ErrorKind::Utf8)
    );
    assert_eq!(
        refused(b"<Data><![CDATA[\xE4]]></Data>"),
        (15, ErrorKind::Utf8)
    );
    assert_eq!(refused(b"<Data a='\xE4'/>"), (9, ErrorKind::Utf8));
    assert_eq!(refused(b"<D\xE4ta/>"), (2, ErrorKind::Utf8));
    for declared in ["iso-8859-1", "UTF-16", ""] {
        let xml = format!("<?xml version='1.0' encoding={declared:?}?><Data/>");
        assert_eq!(
            refused(xml.as_bytes()),
            (29, ErrorKind::Charset),
            "{declared}"
        );
    }
    assert_eq!(refused(b"\xFF\xFE<\0D\0").1, ErrorKind::Syntax);
}

#[test]
fn as_many_elements_are_open_as_the_limit_says() {
    let nested = |depth: usize| format!("{}{}", "<Item>".repeat(depth), "</Item>".repeat(depth));
    assert_eq!(
        seen(&nested(dm_wbxml::MAX_DEPTH)).len(),
        2 * dm_wbxml::MAX_DEPTH
    );
    assert_eq!(
        refused(nested(dm_wbxml::MAX_DEPTH + 1).as_bytes()),
        (6 * 32, ErrorKind::Depth)
    );
    // The markup inside Data counts as well.
    let xml = format!("<Data>{}</Data>", nested(dm_wbxml::MAX_DEPTH));
    assert_eq!(refused(xml.as_bytes()), (6 * 32, ErrorKind::Depth));
}

#[test]
fn the_root_element_tells_the_vocabulary() {
    for (xml, vocabulary) in [
        ("<SyncML/>", Vocabulary::SyncMl),
        ("<SyncBody/>", Vocabulary::SyncMl),
        ("<m:MetInf/>", Vocabulary::SyncMl),
        ("<MgmtTree/>", Vocabulary::Ddf),
        ("<DevInf/>", Vocabulary::DevInf),
        ("<wap-provisioningdoc/>", Vocabulary::Provisioning),
        ("<html/>", Vocabulary::SyncMl),
    ] {
        assert_eq!(
            Reader::new(xml.as_bytes(), Encoding::Xml)
                .unwrap()
                .document()
                .vocabulary(),
            vocabulary,
            "{xml}"
        );
    }
    assert_eq!(
        seen("<MgmtTree><VerDTD/></MgmtTree>")[1],
        Seen::Start(tag::ddf::VER_DTD)
    );
    assert_eq!(
        seen("<SyncHdr><VerDTD/></SyncHdr>")[1],
        Seen::Start(tag::VER_DTD)
    );
}

#[test]
fn an_unknown_element_has_a_name() {
    let xml = b"<SyncML><v:Vendor-1 a='b'/></SyncML>";
    let mut reader = Reader::new(xml, Encoding::Xml).unwrap();
    reader.next().unwrap();
    assert_eq!(reader.name(), b"SyncML");
    assert!(matches!(
        reader.next(),
        Ok(dm_wbxml::Event::Start(Tag::UNKNOWN))
    ));
    assert_eq!(reader.name(), b"Vendor-1");
}
