//! Objects that a server sends in parts (protocol chapter 5).
//!
//! Parts go to the handler of the node at once when it takes pieces, else they are collected in lent memory and become
//! one value with the last part. Nothing counts before that (`PRO-C-031`).

use dm_tree::{Format, Principal, Progress, Reason, Status, Tree, Value};
use dm_wbxml::{Tag, Text, tag};

#[cfg(feature = "tnds")]
use crate::exec::document;
use crate::status;

/// Where the object stands that is coming in, if one is.
#[derive(Default)]
pub(crate) struct Incoming<'m> {
    /// Address and type of the object, then what was collected of it.
    buffer: &'m mut [u8],
    /// MaxObjSize of this client; 0: objects in parts are not taken.
    max_obj_size: u32,
    active: Option<Active>,
    /// The last part brought octets of an object that had begun before.
    moved_on: bool,
}

#[derive(Clone, Copy)]
struct Active {
    tag: Tag,
    /// Hash of the address, which tells the parts of a refused object too.
    hash: u32,
    uri_len: usize,
    mime_len: usize,
    format: Option<Format>,
    /// Size of the whole object and octets of it so far, both as carried.
    size: u32,
    carried: u32,
    /// Octets of the value so far.
    stored: u32,
    decoder: Decoder,
    /// The handler takes the parts.
    streams: bool,
    /// The object was refused; its other parts get the same code.
    refused: Option<Reason>,
}

/// One part: everything that its command says.
pub(crate) struct Part<'a> {
    pub(crate) tag: Tag,
    pub(crate) uri: &'a [u8],
    /// The target as it was sent.
    #[cfg(feature = "profile13")]
    pub(crate) target: Text<'a>,
    pub(crate) format: Result<Option<Format>, Reason>,
    pub(crate) mime: &'a [u8],
    pub(crate) size: Option<u32>,
    pub(crate) data: Text<'a>,
    pub(crate) more: bool,
}

impl<'m> Incoming<'m> {
    pub(crate) fn new(buffer: &'m mut [u8], max_obj_size: u32) -> Self {
        Self {
            buffer,
            max_obj_size,
            active: None,
            moved_on: false,
        }
    }

    pub(crate) const fn max_obj_size(&self) -> u32 {
        self.max_obj_size
    }

    pub(crate) const fn is_active(&self) -> bool {
        self.active.is_some()
    }

    /// Forgets the object.
    pub(crate) const fn clear(&mut self) {
        self.active = None;
    }

    /// Address of the object that is coming in.
    pub(crate) fn uri(&self) -> &[u8] {
        let len = self.active.map_or(0, |active| active.uri_len);
        self.buffer.get(..len).unwrap_or_default()
    }

    /// Whether the object was refused.
    pub(crate) fn is_refused(&self) -> bool {
        self.active.is_some_and(|active| active.refused.is_some())
    }

    /// Whether the last part brought an object on.
    pub(crate) const fn has_moved_on(&self) -> bool {
        self.moved_on
    }

    /// Whether a command goes on with the object that is coming in.
    pub(crate) fn is_continued_by(&self, tag: Tag, target: Option<Text<'_>>) -> bool {
        let target = target.unwrap_or(Text::EMPTY);
        self.active
            .is_some_and(|active| active.tag == tag && active.hash == hash(target))
    }

    /// Takes a part. Gives the code of its Status; `None`: the handler needs time, and the same part shall come again.
    pub(crate) fn take(
        &mut self,
        tree: &mut Tree<'_>,
        who: &Principal<'_>,
        part: &Part<'_>,
        work: &mut [u8],
    ) -> Result<Option<u16>, Reason> {
        // A sender that was refused may try with the whole object once more (protocol chapter 5.2); Size tells that it does.
        self.active
            .take_if(|active| active.refused.is_some() && part.size.is_some());
        let mut active = match self.active {
            Some(active) => active,
            None => self.begin(part)?,
        };
        let is_first = self.active.is_none();
        self.moved_on = !is_first && !part.data.is_empty();
        let result = match active.refused {
            Some(reason) => Err(reason),
            None => self.add(tree, who, part, &mut active, is_first, work),
        };
        match result {
            Ok(None) => Ok(None),
            Ok(Some(code)) => {
                self.active = part.more.then_some(active);
                Ok(Some(code))
            }
            Err(reason) => {
                active.refused = Some(reason);
                self.active = part.more.then_some(active);
                Err(reason)
            }
        }
    }

    /// The first part tells what is coming.
    fn begin(&mut self, part: &Part<'_>) -> Result<Active, Reason> {
        #[cfg(feature = "profile13")]
        let target = part.target;
        #[cfg(not(feature = "profile13"))]
        let target = Text::from_bytes(part.uri);
        let mut active = Active {
            tag: part.tag,
            hash: hash(target),
            uri_len: part.uri.len(),
            mime_len: part.mime.len(),
            format: part.format.unwrap_or(None),
            size: part.size.unwrap_or(0),
            carried: 0,
            stored: 0,
            decoder: Decoder::default(),
            streams: false,
            refused: None,
        };
        let names = part.uri.len().saturating_add(part.mime.len());
        if self.max_obj_size == 0 || !matches!(part.tag, tag::ADD | tag::REPLACE) {
            active.refused = Some(only(status::NOT_SUPPORTED));
        } else if let Err(reason) = part.format {
            active.refused = Some(reason);
        } else if part.size.is_none() {
            active.refused = Some(only(status::SIZE_REQUIRED));
        } else if active.size > self.max_obj_size || names > self.buffer.len() {
            active.refused = Some(Reason::TooLarge);
        }
        if names <= self.buffer.len() {
            put(self.buffer, 0, part.uri);
            put(self.buffer, part.uri.len(), part.mime);
        } else {
            active.uri_len = 0;
            active.mime_len = 0;
        }
        Ok(active)
    }

    fn add(
        &mut self,
        tree: &mut Tree<'_>,
        who: &Principal<'_>,
        part: &Part<'_>,
        active: &mut Active,
        is_first: bool,
        work: &mut [u8],
    ) -> Result<Option<u16>, Reason> {
        let len = u32::try_from(part.data.len()).unwrap_or(u32::MAX);
        let carried = active.carried.saturating_add(len);
        // `PRO-C-030`
        if carried > active.size || (!part.more && carried != active.size) {
            return Err(only(status::SIZE_MISMATCH));
        }
        let before = *active;
        active.carried = carried;
        let is_b64 = active.format == Some(Format::B64);
        let may_stream = active.tag == tag::REPLACE
            && (is_first || active.streams)
            && !is_tree(self.names(active).1);
        if may_stream {
            let mut decoder = active.decoder;
            let piece = decoder.piece(part.data, is_b64, work)?;
            if !part.more && !decoder.is_whole() {
                return Err(Reason::Base64);
            }
            let len = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            let end = active.stored.saturating_add(len);
            // Of base64 the exact length is known at the end; until then it is given as what it may be at most.
            let total = match (part.more, is_b64) {
                (false, _) => end,
                (true, true) => (active.size / 4)
                    .saturating_mul(3)
                    .max(end.saturating_add(1)),
                (true, false) => active.size,
            };
            let (uri, mime) = self.names(active);
            let value = Value {
                format: active.format,
                mime,
                data: Some(piece),
            };
            match tree.write(who, uri, &value, active.stored, total) {
                Ok(Progress::NotYet) => {
                    *active = before;
                    return Ok(None);
                }
                Ok(_) => {
                    active.streams = true;
                    active.stored = end;
                    active.decoder = decoder;
                    return Ok(Some(self.code(part)));
                }
                // The node or its handler does not take pieces: they are collected.
                Err(Reason::TooLarge) if is_first => {}
                Err(reason) => return Err(reason),
            }
        }
        // What the memory will never hold is refused at once. Base64 ends with up to two octets less than it could.
        let whole = if is_b64 {
            (active.size / 4).saturating_mul(3).saturating_sub(2)
        } else {
            active.size
        };
        let names = active.uri_len.saturating_add(active.mime_len);
        let whole = names.saturating_add(usize::try_from(whole).unwrap_or(usize::MAX));
        if whole > self.buffer.len() {
            return Err(Reason::TooLarge);
        }
        self.collect(part, active, is_b64)?;
        if !part.more && !active.decoder.is_whole() {
            return Err(Reason::Base64);
        }
        if part.more {
            return Ok(Some(status::CHUNK_ACCEPTED));
        }
        let (uri, mime) = self.names(active);
        let start = uri.len().saturating_add(mime.len());
        let end = start.saturating_add(usize::try_from(active.stored).unwrap_or(usize::MAX));
        let value = Value {
            format: active.format,
            mime,
            data: self.buffer.get(start..end),
        };
        let outcome = match active.tag {
            // `TNDS-C-039`
            #[cfg(feature = "tnds")]
            tag if is_tree(mime) => {
                let data = Text::from_bytes(value.bytes());
                document::take(tree, who, tag, uri, data, (&mut [], work))
            }
            tag::ADD => tree.add(who, uri, &value),
            _ => tree.replace(who, uri, &value),
        };
        match outcome? {
            Progress::NotYet => {
                *active = before;
                Ok(None)
            }
            _ => Ok(Some(status::OK)),
        }
    }

    /// The memory for objects, while none is coming in.
    #[cfg(feature = "tnds")]
    pub(crate) fn lend(&mut self) -> &mut [u8] {
        if self.is_active() {
            return &mut [];
        }
        self.buffer
    }

    fn names(&self, active: &Active) -> (&[u8], &[u8]) {
        let end = active.uri_len.saturating_add(active.mime_len);
        (
            self.buffer.get(..active.uri_len).unwrap_or_default(),
            self.buffer.get(active.uri_len..end).unwrap_or_default(),
        )
    }

    const fn code(&self, part: &Part<'_>) -> u16 {
        if part.more {
            status::CHUNK_ACCEPTED
        } else {
            status::OK
        }
    }

    /// Appends a part to what was collected.
    fn collect(
        &mut self,
        part: &Part<'_>,
        active: &mut Active,
        is_b64: bool,
    ) -> Result<(), Reason> {
        let start = active.uri_len.saturating_add(active.mime_len);
        let mut at = start.saturating_add(usize::try_from(active.stored).unwrap_or(usize::MAX));
        for piece in part.data.pieces() {
            for byte in piece.iter() {
                let byte = if is_b64 {
                    match active.decoder.take(*byte)? {
                        Some(byte) => byte,
                        None => continue,
                    }
                } else {
                    *byte
                };
                *self.buffer.get_mut(at).ok_or(Reason::TooLarge)? = byte;
                at = at.saturating_add(1);
            }
        }
        active.stored = u32::try_from(at.saturating_sub(start)).unwrap_or(u32::MAX);
        Ok(())
    }
}

/// Whether the object is a serialised tree, which is looked at when it is whole.
fn is_tree(mime: &[u8]) -> bool {
    #[cfg(feature = "tnds")]
    return dm_tree::TreeDocument::is_announced_by(mime);
    #[cfg(not(feature = "tnds"))]
    {
        let _ = mime;
        false
    }
}

/// A refusal that is nothing but its code.
const fn only(code: u16) -> Reason {
    Reason::Handler {
        status: Status(code),
        code: 0,
    }
}

fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in buffer.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

/// FNV-1a of an address.
fn hash(uri: Text<'_>) -> u32 {
    let mut hash: u32 = 0x811C_9DC5;
    for piece in uri.pieces() {
        for byte in piece.iter() {
            hash = (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
        }
    }
    hash
}

/// Base64 whose parts may be cut anywhere.
#[derive(Clone, Copy, Default)]
struct Decoder {
    bits: u32,
    count: u8,
    padded: bool,
}

impl Decoder {
    /// Whether no character stands alone at the end.
    const fn is_whole(&self) -> bool {
        self.count < 6
    }

    /// Takes a character, and gives an octet when one is complete.
    fn take(&mut self, character: u8) -> Result<Option<u8>, Reason> {
        let value = match character {
            b'A'..=b'Z' => character.wrapping_sub(b'A'),
            b'a'..=b'z' => character.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => character.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                self.padded = true;
                return Ok(None);
            }
            b' ' | b'\t' | b'\r' | b'\n' => return Ok(None),
            _ => return Err(Reason::Base64),
        };
        if self.padded {
            return Err(Reason::Base64);
        }
        self.bits = (self.bits << 6) | u32::from(value);
        self.count = self.count.wrapping_add(6);
        if self.count < 8 {
            return Ok(None);
        }
        self.count = self.count.wrapping_sub(8);
        let [.., octet] = (self.bits >> self.count).to_be_bytes();
        Ok(Some(octet))
    }

    /// A part as the octets that it stands for: where they are, or in `work`.
    fn piece<'w>(
        &mut self,
        data: Text<'w>,
        is_b64: bool,
        work: &'w mut [u8],
    ) -> Result<&'w [u8], Reason> {
        if !is_b64 {
            return data.flatten(work).ok_or(Reason::TooLarge);
        }
        let mut len = 0_usize;
        for piece in data.pieces() {
            for character in piece.iter() {
                if let Some(octet) = self.take(*character)? {
                    *work.get_mut(len).ok_or(Reason::TooLarge)? = octet;
                    len = len.saturating_add(1);
                }
            }
        }
        Ok(work.get(..len).unwrap_or_default())
    }
}
