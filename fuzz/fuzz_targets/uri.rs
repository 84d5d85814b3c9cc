//! Any octets as the URI of any command: what is refused changes nothing, what is read has the address it was read by.
#![no_main]

use dm_tree::mo::standard::SCHEMA;
use dm_tree::{
    Format, NodeSlot, Output, Principal, RamStore, Sink, Ticket, Tree, TreeMemory, UriLimits, Value,
};

#[derive(Default)]
struct Text(Vec<u8>);

impl Output for Text {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.extend_from_slice(bytes);
        bytes.len()
    }
}

const SERVER: Principal<'static> = Principal::dangerous_assume(b"s");

fn furnish(tree: &mut Tree<'_>) {
    let mut factory = tree.factory();
    factory
        .acl(".", "Add=*&Delete=*&Exec=*&Get=*&Replace=*")
        .expect("an ACL");
    for (uri, value) in [
        ("./DevInfo/Man", &b"Example"[..]),
        ("./DMAcc/one/AppID", b"w7"),
        ("./DMAcc/one/ServerID", b"s"),
        ("./DMAcc/one/AppAddr/1/Addr", b"http://example.test"),
        ("./DMAcc/one/AppAuth/a/AAuthSecret", b"secret"),
    ] {
        factory.set(uri, value).expect("described");
    }
}

/// Every node, its value and its ACL.
fn picture(tree: &mut Tree<'_>) -> Vec<u8> {
    let mut all = Text::default();
    let mut stack = vec![tree.local().find(".").expect("the root")];
    while let Some(node) = stack.pop() {
        tree.uri(node, &mut Sink::new(&mut all)).expect("room");
        if tree.local().is_leaf(node) {
            all.0.push(b'=');
            let _ = tree.local().read(node, &mut Sink::new(&mut all));
        }
        all.0.push(b'\n');
        let mut child = tree.local().first_child(node);
        while let Some(node) = child {
            stack.push(node);
            child = tree.local().next_sibling(node);
        }
    }
    let mut lines: Vec<&[u8]> = all.0.split(|c| *c == b'\n').collect();
    lines.sort_unstable();
    lines.join(&b'\n')
}

fn path_of(uri: &[u8]) -> &[u8] {
    let end = uri.iter().position(|c| *c == b'?').unwrap_or(uri.len());
    &uri[..end]
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Some((choice, uri)) = bytes.split_first() else {
        return;
    };
    let mut nodes = [NodeSlot::EMPTY; 80];
    let (mut pool, mut value, mut values) = (vec![0; 2000], vec![0; 600], vec![0; 4000]);
    let mut store = RamStore::new(&mut values);
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let limits = UriLimits {
        max_depth: 8,
        max_tot_len: 127,
        max_seg_len: 32,
    };
    let mut tree = Tree::open(&SCHEMA, &mut store, &mut [], memory, limits).expect("room");
    furnish(&mut tree);
    let before = picture(&mut tree);

    // Reading changes nothing, and gives an address that leads to the same node.
    if let Ok(reading) = tree.reading(&SERVER, uri) {
        let mut at = Text::default();
        tree.uri(reading.node(), &mut Sink::new(&mut at))
            .expect("room");
        let again = tree.reading(&SERVER, &at.0).map(|reading| reading.node());
        assert_eq!(again, Ok(reading.node()));
        // Names of the schema are compared as they are written: there is one spelling, with `./` or without.
        let path = path_of(uri);
        assert!(path == at.0 || at.0.strip_prefix(b"./") == Some(path));
        tree.read(&reading, &mut Sink::counting())
            .expect("stored values");
    }
    if let Ok(mut listing) = tree.listing(&SERVER, uri) {
        let mut items = 0;
        while let Some(item) = tree
            .next_item(&SERVER, &mut listing)
            .expect("nothing changes")
        {
            tree.read(&item, &mut Sink::counting())
                .expect("stored values");
            items += 1;
            assert!(items <= 80);
        }
    }
    assert_eq!(picture(&mut tree), before);

    let done = match choice % 7 {
        0 => tree.add(&SERVER, uri, &Value::of(b"text")),
        1 => tree.add(&SERVER, uri, &Value::node()),
        2 => tree.replace(&SERVER, uri, &Value::of(b"Add=*")),
        3 => tree.delete(&SERVER, uri),
        4 => tree.exec(&SERVER, uri, &Value::default(), Ticket(1)),
        5 => tree.copy(&SERVER, b"./DMAcc/one/AppID", uri, &mut [0; 64]),
        _ => tree.add(
            &SERVER,
            uri,
            &Value {
                format: Some(Format::Bin),
                ..Value::of(b"\xFF")
            },
        ),
    };
    let after = picture(&mut tree);
    if done.is_err() {
        assert_eq!(after, before, "refused with {done:?}");
    }
    let path = path_of(uri);
    if done.is_ok() && matches!(choice % 7, 0 | 1 | 5) {
        let text = core::str::from_utf8(path).expect("a URI is text");
        assert!(tree.local().find(text).is_some());
        assert!(
            path.split(|c| *c == b'/')
                .all(|segment| segment.len() <= 32 * 4)
        );
    }
    if done.is_ok() && choice % 7 == 3 {
        let text = core::str::from_utf8(path).expect("a URI is text");
        assert!(tree.local().find(text).is_none());
    }
});
