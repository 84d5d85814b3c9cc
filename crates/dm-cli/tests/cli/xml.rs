//! What an XML document says, read with quick-xml, which shares no line with the code under test.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};

/// An element without its prefix.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// Attributes of client provisioning; elsewhere they mean nothing.
    pub(crate) attributes: Vec<(String, String)>,
    /// Character content; white space beside elements is none. Markup inside `Data` counts as such, as it stands.
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
}

impl Element {
    /// The root element of a document.
    ///
    /// White space between elements says nothing, and a line end is one whatever its octets are.
    pub(crate) fn parse(xml: &[u8]) -> Self {
        let xml = core::str::from_utf8(xml).expect("XML in UTF-8");
        let xml = xml.strip_prefix('\u{FEFF}').unwrap_or(xml);
        let mut reader = Reader::from_str(xml);
        let mut open = vec![(Self::default(), 0)];
        loop {
            let before = position(&reader);
            let event = reader
                .read_event()
                .unwrap_or_else(|why| panic!("{why} at {before}"));
            let (element, start) = open.last_mut().expect("the document itself");
            match event {
                Event::Start(tag) => open.push((Self::of(&tag), position(&reader))),
                Event::Empty(tag) => element.children.push(Self::of(&tag)),
                Event::End(_) => {
                    if element.name == "Data" && !element.children.is_empty() {
                        element.text = xml[*start..before].to_owned();
                        element.children.clear();
                    }
                    element.text = element.text.replace("\r\n", "\n");
                    if !element.children.is_empty() {
                        element.text = element.text.trim().to_owned();
                    }
                    let (closed, _) = open.pop().expect("an open element");
                    open.last_mut().expect("a parent").0.children.push(closed);
                }
                Event::Text(text) => element.text.push_str(&text),
                Event::CData(text) => element.text.push_str(&text),
                Event::GeneralRef(reference) => {
                    let character = match reference.resolve_char_ref().expect("a character") {
                        Some(character) => character,
                        None => match &*reference {
                            "lt" => '<',
                            "gt" => '>',
                            "amp" => '&',
                            "apos" => '\'',
                            "quot" => '"',
                            other => panic!("entity {other}"),
                        },
                    };
                    element.text.push(character);
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
                Event::Eof => break,
            }
        }
        let (mut document, _) = open.pop().expect("the document itself");
        assert!(
            open.is_empty() && document.children.len() == 1,
            "one root element"
        );
        document.children.remove(0)
    }

    /// Fails at the first element that says something else.
    #[track_caller]
    pub(crate) fn assert_same(&self, other: &Self, what: &str) {
        let own = |element: &Self| {
            let names: Vec<_> = element
                .children
                .iter()
                .map(|child| child.name.clone())
                .collect();
            (
                element.name.clone(),
                element.attributes.clone(),
                element.text.clone(),
                names,
            )
        };
        assert_eq!(own(self), own(other), "{what}");
        for (child, other) in self.children.iter().zip(&other.children) {
            child.assert_same(other, what);
        }
    }

    fn of(tag: &BytesStart<'_>) -> Self {
        let name = tag.local_name().into_inner().to_owned();
        let mut attributes = Vec::new();
        if matches!(
            name.as_str(),
            "wap-provisioningdoc" | "characteristic" | "parm"
        ) {
            for attribute in tag.attributes() {
                let attribute = attribute.expect("an attribute");
                let value = unescape(&attribute.value).expect("a value").into_owned();
                attributes.push((attribute.key.into_inner().to_owned(), value));
            }
        }
        Self {
            name,
            attributes,
            ..Self::default()
        }
    }

    /// All elements of that name below, in order.
    pub(crate) fn all<'e>(&'e self, name: &str, found: &mut Vec<&'e Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            }
            child.all(name, found);
        }
    }
}

fn position(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).expect("a position in memory")
}
