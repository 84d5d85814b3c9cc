//! The name tables: one pool of text, the places of the names in it, one hash table, all built at
//! compile time.
//!
//! Only XML spells the elements of trees, DevInf and provisioning, so without it their names are
//! left out. A literal of WBXML is looked up by comparing, which is slow but never met in practice,
//! and saves the hash table.

use super::{DEVINF, PROVISIONING, Tag};
use crate::Vocabulary;

/// Token of the first name of each group.
const FIRST: u16 = 0x05;

/// Whether the names of trees, DevInf and provisioning are here. The image that tells what they take
/// is compared with one built without them (`cargo xtask size`).
const FURTHER: bool = cfg!(feature = "xml") && !cfg!(dm_wbxml_names = "messages");

#[rustfmt::skip]
const SYNCML: &[&str] = &["Add", "Alert", "Archive", "Atomic", "Chal", "Cmd", "CmdID", "CmdRef", "Copy", "Cred", "Data", "Delete", "Exec", "Final", "Get", "Item", "Lang", "LocName", "LocURI", "Map", "MapItem", "Meta", "MsgID", "MsgRef", "NoResp", "NoResults", "Put", "Replace", "RespURI", "Results", "Search", "Sequence", "SessionID", "SftDel", "Source", "SourceRef", "Status", "Sync", "SyncBody", "SyncHdr", "SyncML", "Target", "TargetRef", "", "VerDTD", "VerProto", "NumberOfChanges", "MoreData", "Field", "Filter", "Record", "FilterType", "SourceParent", "TargetParent", "Move", "Correlator"];
#[rustfmt::skip]
const METINF: &[&str] = &["Anchor", "EMI", "Format", "FreeID", "FreeMem", "Last", "Mark", "MaxMsgSize", "Mem", "MetInf", "Next", "NextNonce", "SharedMem", "Size", "Type", "Version", "MaxObjSize", "FieldLevel"];
#[rustfmt::skip]
const DDF: &[&str] = if FURTHER { &["AccessType", "ACL", "Add", "b64", "bin", "bool", "chr", "CaseSense", "CIS", "Copy", "CS", "date", "DDFName", "DefaultValue", "Delete", "Description", "DFFormat", "DFProperties", "DFTitle", "DFType", "Dynamic", "Exec", "float", "Format", "Get", "int", "Man", "MgmtTree", "MIME", "Mod", "Name", "Node", "node", "NodeName", "null", "Occurrence", "One", "OneOrMore", "OneOrN", "Path", "Permanent", "Replace", "RTProperties", "Scope", "Size", "time", "Title", "TStamp", "Type", "Value", "VerDTD", "VerNo", "xml", "ZeroOrMore", "ZeroOrN", "ZeroOrOne"] } else { &[] };
#[rustfmt::skip]
const DEVINF_NAMES: &[&str] = if FURTHER { &["CTCap", "CTType", "DataStore", "DataType", "DevID", "DevInf", "DevTyp", "DisplayName", "DSMem", "Ext", "FwV", "HwV", "Man", "MaxGUIDSize", "MaxID", "MaxMem", "Mod", "OEM", "ParamName", "PropName", "Rx", "Rx-Pref", "SharedMem", "MaxSize", "SourceRef", "SwV", "SyncCap", "SyncType", "Tx", "Tx-Pref", "ValEnum", "VerCT", "VerDTD", "XNam", "XVal", "UTC", "SupportNumberOfChanges", "SupportLargeObjs", "Property", "PropParam", "MaxOccur", "NoTruncate", "", "Filter-Rx", "FilterCap", "FilterKeyword", "FieldLevel", "SupportHierarchicalSync"] } else { &[] };
#[rustfmt::skip]
const PROVISIONING_NAMES: &[&str] = if FURTHER { &["wap-provisioningdoc", "characteristic", "parm"] } else { &[] };

const METINF_AT: usize = SYNCML.len();
const DDF_AT: usize = METINF_AT + METINF.len();
const DEVINF_AT: usize = DDF_AT + DDF.len();
const PROVISIONING_AT: usize = DEVINF_AT + DEVINF_NAMES.len();
const COUNT: usize = PROVISIONING_AT + PROVISIONING_NAMES.len();

/// The number of the first name and how many there are, for each value of the bits of a tag that
/// tell the groups apart.
#[rustfmt::skip]
static GROUPS: [(u8, u8); 9] = [
    (0, SYNCML.len() as u8),
    (PROVISIONING_AT as u8, PROVISIONING_NAMES.len() as u8),
    (DEVINF_AT as u8, DEVINF_NAMES.len() as u8),
    (0, 0),
    (METINF_AT as u8, METINF.len() as u8),
    (0, 0),
    (0, 0),
    (0, 0),
    (DDF_AT as u8, DDF.len() as u8),
];
/// Where these bits are.
const GROUP: u32 = 6;
const _: () = assert!(PROVISIONING >> GROUP == 1 && DEVINF >> GROUP == 2);

/// All names in one order: the index of a name is its number in the tables below.
#[allow(clippy::indexing_slicing)] // evaluated when the crate is built
const ALL: [&str; COUNT] = {
    let mut all = [""; COUNT];
    let groups = [SYNCML, METINF, DDF, DEVINF_NAMES, PROVISIONING_NAMES];
    let mut group = 0;
    let mut at = 0;
    while group < groups.len() {
        let mut i = 0;
        while i < groups[group].len() {
            all[at] = groups[group][i];
            at += 1;
            i += 1;
        }
        group += 1;
    }
    all
};

/// Bits of a place that hold the length of the name; above them is its offset.
const LEN_BITS: u32 = 5;
const LONGEST: usize = (1 << LEN_BITS) - 1;

/// The pool before it is cut to its length.
struct Packed {
    pool: [u8; 2048],
    len: usize,
    places: [u16; COUNT],
}

/// The names from the longest to the shortest, each once: one that is part of another stands there.
#[allow(clippy::indexing_slicing)] // evaluated when the crate is built
const PACKED: Packed = {
    let mut packed = Packed {
        pool: [0; 2048],
        len: 0,
        places: [0; COUNT],
    };
    let mut len = LONGEST;
    while len > 0 {
        let mut i = 0;
        while i < COUNT {
            let name = ALL[i].as_bytes();
            if name.len() == len {
                let mut at = 0;
                let mut same = 0;
                while same < len {
                    if at + same == packed.len {
                        packed.pool[packed.len] = name[same];
                        packed.len += 1;
                    }
                    if packed.pool[at + same] == name[same] {
                        same += 1;
                    } else {
                        at += 1;
                        same = 0;
                    }
                }
                packed.places[i] = (at << LEN_BITS | len) as u16;
            }
            i += 1;
        }
        len -= 1;
    }
    packed
};

#[allow(clippy::indexing_slicing)] // evaluated when the crate is built
const POOL: [u8; PACKED.len] = {
    let mut pool = [0; PACKED.len];
    let mut i = 0;
    while i < PACKED.len {
        pool[i] = PACKED.pool[i];
        i += 1;
    }
    pool
};

static TEXT: &str = match core::str::from_utf8(&POOL) {
    Ok(text) => text,
    Err(_) => "",
};

static PLACES: [u16; COUNT] = PACKED.places;

/// Slots of the hash table: a power of two of which about a third is empty, so that probing ends
/// soon.
#[cfg(feature = "xml")]
const SLOTS: usize = (COUNT * 4 / 3).next_power_of_two();
/// An empty slot.
#[cfg(feature = "xml")]
const NONE: u8 = 0xFF;
#[cfg(feature = "xml")]
const _: () = assert!(COUNT < NONE as usize);

#[cfg(feature = "xml")]
#[allow(clippy::indexing_slicing)] // evaluated when the crate is built
static TABLE: [u8; SLOTS] = {
    let mut table = [NONE; SLOTS];
    let mut i = 0;
    while i < COUNT {
        if let Some(home) = hash(vocabulary(i), ALL[i].as_bytes()) {
            let mut slot = home;
            while table[slot] != NONE {
                slot = (slot + 1) % SLOTS;
            }
            table[slot] = i as u8;
        }
        i += 1;
    }
    table
};

/// The tag of a name, if it is one of `vocabulary`.
#[cfg(any(feature = "xml", test))]
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)] // bounded by the conditions
const fn tag(vocabulary: Vocabulary, index: usize) -> Option<Tag> {
    let group = match (vocabulary, index) {
        (Vocabulary::SyncMl, METINF_AT..) => 4,
        (Vocabulary::Ddf, _) => 8,
        _ => vocabulary.space() as u16 >> GROUP,
    };
    let (first, count) = GROUPS[group as usize];
    let at = (index as u16).wrapping_sub(first as u16);
    if at >= count as u16 {
        return None;
    }
    Some(Tag(group << GROUP | (FIRST + at)))
}

/// The vocabulary of a name.
#[cfg(any(feature = "xml", test))]
const fn vocabulary(index: usize) -> Vocabulary {
    match index {
        _ if index < DDF_AT => Vocabulary::SyncMl,
        _ if index < DEVINF_AT => Vocabulary::Ddf,
        _ if index < PROVISIONING_AT => Vocabulary::DevInf,
        _ => Vocabulary::Provisioning,
    }
}

/// The home slot of a name, which has two letters or more. The factor is the best of some ten
/// thousand tried.
#[cfg(feature = "xml")]
const fn hash(vocabulary: Vocabulary, name: &[u8]) -> Option<usize> {
    let [first, second, ..] = name else {
        return None;
    };
    let [.., last] = name else { return None };
    let len = (name.len() as u8).wrapping_add((vocabulary as u8) << 6);
    let key = u32::from_le_bytes([*first, *second, *last, len]);
    Some((key.wrapping_mul(0x1436_7CC3) >> u32::BITS.wrapping_sub(SLOTS.ilog2())) as usize)
}

/// Where a name stands.
fn place(index: usize) -> Option<core::ops::Range<usize>> {
    let place = usize::from(*PLACES.get(index)?);
    let at = place >> LEN_BITS;
    Some(at..at.wrapping_add(place & LONGEST))
}

/// Where the name of `tag` stands.
fn place_of(tag: Tag) -> Option<core::ops::Range<usize>> {
    let (first, count) = *GROUPS.get(usize::from(tag.0 >> GROUP))?;
    let at = (tag.0 & 0x3F).wrapping_sub(FIRST);
    if at >= count.into() {
        return None;
    }
    let place = place(usize::from(first).wrapping_add(at.into()))?;
    (!place.is_empty()).then_some(place)
}

/// The name of `tag`.
pub(super) fn name(tag: Tag) -> Option<&'static str> {
    TEXT.get(place_of(tag)?)
}

/// The octets of the name of `tag`.
pub(super) fn octets(tag: Tag) -> Option<&'static [u8]> {
    TEXT.as_bytes().get(place_of(tag)?)
}

/// The tag of the name with that number, if it is `name` of `vocabulary`.
#[cfg(feature = "xml")]
fn matching(index: usize, vocabulary: Vocabulary, name: &[u8]) -> Option<Tag> {
    if TEXT.as_bytes().get(place(index)?)? != name {
        return None;
    }
    tag(vocabulary, index)
}

/// The tag with `name` in `vocabulary`.
#[cfg(feature = "xml")]
pub(super) fn find(vocabulary: Vocabulary, name: &[u8]) -> Option<Tag> {
    let mut slot = hash(vocabulary, name)?;
    loop {
        let index = *TABLE.get(slot)?;
        if index == NONE {
            return None;
        }
        if let Some(tag) = matching(index.into(), vocabulary, name) {
            return Some(tag);
        }
        slot = slot.wrapping_add(1) % SLOTS;
    }
}

/// The tag with `name` in `vocabulary`.
#[cfg(not(feature = "xml"))]
pub(super) fn find(vocabulary: Vocabulary, name: &[u8]) -> Option<Tag> {
    const _: () = assert!(COUNT == METINF_AT + METINF.len());
    let spells = |index: &usize| place(*index).and_then(|at| TEXT.as_bytes().get(at)) == Some(name);
    if vocabulary as u8 != Vocabulary::SyncMl as u8 || name.is_empty() {
        return None;
    }
    let index = (0..COUNT).find(spells)?;
    // Each page begins with the first token.
    let (page, at) = match index.checked_sub(METINF_AT) {
        Some(at) => (1, at),
        None => (0, index),
    };
    Some(Tag::new(page, (at as u8).wrapping_add(FIRST as u8)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tag_has_its_own_name() {
        for (at, spelled) in ALL.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let vocabulary = vocabulary(at);
            let tag = tag(vocabulary, at).unwrap();
            assert_eq!(tag.vocabulary(), vocabulary);
            assert_eq!(tag.name(), Some(*spelled));
            assert_eq!(Tag::from_name(vocabulary, spelled.as_bytes()), Some(tag));
        }
    }

    #[cfg(feature = "xml")]
    #[test]
    fn most_names_are_found_at_once() {
        let mut probes = 0;
        for (at, name) in ALL.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let home = hash(vocabulary(at), name.as_bytes()).unwrap();
            let slot = TABLE
                .iter()
                .position(|entry| usize::from(*entry) == at)
                .unwrap();
            probes += (slot + SLOTS - home) % SLOTS;
        }
        assert!(
            probes < COUNT / 2,
            "{probes} extra comparisons for {COUNT} names"
        );
    }

    #[test]
    fn other_names_are_not_found() {
        for name in ["", "a", "syncml", "SyncMl", "Node", "Targets", "LocUri"] {
            assert_eq!(Tag::from_name(Vocabulary::SyncMl, name.as_bytes()), None);
        }
        assert_eq!(Tag::new(0, 0x30).name(), None);
        assert_eq!(Tag::new(0, 0x3D).name(), None);
        assert_eq!(Tag::new(7, 5).name(), None);
        assert_eq!(Tag::UNKNOWN.name(), None);
    }
}
