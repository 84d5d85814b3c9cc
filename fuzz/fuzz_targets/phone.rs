//! A device with one account that is told of notifications, and the server's signature.
#![allow(dead_code)] // each target uses its own part

use dm_core::{
    Client, Encoding, Memory, Moment, Notice, NoticeRules, Notification, Rejected, Trigger,
};
use dm_tree::mo::standard::SCHEMA;
use dm_tree::{NodeSlot, RamStore, Tree, TreeMemory, UriLimits};

pub const SERVER: &str = "srv";
pub const SECRET: &str = "secret";
pub const NONCE: &[u8] = b"nonce";

pub struct Phone {
    tree: Tree<'static>,
    client: Client<'static>,
    /// The record that the client keeps of the server's notifications.
    record: u16,
    ms: u64,
}

fn leaked(len: usize) -> &'static mut [u8] {
    vec![0; len].leak()
}

impl Phone {
    pub fn new() -> Self {
        let store = Box::leak(Box::new(RamStore::new(leaked(8192))));
        let memory = TreeMemory {
            nodes: vec![NodeSlot::EMPTY; 64].leak(),
            pool: leaked(2048),
            value: leaked(512),
        };
        let mut tree =
            Tree::open(&SCHEMA, store, &mut [], memory, UriLimits::default()).expect("a tree");
        for (uri, value) in [
            ("./DMAcc/a/AppID", &b"w7"[..]),
            ("./DMAcc/a/ServerID", SERVER.as_bytes()),
            ("./DMAcc/a/AppAuth/s/AAuthLevel", b"SRVCRED"),
            ("./DMAcc/a/AppAuth/s/AAuthType", b"DIGEST"),
            ("./DMAcc/a/AppAuth/s/AAuthSecret", SECRET.as_bytes()),
            ("./DMAcc/a/AppAuth/s/AAuthData", NONCE),
            ("./DMAcc/a/AppAuth/n/AAuthLevel", b"NOTICRED"),
            ("./DMAcc/a/AppAuth/n/AAuthType", b"SHA256"),
            ("./DMAcc/a/AppAuth/n/AAuthSecret", SECRET.as_bytes()),
            ("./DMAcc/a/AppAuth/n/AAuthData", NONCE),
            ("./DMAcc/a/AppAuth/m/AAuthLevel", b"NOTICRED"),
            ("./DMAcc/a/AppAuth/m/AAuthType", b"DIGEST"),
            ("./DMAcc/a/AppAuth/m/AAuthSecret", SECRET.as_bytes()),
            ("./DMAcc/a/AppAuth/m/AAuthData", NONCE),
        ] {
            tree.factory().set(uri, value).expect("a leaf");
        }
        let memory = Memory {
            rx: leaked(2048),
            tx: leaked(2048),
            work: leaked(64),
        };
        let client = Client::new(memory, Encoding::Wbxml).expect("a client");
        let mut phone = Self {
            tree,
            client: client.with_notices(NoticeRules::default()),
            record: 0,
            ms: 0,
        };
        let first = [&hex("02d80000000001"), &[3][..], SERVER.as_bytes()].concat();
        let first = signed::<md5::Md5>(&first, true);
        phone.told(Notification::V1_2(&first)).expect("it is right");
        phone.record = (0..u16::MAX)
            .find(|number| phone.tree.engine_record(*number, &mut [0; 128]) != Ok(0))
            .expect("it was remembered");
        phone
    }

    /// Tells of a notification, with nothing remembered of those before.
    pub fn told<'n>(&mut self, notification: Notification<'n>) -> Result<Notice<'n>, Rejected> {
        // Long enough for the patience with wrong digests, short enough for a clock of 32 bits.
        self.ms += 4_000;
        if self.record != 0 {
            self.tree.set_engine_record(self.record, b"").expect("room");
        }
        let now = Moment {
            ms: self.ms,
            utc: Some(1000),
            random: [0; 16],
        };
        match self.client.notified(&mut self.tree, notification, &now)? {
            Trigger::Server(notice) => Ok(*notice.get()),
            Trigger::Client { .. } => panic!("not of a client"),
        }
    }

    /// The same once more, remembered.
    pub fn again(&mut self, notification: Notification<'_>) -> Rejected {
        let now = Moment {
            ms: self.ms,
            utc: Some(1000),
            random: [0; 16],
        };
        self.client
            .notified(&mut self.tree, notification, &now)
            .expect_err("once is enough")
    }
}

fn hex(text: &str) -> Vec<u8> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hex"))
        .collect()
}

/// The octets with the digest of the account's server, before or behind them.
pub fn signed<H: md5::Digest>(octets: &[u8], before: bool) -> Vec<u8> {
    use base64ct::{Base64, Encoding as _};
    let mut text = Base64::encode_string(&H::digest(format!("{SERVER}:{SECRET}"))).into_bytes();
    text.push(b':');
    text.extend(NONCE);
    text.push(b':');
    text.extend(Base64::encode_string(&H::digest(octets)).as_bytes());
    let digest = H::digest(text);
    match before {
        true => [&digest, octets].concat(),
        false => [octets, &digest].concat(),
    }
}
