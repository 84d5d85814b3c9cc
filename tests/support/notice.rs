//! Notifications as a server makes them, computed from the formulas alone, and a device that can be switched off.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use base64ct::{Base64, Encoding as _};
use dm_core::{
    Client, Encoding, Memory, Moment, NoticeRules, Notification, Policy, Rejected, Trigger,
};
use dm_tree::{
    Key, NodeSlot, Store, StoreError, Tree, TreeMemory, UriLimits, mo::standard::SCHEMA,
};
use md5::{Digest, Md5};
use sha2::Sha256;

/// Octets from hex digits.
pub fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(u8::is_ascii_hexdigit).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// What a digest is made with.
#[derive(Clone, Copy)]
pub struct Signed<'s> {
    /// Server identifier in the formula.
    pub server: &'s str,
    /// The secret of the server.
    pub secret: &'s str,
    /// Its nonce.
    pub nonce: &'s [u8],
}

impl Signed<'_> {
    fn digest<D: Digest>(&self, signed: &[u8]) -> Vec<u8> {
        let b64 = |octets: &[u8]| Base64::encode_string(octets);
        let key = b64(&D::digest(format!("{}:{}", self.server, self.secret)));
        let text = [
            key.as_bytes(),
            b":",
            self.nonce,
            b":",
            b64(&D::digest(signed)).as_bytes(),
        ]
        .concat();
        D::digest(text).to_vec()
    }

    /// The digest in front of what it is over.
    pub fn md5(&self, trigger: &[u8]) -> Vec<u8> {
        [&self.digest::<Md5>(trigger), trigger].concat()
    }

    /// A 1.3 notification with its digest behind it.
    pub fn notice(&self, notice: &[u8]) -> Vec<u8> {
        match notice[2] >> 4 & 3 {
            1 => [notice, &self.digest::<Md5>(notice)].concat(),
            _ => [notice, &self.digest::<Sha256>(notice)].concat(),
        }
    }
}

/// A 1.2 trigger without its digest. `bits` are version, UI mode and initiator: 0x02D8 is 1.1, background, server.
pub fn trigger(bits: u16, session: u16, server: &str, vendor: &[u8]) -> Vec<u8> {
    let mut octets = bits.to_be_bytes().to_vec();
    octets.extend([0, 0, 0]);
    octets.extend(session.to_be_bytes());
    octets.push(u8::try_from(server.len()).unwrap());
    octets.extend(server.as_bytes());
    octets.extend(vendor);
    octets
}

/// Header and options of a 1.3 notification that is signed with SHA-256: background, from the server.
pub fn sha256_notice(session: u16, options: &[(u8, &[u8])]) -> Vec<u8> {
    let count = u16::try_from(options.len()).unwrap();
    // version, UI mode, initiator, number of options, digest algorithm, reserved
    let bits = 13_u32 << 22 | 1 << 20 | 1 << 19 | u32::from(count) << 14 | 2 << 12;
    let mut octets = bits.to_be_bytes().to_vec();
    octets.extend(session.to_be_bytes());
    for (number, value) in options {
        let len = u16::try_from(value.len()).unwrap();
        octets.extend((u16::from(*number) << 12 | len).to_be_bytes());
        octets.extend(*value);
    }
    octets
}

/// Records that outlive the device; a failing one keeps what it has.
#[derive(Clone, Default)]
pub struct Keeper {
    records: Rc<RefCell<BTreeMap<u32, Vec<u8>>>>,
    /// Writes of the engine's records fail.
    pub fails: Rc<RefCell<bool>>,
    /// Writes of the engine's records so far.
    pub writes: Rc<RefCell<u32>>,
}

impl Store for Keeper {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        let records = self.records.borrow();
        let Some(record) = records.get(&key.0) else {
            return Ok(None);
        };
        let place = buf
            .get_mut(..record.len())
            .ok_or(StoreError::TooLarge(record.len()))?;
        place.copy_from_slice(record);
        Ok(Some(record.len()))
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        if key.0 >> 16 == 0xFFFE {
            if *self.fails.borrow() {
                return Err(StoreError::Failed);
            }
            *self.writes.borrow_mut() += 1;
        }
        self.records.borrow_mut().insert(key.0, parts.concat());
        Ok(())
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        self.records.borrow_mut().remove(&key.0);
        Ok(())
    }
}

/// A device with accounts for `dm.example.org` and `mgmt.example.com` that is told of notifications.
pub struct Phone {
    /// The tree.
    pub tree: Tree<'static>,
    /// The client.
    pub client: Client<'static>,
    /// Milliseconds since it was switched on.
    pub ms: u64,
    /// Seconds since 1970, when it knows.
    pub utc: Option<u64>,
}

fn leaked(len: usize) -> &'static mut [u8] {
    vec![0; len].leak()
}

impl Phone {
    /// Switches a device on whose flash is `keeper`.
    pub fn on(keeper: &Keeper, policy: Policy, rules: NoticeRules) -> Self {
        let memory = TreeMemory {
            nodes: vec![NodeSlot::EMPTY; 128].leak(),
            pool: leaked(4096),
            value: leaked(512),
        };
        let store: &'static mut Keeper = Box::leak(Box::new(keeper.clone()));
        let mut tree = Tree::open(&SCHEMA, store, &mut [], memory, UriLimits::default()).unwrap();
        let is_new = tree.local().find("./DMAcc/a/ServerID").is_none();
        if is_new {
            for (uri, value) in [
                ("./DevInfo/DevId", &b"urn:dev:1"[..]),
                ("./DMAcc/a/AppID", b"w7"),
                ("./DMAcc/a/ServerID", b"dm.example.org"),
                ("./DMAcc/a/AppAddr/1/Addr", b"http://dm.test/dm"),
                ("./DMAcc/a/AppAuth/s/AAuthLevel", b"SRVCRED"),
                ("./DMAcc/a/AppAuth/s/AAuthType", b"DIGEST"),
                ("./DMAcc/a/AppAuth/s/AAuthName", b"another name"),
                ("./DMAcc/a/AppAuth/s/AAuthSecret", b"Srv#Pass-1"),
                ("./DMAcc/a/AppAuth/s/AAuthData", &[0xA5; 16]),
                ("./DMAcc/b/AppID", b"w7"),
                ("./DMAcc/b/ServerID", b"mgmt.example.com"),
                ("./DMAcc/b/AppAddr/1/Addr", b"http://mgmt.test/dm"),
                ("./DMAcc/b/AppAuth/n/AAuthLevel", b"NOTICRED"),
                ("./DMAcc/b/AppAuth/n/AAuthType", b"SHA256"),
                ("./DMAcc/b/AppAuth/n/AAuthSecret", b"notipass"),
                ("./DMAcc/b/AppAuth/n/AAuthData", b"nonce-01"),
                ("./DMAcc/b/AppAuth/s/AAuthLevel", b"SRVCRED"),
                ("./DMAcc/b/AppAuth/s/AAuthType", b"DIGEST"),
                ("./DMAcc/b/AppAuth/s/AAuthSecret", b"session pass"),
                ("./DMAcc/b/AppAuth/s/AAuthData", b"session nonce"),
            ] {
                tree.factory()
                    .set(uri, value)
                    .unwrap_or_else(|reason| panic!("{uri}: {reason:?}"));
            }
        }
        let memory = Memory {
            rx: leaked(4096),
            tx: leaked(4096),
            work: leaked(256),
        };
        let client = Client::new(memory, Encoding::Xml).unwrap();
        Self {
            tree,
            client: client.with_policy(policy).with_notices(rules),
            ms: 0,
            utc: None,
        }
    }

    /// A device that was never used.
    pub fn new() -> Self {
        Self::on(
            &Keeper::default(),
            Policy::default(),
            NoticeRules::default(),
        )
    }

    /// Changes a leaf as the manufacturer would.
    pub fn set(&mut self, uri: &str, value: &[u8]) {
        self.tree
            .factory()
            .set(uri, value)
            .unwrap_or_else(|reason| panic!("{uri}: {reason:?}"));
    }

    /// What the device knows of time and chance.
    pub fn moment(&self) -> Moment {
        Moment {
            ms: self.ms,
            utc: self.utc,
            random: *b"abcdefghijklmnop",
        }
    }

    /// A 1.2 trigger arrives.
    pub fn told<'n>(&mut self, octets: &'n [u8]) -> Result<Trigger<'n>, Rejected> {
        let now = self.moment();
        self.client
            .notified(&mut self.tree, Notification::V1_2(octets), &now)
    }

    /// A 1.3 notification arrives.
    #[cfg(feature = "profile13")]
    pub fn told13<'n>(&mut self, octets: &'n [u8]) -> Result<Trigger<'n>, Rejected> {
        let now = self.moment();
        self.client
            .notified(&mut self.tree, Notification::V1_3(octets), &now)
    }
}

impl Default for Phone {
    fn default() -> Self {
        Self::new()
    }
}
