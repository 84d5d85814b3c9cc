//! Element names: one value for both encodings.
//!
//! REP-C-008, REP-C-009, REP-C-010: the tables of code pages 0, 1 and 2, and those of DevInf and
//! client provisioning.

use core::fmt;

use crate::Vocabulary;

mod names;

/// An element: vocabulary, code page and token.
///
/// The constants of this module name all known ones. An element without a name here keeps its page
/// and token when it came as WBXML, and is [`Tag::UNKNOWN`] when it came as a name (XML, or a
/// literal of WBXML).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Tag(pub(crate) u16);

const PROVISIONING: u16 = Vocabulary::Provisioning.space() as u16;
const DEVINF: u16 = Vocabulary::DevInf.space() as u16;
const SPACE: u16 = 0xC0;

impl Tag {
    /// An element known by a name only, which is not in the tables.
    pub const UNKNOWN: Self = Self(0);

    /// The element of a SyncML document on code `page` with `token` (its low six bits).
    pub const fn new(page: u8, token: u8) -> Self {
        Self((page as u16) << 8 | (token & 0x3F) as u16)
    }

    /// What the elements on code `page` of the vocabulary with these `space` bits have in common.
    pub(crate) const fn base(space: u8, page: u8) -> Self {
        Self((page as u16) << 8 | space as u16)
    }

    /// The element with the low six bits of `token`, where this is the [`Tag::base`].
    #[inline(always)]
    pub(crate) const fn with(self, token: u8) -> Self {
        Self(self.0 | (token & 0x3F) as u16)
    }

    /// The code page: 0 SyncML, 1 MetInf, 2 device description and TNDS.
    pub const fn page(self) -> u8 {
        (self.0 >> 8) as u8
    }

    /// The token without its content and attribute bits: 0x05 to 0x3F, or 0 for [`Tag::UNKNOWN`].
    pub const fn token(self) -> u8 {
        (self.0 & 0x3F) as u8
    }

    /// The vocabulary whose tables hold the element.
    pub const fn vocabulary(self) -> Vocabulary {
        match (self.0 & SPACE, self.page()) {
            (0, 2) => Vocabulary::Ddf,
            (0, _) => Vocabulary::SyncMl,
            (PROVISIONING, _) => Vocabulary::Provisioning,
            _ => Vocabulary::DevInf,
        }
    }

    /// Whether it is of page 0 of SyncML, unknown ones included.
    pub(crate) const fn is_syncml(self) -> bool {
        self.0 < 0x40
    }

    /// The element name, if it has one. Without the `xml` feature only SyncML and MetInf have
    /// names.
    pub fn name(self) -> Option<&'static str> {
        names::name(self)
    }

    /// The octets of its name.
    pub(crate) fn octets(self) -> Option<&'static [u8]> {
        names::octets(self)
    }

    /// The element called `name` (without prefix) in a document of that vocabulary. Names are case
    /// sensitive.
    ///
    /// `SyncMl` covers pages 0 and 1, whose names do not overlap. Cost: one hash and usually one
    /// comparison; without the `xml` feature, which leaves out the other vocabularies, up to 74
    /// comparisons.
    pub fn from_name(vocabulary: Vocabulary, name: &[u8]) -> Option<Self> {
        names::find(vocabulary, name)
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "tag {}:{:02X}", self.page(), self.token()),
        }
    }
}

macro_rules! vocabulary {
    ($page:literal, $space:expr; $($token:literal $name:ident $text:literal,)*) => {
        $(#[doc = concat!("`", $text, "`")] pub const $name: Tag = Tag(Tag::new($page, $token).0 | $space);)*
    };
}

vocabulary! { 0, 0;
    0x05 ADD "Add",
    0x06 ALERT "Alert",
    0x07 ARCHIVE "Archive",
    0x08 ATOMIC "Atomic",
    0x09 CHAL "Chal",
    0x0A CMD "Cmd",
    0x0B CMD_ID "CmdID",
    0x0C CMD_REF "CmdRef",
    0x0D COPY "Copy",
    0x0E CRED "Cred",
    0x0F DATA "Data",
    0x10 DELETE "Delete",
    0x11 EXEC "Exec",
    0x12 FINAL "Final",
    0x13 GET "Get",
    0x14 ITEM "Item",
    0x15 LANG "Lang",
    0x16 LOC_NAME "LocName",
    0x17 LOC_URI "LocURI",
    0x18 MAP "Map",
    0x19 MAP_ITEM "MapItem",
    0x1A META "Meta",
    0x1B MSG_ID "MsgID",
    0x1C MSG_REF "MsgRef",
    0x1D NO_RESP "NoResp",
    0x1E NO_RESULTS "NoResults",
    0x1F PUT "Put",
    0x20 REPLACE "Replace",
    0x21 RESP_URI "RespURI",
    0x22 RESULTS "Results",
    0x23 SEARCH "Search",
    0x24 SEQUENCE "Sequence",
    0x25 SESSION_ID "SessionID",
    0x26 SFT_DEL "SftDel",
    0x27 SOURCE "Source",
    0x28 SOURCE_REF "SourceRef",
    0x29 STATUS "Status",
    0x2A SYNC "Sync",
    0x2B SYNC_BODY "SyncBody",
    0x2C SYNC_HDR "SyncHdr",
    0x2D SYNC_ML "SyncML",
    0x2E TARGET "Target",
    0x2F TARGET_REF "TargetRef",
    0x31 VER_DTD "VerDTD",
    0x32 VER_PROTO "VerProto",
    0x33 NUMBER_OF_CHANGES "NumberOfChanges",
    0x34 MORE_DATA "MoreData",
    0x35 FIELD "Field",
    0x36 FILTER "Filter",
    0x37 RECORD "Record",
    0x38 FILTER_TYPE "FilterType",
    0x39 SOURCE_PARENT "SourceParent",
    0x3A TARGET_PARENT "TargetParent",
    0x3B MOVE "Move",
    0x3C CORRELATOR "Correlator",
}

vocabulary! { 1, 0;
    0x05 ANCHOR "Anchor",
    0x06 EMI "EMI",
    0x07 FORMAT "Format",
    0x08 FREE_ID "FreeID",
    0x09 FREE_MEM "FreeMem",
    0x0A LAST "Last",
    0x0B MARK "Mark",
    0x0C MAX_MSG_SIZE "MaxMsgSize",
    0x0D MEM "Mem",
    0x0E MET_INF "MetInf",
    0x0F NEXT "Next",
    0x10 NEXT_NONCE "NextNonce",
    0x11 SHARED_MEM "SharedMem",
    0x12 SIZE "Size",
    0x13 TYPE "Type",
    0x14 VERSION "Version",
    0x15 MAX_OBJ_SIZE "MaxObjSize",
    0x16 FIELD_LEVEL "FieldLevel",
}

/// Elements of device descriptions (DDF) and serialised trees (TNDS), code page 2.
///
/// The lower-case format elements are called `FORMAT_*`.
pub mod ddf {
    use super::Tag;

    vocabulary! { 2, 0;
        0x05 ACCESS_TYPE "AccessType",
        0x06 ACL "ACL",
        0x07 ADD "Add",
        0x08 FORMAT_B64 "b64",
        0x09 FORMAT_BIN "bin",
        0x0A FORMAT_BOOL "bool",
        0x0B FORMAT_CHR "chr",
        0x0C CASE_SENSE "CaseSense",
        0x0D CIS "CIS",
        0x0E COPY "Copy",
        0x0F CS "CS",
        0x10 FORMAT_DATE "date",
        0x11 DDF_NAME "DDFName",
        0x12 DEFAULT_VALUE "DefaultValue",
        0x13 DELETE "Delete",
        0x14 DESCRIPTION "Description",
        0x15 DF_FORMAT "DFFormat",
        0x16 DF_PROPERTIES "DFProperties",
        0x17 DF_TITLE "DFTitle",
        0x18 DF_TYPE "DFType",
        0x19 DYNAMIC "Dynamic",
        0x1A EXEC "Exec",
        0x1B FORMAT_FLOAT "float",
        0x1C FORMAT "Format",
        0x1D GET "Get",
        0x1E FORMAT_INT "int",
        0x1F MAN "Man",
        0x20 MGMT_TREE "MgmtTree",
        0x21 MIME "MIME",
        0x22 MOD "Mod",
        0x23 NAME "Name",
        0x24 NODE "Node",
        0x25 FORMAT_NODE "node",
        0x26 NODE_NAME "NodeName",
        0x27 FORMAT_NULL "null",
        0x28 OCCURRENCE "Occurrence",
        0x29 ONE "One",
        0x2A ONE_OR_MORE "OneOrMore",
        0x2B ONE_OR_N "OneOrN",
        0x2C PATH "Path",
        0x2D PERMANENT "Permanent",
        0x2E REPLACE "Replace",
        0x2F RT_PROPERTIES "RTProperties",
        0x30 SCOPE "Scope",
        0x31 SIZE "Size",
        0x32 FORMAT_TIME "time",
        0x33 TITLE "Title",
        0x34 TSTAMP "TStamp",
        0x35 TYPE "Type",
        0x36 VALUE "Value",
        0x37 VER_DTD "VerDTD",
        0x38 VER_NO "VerNo",
        0x39 FORMAT_XML "xml",
        0x3A ZERO_OR_MORE "ZeroOrMore",
        0x3B ZERO_OR_N "ZeroOrN",
        0x3C ZERO_OR_ONE "ZeroOrOne",
    }
}

/// Elements of DevInf documents.
pub mod devinf {
    use super::{DEVINF, Tag};

    vocabulary! { 0, DEVINF;
        0x05 CT_CAP "CTCap",
        0x06 CT_TYPE "CTType",
        0x07 DATA_STORE "DataStore",
        0x08 DATA_TYPE "DataType",
        0x09 DEV_ID "DevID",
        0x0A DEV_INF "DevInf",
        0x0B DEV_TYP "DevTyp",
        0x0C DISPLAY_NAME "DisplayName",
        0x0D DS_MEM "DSMem",
        0x0E EXT "Ext",
        0x0F FW_V "FwV",
        0x10 HW_V "HwV",
        0x11 MAN "Man",
        0x12 MAX_GUID_SIZE "MaxGUIDSize",
        0x13 MAX_ID "MaxID",
        0x14 MAX_MEM "MaxMem",
        0x15 MOD "Mod",
        0x16 OEM "OEM",
        0x17 PARAM_NAME "ParamName",
        0x18 PROP_NAME "PropName",
        0x19 RX "Rx",
        0x1A RX_PREF "Rx-Pref",
        0x1B SHARED_MEM "SharedMem",
        0x1C MAX_SIZE "MaxSize",
        0x1D SOURCE_REF "SourceRef",
        0x1E SW_V "SwV",
        0x1F SYNC_CAP "SyncCap",
        0x20 SYNC_TYPE "SyncType",
        0x21 TX "Tx",
        0x22 TX_PREF "Tx-Pref",
        0x23 VAL_ENUM "ValEnum",
        0x24 VER_CT "VerCT",
        0x25 VER_DTD "VerDTD",
        0x26 X_NAM "XNam",
        0x27 X_VAL "XVal",
        0x28 UTC "UTC",
        0x29 SUPPORT_NUMBER_OF_CHANGES "SupportNumberOfChanges",
        0x2A SUPPORT_LARGE_OBJS "SupportLargeObjs",
        0x2B PROPERTY "Property",
        0x2C PROP_PARAM "PropParam",
        0x2D MAX_OCCUR "MaxOccur",
        0x2E NO_TRUNCATE "NoTruncate",
        0x30 FILTER_RX "Filter-Rx",
        0x31 FILTER_CAP "FilterCap",
        0x32 FILTER_KEYWORD "FilterKeyword",
        0x33 FIELD_LEVEL "FieldLevel",
        0x34 SUPPORT_HIERARCHICAL_SYNC "SupportHierarchicalSync",
    }
}

/// Elements of client provisioning documents.
pub mod provisioning {
    use super::{PROVISIONING, Tag};

    vocabulary! { 0, PROVISIONING;
        0x05 WAP_PROVISIONINGDOC "wap-provisioningdoc",
        0x06 CHARACTERISTIC "characteristic",
        0x07 PARM "parm",
    }
}
