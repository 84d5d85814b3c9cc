//! `dm replay`: a device, and what a server would have said to it.

mod drive;

use std::ffi::OsString;
use std::path::Path;

use dm_core::{Encoding, End, Report};
use dm_tree::Tree;
use lexopt::prelude::*;
use serde::Serialize;

use crate::changes::{self, Change, Record};
use crate::console::{self, Input};
use crate::device::Device;
use crate::failure::Failure;
use drive::{Buffers, Drive, Next, Sent};

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "replay",
    summary: "feed server messages to a device described by a file",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm replay --device DEVICE.toml [options] MESSAGE...

A client described by DEVICE.toml starts a session. Each MESSAGE, a file in XML or WBXML, is taken as the server's
answer to what the client sent last. Every message of the client is printed as XML, the next one after a line `---`;
then come the values that changed in its tree, and how the session stands.

  --device FILE        the device
  --xml, --wbxml       encoding the client begins in (default: that of the first MESSAGE)
  --session-id N       SessionID, decimal (default: what the account says)
  --max-msg-size N     octets of the largest message the client takes (default 16384)
  --json               one JSON object: messages, changes, report, error; binary values in Base64

A run says the same each time: the clock stands at 2026-01-01T00:00:00Z and the random octets count up from 0. The
server is taken as proved by the transport, as a TLS connection would. A message that is broken or refused is named with
the octet and the reason, and the exit status is 1; nothing of a broken message is executed.

The device file:

  ddf = [\"vendor.ddf\"]                  # beside this file; DevInfo, DevDetail and DMAcc are always there

  [limits]                              # of URIs; each may be left out
  max_depth = 8
  max_tot_len = 127
  max_seg_len = 32

  [values]                              # a string, number or truth value; octets in Base64; {} is an interior node
  \"./DevInfo/Man\" = \"Example Meters\"
  \"./Vendor/cfg/key\" = { base64 = \"AAEC\" }
  \"./Vendor/cfg/doc\" = { value = \"<a/>\", format = \"xml\" }
  \"./Vendor/cfg/group\" = {}

  [acl]
  \"./Vendor/cfg\" = \"Get=*&Replace=srv\"

  [exec]                                # what Exec answers: 200 done, 202 later, or the status of a refusal
  \"./Vendor/reboot\" = 200

  [[account]]                           # a DM account; name, server_id and addr are needed
  name = \"home\"
  server_id = \"dm.example.net\"
  addr = \"http://dm.example.net/dm\"
  auth = \"DIGEST\"                       # or BASIC: how the two prove themselves to each other
  user = \"device-7\"
  secret = \"...\"
  client_nonce = \"AAEC\"                 # Base64, for DIGEST
  server_user = \"dm.example.net\"        # how the server proves itself
  server_secret = \"...\"
  server_nonce = \"AwQF\"
  server_auth = \"required\"              # or transport: a secured connection is proof enough
  version = \"auto\"                      # or 1.2, 1.3
";

struct Request {
    device: OsString,
    encoding: Encoding,
    session_id: Option<u16>,
    max_msg_size: usize,
    json: bool,
    messages: Vec<Input>,
}

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let request = parse(parser)?;
    let device = Device::load(Path::new(&request.device))?;
    let schema = device.schema();
    let mut tree = device.open()?;
    let before = changes::snapshot(&mut tree, &schema);
    let session = Session::run(&request, &mut tree);
    let after = changes::snapshot(&mut tree, &schema);
    let changes = changes::changes(&before, &after);
    console::print(&if request.json {
        session.json(&changes)?
    } else {
        session.text(&changes)
    })?;
    session.failure.map_or(Ok(()), Err)
}

fn parse(parser: &mut lexopt::Parser) -> Result<Request, Failure> {
    let (mut device, mut encoding, mut session_id) = (None, None, None);
    let (mut max_msg_size, mut json, mut files) = (16384, false, Vec::<OsString>::new());
    while let Some(argument) = parser.next()? {
        match argument {
            Long("device") => device = Some(parser.value()?),
            Long("xml") => encoding = Some(Encoding::Xml),
            Long("wbxml") => encoding = Some(Encoding::Wbxml),
            Long("session-id") => session_id = Some(parser.value()?.parse()?),
            Long("max-msg-size") => max_msg_size = parser.value()?.parse()?,
            Long("json") => json = true,
            Short('h') | Long("help") => return Err(Failure::Help),
            Value(file) => files.push(file),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let device =
        device.ok_or_else(|| Failure::usage("--device is missing (--help shows all options)"))?;
    let messages = files
        .iter()
        .map(|file| Input::read(file))
        .collect::<Result<Vec<_>, _>>()?;
    let first = messages
        .first()
        .map(|message| Encoding::detect(&message.bytes));
    let encoding = encoding.or(first).unwrap_or(Encoding::Wbxml);
    Ok(Request {
        device,
        encoding,
        session_id,
        max_msg_size,
        json,
        messages,
    })
}

/// What came of a session.
#[derive(Default)]
struct Session {
    sent: Vec<Sent>,
    /// `None`: the client still waits for an answer, or never began.
    report: Option<Report>,
    failure: Option<Failure>,
}

impl Session {
    fn run(request: &Request, tree: &mut Tree<'_>) -> Self {
        let mut session = Self::default();
        if let Err(failure) = session.play(request, tree) {
            session.failure = Some(failure);
        }
        session
    }

    fn play(&mut self, request: &Request, tree: &mut Tree<'_>) -> Result<(), Failure> {
        let mut buffers = Buffers::new(request.encoding, request.max_msg_size);
        let mut drive = Drive::new(&mut buffers, request.encoding, tree)?;
        let next = drive.start(request.session_id)?;
        let mut uri = self.take(next)?;
        for message in &request.messages {
            let named = |failure: Failure| Failure::failed(format!("{}: {failure}", message.name));
            if self.report.is_some() {
                return Err(named(Failure::failed("not used, the session is over")));
            }
            let fault = drive::fault(&message.bytes);
            let next = drive.receive(&message.bytes, &uri).map_err(named)?;
            let taken = self.take(next);
            if let Some((kind, offset)) = fault {
                return Err(named(Failure::failed(format!("{kind} at octet {offset}"))));
            }
            uri = taken.map_err(named)?;
        }
        Ok(())
    }

    /// Keeps what the client says; gives where it goes.
    fn take(&mut self, next: Next) -> Result<String, Failure> {
        match next {
            Next::Sent(sent) => {
                let uri = sent.uri.clone();
                self.sent.push(sent);
                Ok(uri)
            }
            Next::Over(report) => {
                self.report = Some(report);
                match report.end {
                    End::Closed => Ok(String::new()),
                    End::AbortedByServer => Err(Failure::failed(
                        "the server aborted the session (Alert 1223)",
                    )),
                    End::Failed(error) => Err(Failure::failed(error.to_string())),
                    _ => Err(Failure::failed("the session did not close")),
                }
            }
        }
    }

    fn text(&self, changes: &[Change<'_>]) -> String {
        let mut text = String::new();
        for sent in &self.sent {
            text.push_str(&sent.xml);
            text.push_str("\n---\n");
        }
        for change in changes {
            text.push_str(&change.line());
            text.push('\n');
        }
        if changes.is_empty() {
            text.push_str("no value changed\n");
        }
        text.push_str(&match &self.report {
            None => "session open: the client waits for an answer\n".to_owned(),
            Some(report) => format!(
                "session {}: {} messages sent, {} received; {} commands executed, {} refused\n",
                end(report),
                report.messages_sent,
                report.messages_received,
                report.executed,
                report.refused
            ),
        });
        text
    }

    fn json(&self, changes: &[Change<'_>]) -> Result<String, Failure> {
        let said = Said {
            messages: &self.sent,
            changes: changes.iter().map(Change::record).collect(),
            report: self.report.as_ref().map(Standing::of),
            error: self.failure.as_ref().map(ToString::to_string),
        };
        match serde_json::to_string_pretty(&said) {
            Ok(json) => Ok(json + "\n"),
            Err(why) => Err(Failure::failed(why.to_string())),
        }
    }
}

/// What `--json` prints.
#[derive(Serialize)]
struct Said<'s> {
    messages: &'s [Sent],
    changes: Vec<Record<'s>>,
    /// `null`: the client waits for an answer.
    report: Option<Standing>,
    error: Option<String>,
}

#[derive(Serialize)]
struct Standing {
    end: &'static str,
    messages_sent: u16,
    messages_received: u16,
    executed: u16,
    refused: u16,
}

impl Standing {
    fn of(report: &Report) -> Self {
        Self {
            end: end(report),
            messages_sent: report.messages_sent,
            messages_received: report.messages_received,
            executed: report.executed,
            refused: report.refused,
        }
    }
}

const fn end(report: &Report) -> &'static str {
    match report.end {
        End::Closed => "closed",
        End::AbortedByServer => "aborted",
        _ => "failed",
    }
}
