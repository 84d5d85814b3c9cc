//! What is remembered of accepted notifications, across restarts: a replay window and a rate for each server.
//!
//! One record of the engine for a server, at or soon behind a place that a hash of its identifier names. It is written before
//! anything is done about a notification, so that whoever cuts the power gains nothing.

use dm_tree::{Reason, Tree};

use super::package0::Package0;
use super::{Proved, Rejected};

/// The engine's records 0x0000 to 0x0FFF are these.
const RECORD_MASK: u32 = 0x0FFF;
/// Format of the record.
const FORMAT: u8 = 1;
/// Notifications that are remembered.
const WINDOW: usize = 8;
/// Octets of one of them: SessionID, mark of the nonce, beginning of the digest.
const ENTRY: usize = 10;
/// Octets before them: format, place of the next, sessions left, since when, mark of the nonces at the last special one,
/// mark of the server.
const HEAD: usize = 15;
const RECORD: usize = HEAD + WINDOW * ENTRY;
/// Places that a record may have, when those before are taken by other servers.
const PLACES: u16 = 8;

/// FNV-1a, 32 bits.
pub(super) const TAG_START: u32 = 0x811C_9DC5;

/// Goes on with a hash that tells texts apart which nobody chose to be alike: nonces that were drawn at random.
pub(super) fn tag(mut hash: u32, octets: &[u8]) -> u32 {
    for octet in octets {
        hash = (hash ^ u32::from(*octet)).wrapping_mul(0x0100_0193);
    }
    hash
}

/// Something that runs out and comes back with time.
#[derive(Clone, Copy)]
pub(super) struct Bucket {
    left: u8,
    /// Seconds of the clock when it was filled up last.
    since: u32,
}

impl Bucket {
    pub(super) const fn full(left: u8) -> Self {
        Self { left, since: 0 }
    }

    /// What is left at `now`. The clock may have begun anew: what it shows then is all the time that surely went by, so
    /// nothing is won by a restart.
    pub(super) fn refill(&mut self, now: u32, most: u8, interval: u32) -> u8 {
        let passed = now.checked_sub(self.since).unwrap_or(now);
        let gained = passed.checked_div(interval).unwrap_or(0);
        let rest = passed.checked_rem(interval).unwrap_or(0);
        let left = u32::from(self.left).saturating_add(gained);
        (self.left, self.since) = match u8::try_from(left) {
            Ok(left) if left < most => (left, now.saturating_sub(rest)),
            _ => (most, now),
        };
        self.left
    }

    pub(super) const fn take(&mut self) {
        self.left = self.left.saturating_sub(1);
    }
}

/// The record of one server.
pub(super) struct Guard {
    number: u16,
    server: u32,
    sessions: Bucket,
    is_new: bool,
    /// Mark of the nonces when the special one was taken last; 0: it never was.
    special_at: u32,
    next: u8,
    window: [[u8; ENTRY]; WINDOW],
}

impl Guard {
    /// Reads the record. One that cannot be understood is an error, not a new one: nothing is forgotten by accident.
    #[inline(never)]
    pub(super) fn load(tree: &mut Tree<'_>, server_id: &[u8]) -> Result<Self, Rejected> {
        let server = tag(TAG_START, server_id);
        let first = u16::try_from((server ^ (server >> 12)) & RECORD_MASK).unwrap_or_default();
        let mut guard = Self {
            number: first,
            server,
            sessions: Bucket::full(0),
            is_new: true,
            special_at: 0,
            next: 0,
            window: [[0; ENTRY]; WINDOW],
        };
        for place in 0..PLACES {
            guard.number = first.wrapping_add(place) & RECORD_MASK as u16;
            if guard.read(tree)? {
                return Ok(guard);
            }
        }
        Err(Rejected::Device(Reason::Full))
    }

    /// Reads the record at the present place; false: it is of another server.
    fn read(&mut self, tree: &mut Tree<'_>) -> Result<bool, Rejected> {
        let mut record = [0; RECORD];
        let len = tree
            .engine_record(self.number, &mut record)
            .map_err(Rejected::Device)?;
        if len == 0 {
            return Ok(true);
        }
        let (words, _) = record.split_at(HEAD);
        let [FORMAT, next, left, words @ ..] = words else {
            return Err(Rejected::Device(Reason::Store));
        };
        let (words, _) = words.as_chunks::<4>();
        let [since, special_at, server] = words else {
            return Err(Rejected::Device(Reason::Store));
        };
        if len != RECORD || usize::from(*next) >= WINDOW {
            return Err(Rejected::Device(Reason::Store));
        }
        if u32::from_be_bytes(*server) != self.server {
            return Ok(false);
        }
        self.is_new = false;
        self.next = *next;
        self.sessions = Bucket {
            left: *left,
            since: u32::from_be_bytes(*since),
        };
        self.special_at = u32::from_be_bytes(*special_at);
        let entries = record.iter().skip(HEAD);
        for (to, from) in self.window.iter_mut().flatten().zip(entries) {
            *to = *from;
        }
        Ok(true)
    }

    /// Takes a notification that is right into the window, or says why it is not to be acted upon.
    pub(super) fn admit(
        &mut self,
        package0: &Package0<'_>,
        proved: &Proved,
        now: u32,
        (burst, interval): (u8, u32),
    ) -> Result<(), Rejected> {
        let entry = entry(package0, proved);
        let is_known = |known: &&[u8; ENTRY]| {
            // The same one, or another for the same session with the same nonce: one session is enough (`NOT-C-014`).
            known.get(6..) == entry.get(6..) || known.get(..6) == entry.get(..6)
        };
        // An entry that is not in use has SessionID 0, which no notification has, and a digest of zeros.
        let mut used = self
            .window
            .iter()
            .filter(|known| known.get(..2) != Some(&[0, 0][..]));
        if used.any(|known| is_known(&known)) {
            return Err(Rejected::Replayed);
        }
        if proved.special.is_some() {
            // Such a notification never grows old: one of them, until there is a new nonce (notification chapter 8).
            if self.special_at == proved.nonces {
                return Err(Rejected::SpecialNonce);
            }
            self.special_at = proved.nonces;
        }
        if self.is_new {
            self.sessions = Bucket {
                left: burst,
                since: now,
            };
        }
        if self.sessions.refill(now, burst, interval) == 0 {
            return Err(Rejected::TooMany);
        }
        self.sessions.take();
        if let Some(place) = self.window.get_mut(usize::from(self.next)) {
            *place = entry;
        }
        self.next = self.next.wrapping_add(1) & (WINDOW as u8 - 1);
        Ok(())
    }

    #[inline(never)]
    pub(super) fn store(&self, tree: &mut Tree<'_>) -> Result<(), Rejected> {
        let mut record = [0; RECORD];
        let head = [FORMAT, self.next, self.sessions.left];
        let words = [self.sessions.since, self.special_at, self.server].map(u32::to_be_bytes);
        let entries = self.window.iter().flatten();
        let octets = head.iter().chain(words.iter().flatten()).chain(entries);
        for (to, from) in record.iter_mut().zip(octets) {
            *to = *from;
        }
        tree.set_engine_record(self.number, &record)
            .map_err(Rejected::Device)
    }
}

fn entry(package0: &Package0<'_>, proved: &Proved) -> [u8; ENTRY] {
    let mut entry = [0; ENTRY];
    let session_id = package0.notice.session_id.to_be_bytes();
    let nonce = proved.nonce.to_be_bytes();
    let octets = session_id.iter().chain(&nonce).chain(package0.digest);
    for (to, from) in entry.iter_mut().zip(octets) {
        *to = *from;
    }
    entry
}
