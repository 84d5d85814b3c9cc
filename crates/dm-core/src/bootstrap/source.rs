//! Where accounts came from, and which documents were applied: what `Ext/OmaDm/Source` of an account says, and the engine's
//! record of the last documents.

use dm_tree::{NodeId, Reason, Tree};

use super::Origin;
use super::account::value;
use super::proof::{append, hex, sha1};
use crate::Sec;
use crate::account::DMACC;

/// Octets of the longest name of a source.
const NAME_MAX: usize = 68;
/// Octets of the longest source.
const SOURCE_MAX: usize = NAME_MAX + size_of::<Mark>();
/// What the name of a source begins with.
const FACTORY: &[u8] = b"factory";
pub(super) const CARD: &[u8] = b"card";
const TLS: &[u8] = b"tls:";
const PUSH: &[u8] = b"push:";

/// Where a document came from, and which one it is: the name of its origin, `#`, and the digits of its mark, which counts with
/// the account, or not at all.
pub(super) struct Source {
    text: [u8; SOURCE_MAX],
    len: usize,
    pub(super) mark: Mark,
}

impl Source {
    #[inline(never)]
    pub(super) fn of(origin: Origin<'_>, document: &[u8]) -> Self {
        let mut source = Self {
            text: [0; _],
            len: 0,
            mark: [0; _],
        };
        let (kind, detail) = name(origin);
        let [letter, digits @ ..] = &mut source.mark;
        *letter = kind.first().copied().unwrap_or_default();
        hex(&sha1(document), digits);
        for part in &[kind, detail, b"#", &*digits] {
            // There is room for all.
            let _ = append(&mut source.text, &mut source.len, part);
        }
        source
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }

    /// Whether an account came from there. What nobody has marked is the manufacturer's.
    pub(super) fn has(&self, tree: &mut Tree<'_>, account: NodeId) -> Result<bool, Reason> {
        is_from(tree, account, parts(self.as_bytes()).0)
    }
}

/// The name of a source in two parts: for TLS with the server it was, of a longer name the end, which says whose it is; for a
/// push with how well it was proved, as a digit: the higher the better.
#[inline(never)]
fn name(origin: Origin<'_>) -> (&[u8], &[u8]) {
    match origin {
        Origin::Factory => (FACTORY, b""),
        Origin::SmartCard => (CARD, b""),
        Origin::Secured { name } => {
            let name = name.as_bytes();
            let cut = name.len().saturating_sub(NAME_MAX - TLS.len());
            (TLS, name.get(cut..).unwrap_or_default())
        }
        Origin::Push { sec, .. } => (
            PUSH,
            match sec {
                Some(Sec::NetworkId) | None => b"0",
                Some(Sec::UserPin | Sec::UserPinMac) => b"1",
                Some(Sec::UserPinNetworkId) => b"2",
            },
        ),
    }
}

/// The name, and `#` with the digits of a mark.
fn parts(source: &[u8]) -> (&[u8], Option<&Mark>) {
    match source.split_last_chunk() {
        Some((name, mark)) if mark.starts_with(b"#") => (name, Some(mark)),
        _ => (source, None),
    }
}

/// What an account says of its source; empty: nothing.
fn known<'b>(
    tree: &mut Tree<'_>,
    account: NodeId,
    buf: &'b mut [u8; SOURCE_MAX],
) -> Result<&'b [u8], Reason> {
    value(tree, account, "Ext/OmaDm/Source", buf)
}

/// Whether an account came from the source with this name.
#[inline(never)]
pub(super) fn is_from(tree: &mut Tree<'_>, account: NodeId, name: &[u8]) -> Result<bool, Reason> {
    let mut known_source = [0; SOURCE_MAX];
    let (known, _) = parts(known(tree, account, &mut known_source)?);
    if known.is_empty() {
        return Ok(name == FACTORY);
    }
    Ok(match (known.split_last(), name.split_last()) {
        // A proof that is weaker than the one the account was made with does not change it.
        (Some((old, kind)), Some((new, own))) if own == PUSH => kind == PUSH && old <= new,
        _ => known.eq_ignore_ascii_case(name),
    })
}

/// Digits of the beginning of a document's SHA-1.
const MARK_DIGITS: usize = 14;
/// What tells a document from others: the first letter of its source's name, and the digits.
pub(super) type Mark = [u8; 1 + MARK_DIGITS];

#[inline(never)]
fn mark(source: &[u8]) -> Option<Mark> {
    let (name, mark) = parts(source);
    let mut mark = *mark?;
    *mark.first_mut()? = *name.first()?;
    Some(mark)
}

/// The engine's record with the marks of the documents applied last.
const RECORD: u16 = 0x1000;
/// Marks that are remembered.
const MARKS: usize = 8;

/// The marks of the documents applied last, the newest first.
struct Marks {
    octets: [u8; MARKS * size_of::<Mark>()],
    len: usize,
}

impl Marks {
    const fn new() -> Self {
        Self {
            octets: [0; _],
            len: 0,
        }
    }

    #[inline(never)]
    fn load(&mut self, tree: &mut Tree<'_>) -> Result<(), Reason> {
        self.len = tree.engine_record(RECORD, &mut self.octets)?;
        Ok(())
    }

    fn all(&self) -> &[Mark] {
        let known = self.octets.get(..self.len).unwrap_or_default();
        known.as_chunks().0
    }

    /// Whether the document is among them, wherever it came from.
    #[inline(never)]
    fn has(&self, mark: &Mark) -> bool {
        let mut all = self.all().iter();
        all.any(|known| known.get(1..) == mark.get(1..))
    }

    /// Remembers one more, instead of the oldest.
    #[inline(never)]
    fn keep(&mut self, tree: &mut Tree<'_>, mark: &Mark) -> Result<(), Reason> {
        let older = self.len.min((MARKS - 1) * size_of::<Mark>());
        let older = self.octets.get(..older).unwrap_or_default();
        tree.set_engine_parts(RECORD, &[mark, older])?;
        self.load(tree)
    }
}

/// Whether the document with this mark was applied before: it is remembered, or an account says so.
#[inline(never)]
pub(super) fn was_applied(tree: &mut Tree<'_>, document: &Mark) -> Result<bool, Reason> {
    let mut marks = Marks::new();
    marks.load(tree)?;
    let (mut was_applied, mut next) = (false, None);
    loop {
        was_applied |= marks.has(document);
        next = tree.local().object(DMACC, next);
        let Some(account) = next else {
            return Ok(was_applied);
        };
        let mut source = [0; SOURCE_MAX];
        if let Some(known) = mark(known(tree, account, &mut source)?) {
            // Power may have failed before it was among the others; the account may get another one now.
            if !marks.has(&known) {
                marks.keep(tree, &known)?;
            }
        }
    }
}

/// Remembers that a document was applied.
#[inline(never)]
pub(super) fn remember(tree: &mut Tree<'_>, mark: &Mark) -> Result<(), Reason> {
    let mut marks = Marks::new();
    marks.load(tree)?;
    marks.keep(tree, mark)
}

/// Forgets the documents of the card: they count as new again.
pub(super) fn forget_card(tree: &mut Tree<'_>) -> Result<(), Reason> {
    let mut marks = Marks::new();
    marks.load(tree)?;
    let mut kept = Marks::new();
    for mark in marks
        .all()
        .iter()
        .filter(|mark| mark.first() != CARD.first())
    {
        // There is room for all.
        let _ = append(&mut kept.octets, &mut kept.len, mark);
    }
    if kept.len == marks.len {
        return Ok(());
    }
    tree.set_engine_record(RECORD, kept.octets.get(..kept.len).unwrap_or_default())
}
