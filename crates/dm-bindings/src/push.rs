//! The push door: what a server sends without being asked, unwrapped and told apart.
//!
//! Bindings chapter 4. Every carrier ends in one place that decides by application id and media type ([`Push`]), and
//! nothing here authenticates anything: the body of a [`Push`] is as good as whoever sent it until dm-core has proved it.
//!
//! | what arrives | call |
//! |---|---|
//! | a datagram on port [`PORT`] | [`Push::datagram`] |
//! | the user data of a short message | [`Inbox::sms`], which also puts long ones together |
//! | a WTP invoke with a push | [`Invoked::read`], which also makes the acknowledgement of a confirmed one |
//! | the object of an OBEX PUT | [`Push::put`], or [`Push::typed`] with the media type |
#![cfg_attr(
    feature = "profile13",
    doc = "| an HTTP request or SIP message (profile) | [`Carried::http`], [`Carried::sip`] |"
)]
//!
//! | content type | application id | [`Kind`] |
//! |---|---|---|
//! | 0x44, `application/vnd.syncml.notification` | 0x07 or none | [`Notification`](Kind::Notification) |
#![cfg_attr(
    feature = "profile13",
    doc = "| 0x58, `application/vnd.syncml.dm.notification` | 0x07 | [`Notification13`](Kind::Notification13) |"
)]
//! | 0x42, `application/vnd.syncml.dm+wbxml` | 0x07 | [`DmWbxml`](Kind::DmWbxml) |
//! | 0x43, `application/vnd.syncml.dm+xml` | 0x07 | [`DmXml`](Kind::DmXml) |
//! | 0x36, `application/vnd.wap.connectivity-wbxml` | any or none | [`Provisioning`](Kind::Provisioning) |
//!
//! Everything else is [`Ignored`]. A push is never answered on its bearer (`NOT-C-027`); the acknowledgement of a confirmed
//! one says only that it came across.

mod build;
#[cfg(feature = "profile13")]
mod carried;
mod inbox;
mod media;
mod obex;
mod sms;
mod wsp;
mod wtp;

pub use build::{SMS_MAX, sms_part, sms_parts};
#[cfg(feature = "profile13")]
pub use carried::{Carried, HTTP_ANSWER};
pub use dm_core::Sec;
pub use inbox::{Inbox, LIFETIME_MS, PART_MAX, PARTS_MAX, SETS};
pub use wtp::Invoked;

use media::Content;

/// The port of connectionless WAP push (`wap-push`).
pub const PORT: u16 = 2948;

/// What a push holds, by its media type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Kind {
    /// A notification of DM 1.2 (Package 0).
    Notification,
    /// A notification of DM 1.3 (`P-NOTI-1`, this project's profile).
    #[cfg(feature = "profile13")]
    Notification13,
    /// A DM message in WBXML: a bootstrap of the DM profile, or a sessionless message.
    DmWbxml,
    /// A DM message in XML: never a bootstrap (`SEC-C-038`).
    DmXml,
    /// A bootstrap of the client provisioning profile, in WBXML.
    Provisioning,
}

/// A push for the DM client. Borrows from what it was read from; nothing of it is proved.
///
/// A [`Provisioning`](Kind::Provisioning), and a [`DmWbxml`](Kind::DmWbxml) that is a bootstrap, goes on as
/// `Origin::Push { sec: push.sec, mac: push.mac }` of dm-core's `bootstrap`, with the profile of its kind, which checks the
/// MAC over `body` before it reads any of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Push<'p> {
    /// What the body is.
    pub kind: Kind,
    /// The SEC parameter of the content type; `None`: there is none, or one that nobody knows.
    pub sec: Option<Sec>,
    /// The MAC parameter of the content type as it was written, 40 hex digits when it is sound; empty: there is none.
    pub mac: &'p [u8],
    /// The notification or document.
    pub body: &'p [u8],
}

/// Why something that arrived is no push for the DM client. It has had no effect.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Ignored {
    /// Lengths or codes of its wrapping contradict each other.
    Malformed,
    /// Another kind of message than a push.
    NotPush,
    /// Another port than [`PORT`].
    Port,
    /// Another application id, or none where there has to be one.
    Application,
    /// Another media type.
    ContentType,
    /// A short message of more parts than there is room for, or a longer part than there can be.
    TooLarge,
}

impl core::fmt::Display for Ignored {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "the wrapping is broken",
            Self::NotPush => "it is no push",
            Self::Port => "it is for another port",
            Self::Application => "it is for another application",
            Self::ContentType => "it is of another media type",
            Self::TooLarge => "it is too large",
        })
    }
}

impl core::error::Error for Ignored {}

/// The application that a push is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Application {
    Unnamed,
    Dm,
    Other,
}

impl<'p> Push<'p> {
    /// A datagram that arrived on `port`: a connectionless WAP push (`BIND-C-060`).
    ///
    /// # Errors
    /// [`Ignored`].
    pub fn datagram(port: u16, pdu: &'p [u8]) -> Result<Self, Ignored> {
        if port != PORT {
            return Err(Ignored::Port);
        }
        wsp::connectionless(pdu)
    }

    /// An object that was put over OBEX, whole, in one packet (`BIND-C-069`).
    ///
    /// # Errors
    /// [`Ignored`].
    pub fn put(packet: &'p [u8]) -> Result<Self, Ignored> {
        obex::put(packet)
    }

    /// A body whose media type is known from elsewhere, as the text of a Content-Type field with its parameters. The channel
    /// is one of DM, so that no application id is needed.
    ///
    /// # Errors
    /// [`Ignored::ContentType`]; [`Ignored::Malformed`] for a parameter that is there twice.
    pub fn typed(media_type: &'p [u8], body: &'p [u8]) -> Result<Self, Ignored> {
        let content = Content::of_text(media_type).ok_or(Ignored::Malformed)?;
        Self::route(Application::Dm, &content, body)
    }

    /// The one place where it is decided what a push is (`D13-C-033`).
    pub(crate) fn route(
        application: Application,
        content: &Content<'p>,
        body: &'p [u8],
    ) -> Result<Self, Ignored> {
        let kind = content.kind.ok_or(Ignored::ContentType)?;
        let is_for_us = match kind {
            Kind::Provisioning => true,
            Kind::Notification => application != Application::Other,
            _ => application == Application::Dm,
        };
        if !is_for_us {
            return Err(Ignored::Application);
        }
        Ok(Self {
            kind,
            sec: content.sec,
            mac: content.mac,
            body,
        })
    }
}
