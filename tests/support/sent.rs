//! What the client said, read by an XML parser that is not ours.

use roxmltree::{Document, Node};

/// Elements that no client sends (`REP-C-031`).
pub const NEVER_SENT: [&str; 11] = [
    "Archive",
    "SftDel",
    "Lang",
    "NoResp",
    "NoResults",
    "NumberOfChanges",
    "Map",
    "MapItem",
    "Put",
    "Search",
    "Sync",
];

/// Those of them that are in a message.
pub fn never_sent(xml: &str) -> Vec<&'static str> {
    let document = Document::parse(xml).expect("XML");
    let names = document.descendants().map(|node| node.tag_name().name());
    names
        .filter_map(|name| NEVER_SENT.into_iter().find(|never| *never == name))
        .collect()
}

/// A Status of the client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// CmdRef.
    pub cmd_ref: String,
    /// Cmd.
    pub cmd: String,
    /// Data.
    pub code: u16,
    /// TargetRef.
    pub target: Option<String>,
}

/// An Alert with an Item.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct Event {
    pub cmd_id: u32,
    pub code: u16,
    pub correlator: Option<String>,
    pub source: Option<String>,
    pub target: Option<String>,
    pub mime: Option<String>,
    pub format: Option<String>,
    pub mark: Option<String>,
    pub data: Option<String>,
}

/// A message of the client.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Where it went.
    pub uri: String,
    /// The `x-syncml-hmac` header.
    pub hmac: Option<String>,
    /// The octets of the message.
    pub body: Vec<u8>,
    /// The message as XML.
    pub xml: String,
    /// Octets on the wire.
    pub size: usize,
}

fn child<'a>(node: Node<'a, 'a>, name: &str) -> Option<Node<'a, 'a>> {
    node.children()
        .find(|child| child.tag_name().name() == name)
}

fn path<'a>(node: Node<'a, 'a>, names: &str) -> Option<String> {
    let mut at = node;
    for name in names.split('/') {
        at = child(at, name)?;
    }
    Some(at.text().unwrap_or("").to_owned())
}

impl Sent {
    fn with<T>(&self, read: impl FnOnce(Node<'_, '_>) -> T) -> T {
        let document = Document::parse(&self.xml).expect("the client writes XML");
        read(document.root_element())
    }

    fn body<T>(&self, read: impl Fn(Node<'_, '_>) -> Option<T>) -> Vec<T> {
        let document = Document::parse(&self.xml).expect("the client writes XML");
        let body = child(document.root_element(), "SyncBody").expect("SyncBody");
        body.children()
            .filter(Node::is_element)
            .filter_map(read)
            .collect()
    }

    /// Text of an element of SyncHdr, `Target/LocURI` say.
    pub fn header(&self, names: &str) -> Option<String> {
        let document = Document::parse(&self.xml).expect("the client writes XML");
        path(
            child(document.root_element(), "SyncHdr").expect("SyncHdr"),
            names,
        )
    }

    /// Every Status, in order.
    pub fn statuses(&self) -> Vec<Answer> {
        self.body(|node| {
            let text = |names| path(node, names);
            (node.tag_name().name() == "Status").then(|| Answer {
                cmd_ref: text("CmdRef").expect("CmdRef"),
                cmd: text("Cmd").expect("Cmd"),
                code: text("Data").expect("Data").parse().expect("a code"),
                target: text("TargetRef"),
            })
        })
    }

    /// The code of the Status for the server's SyncHdr, which is the first (`PRO-C-012`).
    pub fn hdr_code(&self) -> u16 {
        let first = self.statuses().into_iter().next().expect("a Status");
        assert_eq!(
            (first.cmd_ref.as_str(), first.cmd.as_str()),
            ("0", "SyncHdr")
        );
        first.code
    }

    /// The codes of the other Statuses.
    pub fn codes(&self) -> Vec<u16> {
        self.hdr_code();
        self.statuses()
            .into_iter()
            .skip(1)
            .map(|status| status.code)
            .collect()
    }

    /// Every Item of every Results: address, Format, value.
    pub fn results(&self) -> Vec<(String, Option<String>, String)> {
        let nested = self.body(|node| {
            (node.tag_name().name() == "Results").then(|| {
                node.children()
                    .filter(|item| item.tag_name().name() == "Item")
                    .map(|item| {
                        let mut item_path = Vec::new();
                        for names in ["Source/LocURI", "Meta/Format", "Data"] {
                            let mut at = Some(item);
                            for name in names.split('/') {
                                at = at.and_then(|at| {
                                    at.children().find(|child| child.tag_name().name() == name)
                                });
                            }
                            item_path.push(at.map(|at| at.text().unwrap_or("").to_owned()));
                        }
                        let mut parts = item_path.into_iter();
                        (
                            parts.next().flatten().expect("Source"),
                            parts.next().flatten(),
                            parts.next().flatten().expect("Data"),
                        )
                    })
                    .collect::<Vec<_>>()
            })
        });
        nested.into_iter().flatten().collect()
    }

    /// The value of the only Results.
    pub fn result(&self) -> String {
        let mut results = self.results();
        assert_eq!(results.len(), 1, "{}", self.xml);
        results.remove(0).2
    }

    /// Every Results of a value that goes in parts: Size, data, whether more follows.
    pub fn parts_of_values(&self) -> Vec<(Option<u32>, String, bool)> {
        self.body(|node| {
            let item = child(node, "Item").filter(|_| node.tag_name().name() == "Results")?;
            Some((
                path(item, "Meta/Size").map(|size| size.parse().expect("a number")),
                path(item, "Data").expect("Data"),
                child(item, "MoreData").is_some(),
            ))
        })
    }

    /// Data of the Items of all Statuses but the first.
    pub fn answers(&self) -> Vec<String> {
        let nested = self.body(|node| {
            (node.tag_name().name() == "Status").then(|| {
                node.children()
                    .filter(|item| item.tag_name().name() == "Item")
                    .map(|item| {
                        let data = item
                            .children()
                            .find(|data| data.tag_name().name() == "Data");
                        data.and_then(|data| data.text()).unwrap_or("").to_owned()
                    })
                    .collect::<Vec<_>>()
            })
        });
        nested.into_iter().skip(1).flatten().collect()
    }

    /// Every Alert with Items: code, Correlator, and of each Item Source, Target, Type, Format, Mark, Data.
    pub fn events(&self) -> Vec<Event> {
        self.body(|node| {
            let is_event = node.tag_name().name() == "Alert" && child(node, "Item").is_some();
            is_event.then(|| {
                let item = child(node, "Item").expect("Item");
                Event {
                    cmd_id: path(node, "CmdID")
                        .expect("CmdID")
                        .parse()
                        .expect("a number"),
                    code: path(node, "Data").expect("Data").parse().expect("a code"),
                    correlator: path(node, "Correlator"),
                    source: path(item, "Source/LocURI"),
                    target: path(item, "Target/LocURI"),
                    mime: path(item, "Meta/Type"),
                    format: path(item, "Meta/Format"),
                    mark: path(item, "Meta/Mark"),
                    data: path(item, "Data"),
                }
            })
        })
    }

    /// Codes of the Alerts.
    pub fn alerts(&self) -> Vec<u16> {
        self.body(|node| {
            (node.tag_name().name() == "Alert")
                .then(|| path(node, "Data").expect("Data").parse().expect("a code"))
        })
    }

    /// Names of the elements of SyncBody, in order.
    pub fn parts(&self) -> Vec<String> {
        self.body(|node| Some(node.tag_name().name().to_owned()))
    }

    /// Whether it is the last of its package.
    pub fn is_final(&self) -> bool {
        let parts = self.parts();
        let is_final = parts.last().is_some_and(|last| last == "Final");
        assert_eq!(
            is_final,
            parts.iter().any(|part| part == "Final"),
            "Final stands last"
        );
        is_final
    }

    /// Text of the first element with that name, anywhere.
    pub fn find(&self, name: &str) -> Option<String> {
        self.with(|root| {
            root.descendants()
                .find(|node| node.tag_name().name() == name)
                .map(|node| node.text().unwrap_or("").to_owned())
        })
    }

    /// Addresses of the Items of the Replace of package 1, with their values.
    pub fn dev_info(&self) -> Vec<(String, String)> {
        self.with(|root| {
            root.descendants()
                .filter(|node| {
                    node.tag_name().name() == "Item"
                        && node
                            .parent()
                            .is_some_and(|up| up.tag_name().name() == "Replace")
                })
                .map(|item| {
                    let text = |wanted: &str| {
                        item.descendants()
                            .find(|node| node.tag_name().name() == wanted)
                            .and_then(|node| node.text())
                            .unwrap_or("")
                            .to_owned()
                    };
                    (text("LocURI"), text("Data"))
                })
                .collect()
        })
    }
}
