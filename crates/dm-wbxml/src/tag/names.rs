//! The name tables: one pool of text, one of offsets, one hash table, all built at compile time.
//!
//! Only XML spells the elements of trees, DevInf and provisioning, so without it their names are
//! left out. A literal of WBXML is looked up by comparing, which is slow but never met in practice,
//! and saves the hash table.

use super::{DEVINF, PROVISIONING, SPACE, Tag};
use crate::Vocabulary;

/// Token of the first name of each group.
const FIRST: u8 = 0x05;

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

const COUNT: usize =
    SYNCML.len() + METINF.len() + DDF.len() + DEVINF_NAMES.len() + PROVISIONING_NAMES.len();
const METINF_AT: usize = SYNCML.len();
const DDF_AT: usize = METINF_AT + METINF.len();
const DEVINF_AT: usize = DDF_AT + DDF.len();
const PROVISIONING_AT: usize = DEVINF_AT + DEVINF_NAMES.len();

/// All names in one order: the index of a name is its number in the pools below.
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

#[allow(clippy::indexing_slicing)] // evaluated when the crate is built
const LEN: usize = {
    let mut len = 0;
    let mut i = 0;
    while i < COUNT {
        len += ALL[i].len();
        i += 1;
    }
    len
};

#[allow(clippy::indexing_slicing)] // evaluated when the crate is built
const POOL: [u8; LEN] = {
    let mut pool = [0; LEN];
    let mut at = 0;
    let mut i = 0;
    while i < COUNT {
        let name = ALL[i].as_bytes();
        let mut j = 0;
        while j < name.len() {
            pool[at] = name[j];
            at += 1;
            j += 1;
        }
        i += 1;
    }
    pool
};

static TEXT: &str = match core::str::from_utf8(&POOL) {
    Ok(text) => text,
    Err(_) => "",
};

#[allow(clippy::indexing_slicing)] // evaluated when the crate is built
static ENDS: [u16; COUNT] = {
    let mut ends = [0; COUNT];
    let mut end = 0;
    let mut i = 0;
    while i < COUNT {
        end += ALL[i].len() as u16;
        ends[i] = end;
        i += 1;
    }
    ends
};

/// Slots of the hash table; a power of two above the number of names, so that probing ends soon.
#[cfg(feature = "xml")]
const SLOTS: usize = 256;
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
        if let Some(home) = hash(group_of(i), ALL[i].as_bytes()) {
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

/// Which vocabulary the name with this number belongs to.
const fn group_of(index: usize) -> Vocabulary {
    if index < DDF_AT {
        Vocabulary::SyncMl
    } else if index < DEVINF_AT {
        Vocabulary::Ddf
    } else if index < PROVISIONING_AT {
        Vocabulary::DevInf
    } else {
        Vocabulary::Provisioning
    }
}

/// The home slot of a name, which has two letters or more. The factors are the best of some ten
/// thousand tried.
#[cfg(feature = "xml")]
const fn hash(group: Vocabulary, name: &[u8]) -> Option<usize> {
    let [first, second, ..] = name else {
        return None;
    };
    let [.., last] = name else { return None };
    let sum = (*first as usize).wrapping_mul(45);
    let sum = sum.wrapping_add((*second as usize).wrapping_mul(164));
    let sum = sum.wrapping_add((*last as usize).wrapping_mul(35));
    let sum = sum.wrapping_add(name.len().wrapping_mul(186));
    Some(sum.wrapping_add((group as usize).wrapping_mul(84)) % SLOTS)
}

/// The number of a tag in the tables.
fn index(tag: Tag) -> Option<usize> {
    let (from, len) = match (tag.0 & SPACE, tag.page()) {
        (0, 0) => (0, SYNCML.len()),
        (0, 1) => (METINF_AT, METINF.len()),
        (0, 2) => (DDF_AT, DDF.len()),
        (DEVINF, 0) => (DEVINF_AT, DEVINF_NAMES.len()),
        (PROVISIONING, 0) => (PROVISIONING_AT, PROVISIONING_NAMES.len()),
        _ => return None,
    };
    let at = usize::from(tag.token().checked_sub(FIRST)?);
    (at < len).then_some(at.wrapping_add(from))
}

/// The tag of a number in the tables.
fn tag(index: usize) -> Tag {
    let (page, space, from) = if index < METINF_AT {
        (0, 0, 0)
    } else if index < DDF_AT {
        (1, 0, METINF_AT)
    } else if index < DEVINF_AT {
        (2, 0, DDF_AT)
    } else if index < PROVISIONING_AT {
        (0, DEVINF, DEVINF_AT)
    } else {
        (0, PROVISIONING, PROVISIONING_AT)
    };
    Tag(Tag::new(page, FIRST.wrapping_add(index.wrapping_sub(from) as u8)).0 | space)
}

fn range(index: usize) -> core::ops::Range<usize> {
    let start = match index.checked_sub(1) {
        Some(before) => ENDS.get(before).copied().unwrap_or(0),
        None => 0,
    };
    usize::from(start)..usize::from(ENDS.get(index).copied().unwrap_or(0))
}

/// The name of `tag`.
pub(super) fn name(tag: Tag) -> Option<&'static str> {
    let name = TEXT.get(range(index(tag)?))?;
    (!name.is_empty()).then_some(name)
}

/// Whether the name with this number is `name` of `vocabulary`.
fn is(index: usize, vocabulary: Vocabulary, name: &[u8]) -> bool {
    TEXT.as_bytes().get(range(index)) == Some(name) && group_of(index) as u8 == vocabulary as u8
}

/// The tag with `name` in `vocabulary`.
#[cfg(feature = "xml")]
pub(super) fn find(vocabulary: Vocabulary, name: &[u8]) -> Option<Tag> {
    let mut slot = hash(vocabulary, name)?;
    loop {
        let at = usize::from(*TABLE.get(slot)?);
        if at >= COUNT {
            return None;
        }
        if is(at, vocabulary, name) {
            return Some(tag(at));
        }
        slot = slot.wrapping_add(1) % SLOTS;
    }
}

/// The tag with `name` in `vocabulary`.
#[cfg(not(feature = "xml"))]
pub(super) fn find(vocabulary: Vocabulary, name: &[u8]) -> Option<Tag> {
    (0..COUNT)
        .find(|at| is(*at, vocabulary, name))
        .filter(|_| !name.is_empty())
        .map(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "xml")]
    #[test]
    fn every_name_is_found_under_its_own_tag() {
        let mut probes = 0;
        for (at, name) in ALL.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
            let tag = tag(at);
            assert_eq!(tag.name(), Some(*name));
            assert_eq!(Tag::from_name(group_of(at), name.as_bytes()), Some(tag));
            let home = hash(group_of(at), name.as_bytes()).unwrap();
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
