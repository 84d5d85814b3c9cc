//! Power fails at every write: afterwards a command, or a whole transaction, has happened or it has not.

#![cfg(all(feature = "durable", feature = "transaction", feature = "properties"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::flash::{Flash, reopen};
use common::{S1, add, code, delete, get, memory, open, picture, replace, schema};
use dm_tree::{Reason, Tree};

const DEVICE: &str = "
DevInfo node PR/G
  Man chr PRv/Gr default=Acme
  Lang chr PR/Gr
  Ext node P/G
    Serial chr P/Gr
App node PRt/AGDr
  * node tSv/AGDr
    Port int sv/AGr
    Text chr -/AGDr
    Sub node -/AGD
      * chr -/AGDr
Bag node -/AGD
  Fixed chr PR/Gr default=fix
";

fn device(flash: &Flash) -> Result<Tree<'static>, Reason> {
    reopen(flash, schema(DEVICE))
}

fn furnished() -> Flash {
    let flash = Flash::default();
    let mut tree = device(&flash).unwrap();
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    assert_eq!(add(&mut tree, &S1, "./App/one/Port", "int", "80"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/one/Sub/x", "chr", "deep"), 200);
    assert_eq!(add(&mut tree, &S1, "./App/two/Text", "chr", "two"), 200);
    flash
}

type Change = fn(&mut Tree<'static>) -> u16;

const CHANGES: [(&str, Change); 12] = [
    ("replace", |tree| {
        replace(tree, &S1, "./App/one/Port", "8080")
    }),
    ("replace permanent", |tree| {
        replace(tree, &S1, "./DevInfo/Man", "Other")
    }),
    ("add leaf", |tree| {
        add(tree, &S1, "./App/two/Port", "int", "1")
    }),
    ("add many", |tree| {
        add(tree, &S1, "./App/three/Sub/x", "chr", "new")
    }),
    ("add with permanent", |tree| {
        add(tree, &S1, "./Bag", "node", "")
    }),
    ("delete leaf", |tree| delete(tree, &S1, "./App/two/Text")),
    ("delete many", |tree| delete(tree, &S1, "./App/one")),
    ("rename", |tree| {
        replace(tree, &S1, "./App/one?prop=Name", "uno")
    }),
    ("acl", |tree| {
        replace(tree, &S1, "./App/one/Port?prop=ACL", "Get=*&Replace=*")
    }),
    ("title", |tree| {
        replace(tree, &S1, "./App?prop=Title", "Title")
    }),
    ("factory", |tree| {
        tree.factory()
            .set("./DevInfo/Ext/Serial", b"1")
            .map_or(0, |_| 200)
    }),
    ("refused", |tree| {
        if replace(tree, &S1, "./App/one/Port", "x") == 500 {
            200
        } else {
            0
        }
    }),
];

/// Runs `change` with power failing after each number of writes; `check` gets what is there after the restart.
fn cut_everywhere(
    flash: &Flash,
    change: &dyn Fn(&mut Tree<'static>),
    check: &mut dyn FnMut(&str, u32),
) -> u32 {
    let mut cuts = 0;
    for lucky in [false, true] {
        for fuel in 0.. {
            let image = flash.fork();
            let mut tree = device(&image).unwrap();
            image.cut_after(fuel, lucky);
            change(&mut tree);
            let failed = image.restart();
            let found = picture(
                &mut device(&image).unwrap_or_else(|reason| panic!("{reason:?} after {fuel}")),
            );
            check(&found, fuel);
            assert_sound(&image);
            // Opening again, with power failing in that too, comes to the same.
            for again in 0..3 {
                let second = image.fork();
                second.cut_after(again, lucky);
                let _ = device(&second);
                second.restart();
                assert_eq!(
                    picture(&mut device(&second).unwrap()),
                    found,
                    "cut {fuel}, then {again}"
                );
            }
            if !failed {
                break;
            }
            cuts += 1;
        }
    }
    cuts
}

/// What is left in the store is what the tree shows: new nodes in the numbers of old ones have nothing of these.
fn assert_sound(image: &Flash) {
    let image = image.fork();
    let mut tree = device(&image).unwrap();
    let old = picture(&mut tree).lines().count();
    for name in ["p", "q"] {
        assert_eq!(
            add(&mut tree, &S1, &format!("./App/{name}"), "node", ""),
            200
        );
    }
    assert_eq!(add(&mut tree, &S1, "./App/p/Sub", "node", ""), 200);
    let now = picture(&mut tree);
    assert_eq!(now.lines().count(), old + 3);
    assert_eq!(picture(&mut device(&image).unwrap()), now);
}

fn pictures(flash: &Flash, change: &dyn Fn(&mut Tree<'static>)) -> (String, String) {
    let image = flash.fork();
    let mut tree = device(&image).unwrap();
    let old = picture(&mut tree);
    change(&mut tree);
    let new = picture(&mut tree);
    assert_eq!(picture(&mut device(&image).unwrap()), new);
    (old, new)
}

#[test]
fn a_command_has_happened_or_not() {
    let flash = furnished();
    let mut cuts = 0;
    for (name, command) in CHANGES {
        let change = |tree: &mut Tree<'static>| {
            command(tree);
        };
        let (old, new) = pictures(&flash, &change);
        assert_eq!(old == new, name == "refused", "{name}");
        cuts += cut_everywhere(&flash, &change, &mut |found, fuel| {
            assert!(
                found == old || found == new,
                "{name} cut after {fuel}: {found}"
            );
        });
    }
    assert!(cuts > 30, "{cuts}");
}

#[test]
fn a_transaction_has_happened_or_not() {
    let flash = furnished();
    let mut cuts = 0;
    // Many pairs of changes, and all of them.
    let mut sets: Vec<Vec<usize>> = (0..CHANGES.len())
        .flat_map(|a| (0..CHANGES.len()).map(move |b| vec![a, b]))
        .filter(|set| (set[0] + 2 * set[1]) % 4 == 0)
        .collect();
    sets.push((0..CHANGES.len()).collect());
    sets.push((0..CHANGES.len()).rev().collect());
    for set in sets {
        let change = |tree: &mut Tree<'static>| {
            tree.begin().unwrap();
            for index in &set {
                CHANGES[*index].1(tree);
            }
            let _ = tree.commit();
        };
        let (old, new) = pictures(&flash, &change);
        cuts += cut_everywhere(&flash, &change, &mut |found, fuel| {
            assert!(
                found == old || found == new,
                "{set:?} cut after {fuel}: {found}"
            );
        });
    }
    assert!(cuts > 500, "{cuts}");
}

#[test]
fn a_transaction_rolled_back_leaves_nothing() {
    let flash = furnished();
    let records = flash.records();
    let mut tree = device(&flash).unwrap();
    let before = picture(&mut tree);
    for round in 0..3 {
        tree.begin().unwrap();
        assert_eq!(tree.begin(), Err(Reason::Busy));
        let done = CHANGES
            .iter()
            .filter(|(_, command)| command(&mut tree) == 200)
            .count();
        assert!(done > 8, "{done} in round {round}");
        assert_eq!(get(&mut tree, &S1, "./Bag/Fixed").unwrap(), "fix");
        assert_eq!(
            get(&mut tree, &S1, "./DevInfo/Man").unwrap(),
            "Other",
            "seen inside"
        );
        tree.roll_back();
        assert!(!tree.in_transaction());
        assert_eq!(picture(&mut tree), before);
    }
    assert_eq!(flash.records(), records, "no record more, no record less");
    assert_eq!(picture(&mut device(&flash).unwrap()), before);
    // And works as ever.
    tree.begin().unwrap();
    assert_eq!(add(&mut tree, &S1, "./App/two/Port", "int", "1"), 200);
    assert_eq!(code(tree.commit()), 200);
    assert_eq!(code(tree.commit()), 200, "nothing is open");
    assert_eq!(get(&mut tree, &S1, "./App/two/Port").unwrap(), "1");
}

#[test]
fn power_fails_in_a_roll_back() {
    let flash = furnished();
    let (old, _) = pictures(&flash, &|_| {});
    let change = |tree: &mut Tree<'static>| {
        tree.begin().unwrap();
        for (_, command) in CHANGES {
            command(tree);
        }
        tree.roll_back();
    };
    let cuts = cut_everywhere(&flash, &change, &mut |found, fuel| {
        assert_eq!(found, old, "cut after {fuel}")
    });
    assert!(cuts > 20, "{cuts}");
}

#[test]
fn a_refused_command_inside_a_transaction_takes_nothing_with_it() {
    let flash = furnished();
    let mut tree = device(&flash).unwrap();
    tree.begin().unwrap();
    assert_eq!(replace(&mut tree, &S1, "./App/one/Port", "1"), 200);
    let before = picture(&mut tree);
    assert_eq!(add(&mut tree, &S1, "./App/four/Nothing/x", "chr", "1"), 405);
    assert_eq!(add(&mut tree, &S1, "./App/four/Port", "int", "x"), 500);
    assert_eq!(delete(&mut tree, &S1, "./DevInfo"), 405);
    assert_eq!(picture(&mut tree), before);
    assert_eq!(replace(&mut tree, &S1, "./App/one/Port", "2"), 200);
    assert_eq!(code(tree.commit()), 200);
    assert_eq!(get(&mut tree, &S1, "./App/one/Port").unwrap(), "2");
    assert_eq!(
        get(&mut device(&flash).unwrap(), &S1, "./App/one/Port").unwrap(),
        "2"
    );
}

#[test]
fn no_room_for_the_journal_rolls_back() {
    let flash = furnished();
    let used: usize = flash.records().values().map(Vec::len).sum();
    let mut refused = 0;
    let mut committed = 0;
    for room in (0..700).step_by(7) {
        let image = flash.fork();
        let mut tree = device(&image).unwrap();
        let before = picture(&mut tree);
        image.limit(used + room);
        tree.begin().unwrap();
        let codes: Vec<u16> = CHANGES
            .iter()
            .map(|(_, command)| command(&mut tree))
            .collect();
        assert!(
            codes.iter().all(|code| matches!(code, 200 | 420 | 404 | 0)),
            "{codes:?}"
        );
        let inside = picture(&mut tree);
        match code(tree.commit()) {
            200 => {
                committed += 1;
                assert_eq!(picture(&mut device(&image).unwrap()), inside, "room {room}");
            }
            420 => {
                refused += 1;
                assert_eq!(picture(&mut tree), before, "room {room}");
                assert_eq!(picture(&mut device(&image).unwrap()), before, "room {room}");
            }
            other => panic!("{other}"),
        }
        // Either way the tree goes on.
        image.limit(0);
        assert_eq!(
            replace(&mut tree, &S1, "./DevInfo/Lang", "en"),
            200,
            "room {room}"
        );
    }
    assert!(refused > 3 && committed > 3, "{refused} {committed}");
}

#[test]
fn no_room_for_the_undo_log_refuses_the_command() {
    for pool in (80..400).step_by(8) {
        let flash = furnished();
        let size = common::Size {
            pool,
            ..common::ROOMY
        };
        let Ok(mut tree) = open(schema(DEVICE), flash.store(), Vec::new(), memory(size)) else {
            continue;
        };
        tree.begin().unwrap();
        let before = picture(&mut tree);
        let mut full = false;
        for i in 0..40 {
            let seen = picture(&mut tree);
            match replace(&mut tree, &S1, "./App/one/Port", &i.to_string()) {
                200 => assert!(!full),
                420 => {
                    full = true;
                    assert_eq!(picture(&mut tree), seen);
                }
                other => panic!("{other}"),
            }
        }
        assert!(full, "{pool}");
        tree.roll_back();
        assert_eq!(picture(&mut tree), before, "{pool}");
    }
}

#[test]
fn a_transaction_costs_what_is_written_about_it() {
    let flash = furnished();
    let mut tree = device(&flash).unwrap();
    tree.begin().unwrap();
    flash.count();
    assert_eq!(code(tree.commit()), 200);
    assert_eq!(flash.count(), (0, 0), "an empty one costs nothing");
    tree.begin().unwrap();
    for i in 0..5 {
        assert_eq!(
            replace(
                &mut tree,
                &S1,
                [
                    "./DevInfo/Man",
                    "./DevInfo/Lang",
                    "./App/one/Port",
                    "./App/two/Text",
                    "./App/one/Sub/x"
                ][i],
                "1"
            ),
            200
        );
    }
    assert_eq!(flash.count(), (5, 0));
    assert_eq!(code(tree.commit()), 200);
    // Room held and given back, the commit, five copies, the end; five entries erased.
    assert_eq!(flash.count(), (1 + 1 + 5 + 1, 1 + 5));
}

#[test]
fn a_store_that_fails_once_never_leaves_half_a_change() {
    let flash = furnished();
    let steps: [(&str, Change); 3] = [
        ("transaction", |tree| {
            tree.begin().unwrap();
            for (_, command) in CHANGES {
                command(tree);
            }
            code(tree.commit())
        }),
        ("delete", |tree| delete(tree, &S1, "./App/one")),
        ("add", |tree| {
            add(tree, &S1, "./App/three/Sub/x", "chr", "new")
        }),
    ];
    for (name, step) in steps {
        for count in 0.. {
            let image = flash.fork();
            let mut tree = device(&image).unwrap();
            let old = picture(&mut tree);
            image.fail_once_after(count);
            let answer = step(&mut tree);
            let over = !image.restart() && answer == 200;
            let now = picture(&mut tree);
            let later = replace(&mut tree, &S1, "./DevInfo/Lang", "en");
            let kept = picture(&mut tree);
            assert!(
                answer == 200 || now == old,
                "{name} fails after {count} with {answer}"
            );
            assert_eq!(later == 200, kept != now, "{name} after {count}");
            assert!(
                later == 200 || later == 510,
                "{name} after {count}: {later}"
            );
            let mut again = device(&image).unwrap();
            assert_eq!(picture(&mut again), kept, "{name} fails after {count}");
            assert_sound(&image);
            assert_eq!(replace(&mut again, &S1, "./DevInfo/Lang", "de"), 200);
            if over && count > 60 {
                break;
            }
        }
    }
}
