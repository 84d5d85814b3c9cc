//! What the server does to a device: packages of operations, with what it expects of each.

use crate::digest::Scheme;
use crate::tnds::{self, TreeNode};

/// The operations of one server package, in document order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Package {
    /// The operations.
    pub ops: Vec<Op>,
    /// What the server does against the rules, or against the usual, in the first message of the package.
    pub trick: Option<Trick>,
    /// Status expected for the header of that message; `None`: any that lets the session go on.
    pub expect: Option<u16>,
}

/// What a server does on purpose to see what the device makes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trick {
    /// Alert 1223 beside the operations.
    Abort,
    /// The message comes again, so many times, when the device has answered it.
    Again(u32),
    /// When the device has answered the message, the one before comes again.
    Old,
    /// Before it is sent, the device's answer to the package before is refused, and credentials with a new nonce are asked for; of
    /// this scheme, or of that which the device has used.
    Refuse(Option<Scheme>),
    /// No credentials, whatever is due.
    Unproved,
    /// Credentials that are wrong.
    WrongProof,
    /// This VerProto.
    VerProto(String),
    /// This VerDTD.
    VerDtd(String),
    /// This SessionID.
    SessionId(String),
}

impl Package {
    /// A package of these operations.
    #[must_use]
    pub fn new(ops: impl Into<Vec<Op>>) -> Self {
        Self {
            ops: ops.into(),
            ..Self::default()
        }
    }
}

/// The kinds of operation; the names are those of the commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verb {
    /// Create a node.
    Add,
    /// User interaction and other alerts.
    Alert,
    /// All of its operations or none.
    Atomic,
    /// Overwrite a leaf with the value of another.
    Copy,
    /// Remove a node with everything below.
    Delete,
    /// Execute a node.
    Exec,
    /// Read a node, a property or a query.
    Get,
    /// Overwrite a value or a property.
    Replace,
    /// Its operations strictly in order.
    Sequence,
    /// Something else, given as XML.
    Other,
}

impl Verb {
    /// The element name of the command.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Add => "Add",
            Self::Alert => "Alert",
            Self::Atomic => "Atomic",
            Self::Copy => "Copy",
            Self::Delete => "Delete",
            Self::Exec => "Exec",
            Self::Get => "Get",
            Self::Replace => "Replace",
            Self::Sequence => "Sequence",
            Self::Other => "Other",
        }
    }
}

/// Item content as the script gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Characters, sent as they are.
    Text(String),
    /// Octets: sent raw with Format `bin` in WBXML, as base64 with Format `b64` in XML.
    Bytes(Vec<u8>),
    /// A serialised tree, in the encoding of the message, with Type and Format of its own.
    Tree(Vec<TreeNode>),
}

/// One Item of an operation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// `Target/LocURI`; empty: no Target.
    pub uri: String,
    /// `Source/LocURI`, for Copy.
    pub from: Option<String>,
    /// `Meta/Format`; `None`: not sent (the default is `chr`).
    pub format: Option<String>,
    /// `Meta/Type`; `None`: not sent (the default is `text/plain`).
    pub mime: Option<String>,
    /// `Data`.
    pub value: Option<Value>,
    /// A `Meta/Size` to state instead of the true one; also states it where none is needed.
    pub size: Option<u32>,
}

/// How an object goes in pieces, beside what the size of messages asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pieces {
    /// Most octets of a piece; `None`: as many as fit.
    pub octets: Option<usize>,
    /// Pieces that are sent; the rest never is. `None`: all.
    pub count: Option<usize>,
    /// The first piece does not tell the Size.
    pub sizeless: bool,
    /// Goes on though the device has refused a piece.
    pub insists: bool,
}

/// One operation: a command the server sends, and what it expects back.
///
/// ```
/// use dm_server::Op;
///
/// let ops = [
///     Op::get("./DevInfo/Man").value("Example Meters"),
///     Op::replace("./Vendor/cfg/poll", "15").format("int"),
///     Op::delete("./Vendor/cfg/none").expect(404),
/// ];
/// # assert_eq!(ops.len(), 3);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Op {
    /// The command.
    pub verb: Verb,
    /// Its Items; none for the containers.
    pub items: Vec<Item>,
    /// The operations inside a container.
    pub ops: Vec<Self>,
    /// Code of an Alert.
    pub code: u16,
    /// Correlator of an Exec.
    pub correlator: Option<String>,
    /// The device is asked not to answer.
    pub no_resp: bool,
    /// How its object goes in pieces.
    pub pieces: Pieces,
    /// The whole command as XML, for [`Verb::Other`]. Without a CmdID it gets one.
    pub xml: String,
    /// Status expected of each Item, the last one standing for all that follow; empty: any 2xx.
    pub expect: Vec<u16>,
    /// Values a Get has to return, one for each Item; empty: any. A serialised tree stands as its nodes in one line. Of an
    /// Alert: what the user's answer has to be, several choices behind commas.
    pub values: Vec<String>,
}

impl Op {
    fn new(verb: Verb, items: Vec<Item>) -> Self {
        Self {
            verb,
            items,
            ops: Vec::new(),
            code: 0,
            correlator: None,
            no_resp: false,
            pieces: Pieces::default(),
            xml: String::new(),
            expect: Vec::new(),
            values: Vec::new(),
        }
    }

    fn at(verb: Verb, uri: &str) -> Self {
        Self::new(
            verb,
            vec![Item {
                uri: uri.to_owned(),
                ..Item::default()
            }],
        )
    }

    fn with(verb: Verb, uri: &str, value: &str) -> Self {
        let value = Some(Value::Text(value.to_owned()));
        Self::new(
            verb,
            vec![Item {
                uri: uri.to_owned(),
                value,
                ..Item::default()
            }],
        )
    }

    /// Get of `uri`.
    #[must_use]
    pub fn get(uri: &str) -> Self {
        Self::at(Verb::Get, uri)
    }

    /// Add of a leaf.
    #[must_use]
    pub fn add(uri: &str, value: &str) -> Self {
        Self::with(Verb::Add, uri, value)
    }

    /// Add of an interior node.
    #[must_use]
    pub fn add_node(uri: &str) -> Self {
        Self::at(Verb::Add, uri).format("node")
    }

    /// Add of a serialised tree.
    #[must_use]
    pub fn add_tree(uri: &str, nodes: impl Into<Vec<TreeNode>>) -> Self {
        Self::at(Verb::Add, uri).tree(nodes)
    }

    /// Replace by a serialised tree.
    #[must_use]
    pub fn replace_tree(uri: &str, nodes: impl Into<Vec<TreeNode>>) -> Self {
        Self::at(Verb::Replace, uri).tree(nodes)
    }

    /// The tree sent; for a Get of `?list=TNDS` the nodes and values it has to return, in this order.
    #[must_use]
    pub fn tree(mut self, nodes: impl Into<Vec<TreeNode>>) -> Self {
        let nodes = nodes.into();
        if self.verb == Verb::Get {
            self.values.push(tnds::line(&nodes));
        } else {
            self.items
                .iter_mut()
                .for_each(|item| item.value = Some(Value::Tree(nodes.clone())));
        }
        self
    }

    /// Replace of a value.
    #[must_use]
    pub fn replace(uri: &str, value: &str) -> Self {
        Self::with(Verb::Replace, uri, value)
    }

    /// Delete of `uri`.
    #[must_use]
    pub fn delete(uri: &str) -> Self {
        Self::at(Verb::Delete, uri)
    }

    /// Copy of the leaf `from` to `uri`.
    #[must_use]
    pub fn copy(from: &str, uri: &str) -> Self {
        let item = Item {
            uri: uri.to_owned(),
            from: Some(from.to_owned()),
            ..Item::default()
        };
        Self::new(Verb::Copy, vec![item])
    }

    /// Exec of `uri` without an argument; [`Op::value`] adds one.
    #[must_use]
    pub fn exec(uri: &str) -> Self {
        Self::at(Verb::Exec, uri)
    }

    /// Alert `code`; each item is the Data of one Item.
    #[must_use]
    pub fn alert(code: u16, items: &[&str]) -> Self {
        let item = |text: &&str| Item {
            value: Some(Value::Text((*text).to_owned())),
            ..Item::default()
        };
        Self {
            code,
            ..Self::new(Verb::Alert, items.iter().map(item).collect())
        }
    }

    /// A command given as XML, known to the device or not. The text is taken as it is.
    #[must_use]
    pub fn other(xml: &str) -> Self {
        Self {
            xml: xml.to_owned(),
            ..Self::new(Verb::Other, Vec::new())
        }
    }

    /// Sequence of `ops`.
    #[must_use]
    pub fn sequence(ops: impl Into<Vec<Self>>) -> Self {
        Self {
            ops: ops.into(),
            ..Self::new(Verb::Sequence, Vec::new())
        }
    }

    /// Atomic of `ops`.
    #[must_use]
    pub fn atomic(ops: impl Into<Vec<Self>>) -> Self {
        Self {
            ops: ops.into(),
            ..Self::new(Verb::Atomic, Vec::new())
        }
    }

    /// One more Item of the same command, of this operation's own kind.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.items.extend(other.items);
        self.values.extend(other.values);
        self
    }

    /// States the Format of every Item.
    #[must_use]
    pub fn format(mut self, format: &str) -> Self {
        self.items
            .iter_mut()
            .for_each(|item| item.format = Some(format.to_owned()));
        self
    }

    /// States the MIME type of every Item.
    #[must_use]
    pub fn mime(mut self, mime: &str) -> Self {
        self.items
            .iter_mut()
            .for_each(|item| item.mime = Some(mime.to_owned()));
        self
    }

    /// The value sent; for a Get the value it has to return.
    #[must_use]
    pub fn value(mut self, value: &str) -> Self {
        if self.verb == Verb::Get {
            self.values.push(value.to_owned());
        } else {
            self.items
                .iter_mut()
                .for_each(|item| item.value = Some(Value::Text(value.to_owned())));
        }
        self
    }

    /// Sends octets instead of text.
    #[must_use]
    pub fn bytes(mut self, bytes: &[u8]) -> Self {
        self.items
            .iter_mut()
            .for_each(|item| item.value = Some(Value::Bytes(bytes.to_vec())));
        self
    }

    /// States this Size, whatever the true one.
    #[must_use]
    pub fn size(mut self, size: u32) -> Self {
        self.items
            .iter_mut()
            .for_each(|item| item.size = Some(size));
        self
    }

    /// Sets the correlator of an Exec.
    #[must_use]
    pub fn correlator(mut self, correlator: &str) -> Self {
        self.correlator = Some(correlator.to_owned());
        self
    }

    /// Expects this status; called again, of the next Item.
    #[must_use]
    pub fn expect(mut self, status: u16) -> Self {
        self.expect.push(status);
        self
    }
}
