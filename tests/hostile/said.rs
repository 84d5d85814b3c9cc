//! What a server may say and a client may answer, in pieces small enough to compare.

use dm_tests::Sent;

pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// `percent` times out of a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

/// How the server proves itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Proof {
    Transport,
    Digest,
    Seal,
}

/// A command that has to be answered.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) msg_ref: String,
    pub(crate) cmd_ref: String,
    /// Statuses still due.
    pub(crate) due: usize,
    pub(crate) begun: bool,
}

/// What the client's message consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    Status {
        msg_ref: String,
        cmd_ref: String,
        cmd: String,
        code: u16,
        has_target: bool,
    },
    Results {
        msg_ref: String,
        cmd_ref: String,
        more: bool,
    },
    Alert(u16),
    Replace,
    Final,
}

pub(crate) fn parts(sent: &Sent) -> Vec<Part> {
    let document = roxmltree::Document::parse(&sent.xml)
        .unwrap_or_else(|error| panic!("{error}: {}", sent.xml));
    let root = document.root_element();
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        node.children()
            .find(|child| child.tag_name().name() == name)
            .and_then(|child| child.text())
            .unwrap_or("")
            .to_owned()
    };
    let body = root
        .children()
        .find(|node| node.tag_name().name() == "SyncBody")
        .unwrap();
    let mut ids = Vec::new();
    let mut parts = Vec::new();
    for node in body.children().filter(roxmltree::Node::is_element) {
        let name = node.tag_name().name();
        if name != "Final" {
            ids.push(child(node, "CmdID"));
        }
        parts.push(match name {
            "Status" => Part::Status {
                msg_ref: child(node, "MsgRef"),
                cmd_ref: child(node, "CmdRef"),
                cmd: child(node, "Cmd"),
                code: child(node, "Data").parse().unwrap(),
                has_target: node
                    .children()
                    .any(|child| child.tag_name().name() == "TargetRef"),
            },
            "Results" => Part::Results {
                msg_ref: child(node, "MsgRef"),
                cmd_ref: child(node, "CmdRef"),
                more: node
                    .descendants()
                    .any(|node| node.tag_name().name() == "MoreData"),
            },
            "Alert" => Part::Alert(child(node, "Data").parse().unwrap()),
            "Replace" => Part::Replace,
            "Final" => Part::Final,
            other => panic!("PRO-C-017: {other}"),
        });
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert!(
        ids.len() == count && !ids.contains(&"0".to_owned()) && !ids.contains(&String::new()),
        "REP-C-035: {}",
        sent.xml
    );
    parts
}

/// A message of the server, and what the model has to know of it.
pub(crate) struct Said {
    pub(crate) xml: String,
    pub(crate) commands: Vec<Command>,
    pub(crate) msg_id: String,
    pub(crate) code: Option<u16>,
    pub(crate) limit: Option<usize>,
    /// Its proof is right.
    pub(crate) proved: bool,
    /// Its octets were damaged: the model knows nothing of it.
    pub(crate) damaged: bool,
}
