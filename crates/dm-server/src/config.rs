//! What a server is: its identity, the devices it knows, the listener, and the script it plays.

use core::fmt;
use core::time::Duration;

use crate::digest::Scheme;
use crate::lab::{About, Bench, Expect};
use crate::script::Package;
use crate::tls::Tls;

/// A whole server. Built in code from [`Config::default`], or read from a scenario file with [`Config::parse`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// Who the server is and what it demands.
    pub server: Identity,
    /// The accounts of the devices it manages.
    pub devices: Vec<Device>,
    /// What it does in a session, package after package; then it closes the session.
    pub packages: Vec<Package>,
    /// The HTTP listener.
    pub http: Http,
    /// What it is for.
    pub about: About,
    /// What a session has to come to.
    pub expect: Expect,
    /// The device it is for.
    pub bench: Bench,
}

/// Who the server is, how it proves it, what it demands of devices, and its limits.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Identity {
    /// Server identifier, as the devices know it.
    pub id: String,
    /// Its address in `Source/LocURI`; `None`: the address the device used as Target.
    pub uri: Option<String>,
    /// Name the server proves itself under; `None`: `id`.
    pub user: Option<String>,
    /// Secret the server proves itself with.
    pub secret: Secret,
    /// Scheme of the credentials sent in the first message after the device is authenticated; `None`: the server sends
    /// none until it is challenged.
    pub auth: Option<Scheme>,
    /// Let in devices without any account or credentials.
    pub anonymous: bool,
    /// Accept credentials for one message at a time (Status 200 and a new nonce) instead of for the session (212).
    pub per_message: bool,
    /// Protocol versions spoken (`VerProto`), the preferred one first; others are answered 513.
    pub versions: Vec<String>,
    /// Nonces to issue before random ones, decoded octets.
    pub nonces: Vec<Vec<u8>>,
    /// Largest message this server takes, octets; sent as `MaxMsgSize`.
    pub max_msg_size: Option<u32>,
    /// Largest object this server takes, octets; sent as `MaxObjSize`.
    pub max_obj_size: Option<u32>,
    /// Address all further messages of a session have to go to; sent as `RespURI`.
    pub resp_uri: Option<String>,
    /// Refused attempts to authenticate, in either direction, after which a session ends.
    pub max_attempts: u32,
    /// Messages from the device after which a session ends.
    pub max_messages: u32,
    /// Keep the octets of every message in the transcript.
    pub capture: bool,
}

impl Default for Identity {
    fn default() -> Self {
        Self {
            id: "dm.example.org".to_owned(),
            uri: None,
            user: None,
            secret: Secret::default(),
            auth: None,
            anonymous: false,
            per_message: false,
            versions: vec!["DM/1.3".to_owned(), "DM/1.2".to_owned()],
            nonces: Vec::new(),
            max_msg_size: None,
            max_obj_size: None,
            resp_uri: None,
            max_attempts: 3,
            max_messages: 1000,
            capture: false,
        }
    }
}

impl Identity {
    /// The name the server proves itself under.
    #[must_use]
    pub fn user(&self) -> &str {
        self.user.as_deref().unwrap_or(&self.id)
    }
}

/// The account of one device.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Device {
    /// Device identifier (`Source/LocURI`) the account belongs to; `None`: any.
    pub id: Option<String>,
    /// Name the device proves itself under.
    pub user: String,
    /// Secret of the device.
    pub secret: Secret,
    /// The scheme demanded; `None`: either, with MD5 in challenges.
    pub auth: Option<Scheme>,
    /// Nonce for the device's next credentials, decoded octets. Grows old as the server issues new ones.
    pub nonce: Vec<u8>,
    /// Nonce for the server's next credentials towards this device, decoded octets.
    pub server_nonce: Vec<u8>,
    /// Secret and nonce for 1.3 notifications to this device; `None`: those that the server proves itself with.
    pub notices: Option<(Secret, Vec<u8>)>,
}

impl Device {
    /// An account that demands MD5 credentials.
    #[must_use]
    pub fn new(user: &str, secret: &str) -> Self {
        Self {
            user: user.to_owned(),
            secret: Secret::new(secret),
            auth: Some(Scheme::Md5),
            ..Self::default()
        }
    }
}

/// A document that gives a device its account, as it is sent.
#[derive(Clone, Default)]
pub struct BootstrapDocument {
    /// The path where devices ask for it.
    pub path: String,
    /// Its media type.
    pub content_type: &'static str,
    /// Its octets. They hold secrets and are never printed.
    pub body: Vec<u8>,
}

impl core::fmt::Debug for BootstrapDocument {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "BootstrapDocument({}, {})", self.path, self.content_type)
    }
}

/// The HTTP listener: where it answers, how its answers are framed, and its bounds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Http {
    /// Path of the server.
    pub path: String,
    /// What the listener proves itself with; `None`: plain HTTP.
    pub tls: Option<Tls>,
    /// A path whose requests are redirected (307) to `path`.
    pub redirect: Option<String>,
    /// What a GET of a path of its own gives to devices that ask for their bootstrap; over TLS only, for it holds secrets.
    pub bootstrap: Option<BootstrapDocument>,
    /// Name a RespURI of the listener's own in every session.
    pub resp_uri: bool,
    /// Send answers in chunks of this many octets instead of with a length.
    pub chunk: Option<usize>,
    /// Keep connections open between requests.
    pub keep_alive: bool,
    /// Longest request head, octets.
    pub max_head: usize,
    /// Longest request body, octets.
    pub max_body: usize,
    /// Most connections served at the same time; others are closed at once.
    pub max_connections: usize,
    /// Time for one whole request, and for silence between two.
    pub timeout: Duration,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            path: "/dm".to_owned(),
            tls: None,
            redirect: None,
            bootstrap: None,
            resp_uri: false,
            chunk: None,
            keep_alive: true,
            max_head: 8 * 1024,
            max_body: 1024 * 1024,
            max_connections: 64,
            timeout: Duration::from_secs(30),
        }
    }
}

/// A secret: never printed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(secret.to_owned())
    }

    /// The secret itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_printed() {
        let mut config = Config::default();
        config.server.secret = Secret::new("hidden");
        config.devices.push(Device::new("dev", "hidden"));
        assert!(!format!("{config:?}").contains("hidden"));
    }
}
