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
#[inline(never)]
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

/// What is remembered of one server: its record as it stands in the store.
pub(super) struct Guard {
    number: u16,
    /// There was none.
    is_new: bool,
    record: [u8; RECORD],
}

impl Guard {
    pub(super) const fn new() -> Self {
        Self {
            number: 0,
            is_new: true,
            record: [0; RECORD],
        }
    }

    /// Reads what is remembered of a server. A record that cannot be understood is an error, not a new one: nothing is forgotten
    /// by accident.
    #[inline(never)]
    pub(super) fn load(&mut self, tree: &mut Tree<'_>, server_id: &[u8]) -> Result<(), Rejected> {
        let server = tag(TAG_START, server_id);
        let first = u16::try_from((server ^ (server >> 12)) & RECORD_MASK).unwrap_or_default();
        for place in 0..PLACES {
            self.number = first.wrapping_add(place) & RECORD_MASK as u16;
            let len = tree
                .engine_record(self.number, &mut self.record)
                .map_err(Rejected::Device)?;
            if len == 0 {
                self.record = [0; _];
            }
            let [format, next, _, words @ ..] = &mut self.record;
            let Some(known) = words.get_mut(8..12) else {
                break;
            };
            if len == 0 {
                *format = FORMAT;
                for (to, octet) in known.iter_mut().zip(server.to_be_bytes()) {
                    *to = octet;
                }
                return Ok(());
            }
            if len != RECORD || *format != FORMAT || usize::from(*next) >= WINDOW {
                return Err(Rejected::Device(Reason::Store));
            }
            if *known == server.to_be_bytes() {
                self.is_new = false;
                return Ok(());
            }
        }
        Err(Rejected::Device(Reason::Full))
    }

    /// Notes the notification, unless it was there before or there were too many.
    pub(super) fn admit(
        &mut self,
        package0: &Package0<'_>,
        proved: &Proved,
        now: u32,
        (burst, interval): (u8, u32),
    ) -> Result<(), Rejected> {
        let entry = entry(package0, proved).ok_or(Rejected::Malformed)?;
        let [_, next, left, rest @ ..] = &mut self.record;
        let (words, window) = rest.split_at_mut(HEAD - 3);
        let ((words, _), (window, _)) = (words.as_chunks_mut::<4>(), window.as_chunks_mut());
        let [since, special_at, _] = words else {
            return Err(Rejected::Device(Reason::Store));
        };
        let is_known = |known: &&[u8; ENTRY]| {
            // The same one, or another for the same session with the same nonce: one session is enough (`NOT-C-014`).
            known.get(6..) == entry.get(6..) || known.get(..6) == entry.get(..6)
        };
        // An entry that is not in use has SessionID 0, which no notification has, and a digest of zeros.
        let mut used = window
            .iter()
            .filter(|known| known.get(..2) != Some(&[0, 0][..]));
        if used.any(|known| is_known(&known)) {
            return Err(Rejected::Replayed);
        }
        if proved.special.is_some() {
            // Such a notification never grows old: one of them, until there is a new nonce (notification chapter 8).
            let nonces = proved.nonces.to_be_bytes();
            if *special_at == nonces {
                return Err(Rejected::SpecialNonce);
            }
            *special_at = nonces;
        }
        let mut sessions = Bucket {
            left: *left,
            since: u32::from_be_bytes(*since),
        };
        if self.is_new {
            sessions = Bucket {
                left: burst,
                since: now,
            };
        }
        if sessions.refill(now, burst, interval) == 0 {
            return Err(Rejected::TooMany);
        }
        sessions.take();
        (*left, *since) = (sessions.left, sessions.since.to_be_bytes());
        if let Some(place) = window.get_mut(usize::from(*next)) {
            *place = entry;
        }
        *next = next.wrapping_add(1) & (WINDOW as u8 - 1);
        Ok(())
    }

    /// Writes it down.
    pub(super) fn store(&self, tree: &mut Tree<'_>) -> Result<(), Rejected> {
        tree.set_engine_record(self.number, &self.record)
            .map_err(Rejected::Device)
    }
}

/// `None`: no digest is that short.
fn entry(package0: &Package0<'_>, proved: &Proved) -> Option<[u8; ENTRY]> {
    let [a, b] = package0.notice.session_id.to_be_bytes();
    let [c, d, e, f] = proved.nonce.to_be_bytes();
    let [g, h, i, j] = *package0.digest.first_chunk()?;
    Some([a, b, c, d, e, f, g, h, i, j])
}
