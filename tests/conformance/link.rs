//! The way between device and server.

use core::time::Duration;

use dm_bindings::http::{Config as HttpConfig, Http};
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_bindings::{Exchange, Transport};
use dm_core::{Code, End, Failure, Peer, Received, Request};
use dm_server::{Config, Server, Sessions, Transcript};

use crate::device::Device;

/// With the server in this program.
pub(crate) fn here(device: &mut Device, config: Config, sessions: u32) -> Vec<String> {
    let mut direct = Direct {
        server: Sessions::new(config),
        hmac: None,
    };
    let mut wrong = Vec::new();
    for _ in 0..sessions {
        device.begin();
        block_on(direct.carry(device));
        let transcript = direct.server.last_transcript().unwrap();
        wrong.extend(judge(device, transcript));
    }
    wrong
}

/// With the server behind a socket.
pub(crate) fn behind_http(device: &mut Device, config: Config, sessions: u32) -> Vec<String> {
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
    for _ in 0..sessions {
        device.begin();
        block_on(http.carry(device));
        let transcripts = server.transcripts();
        wrong.extend(judge(device, transcripts.last().unwrap()));
    }
    drop(server.stop());
    wrong
}

/// What is wrong with a session.
fn judge(device: &mut Device, transcript: &Transcript) -> Vec<String> {
    let (end, mut wrong) = device.ended();
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
