//! One session with one device: what a message means, and what follows from it.
//!
//! | state | message of the device | answer | next |
//! |---|---|---|---|
//! | Setup | not authenticated | Status 401/407 with a challenge, for everything | Setup |
//! | Setup | without Final | Status, Alert 1222 | Setup |
//! | Setup | Final, Alert 1200/1201 or DevInfo missing | Status, Alert 1223 | Ended |
//! | Setup | Final | Status, first package of the script | Management |
//! | Management | without Final, answers missing | Status, Alert 1222 | Management |
//! | Management | without Final, all answered, own package not complete | Status, next part | Management |
//! | Management | without Final, all answered, own package complete | Status, Alert 1222 | Management |
//! | Management | Final | Status, next package of the script | Management |
//! | Management | Final, script at its end | Status only | Ended |
//! | any | the device refuses the server's credentials | Status, the refused commands with others | same |
//! | any | Alert 1223 | Status only | Ended |
//! | any | MsgID of the last message | the last answer again | same |
//! | Ended | anything else | none (HTTP 403) | Ended |

mod commands;
mod outbound;
mod record;
mod tricks;

use std::collections::VecDeque;
use std::sync::Arc;

use dm_wbxml::Encoding;

use crate::auth::{Accounts, DeviceAuth, OwnAuth, Reaction, Verdict};
use crate::config::Config;
use crate::draft::{self, Answer, Heading, Task};
use crate::http::{Reply, Request};
use crate::ledger::{Ledger, Object};
use crate::objects::Objects;
use crate::script::Package;
use crate::transcript::{End, Side, Transcript};
use crate::wire::{Incoming, Part, Status};

use commands::Setup;
use outbound::Plan;
use tricks::Tricks;

/// One session.
#[derive(Debug)]
pub(crate) struct Session {
    config: Arc<Config>,
    /// The script, package after package.
    script: VecDeque<Package>,
    encoding: Encoding,
    heading: Heading,
    transcript: Transcript,
    /// `None` once package 1 is complete.
    setup: Option<Setup>,
    device: DeviceAuth,
    own: OwnAuth,
    /// The device's MaxMsgSize and MaxObjSize.
    device_msg: Option<u32>,
    device_obj: Option<u32>,
    /// The device's last message and the answer to it.
    last_id: u32,
    last_body: Vec<u8>,
    last_reply: Option<Reply>,
    /// Status elements that wait for room.
    answers: VecDeque<Answer>,
    /// Commands that wait for their turn.
    tasks: VecDeque<Task>,
    /// Commands of the last message, to be sent again when it is refused.
    last_tasks: Vec<Task>,
    /// Commands sent since the package began.
    in_package: usize,
    /// The package is not complete yet.
    package_open: bool,
    /// The last message was a refusal, so its commands were none.
    refusing: bool,
    ledger: Ledger,
    objects: Objects,
    /// What is done on purpose.
    tricks: Tricks,
    /// What the message at hand did.
    turn: Turn,
    /// The end was told.
    told: bool,
}

/// What one message of the device did beside being answered.
#[derive(Debug, Default)]
struct Turn {
    aborted: bool,
    asked: bool,
    took_piece: bool,
    answered_piece: bool,
    /// A command of the message has MoreData, so nothing may follow.
    in_object: bool,
    /// Octets of the message.
    size: usize,
}

impl Session {
    /// A session that has not seen its first message.
    pub(crate) fn new(config: &Arc<Config>, script: &[Package], incoming: &Incoming) -> Self {
        let header = &incoming.header;
        let server = &config.server;
        let known = server
            .versions
            .iter()
            .find(|version| **version == header.ver_proto);
        let heading = Heading {
            ver_dtd: "1.2".to_owned(),
            names: draft::names(script.iter().flat_map(|package| &package.ops)),
            version: known
                .or(server.versions.first())
                .cloned()
                .unwrap_or_default(),
            session_id: header.session_id.clone(),
            msg_id: 0,
            target: header.source.clone(),
            source: server.uri.clone().unwrap_or_else(|| header.target.clone()),
            user: server.user().to_owned(),
            proof: None,
            is_named: false,
            resp_uri: server.resp_uri.clone(),
            max_msg_size: server.max_msg_size,
            max_obj_size: server.max_obj_size,
        };
        let transcript = Transcript {
            device: header.source.clone(),
            session_id: header.session_id.clone(),
            version: header.ver_proto.clone(),
            expected: config.expect.end.clone(),
            ..Transcript::default()
        };
        Self {
            config: Arc::clone(config),
            script: script.iter().cloned().collect(),
            encoding: Encoding::Wbxml,
            heading,
            transcript,
            setup: Some(Setup::default()),
            device: DeviceAuth::default(),
            own: OwnAuth::default(),
            device_msg: None,
            device_obj: None,
            last_id: 0,
            last_body: Vec::new(),
            last_reply: None,
            answers: VecDeque::new(),
            tasks: VecDeque::new(),
            last_tasks: Vec::new(),
            in_package: 0,
            package_open: false,
            refusing: false,
            ledger: Ledger::default(),
            objects: Objects::default(),
            tricks: Tricks::default(),
            turn: Turn::default(),
            told: false,
        }
    }

    /// Whether this is the session `incoming` belongs to.
    pub(crate) fn is_of(&self, incoming: &Incoming) -> bool {
        self.transcript.session_id == incoming.header.session_id
            && self.transcript.device == incoming.header.source
    }

    /// Whether `body` is the message answered last, octet by octet.
    pub(crate) fn is_repeat(&self, body: &[u8]) -> bool {
        self.last_reply.is_some() && self.last_body == body
    }

    pub(crate) fn is_ended(&self) -> bool {
        self.transcript.end != End::Running
    }

    /// The transcript, once, when the session has ended.
    pub(crate) fn end_to_tell(&mut self) -> Option<&Transcript> {
        if self.told || !self.is_ended() {
            return None;
        }
        self.told = true;
        Some(&self.transcript)
    }

    /// Ends a session from which no more messages will come.
    pub(crate) fn abandon(&mut self) {
        if !self.is_ended() {
            self.transcript.end = End::Abandoned;
            self.check_outcome();
        }
    }

    pub(crate) fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Takes one message of the device and gives the answer.
    pub(crate) fn receive(
        &mut self,
        request: &Request<'_>,
        incoming: &Incoming,
        encoding: Encoding,
        accounts: &mut Accounts,
    ) -> Reply {
        let msg_id = incoming.header.msg_id.parse::<u32>().unwrap_or(0);
        if let Some(reply) = self.repeat(request, incoming, msg_id) {
            return reply;
        }
        if let Some(reply) = self.replay(request.body) {
            return reply;
        }
        self.encoding = encoding;
        self.note(request, incoming);
        if self.is_ended() {
            self.transcript
                .fault("PRO-C-014", "a message after the end of the session");
            return Reply::refused(403);
        }
        let reply = self.turn(request, incoming, msg_id, accounts);
        self.last_id = msg_id.max(self.last_id);
        self.last_body = request.body.to_vec();
        self.tricks.older = self.last_reply.replace(reply.clone());
        if self.is_ended() {
            self.check_outcome();
        }
        reply
    }

    /// The last answer, when the message is the last one again.
    fn repeat(&mut self, request: &Request<'_>, incoming: &Incoming, msg_id: u32) -> Option<Reply> {
        let reply = self.last_reply.as_ref()?;
        if msg_id != self.last_id {
            return None;
        }
        if self.last_body != request.body {
            let what = format!("MsgID {} again, with other content", incoming.header.msg_id);
            self.transcript.fault("PRO-C-008", what);
        }
        let last = self
            .transcript
            .messages
            .iter_mut()
            .rev()
            .find(|message| message.from == Side::Device);
        if let Some(last) = last {
            last.repeats = last.repeats.saturating_add(1);
        }
        Some(reply.clone())
    }

    /// Judges and answers a new message.
    fn turn(
        &mut self,
        request: &Request<'_>,
        incoming: &Incoming,
        msg_id: u32,
        accounts: &mut Accounts,
    ) -> Reply {
        self.turn = Turn {
            size: request.body.len(),
            ..Turn::default()
        };
        let header = &incoming.header;
        self.device_msg = header.max_msg_size.or(self.device_msg);
        self.device_obj = header.max_obj_size.or(self.device_obj);
        self.check_frame(request, incoming, msg_id);
        if header.ver_dtd != "1.2" {
            return self.refuse_all(incoming, 505, &["1.2".to_owned()], accounts);
        }
        if !self.config.server.versions.contains(&header.ver_proto) {
            let versions = self.config.server.versions.clone();
            return self.refuse_all(incoming, 513, &versions, accounts);
        }
        if let Some(fault) = &incoming.fault {
            self.transcript
                .fault("REP-C-033", format!("the body is not readable: {fault}"));
            return self.stop(
                incoming,
                400,
                format!("message not readable: {fault}"),
                accounts,
            );
        }
        let own_id = self.heading.msg_id;
        if own_id >= self.config.server.max_messages {
            return self.stop(incoming, 500, "too many messages".to_owned(), accounts);
        }
        if msg_id < self.last_id || msg_id == 0 {
            return self.stop(
                incoming,
                400,
                format!("MsgID {} is out of order", header.msg_id),
                accounts,
            );
        }
        let verdict = self.device.judge(header, request, &self.config, accounts);
        let refusal = self.refusal().filter(|_| verdict.is_accepted());
        let verdict = match refusal {
            Some(scheme) => {
                self.take_nonce(incoming, accounts);
                self.device
                    .refuse_anyway(scheme, header, &self.config, accounts)
            }
            None => verdict,
        };
        if let Some(event) = &verdict.event {
            self.event(event.clone());
        }
        if !verdict.is_accepted() {
            return self.refuse(incoming, verdict, accounts);
        }
        let first = self.answer_header(incoming, verdict.code, Vec::new());
        let first = Answer {
            challenge: verdict.challenge,
            ..first
        };
        if let Some(setup) = &mut self.setup {
            setup.messages = setup.messages.saturating_add(1);
        }
        let reaction = self.parts(incoming, accounts);
        self.refusing = false;
        let plan = self.decide(incoming, reaction);
        self.send(first, plan, accounts)
    }

    /// The rules of the header and of the message as a whole.
    fn check_frame(&mut self, request: &Request<'_>, incoming: &Incoming, msg_id: u32) {
        let header = &incoming.header;
        if msg_id != self.last_id.saturating_add(1) {
            let what = format!("MsgID {} follows {}", header.msg_id, self.last_id);
            self.transcript.fault("PRO-C-008", what);
        }
        if header.ver_proto != self.transcript.version {
            self.transcript
                .fault("PRO-C-004", "VerProto changes within the session");
        }
        if header.session_id.len() > 4 {
            self.transcript
                .fault("REP-C-037", "SessionID is longer than 4 characters");
        }
        let size = u32::try_from(request.body.len()).unwrap_or(u32::MAX);
        if let Some(limit) = self
            .config
            .server
            .max_msg_size
            .filter(|limit| size > *limit && self.heading.msg_id > 0)
        {
            let what = format!("{size} octets, more than the server's MaxMsgSize of {limit}");
            self.transcript.fault("PRO-C-023", what);
        }
        if let (Some(resp_uri), Some(path)) = (&self.heading.resp_uri, request.path)
            && self.heading.msg_id > 0
            && !resp_uri.ends_with(path)
        {
            self.transcript.fault(
                "PRO-C-022",
                format!("sent to {path}, not to the RespURI {resp_uri}"),
            );
        }
    }

    /// Walks the body of an accepted message.
    fn parts(&mut self, incoming: &Incoming, accounts: &mut Accounts) -> Reaction {
        let mut reaction = Reaction::Taken;
        let mut header_seen = false;
        let mut command = 0_usize;
        for (index, part) in incoming.parts.iter().enumerate() {
            match part {
                Part::Status(status) if status.is_for_header() => {
                    let newest = status.msg_ref == self.heading.msg_id.to_string();
                    if newest && !header_seen {
                        if index > 0 {
                            self.transcript
                                .fault("PRO-C-012", "the Status for the header is not the first");
                        }
                        header_seen = true;
                        reaction = self.header_status(status, accounts);
                    } else if !self.was_refused(&status.msg_ref) {
                        let what = format!("Status for the header of message {}", status.msg_ref);
                        self.transcript.fault("PRO-C-012", what);
                    }
                }
                Part::Status(status) => {
                    let refused = reaction != Reaction::Taken;
                    self.turn.answered_piece |= status.code == 213;
                    if self.ledger.status(status, refused, &mut self.transcript) == Object::Refused
                    {
                        self.drop_object();
                    }
                }
                Part::Command(given) => {
                    self.command(given, command);
                    command = command.saturating_add(1);
                }
            }
        }
        if !header_seen && self.heading.msg_id > 0 {
            self.transcript.fault(
                "PRO-C-012",
                "no Status for the header of the server's last message",
            );
        }
        if self.turn.answered_piece && !self.turn.asked {
            self.transcript.fault("PRO-C-145", "213 without Alert 1222");
        }
        reaction
    }

    /// Takes the Status for the header of the server's last message.
    fn header_status(&mut self, status: &Status, accounts: &mut Accounts) -> Reaction {
        let pairs = [
            (&status.target_ref, &self.heading.target),
            (&status.source_ref, &self.heading.source),
        ];
        for (given, sent) in pairs {
            if let Some(given) = given
                && given != sent
            {
                let what = format!("the Status for the header refers to {given}, sent was {sent}");
                self.transcript.fault("PRO-C-012", what);
            }
        }
        self.check_header(status.code);
        if self.refusing && status.code < 300 && !self.heading.is_named {
            return Reaction::Taken;
        }
        if matches!(status.code, 401 | 407) {
            if self.last_tasks.is_empty() && !self.refusing {
                self.transcript
                    .fault("SEC-C-017", "a challenge for a message without commands");
            }
            let chal = status.chal.as_ref();
            if chal.is_none_or(|chal| chal.format.as_deref() != Some("b64")) {
                self.transcript.fault(
                    "SEC-C-049",
                    format!("{} without a complete challenge", status.code),
                );
            }
        }
        let kept = self
            .device
            .account
            .and_then(|index| accounts.devices.get_mut(index));
        let kept = kept.map(|device| &mut device.server_nonce);
        let reaction = self.own.answered(
            status.code,
            status.chal.as_ref(),
            self.config.server.max_attempts,
            kept,
        );
        match (&reaction, status.code) {
            (Reaction::Again, code) => self.event(format!(
                "the device asks for the server's credentials ({code})"
            )),
            (Reaction::Taken, 212) => {
                self.event("the device has authenticated the server".to_owned())
            }
            _ => {}
        }
        reaction
    }

    /// What to send next.
    fn decide(&mut self, incoming: &Incoming, reaction: Reaction) -> Plan {
        if self.turn.aborted {
            if !incoming.is_final {
                self.transcript
                    .fault("PRO-C-130", "Alert 1223 without Final");
            }
            return Plan::End(End::AbortedByDevice);
        }
        match reaction {
            Reaction::Stop(why) => return Plan::Abort(why),
            Reaction::Again => {
                self.check_refusal(incoming);
                // A challenge in answer to a mere refusal concerns no commands: package 1 stands beside it.
                if !self.last_tasks.is_empty() {
                    self.send_again();
                    return Plan::Send;
                }
            }
            Reaction::Taken => {}
        }
        let progress = self.ledger.take_progress() || self.turn.took_piece;
        let settled = self.ledger.is_settled() && !self.objects.is_open();
        if !incoming.is_final {
            self.check_setup_begun();
            let go_on = self.package_open && (settled || !progress);
            return if go_on { Plan::Send } else { Plan::Ask };
        }
        self.objects.interrupt("Final", &mut self.transcript);
        if self.package_open {
            self.transcript.fault(
                "PRO-C-011",
                "Final before the server's package was complete",
            );
            return Plan::Send;
        }
        self.check_setup_begun();
        self.ledger.close(&mut self.transcript);
        if let Some(setup) = self.setup.take()
            && let Err(missing) = setup.check(&mut self.transcript)
        {
            return Plan::Abort(missing);
        }
        self.in_package = 0;
        Plan::Send
    }

    /// A refusal of the server's message is Status only, one for each command, and all say so.
    fn check_refusal(&mut self, incoming: &Incoming) {
        self.ledger
            .refused(self.heading.msg_id, &mut self.transcript);
        if !self.last_tasks.is_empty()
            && let Some(command) = incoming.commands().next()
        {
            let what = format!("{} beside a refusal of the server's message", command.name);
            self.transcript.fault("SEC-C-015", what);
        }
    }

    /// DevInfo belongs into the first message of package 1.
    fn check_setup_begun(&mut self) {
        if let Some(setup) = &self.setup
            && setup.messages == 1
            && setup.dev_info.is_empty()
        {
            self.transcript
                .fault("PRO-C-002", "no DevInfo in the first message");
        }
    }

    /// Refuses a message for lack of credentials.
    fn refuse(&mut self, incoming: &Incoming, verdict: Verdict, accounts: &mut Accounts) -> Reply {
        let first = self.answer_header(incoming, verdict.code, Vec::new());
        let first = Answer {
            challenge: verdict.challenge,
            ..first
        };
        self.answer_all(incoming, verdict.code);
        self.refusing = true;
        let end = if verdict.is_last {
            Some(End::NotAuthenticated)
        } else {
            None
        };
        self.send(
            first,
            Plan::Refuse {
                is_final: incoming.is_final,
                end,
            },
            accounts,
        )
    }

    /// Refuses a message whose version is not spoken here.
    fn refuse_all(
        &mut self,
        incoming: &Incoming,
        code: u16,
        versions: &[String],
        accounts: &mut Accounts,
    ) -> Reply {
        let first = self.answer_header(incoming, code, versions.to_vec());
        self.answer_all(incoming, code);
        let header = &incoming.header;
        let end = End::AbortedByServer(format!(
            "{} {} not supported",
            header.ver_dtd, header.ver_proto
        ));
        self.send(
            first,
            Plan::Refuse {
                is_final: true,
                end: Some(end),
            },
            accounts,
        )
    }

    /// Refuses a message and aborts the session.
    fn stop(
        &mut self,
        incoming: &Incoming,
        code: u16,
        why: String,
        accounts: &mut Accounts,
    ) -> Reply {
        let first = self.answer_header(incoming, code, Vec::new());
        self.answer_all(incoming, code);
        self.send(first, Plan::Abort(why), accounts)
    }

    fn answer_header(&mut self, incoming: &Incoming, code: u16, items: Vec<String>) -> Answer {
        Answer {
            msg_ref: incoming.header.msg_id.clone(),
            cmd_ref: "0".to_owned(),
            cmd: "SyncHdr".to_owned(),
            target_ref: Some(incoming.header.target.clone()),
            source_ref: Some(incoming.header.source.clone()),
            code,
            challenge: None,
            items,
        }
    }

    /// The same Status for every command of a message.
    fn answer_all(&mut self, incoming: &Incoming, code: u16) {
        for (index, command) in incoming.commands().enumerate() {
            self.answer(command, index, code);
        }
    }
}
