//! Transactions over the flash store and a handler with a store of its own on the same chip, with power failing at every
//! byte that is written or erased.

use std::cell::RefCell;
use std::rc::Rc;

use dm_bindings::store_flash::{FlashStore, KeyCache};
use dm_tree::mo::standard::{DEV_INFO_LANG, SCHEMA};
use dm_tree::{
    At, Handler, Key, Mount, NodeSlot, Outcome, Progress, Reason, Sink, Store, Tree, TreeMemory,
    UriLimits, Value,
};
use embedded_storage::nor_flash::{ErrorType, NorFlash, ReadNorFlash};

use super::nor::{Failed, Nor, TEARS};
use super::{account, picture};

const PAGE: u32 = 1024;
const TREE: core::ops::Range<u32> = 0..3 * PAGE;
const OWN: core::ops::Range<u32> = 3 * PAGE..5 * PAGE;

type Flash = Nor<4, 1024>;

/// One chip, for two stores.
#[derive(Clone)]
struct Chip(Rc<RefCell<Flash>>);

impl ErrorType for Chip {
    type Error = Failed;
}

impl ReadNorFlash for Chip {
    const READ_SIZE: usize = Flash::READ_SIZE;

    fn read(&mut self, at: u32, bytes: &mut [u8]) -> Result<(), Failed> {
        self.0.borrow_mut().read(at, bytes)
    }

    fn capacity(&self) -> usize {
        self.0.borrow().capacity()
    }
}

impl NorFlash for Chip {
    const WRITE_SIZE: usize = Flash::WRITE_SIZE;
    const ERASE_SIZE: usize = Flash::ERASE_SIZE;

    fn write(&mut self, at: u32, bytes: &[u8]) -> Result<(), Failed> {
        self.0.borrow_mut().write(at, bytes)
    }

    fn erase(&mut self, from: u32, to: u32) -> Result<(), Failed> {
        self.0.borrow_mut().erase(from, to)
    }
}

/// What counts, and what is prepared: the number of the transaction and a value.
const VALUE: Key = Key(1);
const PREPARED: Key = Key(2);

/// The language of the device, in a store of its own.
struct Language<'s> {
    store: FlashStore<'s, Chip, KeyCache<4>>,
    in_transaction: bool,
    changed: Option<Vec<u8>>,
}

impl Language<'_> {
    fn value(&mut self) -> Result<Vec<u8>, Reason> {
        let mut buf = [0; 48];
        let length = self.store.read(VALUE, &mut buf)?.unwrap_or(0);
        Ok(buf[..length].to_vec())
    }
}

impl Handler for Language<'_> {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        match self.changed.clone() {
            Some(value) => out.bytes(&value),
            None => out.bytes(&self.value()?),
        }
    }

    fn replace(&mut self, _: At<'_>, value: Value<'_>) -> Outcome {
        if self.in_transaction {
            self.changed = Some(value.bytes().to_vec());
        } else {
            self.store.write(VALUE, &[value.bytes()])?;
        }
        Ok(Progress::Done)
    }

    fn prepare(&mut self, txn: u32) -> Outcome {
        self.in_transaction = true;
        if let Some(value) = &self.changed {
            self.store.write(PREPARED, &[&txn.to_le_bytes(), value])?;
        }
        Ok(Progress::Done)
    }

    fn commit(&mut self, txn: u32) {
        let mut buf = [0; 48];
        if let Ok(Some(length)) = self.store.read(PREPARED, &mut buf)
            && buf[..4] == txn.to_le_bytes()
            && self.store.write(VALUE, &[&buf[4..length]]).is_ok()
        {
            let _ = self.store.erase(PREPARED);
        }
        self.in_transaction = false;
        self.changed = None;
    }

    fn roll_back(&mut self, _: u32) -> Result<(), Reason> {
        let _ = self.store.erase(PREPARED);
        self.in_transaction = false;
        self.changed = None;
        Ok(())
    }
}

/// Opens both stores and the tree.
fn with_world<T>(chip: &Chip, work: impl FnOnce(&mut Tree<'_>) -> T) -> Result<T, Reason> {
    let mut nodes = [NodeSlot::EMPTY; 96];
    let (mut pool, mut value) = ([0; 2048], [0; 128]);
    let (mut buffer, mut own) = ([0; 192], [0; 64]);
    let failed = |_| Reason::Store;
    let mut store =
        FlashStore::open(chip.clone(), TREE, &mut buffer, KeyCache::<96>).map_err(failed)?;
    let mut language = Language {
        store: FlashStore::open(chip.clone(), OWN, &mut own, KeyCache::<4>).map_err(failed)?,
        in_transaction: false,
        changed: None,
    };
    let mut mounts = [Mount::new(DEV_INFO_LANG, &mut language)];
    let memory = TreeMemory {
        nodes: &mut nodes,
        pool: &mut pool,
        value: &mut value,
    };
    let mut tree = Tree::open(
        &SCHEMA,
        &mut store,
        &mut mounts,
        memory,
        UriLimits::default(),
    )?;
    Ok(work(&mut tree))
}

struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}

#[derive(Clone, Debug)]
enum Step {
    Leaf(&'static str, String),
    Account(String),
    Gone(String),
    Acl(String),
}

/// One transaction: leaves, an object more or less, rights, and mostly the handler.
fn transaction(random: &mut Random) -> Vec<Step> {
    let mut steps = Vec::new();
    for _ in 0..1 + random.below(4) {
        let value = "x".repeat(1 + random.below(30)) + &random.below(1000).to_string();
        let account = format!("a{}", random.below(2));
        steps.push(match random.below(7) {
            0 => Step::Leaf("./DevInfo/Man", value),
            1 => Step::Leaf("./DevInfo/Mod", value),
            2 => Step::Account(account),
            3 => Step::Gone(account),
            4 => Step::Acl("Add=*&Get=*&Replace=s".to_owned() + &value),
            _ => Step::Leaf("./DevInfo/Lang", value),
        });
    }
    steps
}

fn run(tree: &mut Tree<'_>, steps: &[Step]) -> Result<(), Reason> {
    tree.begin()?;
    for step in steps {
        match step {
            Step::Leaf(uri, value) => tree.local().set(uri, value.as_bytes())?,
            Step::Account(name) => account(tree, name, "dm.example.com")?,
            Step::Gone(name) => {
                let uri = format!("./DMAcc/{name}");
                if tree.local().find(&uri).is_some() {
                    tree.local().delete(&uri)?;
                }
            }
            Step::Acl(acl) => tree.factory().acl("./DMAcc", acl)?,
        }
    }
    tree.commit().map(|_| ())
}

/// The nodes, their values, and the rights that count for `./DMAcc`.
fn state(tree: &mut Tree<'_>) -> String {
    use dm_tree::Property;
    struct Text(Vec<u8>);
    impl dm_tree::Output for Text {
        fn put(&mut self, bytes: &[u8]) -> usize {
            self.0.extend_from_slice(bytes);
            bytes.len()
        }
    }
    let node = tree.local().find("./DMAcc").unwrap();
    let mut acl = Text(Vec::new());
    tree.local()
        .property(node, Property::Acl, &mut Sink::new(&mut acl))
        .unwrap();
    picture(tree) + &String::from_utf8(acl.0).unwrap()
}

/// Cuts one transaction at every `stride`th byte; the number of cuts, and how many came before the commit.
fn cut(flash: &Flash, steps: &[Step], stride: usize, first: usize) -> (usize, usize) {
    let chip = |flash: Flash| Chip(Rc::new(RefCell::new(flash)));
    let old = with_world(&chip(flash.clone()), state).unwrap();
    let new = with_world(&chip(flash.clone()), |tree| {
        run(tree, steps).unwrap();
        state(tree)
    })
    .unwrap();
    let (mut cuts, mut olds) = (0, 0);
    for (n, tear) in TEARS.into_iter().enumerate() {
        for fuel in ((first + n) % stride..).step_by(stride) {
            let mut torn = flash.clone();
            torn.tear = tear;
            torn.fuel = Some(fuel);
            let torn = chip(torn);
            let answer = with_world(&torn, |tree| run(tree, steps));
            let off = torn.0.borrow().off;
            torn.0.borrow_mut().power_on();
            let what = || format!("{steps:?}, {tear:?}, cut after {fuel}");
            let now = with_world(&torn, |tree| {
                let now = state(tree);
                assert!(now == old || now == new, "{}\n{now}", what());
                // An answer of 200 is kept.
                assert!(answer != Ok(Ok(())) || now == new, "{}", what());
                // The next transaction works, with the handler in it.
                let next = [
                    Step::Leaf("./DevInfo/Lang", "next".into()),
                    Step::Leaf("./DevInfo/Mod", "next".into()),
                ];
                run(tree, &next).unwrap_or_else(|reason| panic!("{}: {reason:?}", what()));
                now
            })
            .unwrap_or_else(|reason| panic!("{}: {reason:?}", what()));
            with_world(&torn, |tree| {
                let after = state(tree);
                for leaf in ["./DevInfo/Lang Chr \"next\"", "./DevInfo/Mod Chr \"next\""] {
                    assert!(after.contains(leaf), "{}\n{after}", what());
                }
            })
            .unwrap();
            if !off {
                assert!(now == new);
                break;
            }
            cuts += 1;
            olds += usize::from(now == old && old != new);
        }
    }
    (cuts, olds)
}

/// Every byte with `OMA_DM_FULL=1`, else one in so many, other ones for each transaction.
#[test]
fn a_transaction_with_a_handler_is_whole_or_not_there_wherever_power_fails() {
    let full = std::env::var_os("OMA_DM_FULL").is_some_and(|value| value == "1");
    let (stride, count) = if full { (1, 12) } else { (127, 6) };
    let mut random = Random(11);
    let mut flash = Flash::new(5);
    let chip = Chip(Rc::new(RefCell::new(flash.clone())));
    with_world(&chip, |tree| {
        tree.local().set("./DevInfo/Lang", b"en-GB").unwrap();
        account(tree, "a0", "dm.example.com").unwrap();
    })
    .unwrap();
    flash.clone_from(&chip.0.borrow());
    let (mut cuts, mut olds) = (0, 0);
    for n in 0..count {
        let steps = transaction(&mut random);
        let (more, before) = cut(&flash, &steps, stride, n * 17);
        cuts += more;
        olds += before;
        let chip = Chip(Rc::new(RefCell::new(flash.clone())));
        with_world(&chip, |tree| run(tree, &steps).unwrap()).unwrap();
        flash.clone_from(&chip.0.borrow());
    }
    println!("{cuts} power failures in {count} transactions, {olds} before the commit");
    assert!(0 < olds && olds < cuts);
}
