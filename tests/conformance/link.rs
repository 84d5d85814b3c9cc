//! The way between device and server.

use core::time::Duration;

use dm_bindings::http::{Config as HttpConfig, Http};
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_bindings::{Exchange, Transport};
use dm_core::{Code, End, Failure, Peer, Received, Request};
use dm_server::{
    Config, Format, Notification, NotificationError, Notified, Server, Sessions, Transcript, UiMode,
};

use crate::device::Device;

/// With the server in this program.
pub(crate) fn here(device: &mut Device, config: Config) -> Vec<String> {
    let starts = Starts::of(&config);
    let mut direct = Direct {
        server: Sessions::new(config),
        hmac: None,
    };
    let mut wrong = Vec::new();
    for start in &starts.0 {
        let sign = |notification: &Notification| direct.server.notify(None, notification);
        if !starts.begin(device, start, sign, &mut wrong) {
            continue;
        }
        block_on(direct.carry(device));
        let transcript = direct.server.last_transcript().unwrap();
        wrong.extend(judge(device, start, transcript));
    }
    wrong
}

/// With the server behind a socket.
pub(crate) fn behind_http(device: &mut Device, config: Config) -> Vec<String> {
    let starts = Starts::of(&config);
    let server = Server::bind("127.0.0.1:0", config).unwrap().spawn();
    device.lead_to(&server.url());
    let mut space = [0; 2048];
    let tcp = TcpConnector {
        limit: Duration::from_secs(10),
    };
    let config = HttpConfig {
        plain: true,
        ..HttpConfig::default()
    };
    let mut http = Http::new(tcp, config, &mut space);
    let mut wrong = Vec::new();
    for start in &starts.0 {
        let sign = |notification: &Notification| server.package0(None, notification);
        if !starts.begin(device, start, sign, &mut wrong) {
            continue;
        }
        block_on(http.carry(device));
        let transcripts = server.transcripts();
        wrong.extend(judge(device, start, transcripts.last().unwrap()));
    }
    drop(server.stop());
    wrong
}

/// Why the sessions of a script begin: by themselves, or each with a notification.
struct Starts(Vec<Option<Notified>>, Config);

impl Starts {
    fn of(config: &Config) -> Self {
        let bench = &config.bench;
        let count = usize::try_from(bench.sessions.max(1)).unwrap();
        let starts = match bench.notified.is_empty() {
            true => vec![None; count],
            false => bench.notified.iter().cloned().map(Some).collect(),
        };
        Self(starts, config.clone())
    }

    /// Begins a session, or has a notification do so; whether it has begun.
    fn begin(
        &self,
        device: &mut Device,
        start: &Option<Notified>,
        sign: impl Fn(&Notification) -> Result<Vec<u8>, NotificationError>,
        wrong: &mut Vec<String>,
    ) -> bool {
        let Some(notified) = start else {
            device.begin();
            return true;
        };
        let notification = self.notification(notified);
        let octets = match &notified.secret {
            _ if notified.again => device.last_notification.clone(),
            None => sign(&notification).unwrap(),
            Some(secret) => {
                let nonce = &self.1.devices[0].server_nonce;
                let secret = dm_server::Secret::new(secret);
                notification.sign(&secret, nonce).unwrap()
            }
        };
        device.last_notification.clone_from(&octets);
        let begins = device.notified(notified.is_13, &octets);
        if begins == notified.refused {
            wrong.push(format!("begins: {begins}, with {notification:?}"));
        }
        wrong.extend(device.faults());
        begins
    }

    fn notification(&self, notified: &Notified) -> Notification {
        let format = match notified.is_13 {
            true => Format::V1_3Md5,
            false => Format::V1_2,
        };
        let server = notified.server.as_ref().unwrap_or(&self.1.server.id);
        let mut notification = Notification::new(format, server, notified.session);
        notification.version = notified.version.unwrap_or(notification.version);
        notification.ui_mode = match notified.ui_mode {
            1 => UiMode::Background,
            2 => UiMode::Informative,
            3 => UiMode::UserInteraction,
            _ => UiMode::NotSpecified,
        };
        notification.by_user = notified.by_user;
        notification.vendor = notified.vendor.clone().into_bytes();
        notification
    }
}

/// What is wrong with a session.
fn judge(device: &mut Device, start: &Option<Notified>, transcript: &Transcript) -> Vec<String> {
    let (end, mut wrong) = device.ended();
    if let Some(notified) = start
        && transcript.session_id != format!("{:X}", notified.session)
    {
        // NOT-C-011, NOT-C-012
        let what = format!(
            "session {}, not {:X}",
            transcript.session_id, notified.session
        );
        wrong.push(what);
    }
    let agree = match transcript.end {
        dm_server::End::Closed => end == End::Closed,
        dm_server::End::AbortedByServer(_) => end == End::AbortedByServer,
        _ => matches!(end, End::Failed(_)),
    };
    if !agree {
        wrong.push(format!("the device ends with {end:?}"));
    }
    if !transcript.is_clean() {
        wrong.push(transcript.to_string());
    }
    wrong
}

struct Direct {
    server: Sessions,
    hmac: Option<String>,
}

impl Exchange for Direct {
    async fn exchange(
        &mut self,
        request: &Request<'_>,
        rx: &mut [u8],
    ) -> Result<Received<'_>, Failure> {
        let reply = self.server.handle_request(&dm_server::Request {
            body: request.body,
            content_type: request.content_type,
            path: None,
            hmac: request.hmac,
        });
        if reply.status != 200 {
            return Err(Failure::Http(Code(reply.status)));
        }
        let len = reply.body.len();
        rx.get_mut(..len)
            .ok_or(Failure::TooLarge)?
            .copy_from_slice(&reply.body);
        self.hmac = reply.hmac;
        Ok(Received {
            len,
            content_type: reply.content_type,
            hmac: self.hmac.as_deref(),
            peer: Peer::Plain,
        })
    }
}
