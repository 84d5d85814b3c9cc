//! Records as items of the map: `key u32, kind u8, value`; the item of an erased record is its key alone.

use sequential_storage::map::{Key, SerializationError, Value};

/// Bytes of a record beside its value.
pub(super) const RECORD_HEAD: usize = 5;
/// Bytes of the item of an erased record.
pub(super) const ERASED: usize = 4;

const KIND: u8 = 1;

/// The key of an item. To the map it has no length of its own: it is the front of the value. So an item that is shorter
/// than a key is nothing but a bad value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ItemKey(pub(super) u32);

impl Key for ItemKey {
    fn serialize_into(&self, _: &mut [u8]) -> Result<usize, SerializationError> {
        Ok(0)
    }

    fn deserialize_from(item: &[u8]) -> Result<(Self, usize), SerializationError> {
        let (key, _) = item
            .split_first_chunk()
            .ok_or(SerializationError::InvalidFormat)?;
        Ok((Self(u32::from_le_bytes(*key)), 0))
    }

    fn get_len(_: &[u8]) -> Result<usize, SerializationError> {
        Ok(0)
    }
}

/// An item to be written: the parts of a record one after the other, or none when it is erased.
pub(super) struct Written<'p> {
    pub(super) key: ItemKey,
    pub(super) parts: Option<&'p [&'p [u8]]>,
}

impl Value<'_> for Written<'_> {
    fn serialize_into(&self, buffer: &mut [u8]) -> Result<usize, SerializationError> {
        let room = buffer.len();
        let mut rest = put(buffer, &self.key.0.to_le_bytes())?;
        if let Some(parts) = self.parts {
            rest = put(rest, &[KIND])?;
            for part in parts {
                rest = put(rest, part)?;
            }
        }
        Ok(room.saturating_sub(rest.len()))
    }

    fn deserialize_from(_: &[u8]) -> Result<(Self, usize), SerializationError> {
        Err(SerializationError::InvalidFormat)
    }
}

fn put<'b>(buffer: &'b mut [u8], bytes: &[u8]) -> Result<&'b mut [u8], SerializationError> {
    let (place, rest) = buffer
        .split_at_mut_checked(bytes.len())
        .ok_or(SerializationError::BufferTooSmall)?;
    place.copy_from_slice(bytes);
    Ok(rest)
}

/// An item as it was found.
#[derive(Clone, Copy)]
pub(super) struct Found<'i>(&'i [u8]);

impl<'i> Value<'i> for Found<'i> {
    fn serialize_into(&self, _: &mut [u8]) -> Result<usize, SerializationError> {
        Err(SerializationError::InvalidFormat)
    }

    fn deserialize_from(item: &'i [u8]) -> Result<(Self, usize), SerializationError> {
        Ok((Self(item), item.len()))
    }
}

impl<'i> Found<'i> {
    pub(super) fn key(self) -> Option<ItemKey> {
        let (key, _) = self.0.split_first_chunk()?;
        Some(ItemKey(u32::from_le_bytes(*key)))
    }

    /// The value of the record, none when it is erased; an error when this is no item of that key.
    pub(super) fn value(self, key: ItemKey) -> Result<Option<&'i [u8]>, ()> {
        if self.key() != Some(key) {
            return Err(());
        }
        match self.0.get(ERASED..) {
            Some([]) => Ok(None),
            Some([KIND, value @ ..]) => Ok(Some(value)),
            _ => Err(()),
        }
    }
}
