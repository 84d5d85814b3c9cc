//! Objects that a server sends in parts (protocol chapter 5).
//!
//! Parts go to the handler of the node at once when it takes pieces, else they are collected in lent memory and become
//! one value with the last part. Nothing counts before that (`PRO-C-031`).

use dm_tree::{Format, Outcome, Principal, Progress, Reason, Refusal, Status, Tree, Value};
use dm_wbxml::{Base64State, Command, Item, Tag, Text, tag};

use crate::exec;
#[cfg(feature = "tnds")]
use crate::exec::document;
use crate::results::octets;
use crate::status;

/// Where the object stands that is coming in, if one is.
#[derive(Default)]
pub(crate) struct Incoming<'m> {
    /// Address and type of the object, then what was collected of it.
    buffer: &'m mut [u8],
    /// MaxObjSize of this client; 0: objects in parts are not taken.
    max_obj_size: u32,
    object: Option<Object>,
    /// The last part brought octets of an object that had begun before.
    moved_on: bool,
}

#[derive(Clone, Copy)]
struct Object {
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
    base64: Base64State,
    /// The handler takes the parts.
    streams: bool,
    /// The object was refused; its other parts get the same code.
    refused: Option<Reason>,
}

/// One part of it.
struct Part<'a> {
    data: &'a Text<'a>,
    is_first: bool,
    is_last: bool,
}

impl<'m> Incoming<'m> {
    pub(crate) fn new(buffer: &'m mut [u8], max_obj_size: u32) -> Self {
        Self {
            buffer,
            max_obj_size,
            object: None,
            moved_on: false,
        }
    }

    pub(crate) const fn max_obj_size(&self) -> u32 {
        self.max_obj_size
    }

    pub(crate) const fn is_active(&self) -> bool {
        self.object.is_some()
    }

    /// Forgets the object.
    pub(crate) const fn clear(&mut self) {
        self.object = None;
    }

    /// Address of the object that is coming in.
    pub(crate) fn uri(&self) -> &[u8] {
        let len = self.object.as_ref().map_or(0, |object| object.uri_len);
        self.buffer.get(..len).unwrap_or_default()
    }

    /// Whether the object was refused.
    pub(crate) fn is_refused(&self) -> bool {
        let object = self.object.as_ref();
        object.is_some_and(|object| object.refused.is_some())
    }

    /// Whether the last part brought an object on.
    pub(crate) const fn has_moved_on(&self) -> bool {
        self.moved_on
    }

    /// Whether a command goes on with the object that is coming in.
    pub(crate) fn is_continued_by(&self, tag: Tag, target: Option<&Text<'_>>) -> bool {
        let object = self.object.as_ref();
        object.is_some_and(|object| object.tag == tag && object.hash == exec::hash(target))
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
        // A sender that was refused may try with the whole object once more (protocol chapter 5.2); Size tells that it does.
        if self.is_refused() && size(command, item).is_some() {
            self.object = None;
        }
        let is_first = self.object.is_none();
        if is_first {
            self.begin(command, item, uri, mime);
        }
        let data = item.data.as_ref().unwrap_or(&Text::EMPTY);
        self.moved_on = !is_first && !data.is_empty();
        let Some(object) = &mut self.object else {
            return Err(Reason::TooLarge);
        };
        let before = *object;
        let part = Part {
            data,
            is_first,
            is_last: !item.more_data,
        };
        let outcome = match object.refused {
            Some(reason) => Err(reason),
            None => object.add(self.buffer, tree, who, &part, work),
        };
        object.refused = outcome.err();
        if outcome == Ok(Progress::NotYet) {
            *object = before;
            if is_first {
                self.object = None;
            }
        } else if part.is_last {
            self.object = None;
        }
        outcome
    }

    /// The first part tells what is coming.
    #[inline(never)]
    fn begin(&mut self, command: &Command<'_>, item: &Item<'_>, uri: &[u8], mime: &[u8]) {
        let object = self.object.insert(Object {
            tag: command.tag,
            hash: exec::hash(item.target.as_ref()),
            uri_len: uri.len(),
            mime_len: mime.len(),
            format: None,
            size: 0,
            carried: 0,
            stored: 0,
            base64: Base64State::default(),
            streams: false,
            refused: None,
        });
        let size = size(command, item);
        object.refused = if self.max_obj_size == 0 || !is_written(command.tag) {
            Some(only(status::NOT_SUPPORTED))
        } else {
            match (exec::format(command, item), size) {
                (Err(reason), _) => Some(reason),
                (_, None) => Some(only(status::SIZE_REQUIRED)),
                (Ok(format), Some(size)) => {
                    object.format = format;
                    object.size = size;
                    let fits = size <= self.max_obj_size && put(self.buffer, uri, mime);
                    (!fits).then_some(Reason::TooLarge)
                }
            }
        };
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

impl Object {
    fn add(
        &mut self,
        buffer: &mut [u8],
        tree: &mut Tree<'_>,
        who: &Principal<'_>,
        part: &Part<'_>,
        work: &mut [u8],
    ) -> Outcome {
        self.carried = self.carried.saturating_add(count(part.data.len()));
        // `PRO-C-030`
        if self.carried > self.size || (part.is_last && self.carried != self.size) {
            return Err(only(status::SIZE_MISMATCH));
        }
        // Octets of the value. Of base64 they are known at the end; until then it is these at most, or two less.
        let (mut most, mut least) = (self.size, self.size);
        if self.is_base64() {
            most = (self.size / 4).saturating_mul(3);
            least = most.saturating_sub(2);
        }
        let names = self.uri_len.saturating_add(self.mime_len);
        let (names, place) = buffer.split_at_mut_checked(names).unwrap_or_default();
        let (uri, mime) = names.split_at_checked(self.uri_len).unwrap_or_default();
        let is_tree = is_tree(mime);
        let mut value = Value {
            format: self.format,
            mime,
            data: None,
        };
        if self.tag == tag::REPLACE && (part.is_first || self.streams) && !is_tree {
            let before = self.base64;
            value.data = match part.data.plain() {
                Some(plain) if !self.is_base64() => Some(plain),
                _ => {
                    let len = self.decode(part, work)?;
                    work.get(..len)
                }
            };
            let end = self.stored.saturating_add(count(value.bytes().len()));
            if part.is_last {
                most = end;
            } else if self.is_base64() {
                most = most.max(end.saturating_add(1));
            }
            match tree.write(who, uri, &value, self.stored, most) {
                // The node or its handler does not take pieces: they are collected.
                Err(Reason::TooLarge) if part.is_first => self.base64 = before,
                outcome => {
                    self.streams = true;
                    self.stored = end;
                    return outcome;
                }
            }
        }
        // What the memory will never hold is refused at once.
        if octets(least) > place.len() {
            return Err(Reason::TooLarge);
        }
        let room = place.get_mut(octets(self.stored)..).unwrap_or_default();
        let len = self.decode(part, room)?;
        self.stored = self.stored.saturating_add(count(len));
        if !part.is_last {
            return Ok(Progress::Done);
        }
        let data = place.get(..octets(self.stored));
        // `TNDS-C-039`
        #[cfg(feature = "tnds")]
        if is_tree {
            let data = Text::from_bytes(data.unwrap_or_default());
            return document::take(tree, who, self.tag, uri, &data, &mut [], work);
        }
        exec::put(tree, who, self.tag, uri, &Value { data, ..value })
    }

    fn is_base64(&self) -> bool {
        self.format == Some(Format::B64)
    }

    /// Writes what a part stands for to `to`, and gives its length.
    #[inline(never)]
    fn decode(&mut self, part: &Part<'_>, to: &mut [u8]) -> Result<usize, Reason> {
        if !self.is_base64() {
            return part.data.copy_to(to).ok_or(Reason::TooLarge);
        }
        match part.data.decode_base64_part(to, &mut self.base64) {
            Err(dm_wbxml::Base64Error::TooLong) => Err(Reason::TooLarge),
            Ok(len) if !part.is_last || self.base64.is_whole() => Ok(len),
            _ => Err(Reason::Base64),
        }
    }
}

fn size(command: &Command<'_>, item: &Item<'_>) -> Option<u32> {
    item.meta.size.or(command.meta.size)
}

/// Whether a command brings a value.
const fn is_written(tag: Tag) -> bool {
    matches!(tag, tag::ADD | tag::REPLACE)
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

/// Puts both to the start of the buffer, if it is large enough.
fn put(buffer: &mut [u8], uri: &[u8], mime: &[u8]) -> bool {
    let Some((to, rest)) = buffer.split_at_mut_checked(uri.len()) else {
        return false;
    };
    to.copy_from_slice(uri);
    let Some(to) = rest.get_mut(..mime.len()) else {
        return false;
    };
    to.copy_from_slice(mime);
    true
}

fn count(octets: usize) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}
