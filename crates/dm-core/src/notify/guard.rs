//! What is remembered of accepted notifications, across restarts: a replay window and a rate for each server.
//!
//! One record of the engine for a server, found by a hash of its identifier; two servers that share one share the rate, and
//! nothing else. It is written before anything is done about a notification, so that whoever cuts the power gains nothing.

use dm_tree::Tree;

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
/// Octets before them: format, place of the next, sessions left, since when, mark of the nonces at the last special one.
const HEAD: usize = 11;
const RECORD: usize = HEAD + WINDOW * ENTRY;

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
    sessions: Bucket,
    is_new: bool,
    /// Mark of the nonces when the special one was taken last; 0: it never was.
    special_at: u32,
    next: u8,
    window: [[u8; ENTRY]; WINDOW],
}

impl Guard {
    const NEW: Self = Self {
        sessions: Bucket::full(0),
        is_new: true,
        special_at: 0,
        next: 0,
        window: [[0; ENTRY]; WINDOW],
    };

    fn number(server_id: &[u8]) -> u16 {
        let hash = tag(TAG_START, server_id);
        u16::try_from((hash ^ (hash >> 12)) & RECORD_MASK).unwrap_or_default()
    }

    /// Reads the record. One that cannot be understood is an error, not a new one: nothing is forgotten by accident.
    #[inline(never)]
    pub(super) fn load(tree: &mut Tree<'_>, server_id: &[u8]) -> Result<Self, Rejected> {
        let mut record = [0; RECORD];
        let len = tree
            .engine_record(Self::number(server_id), &mut record)
            .map_err(Rejected::Device)?;
        let mut guard = Self::NEW;
        if len == 0 {
            return Ok(guard);
        }
        let damaged = Rejected::Device(dm_tree::Reason::Store);
        let [FORMAT, next, left, a, b, c, d, e, f, g, h, entries @ ..] = &record else {
            return Err(damaged);
        };
        let (entries, _) = entries.as_chunks::<ENTRY>();
        if len != RECORD || usize::from(*next) >= WINDOW {
            return Err(damaged);
        }
        guard.is_new = false;
        guard.next = *next;
        guard.sessions.left = *left;
        guard.sessions.since = u32::from_be_bytes([*a, *b, *c, *d]);
        guard.special_at = u32::from_be_bytes([*e, *f, *g, *h]);
        for (to, from) in guard.window.iter_mut().zip(entries) {
            *to = *from;
        }
        Ok(guard)
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
    pub(super) fn store(&self, tree: &mut Tree<'_>, server_id: &[u8]) -> Result<(), Rejected> {
        let mut record = [0; RECORD];
        let [a, b, c, d] = self.sessions.since.to_be_bytes();
        let [e, f, g, h] = self.special_at.to_be_bytes();
        let head = [
            FORMAT,
            self.next,
            self.sessions.left,
            a,
            b,
            c,
            d,
            e,
            f,
            g,
            h,
        ];
        let octets = head.iter().chain(self.window.iter().flatten());
        for (to, from) in record.iter_mut().zip(octets) {
            *to = *from;
        }
        tree.set_engine_record(Self::number(server_id), &record)
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
