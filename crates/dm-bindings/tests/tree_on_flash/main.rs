//! The tree over the flash store: what a restart and a power failure leave of it.

#![cfg(feature = "store-flash")]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

mod handler;
#[path = "../store_flash/nor.rs"]
#[allow(dead_code)]
mod nor;
mod reads;

use dm_bindings::store_flash::{Cache, FlashStore, KeyCache, NoCache};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{NodeSlot, Reason, Tree, TreeMemory, UriLimits};
use nor::{Nor, TEARS};

/// Opens store and tree and does something with the tree.
fn with_tree<const WORD: usize, const PAGE: usize, C: Cache, T>(
    flash: &mut Nor<WORD, PAGE>,
    cache: C,
    work: impl FnOnce(&mut Tree<'_>) -> T,
) -> Result<T, Reason> {
    let mut nodes = [NodeSlot::EMPTY; 96];
    let (mut pool, mut value, mut buffer) = ([0; 2048], [0; 128], [0; 192]);
    let end = flash.end();
    let mut store =
        FlashStore::open(flash, 0..end, &mut buffer, cache).map_err(|_| Reason::Store)?;
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default())?;
    Ok(work(&mut tree))
}

/// Every node with its format and value.
fn picture(tree: &mut Tree<'_>) -> String {
    let mut text = String::new();
    let mut stack = vec![(tree.local().find(".").unwrap(), String::from("."))];
    while let Some((node, uri)) = stack.pop() {
        text += &format!("{uri} {:?}", tree.local().format(node));
        if tree.local().is_leaf(node) {
            let mut value = [0; 128];
            let length = tree.local().value(node, &mut value).unwrap();
            text += &format!(" {:?}", String::from_utf8_lossy(&value[..length]));
        }
        text.push('\n');
        let mut child = tree.local().first_child(node);
        while let Some(node) = child {
            let name = String::from_utf8(tree.local().name(node).to_vec()).unwrap();
            stack.push((node, format!("{uri}/{name}")));
            child = tree.local().next_sibling(node);
        }
    }
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}

fn account(tree: &mut Tree<'_>, name: &str, server: &str) -> Result<(), Reason> {
    for (leaf, value) in [
        ("AppID", "w7"),
        ("ServerID", server),
        ("Name", name),
        ("AppAddr/1/Addr", "http://dm.example.com/dm"),
        ("AppAddr/1/AddrType", "URI"),
        ("AppAuth/1/AAuthType", "DIGEST"),
        ("AppAuth/1/AAuthSecret", "secret"),
    ] {
        let uri = format!("./DMAcc/{name}/{leaf}");
        tree.factory().set(&uri, value.as_bytes())?;
    }
    Ok(())
}

fn furnish(tree: &mut Tree<'_>) {
    tree.factory().acl("./DMAcc", "Add=*&Get=*").unwrap();
    tree.factory().set("./DevInfo/Man", b"Example").unwrap();
    tree.factory().set("./DevInfo/DevId", b"urn:1").unwrap();
    account(tree, "first", "dm.example.com").unwrap();
}

/// Values, a whole object more, and one less.
fn change(tree: &mut Tree<'_>) -> Result<(), Reason> {
    tree.begin()?;
    tree.local().set("./DevInfo/Man", b"Another")?;
    tree.factory().set("./DevInfo/Mod", b"M 2")?;
    account(tree, "second", "other.example.com")?;
    tree.local().delete("./DMAcc/first")?;
    tree.commit()?;
    Ok(())
}

#[test]
fn a_restart_brings_back_every_node_and_value() {
    let mut flash = Nor::<4, 4096>::new(4);
    let before = with_tree(&mut flash, NoCache, |tree| {
        furnish(tree);
        picture(tree)
    })
    .unwrap();
    assert!(before.contains("./DMAcc/first/AppAuth/1/AAuthSecret Chr \"secret\""));
    assert!(before.contains("./DevInfo/Man Chr \"Example\""));
    let after = with_tree(&mut flash, KeyCache::<64>, picture).unwrap();
    assert_eq!(before, after);
    let changed = with_tree(&mut flash, NoCache, |tree| {
        change(tree).unwrap();
        picture(tree)
    })
    .unwrap();
    assert!(!changed.contains("first") && changed.contains("./DevInfo/Man Chr \"Another\""));
    let after = with_tree(&mut flash, NoCache, picture).unwrap();
    assert_eq!(changed, after);
}

/// At every octet with `OMA_DM_FULL=1`, else at one in so many.
#[test]
fn a_transaction_is_whole_or_not_there_wherever_power_fails() {
    type Flash = Nor<4, 1024>;
    let budget: f64 = std::env::var("OMA_DM_TEST_BUDGET")
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(1.0);
    let full = std::env::var_os("OMA_DM_FULL").is_some_and(|value| value == "1");
    let stride = match full {
        true => 1,
        false => (131.0 / budget).max(1.0) as usize,
    };
    let mut flash = Flash::new(3);
    let old = with_tree(&mut flash, NoCache, |tree| {
        furnish(tree);
        // So that the transaction needs a new page.
        for n in 0..14 {
            let name = format!("a longer name of the maker, and {n}");
            tree.local().set("./DevInfo/Man", name.as_bytes()).unwrap();
        }
        picture(tree)
    })
    .unwrap();
    let wear = flash.counts.get().erasures;
    let new = with_tree(&mut flash.clone(), NoCache, |tree| {
        change(tree).unwrap();
        picture(tree)
    })
    .unwrap();
    assert!(flash.counts.get().erasures > wear, "no page was erased");

    let (mut cuts, mut olds) = (0, 0);
    for (n, tear) in TEARS.into_iter().enumerate() {
        for fuel in (n..).step_by(stride) {
            let mut torn = flash.clone();
            torn.tear = tear;
            torn.fuel = Some(fuel);
            // An interrupted commit is finished later, and is a success.
            let _ = with_tree(&mut torn, KeyCache::<16>, change);
            let cut = torn.off;
            torn.power_on();
            let now = with_tree(&mut torn, NoCache, picture)
                .unwrap_or_else(|reason| panic!("{tear:?}, cut after {fuel}: {reason:?}"));
            assert!(
                now == old || now == new,
                "{tear:?}, cut after {fuel}\n{now}"
            );
            with_tree(&mut torn, NoCache, |tree| {
                account(tree, "third", "third.example.com").unwrap();
            })
            .unwrap();
            if !cut {
                assert!(now == new);
                break;
            }
            cuts += 1;
            olds += usize::from(now == old);
        }
    }
    assert!(0 < olds && olds < cuts);
    println!("{cuts} power failures, {olds} before the commit");
}
