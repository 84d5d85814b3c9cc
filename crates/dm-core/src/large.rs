//! Objects that a server sends in parts (protocol chapter 5).
//!
//! Parts go to the handler of the node at once when it takes pieces, else they are collected in lent memory and become
//! one value with the last part. Nothing counts before that (`PRO-C-031`).

use dm_tree::{Format, Outcome, Principal, Progress, Reason, Refusal, Status, Tree, Value};
use dm_wbxml::{Command, Item, Tag, Text, tag};

use crate::exec;
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

/// One part of it.
struct Part<'a> {
    data: Text<'a>,
    is_first: bool,
    is_last: bool,
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
    pub(crate) fn is_continued_by(&self, tag: Tag, target: Option<&Text<'_>>) -> bool {
        self.active
            .is_some_and(|active| active.tag == tag && active.hash == hash(target))
    }

    /// Takes a part, which is an Item of `command` for the node `uri`. [`Progress::NotYet`]: the same part shall come again.
    #[inline(never)]
    pub(crate) fn take(
        &mut self,
        tree: &mut Tree<'_>,
        who: &Principal<'_>,
        (command, item): (&Command<'_>, &Item<'_>),
        uri: &[u8],
        work: &mut [u8],
    ) -> Outcome {
        let mut work = &mut *work;
        let mime = exec::mime(command, item, &mut work)?;
        #[cfg(not(feature = "tnds"))]
        exec::refuse_tree(mime)?;
        let size = item.meta.size.or(command.meta.size);
        // A sender that was refused may try with the whole object once more (protocol chapter 5.2); Size tells that it does.
        self.active
            .take_if(|active| active.refused.is_some() && size.is_some());
        let is_first = self.active.is_none();
        let mut active = match self.active {
            Some(active) => active,
            None => self.begin(command, item, (uri, mime), size),
        };
        let data = item.data.unwrap_or(Text::EMPTY);
        self.moved_on = !is_first && !data.is_empty();
        let part = Part {
            data,
            is_first,
            is_last: !item.more_data,
        };
        let outcome = match active.refused {
            Some(reason) => Err(reason),
            None => self.add(tree, who, &part, &mut active, work),
        };
        if outcome != Ok(Progress::NotYet) {
            active.refused = outcome.err();
            self.active = item.more_data.then_some(active);
        }
        outcome
    }

    /// The first part tells what is coming.
    fn begin(
        &mut self,
        command: &Command<'_>,
        item: &Item<'_>,
        (uri, mime): (&[u8], &[u8]),
        size: Option<u32>,
    ) -> Active {
        let format = exec::format(command, item);
        let names = uri.len().saturating_add(mime.len());
        let fits = names <= self.buffer.len();
        let refused = if self.max_obj_size == 0 || !matches!(command.tag, tag::ADD | tag::REPLACE) {
            Some(only(status::NOT_SUPPORTED))
        } else if let Err(reason) = format {
            Some(reason)
        } else if size.is_none() {
            Some(only(status::SIZE_REQUIRED))
        } else if size > Some(self.max_obj_size) || !fits {
            Some(Reason::TooLarge)
        } else {
            None
        };
        let (mut uri_len, mut mime_len) = (0, 0);
        if fits {
            put(self.buffer, 0, uri);
            put(self.buffer, uri.len(), mime);
            (uri_len, mime_len) = (uri.len(), mime.len());
        }
        Active {
            tag: command.tag,
            hash: hash(item.target.as_ref()),
            uri_len,
            mime_len,
            format: format.unwrap_or(None),
            size: size.unwrap_or(0),
            carried: 0,
            stored: 0,
            decoder: Decoder::default(),
            streams: false,
            refused,
        }
    }

    fn add(
        &mut self,
        tree: &mut Tree<'_>,
        who: &Principal<'_>,
        part: &Part<'_>,
        active: &mut Active,
        work: &mut [u8],
    ) -> Outcome {
        let len = u32::try_from(part.data.len()).unwrap_or(u32::MAX);
        active.carried = active.carried.saturating_add(len);
        // `PRO-C-030`
        if active.carried > active.size || (part.is_last && active.carried != active.size) {
            return Err(only(status::SIZE_MISMATCH));
        }
        let is_b64 = active.format == Some(Format::B64);
        // Octets of the value. Of base64 they are known at the end; until then it is these at most, or two less.
        let (mut most, mut least) = (active.size, active.size);
        if is_b64 {
            most = (active.size / 4).saturating_mul(3);
            least = most.saturating_sub(2);
        }
        let start = active.uri_len.saturating_add(active.mime_len);
        let (names, place) = self.buffer.split_at_mut_checked(start).unwrap_or_default();
        let (uri, mime) = names.split_at_checked(active.uri_len).unwrap_or_default();
        let is_tree = is_tree(mime);
        let format = active.format;
        if active.tag == tag::REPLACE && (part.is_first || active.streams) && !is_tree {
            let mut decoder = active.decoder;
            let piece = match part.data.plain() {
                Some(plain) if !is_b64 => plain,
                _ => {
                    let len = decoder.decode(part.data, is_b64, work)?;
                    work.get(..len).unwrap_or_default()
                }
            };
            if part.is_last && !decoder.is_whole() {
                return Err(Reason::Base64);
            }
            let len = u32::try_from(piece.len()).unwrap_or(u32::MAX);
            let end = active.stored.saturating_add(len);
            let total = match part.is_last {
                true => end,
                false if is_b64 => most.max(end.saturating_add(1)),
                false => most,
            };
            let data = Some(piece);
            let value = Value { format, mime, data };
            match tree.write(who, uri, &value, active.stored, total) {
                // The node or its handler does not take pieces: they are collected.
                Err(Reason::TooLarge) if part.is_first => {}
                outcome => {
                    active.streams = true;
                    active.stored = end;
                    active.decoder = decoder;
                    return outcome;
                }
            }
        }
        // What the memory will never hold is refused at once.
        if octets(least) > place.len() {
            return Err(Reason::TooLarge);
        }
        let room = place.get_mut(octets(active.stored)..).unwrap_or_default();
        let len = active.decoder.decode(part.data, is_b64, room)?;
        active.stored = active
            .stored
            .saturating_add(u32::try_from(len).unwrap_or(u32::MAX));
        if !part.is_last {
            return Ok(Progress::Done);
        }
        if !active.decoder.is_whole() {
            return Err(Reason::Base64);
        }
        let data = place.get(..octets(active.stored));
        // `TNDS-C-039`
        #[cfg(feature = "tnds")]
        if is_tree {
            let data = Text::from_bytes(data.unwrap_or_default());
            return document::take(tree, who, active.tag, uri, data, (&mut [], work));
        }
        exec::put(tree, who, active.tag, uri, &Value { format, mime, data })
    }

    /// The memory for objects, while none is coming in.
    #[cfg(feature = "tnds")]
    pub(crate) fn lend(&mut self) -> &mut [u8] {
        if self.is_active() {
            return &mut [];
        }
        self.buffer
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
    Reason::Handler(Refusal::new(Status(code)))
}

fn put(buffer: &mut [u8], at: usize, bytes: &[u8]) {
    for (to, from) in buffer.iter_mut().skip(at).zip(bytes) {
        *to = *from;
    }
}

fn octets(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// FNV-1a of an address.
#[inline(never)]
fn hash(uri: Option<&Text<'_>>) -> u32 {
    let mut hash: u32 = 0x811C_9DC5;
    for piece in uri.unwrap_or(&Text::EMPTY).pieces() {
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

    /// Writes what a part stands for to `to`, and gives its length.
    fn decode(&mut self, data: Text<'_>, is_b64: bool, to: &mut [u8]) -> Result<usize, Reason> {
        if !is_b64 {
            return data.copy_to(to).ok_or(Reason::TooLarge);
        }
        let mut len = 0_usize;
        for piece in data.pieces() {
            for character in piece.iter() {
                if let Some(octet) = self.take(*character)? {
                    *to.get_mut(len).ok_or(Reason::TooLarge)? = octet;
                    len = len.saturating_add(1);
                }
            }
        }
        Ok(len)
    }
}
