//! All sessions of a server, and the way a message finds its own. No transport: octets in, octets out.

use std::sync::Arc;

use dm_wbxml::Encoding;

use crate::auth::Accounts;
use crate::config::Config;
use crate::http::{Reply, Request};
use crate::nonce::Nonces;
use crate::notify::{Format, Notification, NotificationError};
use crate::script::Package;
use crate::session::Session;
use crate::transcript::Transcript;
use crate::wire::Incoming;

/// Sessions kept, finished ones for their transcripts included.
const MAX_SESSIONS: usize = 256;

/// The server without its listener.
///
/// ```
/// use dm_server::{Config, Sessions};
///
/// let mut sessions = Sessions::new(Config::parse("[server]\nanonymous = true")?);
/// let reply = sessions.handle(b"not a message", "application/vnd.syncml.dm+xml");
/// assert_eq!(reply.status, 400);
/// # Ok::<(), dm_server::ScenarioError>(())
/// ```
#[derive(Debug)]
pub struct Sessions {
    config: Arc<Config>,
    script: Vec<Package>,
    accounts: Accounts,
    sessions: Vec<Session>,
}

impl Sessions {
    /// A server without sessions.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let accounts = Accounts {
            devices: config.devices.clone(),
            nonces: Nonces::new(&config.server.nonces),
        };
        let script = config.packages.clone();
        Self {
            config: Arc::new(config),
            script,
            accounts,
            sessions: Vec::new(),
        }
    }

    /// Answers one message.
    ///
    /// The reply has status 200 and a message in the same encoding; or 400 for a message whose header cannot be read, 403 for one
    /// after the end of its session, 415 for a content type that is not one of DM.
    pub fn handle(&mut self, body: &[u8], content_type: &str) -> Reply {
        self.handle_request(&Request {
            body,
            content_type,
            path: None,
            hmac: None,
        })
    }

    /// Answers one message that came with more than a content type.
    pub fn handle_request(&mut self, request: &Request<'_>) -> Reply {
        let mime = request
            .content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim();
        let encodings = [Encoding::Wbxml, Encoding::Xml];
        let Some(encoding) = encodings
            .into_iter()
            .find(|known| known.content_type().eq_ignore_ascii_case(mime))
        else {
            return Reply::refused(415);
        };
        let Ok(incoming) = Incoming::parse(request.body, encoding) else {
            return Reply::refused(400);
        };
        let header = &incoming.header;
        if header.session_id.is_empty() || header.msg_id.is_empty() || header.source.is_empty() {
            return Reply::refused(400);
        }
        let mut found = self
            .sessions
            .iter_mut()
            .rposition(|session| session.is_of(&incoming));
        if let Some(session) = found.and_then(|index| self.sessions.get_mut(index))
            && header.msg_id == "1"
            && !session.is_repeat(request.body)
            && !incoming.answers_header()
        {
            // A device that starts again under the same SessionID has lost or left the old session.
            session.abandon();
            found = None;
        }
        let index = found.unwrap_or_else(|| self.begin(&incoming));
        match self.sessions.get_mut(index) {
            Some(session) => session.receive(request, &incoming, encoding, &mut self.accounts),
            None => Reply::refused(500),
        }
    }

    /// Package 0 for a device: what `notification` says, signed as this server would for the device with this identifier, or
    /// the first one; with the nonce that it gave out last. 1.3 notifications are signed with what [`Device::notices`](crate::Device::notices) holds.
    ///
    /// # Errors
    /// There is no such device, or the notification says what has no place in it.
    pub fn notify(
        &self,
        device: Option<&str>,
        notification: &Notification,
    ) -> Result<Vec<u8>, NotificationError> {
        let mut devices = self.accounts.devices.iter();
        let device = devices
            .find(|known| device.is_none() || known.id.as_deref() == device)
            .ok_or_else(|| NotificationError("there is no such device".to_owned()))?;
        match &device.notices {
            Some((secret, nonce)) if notification.format != Format::V1_2 => {
                notification.sign(secret, nonce)
            }
            _ => notification.sign(&self.config.server.secret, &device.server_nonce),
        }
    }

    /// What happened so far, one transcript for each session, oldest first.
    pub fn transcripts(&self) -> impl Iterator<Item = &Transcript> {
        self.sessions.iter().map(Session::transcript)
    }

    /// The transcript of the youngest session.
    #[must_use]
    pub fn last_transcript(&self) -> Option<&Transcript> {
        self.sessions.last().map(Session::transcript)
    }

    /// How many sessions have ended.
    #[must_use]
    pub fn ended(&self) -> usize {
        self.sessions
            .iter()
            .filter(|session| session.is_ended())
            .count()
    }

    /// The transcripts of the sessions that have ended since the last call, oldest first: for a server that tells as it goes.
    pub fn newly_ended(&mut self) -> Vec<Transcript> {
        self.sessions
            .iter_mut()
            .filter_map(Session::end_to_tell)
            .cloned()
            .collect()
    }

    /// Gives the sessions that begin from now on another script.
    pub fn set_script(&mut self, packages: impl Into<Vec<Package>>) {
        self.script = packages.into();
    }

    /// Forgets all sessions; accounts and nonces stay.
    pub fn clear(&mut self) {
        self.sessions.clear();
    }

    fn begin(&mut self, incoming: &Incoming) -> usize {
        if self.sessions.len() >= MAX_SESSIONS {
            let ended = self.sessions.iter().position(Session::is_ended);
            self.sessions.remove(ended.unwrap_or(0));
        }
        self.sessions
            .push(Session::new(&self.config, &self.script, incoming));
        self.sessions.len().saturating_sub(1)
    }
}
