//! One item, shown to the map as if it were the only one.
//!
//! The map finds an item by reading a page from its start, and remembers then where it is. Where that is known already, from
//! one pass over all items when the store was opened, it is shown a page that has nothing but an erased item up to there,
//! and nothing behind it.

use embedded_storage::nor_flash::NorFlash;

use super::{Block, Fault, ITEM_HEAD, Region, round_up};

/// Bytes of a key.
const KEY: usize = 4;

/// What the map is shown.
#[derive(Clone, Copy)]
pub(super) struct Spot {
    pub(super) page: u16,
    /// Where the item begins among those of its page.
    item: usize,
    /// Where it ends, as far as that is known.
    end: usize,
}

impl<F: NorFlash> Region<F> {
    const HEAD_SIZE: usize = round_up(ITEM_HEAD, Self::WORD);
    const HEAD_AND_KEY: usize = Self::HEAD_SIZE.saturating_add(round_up(KEY, Self::WORD));

    /// Calls `found` with the key and the place of every item, and with how many bytes its data takes up; those written later
    /// after those written before. Reads the heads and the keys.
    pub(in super::super) fn scan(
        &mut self,
        found: &mut dyn FnMut(u32, u32, usize),
    ) -> Result<(), Fault> {
        for back in (0..self.used).rev() {
            let page = self
                .front
                .checked_sub(back)
                .unwrap_or_else(|| self.front.wrapping_add(self.pages).wrapping_sub(back));
            let mut at = 0usize;
            while at < Self::ROOM {
                let Some(item) = self.item_at(page, at)? else {
                    break;
                };
                if let Some(key) = item.key {
                    let place = u32::from(page).wrapping_mul(Self::ROOM as u32);
                    let data = item.size.saturating_sub(Self::HEAD_SIZE);
                    found(key, place.wrapping_add(at as u32), data);
                }
                at = at.saturating_add(item.size);
            }
        }
        Ok(())
    }

    /// What lies there; none when nothing does, from there on.
    fn item_at(&mut self, page: u16, at: usize) -> Result<Option<Item>, Fault> {
        let room = Self::ROOM.saturating_sub(at);
        if room < Self::HEAD_SIZE {
            return Ok(None);
        }
        let address = self.items_address(page).wrapping_add(at as u32);
        let mut block = Block::BLANK;
        self.read_block(address, &mut block, room.min(Self::HEAD_AND_KEY))?;
        let (head, rest) = block
            .0
            .split_at_checked(Self::HEAD_SIZE)
            .ok_or(Fault::Misuse)?;
        if super::is_blank(head) {
            return Ok(None);
        }
        let ([c0, c1, c2, c3, l0, l1, s0, s1, ..], [k0, k1, k2, k3, ..]) = (head, rest) else {
            return Err(Fault::Misuse);
        };
        let length = usize::from(u16::from_le_bytes([*l0, *l1]));
        let size = Self::HEAD_SIZE.saturating_add(round_up(length, Self::WORD));
        if crc16([*l0, *l1]).to_le_bytes() != [*s0, *s1] || size > room {
            // The map passes over a word that is no head, and so does this.
            return Ok(Some(Item {
                size: Self::WORD,
                key: None,
            }));
        }
        let has_key = [*c0, *c1, *c2, *c3] != [0; 4] && length >= KEY;
        Ok(Some(Item {
            size,
            key: has_key.then(|| u32::from_le_bytes([*k0, *k1, *k2, *k3])),
        }))
    }

    fn items_address(&self, page: u16) -> u32 {
        self.address(page).wrapping_add(Self::ITEMS_AT as u32)
    }

    /// From now on the map sees the item at a place that [`scan`](Self::scan) told, and nothing else; or everything again.
    pub(in super::super) fn show(&mut self, place: Option<u32>) {
        self.spot = place.and_then(|place| {
            let page = place.checked_div(Self::ROOM as u32)?;
            let item = place.wrapping_sub(page.wrapping_mul(Self::ROOM as u32));
            Some(Spot {
                page: u16::try_from(page).ok()?,
                item: item as usize,
                end: usize::MAX,
            })
        });
    }

    /// What the map reads where items are, `at` being counted from the first one, while one is shown.
    pub(super) fn read_spot(
        &mut self,
        mut spot: Spot,
        page: u16,
        at: usize,
        bytes: &mut [u8],
    ) -> Result<(), Fault> {
        bytes.fill(0xFF);
        if page != spot.page || at >= spot.end {
            return Ok(());
        }
        if at < spot.item {
            // One erased item, up to the one that is shown.
            let length = spot.item.saturating_sub(Self::HEAD_SIZE);
            let length = u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes();
            let sum = crc16(length).to_le_bytes();
            let head = [0, 0, 0, 0, length[0], length[1], sum[0], sum[1]];
            for (place, byte) in bytes.iter_mut().zip(head) {
                *place = byte;
            }
            return Ok(());
        }
        let address = self.items_address(page).wrapping_add(at as u32);
        self.flash.read(address, bytes).map_err(|_| Fault::Medium)?;
        if let (true, [_, _, _, _, l0, l1, ..]) = (at == spot.item, &*bytes) {
            let length = usize::from(u16::from_le_bytes([*l0, *l1]));
            let size = Self::HEAD_SIZE.saturating_add(round_up(length, Self::WORD));
            spot.end = spot.item.saturating_add(size);
            self.spot = Some(spot);
        }
        Ok(())
    }
}

struct Item {
    size: usize,
    key: Option<u32>,
}

/// The sum of the map over the length of an item.
fn crc16(length: [u8; 2]) -> u16 {
    let mut crc = u16::MAX;
    for byte in length {
        crc ^= u16::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0x1A2E & (crc & 1).wrapping_neg());
        }
    }
    match !crc {
        u16::MAX => 0xFFFE,
        crc => crc,
    }
}
