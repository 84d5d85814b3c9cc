//! Long short messages put together, in lent memory and for a limited time (`BIND-C-062`, `BIND-C-067`).
//!
//! Anybody can send a part, so nothing here believes one: no length in a message reserves memory (`NOT-C-029`), a sender has
//! to give way to others before others give way to it, and what is not complete in [`LIFETIME_MS`] is forgotten. A part that
//! came already is passed over, whatever it holds; parts that contradict each other are all dropped.

use super::sms::{Part, Segment};
use super::{Ignored, Push, wsp};

/// Messages that are put together at the same time.
pub const SETS: usize = 4;
/// Parts of the longest message.
pub const PARTS_MAX: usize = 10;
/// Octets of the longest part: 140 less the shortest header that names port and part.
pub const PART_MAX: usize = 128;
/// Milliseconds after its first part in which a message has to be complete.
pub const LIFETIME_MS: u64 = 300_000;
/// Octets of the longest address of a sender.
const SENDER_MAX: usize = 20;

/// Takes short messages for the DM client and puts those of several parts together.
///
/// ```
/// use dm_bindings::push::Inbox;
///
/// let mut memory = [0; 1024]; // SETS messages of two parts
/// let mut inbox = Inbox::new(&mut memory);
/// # let (from, user_data, ms) = (b"+15551234", [0; 4], 0);
/// match inbox.sms(from, &user_data, ms) {
///     Ok(Some(push)) => { /* hand push.body to dm-core */ }
///     Ok(None) => { /* parts are missing */ }
///     Err(_) => { /* for somebody else, or broken */ }
/// }
/// ```
pub struct Inbox<'m> {
    memory: &'m mut [u8],
    sets: [Set; SETS],
}

/// A message whose parts are not all there.
#[derive(Clone, Copy)]
struct Set {
    /// 0: the place is free.
    total: u8,
    is_wide: bool,
    reference: u16,
    source_port: u16,
    sender: [u8; SENDER_MAX],
    /// When its first part came.
    since: u64,
    /// Octets of each part.
    lens: [u8; PARTS_MAX],
    /// One bit for each part that is there.
    there: u16,
}

impl Set {
    const FREE: Self = Self {
        total: 0,
        is_wide: false,
        reference: 0,
        source_port: 0,
        sender: [0; SENDER_MAX],
        since: 0,
        lens: [0; PARTS_MAX],
        there: 0,
    };

    /// Whether a part belongs to this message by all but the number of parts, which is to be the same.
    fn is_of(&self, sender: &[u8; SENDER_MAX], segment: &Segment<'_>, part: &Part) -> bool {
        self.total != 0
            && self.reference == part.reference
            && self.is_wide == part.is_wide
            && self.source_port == segment.source_port
            && self.sender == *sender
    }

    const fn is_complete(&self) -> bool {
        self.there.count_ones() == self.total as u32
    }
}

impl core::fmt::Debug for Inbox<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let open = self.sets.iter().filter(|set| set.total != 0).count();
        f.debug_struct("Inbox")
            .field("memory", &self.memory.len())
            .field("open", &open)
            .finish()
    }
}

impl<'m> Inbox<'m> {
    /// An inbox that puts messages together in `memory`, a [`SETS`]th of it for each. A message may have as many parts as
    /// [`PART_MAX`] goes into that, and at most [`PARTS_MAX`]; without memory only whole ones are taken.
    #[must_use]
    pub const fn new(memory: &'m mut [u8]) -> Self {
        Self {
            memory,
            sets: [Set::FREE; SETS],
        }
    }

    /// Takes the user data of one short message, header included, that `sender` sent; `now` are milliseconds of a clock that
    /// never runs backwards. `None`: parts are still missing.
    ///
    /// The work is linear in the octets of the message.
    ///
    /// # Errors
    /// [`Ignored`].
    pub fn sms<'s>(
        &'s mut self,
        sender: &[u8],
        user_data: &'s [u8],
        now: u64,
    ) -> Result<Option<Push<'s>>, Ignored> {
        let segment = Segment::parse(user_data)?;
        let Some(part) = segment.part else {
            return wsp::connectionless(segment.payload).map(Some);
        };
        match self.put(sender, &segment, &part, now)? {
            Some((start, len)) => {
                let end = start.saturating_add(len);
                let pdu = self.memory.get(start..end).unwrap_or_default();
                wsp::connectionless(pdu).map(Some)
            }
            None => Ok(None),
        }
    }

    /// Octets that one message may take.
    fn share(&self) -> usize {
        self.memory.len() / SETS
    }

    /// Keeps a part; gives the place of the message when it was the last one missing.
    fn put(
        &mut self,
        sender: &[u8],
        segment: &Segment<'_>,
        part: &Part,
        now: u64,
    ) -> Result<Option<(usize, usize)>, Ignored> {
        let room = (self.share() / PART_MAX).min(PARTS_MAX);
        let payload = segment.payload;
        if usize::from(part.total) > room || payload.len() > PART_MAX || sender.len() > SENDER_MAX {
            return Err(Ignored::TooLarge);
        }
        let mut from = [0; SENDER_MAX];
        for (place, octet) in from.iter_mut().zip(sender) {
            *place = *octet;
        }
        for set in &mut self.sets {
            if now.saturating_sub(set.since) > LIFETIME_MS {
                set.total = 0;
            }
        }
        let index = self.find(&from, segment, part, now);
        let start = self.share().saturating_mul(index);
        let Some(set) = self.sets.get_mut(index) else {
            return Ok(None);
        };
        if set.total != part.total {
            // One of the two was not sent by whoever sent the other.
            set.total = 0;
            return Err(Ignored::Malformed);
        }
        let place = usize::from(part.number.saturating_sub(1));
        let bit = 1_u16.checked_shl(u32::from(part.number.saturating_sub(1)));
        let (Some(bit), Some(len)) = (bit, set.lens.get_mut(place)) else {
            return Err(Ignored::Malformed);
        };
        if set.there & bit != 0 {
            return Ok(None);
        }
        set.there |= bit;
        // At most PART_MAX.
        *len = u8::try_from(payload.len()).unwrap_or_default();
        let at = start.saturating_add(place.saturating_mul(PART_MAX));
        let cell = self.memory.get_mut(at..).unwrap_or_default();
        for (to, octet) in cell.iter_mut().zip(payload) {
            *to = *octet;
        }
        if !set.is_complete() {
            return Ok(None);
        }
        set.total = 0;
        let set = *set;
        Ok(Some((start, self.join(start, &set))))
    }

    /// The place of the message that a part belongs to, or one that is made free for it.
    fn find(
        &mut self,
        from: &[u8; SENDER_MAX],
        segment: &Segment<'_>,
        part: &Part,
        now: u64,
    ) -> usize {
        if let Some(index) = self
            .sets
            .iter()
            .position(|set| set.is_of(from, segment, part))
        {
            return index;
        }
        // A free place, else the oldest of the same sender, else the oldest: who floods loses its own messages first.
        let rank = |set: &Set| (set.total != 0, set.sender != *from, set.since);
        let mut best = 0;
        let mut best_rank = (true, true, u64::MAX);
        for (index, set) in self.sets.iter_mut().enumerate() {
            if rank(set) < best_rank {
                best_rank = rank(set);
                best = index;
            }
        }
        if let Some(set) = self.sets.get_mut(best) {
            *set = Set {
                total: part.total,
                is_wide: part.is_wide,
                reference: part.reference,
                source_port: segment.source_port,
                sender: *from,
                since: now,
                ..Set::FREE
            };
        }
        best
    }

    /// Moves the parts together and gives the length of all.
    fn join(&mut self, start: usize, set: &Set) -> usize {
        let share = self.memory.get_mut(start..).unwrap_or_default();
        let mut end = 0_usize;
        for (index, len) in set.lens.iter().enumerate() {
            let from = index.saturating_mul(PART_MAX);
            for offset in 0..usize::from(*len) {
                let octet = share.get(from.saturating_add(offset)).copied();
                if let (Some(place), Some(octet)) = (share.get_mut(end), octet) {
                    *place = octet;
                }
                end = end.saturating_add(1);
            }
        }
        end
    }
}
