//! What firmware puts behind nodes: the `Handler` trait, and what travels through it.

use crate::decimal::parse_u32;
use crate::format::Format;
use crate::reason::Reason;
use crate::schema::DescId;
use crate::sink::Sink;
use crate::uri::same_name;

/// How far a call has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Finished.
    Done,
    /// Not ready. Everything is as it was before the call; the same call is made again later.
    NotYet,
    /// Only from `exec`: started, and reported later with the ticket (202).
    Started,
}

/// What a call comes to.
pub type Outcome = Result<Progress, Reason>;

/// Names an execution that was started, for the report at its end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ticket(pub u32);

/// The node a handler is asked about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct At<'n> {
    /// Its description.
    pub id: DescId,
    /// Its path below the mounted node, without a leading `/`; empty for the mounted node itself.
    pub path: &'n [u8],
    /// Its name.
    pub name: &'n [u8],
}

/// A value on its way into the tree.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Value<'v> {
    /// The Meta Format; none when the command does not say: then the format of the node is meant.
    pub format: Option<Format>,
    /// The Meta Type: a MIME type, or the management object identifier of an interior node. Empty when the command
    /// does not say: then the type of the node is meant.
    pub mime: &'v [u8],
    /// The octets, decoded from the transport form; none when the command has no `Data`.
    pub data: Option<&'v [u8]>,
}

impl<'v> Value<'v> {
    /// A value of which only the octets are given.
    #[must_use]
    pub const fn of(data: &'v [u8]) -> Self {
        Self {
            format: None,
            mime: &[],
            data: Some(data),
        }
    }

    /// An interior node to be added.
    #[must_use]
    pub const fn node() -> Self {
        Self {
            format: Some(Format::Node),
            mime: &[],
            data: None,
        }
    }

    /// The octets; empty when there are none.
    #[must_use]
    pub fn bytes(&self) -> &'v [u8] {
        self.data.unwrap_or_default()
    }

    /// The characters; empty when there are none.
    ///
    /// # Errors
    /// [`Reason::Utf8`] when the octets are not UTF-8.
    pub fn text(&self) -> Result<&'v str, Reason> {
        core::str::from_utf8(self.bytes()).map_err(|_| Reason::Utf8)
    }

    /// The number of an `int` value.
    ///
    /// # Errors
    /// [`Reason::Value`] when it is none, or outside -2147483648..=4294967295.
    pub fn int(&self) -> Result<i64, Reason> {
        let (negative, digits) = match self.bytes() {
            [b'-', digits @ ..] => (true, digits),
            [b'+', digits @ ..] | digits => (false, digits),
        };
        let magnitude = i64::from(parse_u32(digits).ok_or(Reason::Value)?);
        let value = if negative {
            magnitude.wrapping_neg()
        } else {
            magnitude
        };
        if value < i64::from(i32::MIN) {
            Err(Reason::Value)
        } else {
            Ok(value)
        }
    }

    /// The truth value of a `bool` value, in any case of letters.
    ///
    /// # Errors
    /// [`Reason::Value`] when it is neither `true` nor `false`.
    pub fn bool(&self) -> Result<bool, Reason> {
        if same_name(self.bytes(), b"true", true) {
            Ok(true)
        } else if same_name(self.bytes(), b"false", true) {
            Ok(false)
        } else {
            Err(Reason::Value)
        }
    }
}

/// What stands behind a mounted node and everything below it.
///
/// The tree has checked path, schema, `AccessType`, ACL, format and type before any of these is called; a server has
/// no other way to them. Every method but [`get`](Self::get) refuses unless it is written. Structure (which nodes
/// exist, their names, ACLs and other properties) stays with the tree; a handler has only values and actions.
///
/// [`Progress::NotYet`] leaves everything as it was; the same call comes again. [`Progress::Started`] is for `exec`
/// alone and counts as [`Progress::Done`] elsewhere.
#[allow(unused_variables)]
pub trait Handler {
    /// Writes the whole value of a leaf to `out`.
    ///
    /// A value that no message holds is asked for once to be measured and once for each part. When it is longer or shorter
    /// by then, no more parts are sent, and the server is told so (Alert 1225). Whether octets that were sent already would
    /// be others by now is not looked at: a handler whose values are that long and may change gives them from a copy that
    /// it keeps until the last octet has been asked for.
    ///
    /// # Errors
    /// The reason the value cannot be had.
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome;

    /// Takes a new value of a leaf. Its format is checked; `value.data` is there unless the format is `null`.
    ///
    /// # Errors
    /// The reason it is refused; nothing has changed.
    fn replace(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        Err(Reason::AccessType)
    }

    /// A node is about to be created at `at`, with its missing ancestors below the mounted node. One call for all of
    /// them; after `Done` the tree creates them.
    ///
    /// # Errors
    /// The reason it is refused; nothing has changed.
    fn add(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        Err(Reason::AccessType)
    }

    /// A node is about to be removed with everything below it. `at` is the mounted node itself when one of its
    /// ancestors is being removed.
    ///
    /// # Errors
    /// The reason it is refused; nothing has changed.
    fn delete(&mut self, at: At<'_>) -> Outcome {
        Err(Reason::AccessType)
    }

    /// Executes the node. `Started` promises a report with `ticket` later.
    ///
    /// # Errors
    /// The reason it is refused; nothing has happened.
    fn exec(&mut self, at: At<'_>, argument: Value<'_>, ticket: Ticket) -> Outcome {
        Err(Reason::NotExecutable)
    }

    /// A node is about to get the name `name`; `at` has the old one.
    ///
    /// # Errors
    /// The reason it is refused; nothing has changed.
    fn rename(&mut self, at: At<'_>, name: &[u8]) -> Outcome {
        Err(Reason::PropertyAccess)
    }

    /// Takes `bytes` at `offset` of a value of `total` bytes that comes in pieces, in order, starting at 0. The value
    /// counts from the piece that completes it.
    ///
    /// # Errors
    /// [`Reason::TooLarge`] when the handler does not take values in pieces, which is the default.
    fn write(&mut self, at: At<'_>, offset: u32, total: u32, bytes: &[u8]) -> Outcome {
        Err(Reason::TooLarge)
    }

    /// Makes what was done in transaction `txn` durable but invisible.
    ///
    /// The first call comes before the first change, when there is nothing to be made durable yet: it asks whether the
    /// handler takes part, and begins its part of the transaction. From then on it keeps the changes of `replace`, `add`,
    /// `delete`, `rename` and `write` apart, while `get` shows them, until `commit` or `roll_back`. The second call comes
    /// before the commit.
    ///
    /// # Errors
    /// The default refuses, so that nothing behind the handler changes inside a transaction.
    fn prepare(&mut self, txn: u32) -> Outcome {
        Err(Reason::InUse)
    }

    /// Makes what was prepared visible. Every `open` calls it with the number of the last transaction, whether or not the
    /// handler took part: what was not prepared under this number is not meant.
    fn commit(&mut self, txn: u32) {}

    /// Forgets what was done or prepared. Every `open` calls it with the number of the next transaction, which a restart
    /// may have broken off.
    ///
    /// # Errors
    /// Something could not be taken back, because it reached hardware that does not go back, say. What keeps to the promise of
    /// [`prepare`](Self::prepare) has nothing to report here. The children of the Atomic that failed are then answered 516 instead
    /// of 216 (`PRO-C-084`), and [`Tree::left_behind`](crate::Tree::left_behind) keeps the reason; at `open` it is passed over.
    fn roll_back(&mut self, txn: u32) -> Result<(), Reason> {
        Ok(())
    }
}

/// A handler and the described node it stands behind.
pub struct Mount<'h> {
    pub(crate) at: DescId,
    pub(crate) handler: &'h mut dyn Handler,
}

impl<'h> Mount<'h> {
    /// Puts `handler` behind every live node described by `at` and everything below it.
    ///
    /// Of two mounts on one path the lower one counts.
    #[must_use]
    pub fn new(at: DescId, handler: &'h mut dyn Handler) -> Self {
        Self { at, handler }
    }
}

impl core::fmt::Debug for Mount<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Mount")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_getters_take_what_the_format_allows() {
        assert_eq!(Value::of(b"-2147483648").int(), Ok(-2_147_483_648));
        assert_eq!(Value::of(b"4294967295").int(), Ok(4_294_967_295));
        assert_eq!(Value::of(b"+7").int(), Ok(7));
        for bad in [
            &b"-2147483649"[..],
            b"4294967296",
            b"",
            b"-",
            b"1.0",
            b"--1",
        ] {
            assert_eq!(Value::of(bad).int(), Err(Reason::Value));
        }
        assert_eq!(Value::of(b"True").bool(), Ok(true));
        assert_eq!(Value::of(b"0").bool(), Err(Reason::Value));
        assert_eq!(Value::of(b"\xff").text(), Err(Reason::Utf8));
        assert_eq!(Value::default().text(), Ok(""));
    }
}
