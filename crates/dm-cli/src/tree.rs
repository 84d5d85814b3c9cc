//! `dm tree`: the tree of a device, shown, changed and compared.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use base64ct::{Base64, Encoding as _};
use dm_tree::{Format, NodeId, Output, Property, Reason, Sink, Tree};
use lexopt::prelude::*;

use crate::changes::{self, Node};
use crate::console;
use crate::device::{Content, Device};
use crate::failure::Failure;
use crate::stored;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "tree",
    summary: "show, change and compare the tree of a device",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm tree show [options] DEVICE.toml [URI]
       dm tree get [options] DEVICE.toml URI
       dm tree set [options] DEVICE.toml URI VALUE
       dm tree diff [options] DEVICE.toml [OTHER.toml]

The tree of a device that a file describes (dm replay --help shows its form). What `set` changes is kept in a store
beside the device file, DEVICE.store, and is there for every later command.

  show   each node, or those from URI on: its URI, format and value, and the ACL where it has one
  get    the value of a leaf, the names of the children of an interior node, or a property: './DevInfo?prop=ACL'
  set    the value of a leaf, which is made with its ancestors when it is missing; or ACL, Name or Title of a node:
         './DevInfo?prop=ACL'. The device does it: rights of servers do not count, its description does
  diff   what is not as the device leaves the factory; with OTHER, what OTHER has that DEVICE has not (+), the other way
         round (-), and what differs (~)

  --store FILE   the store of DEVICE
  --factory      the device as it leaves the factory, without its store; not for set
  --base64       set: VALUE is Base64; get: the value is printed as it is, octet for octet
  --json         show, diff: one JSON object; binary values in Base64

Values that servers may write and not read are not shown. The exit status of diff is 1 when there is a difference.
";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Act {
    Show,
    Get,
    Set,
    Diff,
}

impl Act {
    const ALL: [(&str, Self); 4] = [
        ("show", Self::Show),
        ("get", Self::Get),
        ("set", Self::Set),
        ("diff", Self::Diff),
    ];
}

struct Request {
    act: Act,
    device: PathBuf,
    store: Option<PathBuf>,
    factory: bool,
    base64: bool,
    json: bool,
    words: Vec<String>,
}

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let request = parse(parser)?;
    match request.act {
        Act::Show => show(&request),
        Act::Get => get(&request),
        Act::Set => set(&request),
        Act::Diff => diff(&request),
    }
}

fn parse(parser: &mut lexopt::Parser) -> Result<Request, Failure> {
    let (mut act, mut store, mut device) = (None, None::<OsString>, None::<OsString>);
    let (mut factory, mut base64, mut json, mut words) = (false, false, false, Vec::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("store") => store = Some(parser.value()?),
            Long("factory") => factory = true,
            Long("base64") => base64 = true,
            Long("json") => json = true,
            Short('h') | Long("help") => return Err(Failure::Help),
            Value(word) if act.is_none() => act = Some(what(&word)?),
            Value(file) if device.is_none() => device = Some(file),
            Value(word) => words.push(word.string()?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let act = act.ok_or_else(|| Failure::usage("say show, get, set or diff"))?;
    let device = device
        .ok_or_else(|| Failure::usage("no device file is given (--help shows all options)"))?;
    let (least, most, usage) = match act {
        Act::Show => (0, 1, "show takes a device file and a URI"),
        Act::Get => (1, 1, "get takes a device file and a URI"),
        Act::Set => (2, 2, "set takes a device file, a URI and a value"),
        Act::Diff => (0, 1, "diff takes one or two device files"),
    };
    if !(least..=most).contains(&words.len()) {
        return Err(Failure::usage(usage));
    }
    for (given, option, fits) in [
        (factory, "--factory", act != Act::Set),
        (base64, "--base64", matches!(act, Act::Get | Act::Set)),
        (json, "--json", matches!(act, Act::Show | Act::Diff)),
        (
            factory && store.is_some(),
            "--store",
            // There is nothing to look for in it.
            false,
        ),
    ] {
        if given && !fits {
            return Err(Failure::usage(format!("{option} makes no sense here")));
        }
    }
    Ok(Request {
        act,
        device: device.into(),
        store: store.map(PathBuf::from),
        factory,
        base64,
        json,
        words,
    })
}

fn what(word: &OsString) -> Result<Act, Failure> {
    let known = Act::ALL.into_iter().find(|(name, _)| word == name);
    known
        .map(|(_, act)| act)
        .ok_or_else(|| Failure::usage(format!("say show, get, set or diff, not {word:?}")))
}

impl Request {
    /// The tree as it is now.
    fn open(&self, device: &Device) -> Result<Tree<'static>, Failure> {
        if self.factory {
            return device.open();
        }
        stored::open(device, &self.store_path())
    }

    fn store_path(&self) -> PathBuf {
        match &self.store {
            Some(path) => path.clone(),
            None => stored::usual_path(&self.device),
        }
    }

    fn word(&self, index: usize) -> &str {
        self.words.get(index).map_or("", String::as_str)
    }
}

/// A tree, written down: nodes, and the ACLs that nodes have of their own.
struct Picture {
    nodes: Vec<Node>,
    acls: BTreeMap<String, String>,
}

impl Picture {
    fn of(tree: &mut Tree<'_>) -> Self {
        let schema = *tree.schema();
        let nodes = changes::snapshot(tree, &schema);
        let mut acls = BTreeMap::new();
        for node in &nodes {
            let acl = property(tree, &node.uri, Property::Acl).unwrap_or_default();
            if !acl.is_empty() {
                acls.insert(node.uri.clone(), acl);
            }
        }
        Self { nodes, acls }
    }
}

struct Octets(Vec<u8>);

impl Output for Octets {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.extend_from_slice(bytes);
        bytes.len()
    }
}

fn property(tree: &mut Tree<'_>, uri: &str, property: Property) -> Result<String, Reason> {
    let node = tree.local().find(uri).ok_or(Reason::NoSuchNode)?;
    let mut octets = Octets(Vec::new());
    tree.local()
        .property(node, property, &mut Sink::new(&mut octets))?;
    Ok(String::from_utf8_lossy(&octets.0).into_owned())
}

fn show(request: &Request) -> Result<(), Failure> {
    let device = Device::load(&request.device)?;
    let mut tree = request.open(&device)?;
    let mut picture = Picture::of(&mut tree);
    if let Some(from) = request.words.first() {
        let top = from.strip_prefix("./").unwrap_or(from);
        let top = if top == "." {
            ".".to_owned()
        } else {
            format!("./{top}")
        };
        let below = format!("{top}/");
        picture
            .nodes
            .retain(|node| node.uri == top || node.uri.starts_with(&below));
        if picture.nodes.is_empty() {
            return Err(refused(from, Reason::NoSuchNode));
        }
    }
    if request.json {
        let records: Vec<_> = picture
            .nodes
            .iter()
            .map(|node| node.record(picture.acls.get(&node.uri).map_or("", String::as_str)))
            .collect();
        return console::print(&pretty(&serde_json::json!({ "nodes": records })));
    }
    let width = |node: &Node| node.uri.chars().count();
    let column = picture.nodes.iter().map(width).max().unwrap_or(0);
    let mut text = String::new();
    for node in &picture.nodes {
        let mut line = format!("{:column$}  {:5}", node.uri, node.format.name());
        if node.is_leaf() {
            line.push_str(&format!("  {}", node.shown(60)));
        }
        if let Some(acl) = picture.acls.get(&node.uri) {
            line.push_str(&format!("  [ACL {acl}]"));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    console::print(&text)
}

fn get(request: &Request) -> Result<(), Failure> {
    let device = Device::load(&request.device)?;
    let mut tree = request.open(&device)?;
    let uri = request.word(0);
    let fail = |reason| refused(uri, reason);
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    if !query.is_empty() {
        let name = query.strip_prefix("prop=").unwrap_or_default();
        let wanted = Property::from_name(name.as_bytes()).ok_or_else(|| fail(Reason::Query))?;
        let value = property(&mut tree, path, wanted).map_err(fail)?;
        return console::print(&format!("{value}\n"));
    }
    let node = tree
        .local()
        .find(path)
        .ok_or_else(|| fail(Reason::NoSuchNode))?;
    if !tree.local().is_leaf(node) {
        return console::print(&children(&mut tree, node));
    }
    let schema = *tree.schema();
    let nodes = changes::snapshot(&mut tree, &schema);
    let full = format!("./{}", path.strip_prefix("./").unwrap_or(path));
    let shown = nodes.iter().find(|node| node.uri == full);
    if shown.is_some_and(|node| node.is_secret) {
        return Err(Failure::failed(format!(
            "{uri}: a value that servers may write and not read is not shown"
        )));
    }
    let mut octets = Octets(Vec::new());
    tree.local()
        .read(node, &mut Sink::new(&mut octets))
        .map_err(fail)?;
    if request.base64 {
        return console::Output::Standard.write(&octets.0);
    }
    let text = match tree.local().format(node) {
        Format::Bin | Format::B64 => Base64::encode_string(&octets.0),
        _ => String::from_utf8_lossy(&octets.0).into_owned(),
    };
    console::print(&format!("{text}\n"))
}

/// The names of the children, one a line.
fn children(tree: &mut Tree<'_>, node: NodeId) -> String {
    let local = tree.local();
    let mut text = String::new();
    let mut child = local.first_child(node);
    while let Some(id) = child {
        text.push_str(&String::from_utf8_lossy(local.name(id)));
        text.push('\n');
        child = local.next_sibling(id);
    }
    text
}

fn set(request: &Request) -> Result<(), Failure> {
    let device = Device::load(&request.device)?;
    let (uri, value) = (request.word(0), request.word(1));
    let octets = if request.base64 {
        Base64::decode_vec(value).map_err(|_| Failure::usage(format!("{value:?} is no Base64")))?
    } else {
        value.as_bytes().to_vec()
    };
    let mut tree = stored::open_to_change(&device, &request.store_path())?;
    let done = match uri.split_once('?') {
        Some((path, "prop=ACL")) => tree.factory().acl(path, value),
        Some(_) => tree.local().set(uri, &octets),
        None => {
            let format = if request.base64 {
                Format::Bin
            } else {
                Format::Chr
            };
            Content::Leaf(format, octets).seed(&mut tree.factory(), uri)
        }
    };
    done.map_err(|reason| refused(uri, reason))
}

fn diff(request: &Request) -> Result<(), Failure> {
    let device = Device::load(&request.device)?;
    let mut now = request.open(&device)?;
    let (before, after) = match request.words.first() {
        None => (device.open()?, now),
        Some(other) => {
            let other = Request {
                device: PathBuf::from(other),
                store: None,
                words: Vec::new(),
                ..*request
            };
            let device = Device::load(&other.device)?;
            let after = other.open(&device)?;
            (core::mem::replace(&mut now, after), now)
        }
    };
    differences(request, before, after)
}

fn differences(
    request: &Request,
    mut before: Tree<'_>,
    mut after: Tree<'_>,
) -> Result<(), Failure> {
    let (before, after) = (Picture::of(&mut before), Picture::of(&mut after));
    let nodes = changes::changes(&before.nodes, &after.nodes);
    let mut acls = Vec::new();
    for uri in before.acls.keys().chain(after.acls.keys()) {
        let (old, new) = (before.acls.get(uri), after.acls.get(uri));
        if old != new && !acls.iter().any(|(known, _, _)| *known == uri) {
            acls.push((uri, old, new));
        }
    }
    acls.sort_unstable();
    if request.json {
        let records: Vec<_> = nodes.iter().map(changes::Change::record).collect();
        let acls: Vec<_> = acls
            .iter()
            .map(|(uri, old, new)| serde_json::json!({ "uri": uri, "before": old, "after": new }))
            .collect();
        console::print(&pretty(
            &serde_json::json!({ "changes": records, "acls": acls }),
        ))?;
    } else {
        let mut text = String::new();
        for change in &nodes {
            text.push_str(&change.line());
            text.push('\n');
        }
        let shown = |acl: &Option<&String>| match acl {
            Some(acl) => (*acl).clone(),
            None => "(none)".to_owned(),
        };
        for (uri, old, new) in &acls {
            text.push_str(&format!(
                "~ {uri}?prop=ACL: {} -> {}\n",
                shown(old),
                shown(new)
            ));
        }
        console::print(&text)?;
    }
    match nodes.len().saturating_add(acls.len()) {
        0 => Ok(()),
        1 => Err(Failure::failed("1 difference")),
        count => Err(Failure::failed(format!("{count} differences"))),
    }
}

fn pretty(value: &serde_json::Value) -> String {
    format!("{value:#}\n")
}

fn refused(uri: &str, reason: Reason) -> Failure {
    Failure::failed(format!("{uri}: {reason} ({})", reason.status().0))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn the_usual_store_lies_beside_the_device() {
        for (device, store) in [
            ("a/meter.toml", "a/meter.store"),
            ("meter", "meter.store"),
            ("a.b.toml", "a.b.store"),
        ] {
            assert_eq!(stored::usual_path(Path::new(device)), Path::new(store));
        }
    }
}
