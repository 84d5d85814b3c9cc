//! The parts of a message: one struct each, for reading and for writing.

use crate::{Tag, Text};

/// Header of a message. REP-C-014, REP-C-018.
#[derive(Clone, Copy, Debug, Default)]
pub struct SyncHdr<'a> {
    /// Version of the representation: `1.2`.
    pub ver_dtd: Text<'a>,
    /// Version of the protocol: `DM/1.2`.
    pub ver_proto: Text<'a>,
    /// Names the session, the same in each of its messages.
    pub session_id: Text<'a>,
    /// Names the message within the session and its sender.
    pub msg_id: Text<'a>,
    /// `Target/LocURI`: address of the receiver.
    pub target: Text<'a>,
    /// `Target/LocName`.
    pub target_name: Option<Text<'a>>,
    /// `Source/LocURI`: address of the sender.
    pub source: Text<'a>,
    /// `Source/LocName`: user name of the sender.
    pub source_name: Option<Text<'a>>,
    /// Where all further messages go. REP-C-015.
    pub resp_uri: Option<Text<'a>>,
    /// No `Status` is wanted (not used by DM).
    pub no_resp: bool,
    /// Credentials of the sender. REP-C-032.
    pub cred: Option<Cred<'a>>,
    /// `Meta/MaxMsgSize`: octets of the largest message the sender takes. REP-C-024.
    pub max_msg_size: Option<u32>,
    /// `Meta/MaxObjSize`: octets of the largest object the sender takes. REP-C-025.
    pub max_obj_size: Option<u32>,
}

/// Credentials.
#[derive(Clone, Copy, Debug, Default)]
pub struct Cred<'a> {
    /// `Meta/Format`: the coding of `data`.
    pub format: Option<Text<'a>>,
    /// `Meta/Type`: the scheme, such as `syncml:auth-md5`.
    pub mime: Option<Text<'a>>,
    /// The credentials.
    pub data: Text<'a>,
}

/// Meta information, of MetInf. REP-C-009, REP-C-023.
#[derive(Clone, Copy, Debug, Default)]
pub struct Meta<'a> {
    /// `Format`; absent means `chr` (REP-C-029).
    pub format: Option<Text<'a>>,
    /// `Type`; absent means `text/plain` (REP-C-029).
    pub mime: Option<Text<'a>>,
    /// `Size`: octets of the data as carried, of the whole object in the first chunk of a large
    /// one.
    pub size: Option<u32>,
    /// `Mark`: importance of a generic alert.
    pub mark: Option<Text<'a>>,
    /// `NextNonce`, in Base64.
    pub next_nonce: Option<Text<'a>>,
}

/// One item of a command, Status or Results.
#[derive(Clone, Copy, Debug, Default)]
pub struct Item<'a> {
    /// `Target/LocURI`.
    pub target: Option<Text<'a>>,
    /// `Source/LocURI`.
    pub source: Option<Text<'a>>,
    /// `Meta`; its values override those of the command.
    pub meta: Meta<'a>,
    /// `Data`.
    pub data: Option<Text<'a>>,
    /// `MoreData`: further chunks follow. REP-C-016.
    pub more_data: bool,
}

/// What stands in front of the items of a command, or of the commands in a container.
#[derive(Clone, Copy, Debug, Default)]
pub struct Command<'a> {
    /// Which command; [`Tag::UNKNOWN`] or a tag without name when unknown.
    pub tag: Tag,
    /// Names the command within its message.
    pub cmd_id: Text<'a>,
    /// No `Status` is wanted.
    pub no_resp: bool,
    /// `Meta`, for all items.
    pub meta: Meta<'a>,
    /// `Data`: the code of an Alert.
    pub data: Option<Text<'a>>,
    /// `Correlator` of an Alert or Exec. REP-C-017.
    pub correlator: Option<Text<'a>>,
    /// `MsgRef` of Results.
    pub msg_ref: Option<Text<'a>>,
    /// `CmdRef` of Results.
    pub cmd_ref: Option<Text<'a>>,
}

/// The answer to one command.
#[derive(Clone, Copy, Debug, Default)]
pub struct Status<'a> {
    /// Names the Status within its message.
    pub cmd_id: Text<'a>,
    /// `MsgID` of the message answered.
    pub msg_ref: Text<'a>,
    /// `CmdID` of the command answered; `0`, or empty with `cmd` `SyncHdr`: the header.
    pub cmd_ref: Text<'a>,
    /// Name of the command answered.
    pub cmd: Text<'a>,
    /// The first `TargetRef`.
    pub target_ref: Option<Text<'a>>,
    /// The first `SourceRef`.
    pub source_ref: Option<Text<'a>>,
    /// `Chal/Meta`: the challenge.
    pub chal: Option<Meta<'a>>,
    /// `Data`: the status code; 0 when it is missing or not a number below 65,536.
    pub code: u16,
}
