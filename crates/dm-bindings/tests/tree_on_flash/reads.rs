//! What Get, Replace and opening cost in reads of the flash, as `docs/store.md` says.

use dm_bindings::store_flash::{Cache, FlashStore, KeyCache, NoCache};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{NodeSlot, Principal, Sink, Tree, TreeMemory, UriLimits, Value};

use super::account;
use super::nor::{Counts, Nor};

type Flash = Nor<4, 4096>;

const SERVER: Principal<'static> = Principal::dangerous_assume(b"server");

fn with_tree<C: Cache, T>(flash: &mut Flash, cache: C, work: impl FnOnce(&mut Tree<'_>) -> T) -> T {
    let mut nodes = vec![NodeSlot::EMPTY; 1100];
    let (mut pool, mut value, mut buffer) = (vec![0; 20_000], [0; 128], [0; 192]);
    let end = flash.end();
    let mut store = FlashStore::open(flash, 0..end, &mut buffer, cache).unwrap();
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(&SCHEMA, &mut store, &mut [], memory, UriLimits::default()).unwrap();
    work(&mut tree)
}

fn count(tree: &mut Tree<'_>) -> u64 {
    let mut count = 0;
    let mut stack = vec![tree.local().find(".").unwrap()];
    while let Some(node) = stack.pop() {
        count += 1;
        let mut child = tree.local().first_child(node);
        while let Some(node) = child {
            stack.push(node);
            child = tree.local().next_sibling(node);
        }
    }
    count
}

/// Octets of the region up to where each page is blank.
fn used(flash: &Flash) -> u64 {
    let page = |page: &[u8]| {
        page.iter()
            .rposition(|byte| *byte != 0xFF)
            .map_or(0, |n| n + 1)
    };
    flash
        .bytes
        .chunks(4096)
        .map(|bytes| page(bytes) as u64)
        .sum()
}

/// A row of the page.
fn row(numbers: &[u64]) -> String {
    let mut row = String::from("|");
    for number in numbers {
        let text = number.to_string();
        row.push(' ');
        for (n, digit) in text.chars().enumerate() {
            if n != 0 && (text.len() - n).is_multiple_of(3) {
                row.push(',');
            }
            row.push(digit);
        }
        row += " |";
    }
    println!("{row}");
    row
}

/// A tree with so many accounts, every value having been written twice, on so many pages of 4 KiB.
fn measure<C: Cache + Copy>(accounts: usize, pages: usize, cached: u64, cache: C) -> String {
    let mut flash = Flash::new(pages);
    let counts = flash.counts.clone();
    let name = |n: usize| format!("acc{n:05}");
    with_tree(&mut flash, KeyCache::<1100>, |tree| {
        for n in 0..accounts {
            account(tree, &name(n), "dm.example.com").unwrap();
        }
        for n in 0..accounts {
            for leaf in ["ServerID", "Name", "AppAddr/1/Addr"] {
                let uri = format!("./DMAcc/{}/{leaf}", name(n));
                tree.local().set(&uri, b"another.example.com").unwrap();
            }
        }
        tree.factory().acl(".", "Add=*&Get=*&Replace=*").unwrap();
    });
    let used = used(&flash);
    let before = counts.get();
    with_tree(&mut flash, cache, |tree| {
        let open = counts.get().reads - before.reads;
        let octets = counts.get().read_bytes - before.read_bytes;
        // Each octet once, heads and keys twice, and one blank page.
        assert!(octets <= used * 3 / 2 + 4096, "{octets} of {used}");
        let nodes = count(tree);
        let some: Vec<String> = (0..accounts)
            .step_by(accounts.div_ceil(20))
            .map(|n| format!("./DMAcc/{}/Name", name(n)))
            .collect();
        let get = |tree: &mut Tree<'_>, uri: &str| {
            let reading = tree.reading(&SERVER, uri.as_bytes()).unwrap();
            tree.read(&reading, &mut Sink::counting()).unwrap();
        };
        let average =
            |before: Counts, calls: usize| (counts.get().reads - before.reads) / calls as u64;
        let before = counts.get();
        for uri in &some {
            get(tree, uri);
        }
        let one_get = average(before, some.len());
        let before = counts.get();
        for uri in &some {
            let value = Value::of(b"a third name");
            tree.replace(&SERVER, uri.as_bytes(), &value).unwrap();
        }
        let one_replace = average(before, some.len());
        row(&[
            nodes,
            pages as u64,
            cached,
            one_get,
            one_replace,
            open,
            octets,
            used,
        ])
    })
}

#[test]
fn the_reads_of_get_replace_and_open_are_as_documented() {
    let rows = [
        measure(3, 4, 0, NoCache),
        measure(3, 4, 64, KeyCache::<64>),
        measure(80, 24, 0, NoCache),
        measure(80, 24, 64, KeyCache::<64>),
        measure(80, 24, 1_024, KeyCache::<1_024>),
    ];
    let page = include_str!("../../../../docs/store.md");
    for row in rows {
        assert!(page.lines().any(|line| line == row), "{row}");
    }
}
