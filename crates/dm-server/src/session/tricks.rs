//! What a scenario has the server do on purpose, and what it says about the outcome.

use super::Session;
use super::outbound::Plan;
use crate::auth::Accounts;
use crate::config::Secret;
use crate::digest::Scheme;
use crate::draft::Heading;
use crate::http::Reply;
use crate::script::Trick;
use crate::transcript::{CommandRecord, Side, Unmet};
use crate::wire::{Incoming, Part};

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Tricks {
    /// The reply before the last one.
    pub(super) older: Option<Reply>,
    replay: Option<Replay>,
    /// Status that the device has to give to the header of the last message.
    header: Option<u16>,
    /// The refusal at hand is for the scenario's sake, and bears the server's credentials: a device gives its answers to nobody else.
    proves: bool,
    /// MsgIDs of the messages whose answers were refused: they come again with the Status for the header that they had.
    refused: Vec<String>,
}

impl Tricks {
    pub(super) const fn proves(&mut self) -> bool {
        core::mem::replace(&mut self.proves, false)
    }
}

/// A message that comes again when the device has answered it.
#[derive(Debug)]
struct Replay {
    left: u32,
    /// The one before, not the last.
    is_old: bool,
    /// What the device answered.
    answer: Vec<u8>,
}

impl Session {
    /// What is to be done on purpose in a message: it is the first of a package.
    pub(super) fn trick(&mut self, plan: &Plan) -> Option<Trick> {
        let begins = matches!(plan, Plan::Send) && self.tasks.is_empty() && self.in_package == 0;
        let package = self.script.front_mut().filter(|_| begins)?;
        self.tricks.header = package.expect.take();
        let trick = package.trick.take();
        let replay = match &trick {
            Some(Trick::Again(count)) => Some((*count, false)),
            Some(Trick::Old) => Some((1, true)),
            _ => None,
        };
        self.tricks.replay = replay.map(|(left, is_old)| Replay {
            left,
            is_old,
            answer: Vec::new(),
        });
        trick
    }

    /// The message at hand, which answers the package before, is to be refused; with the scheme asked for.
    pub(super) fn refusal(&mut self) -> Option<Option<Scheme>> {
        let is_answer = self.tasks.is_empty() && !self.package_open;
        let package = self.script.front_mut().filter(|_| is_answer);
        let is_refusal = |trick: &mut Trick| matches!(trick, Trick::Refuse(_));
        let Some(Trick::Refuse(scheme)) = package?.trick.take_if(is_refusal) else {
            return None;
        };
        self.tricks.proves = true;
        Some(scheme)
    }

    /// The nonce in a message that is refused all the same is the newest.
    pub(super) fn take_nonce(&mut self, incoming: &Incoming, accounts: &mut Accounts) {
        self.tricks.refused.push(self.heading.msg_id.to_string());
        for part in &incoming.parts {
            if let Part::Status(status) = part
                && status.is_for_header()
            {
                self.header_status(status, accounts);
            }
        }
    }

    /// Whether the device's answer to this message was refused.
    pub(super) fn was_refused(&self, msg_id: &str) -> bool {
        self.tricks.refused.iter().any(|refused| refused == msg_id)
    }

    /// The header of the next message.
    pub(super) fn tricked(&self, trick: Option<&Trick>) -> Heading {
        let mut heading = self.heading.clone();
        match trick {
            Some(Trick::Unproved) => heading.proof = None,
            Some(Trick::WrongProof) => {
                let due = heading.proof.as_ref().map(|(scheme, _)| *scheme);
                let scheme = due.or(self.config.server.auth).unwrap_or(Scheme::Md5);
                if !scheme.is_mac() {
                    heading.proof = Some((scheme, Secret::new("AAAAAAAAAAAAAAAAAAAAAA==")));
                    heading.is_named = true;
                }
            }
            Some(Trick::VerProto(version)) => heading.version.clone_from(version),
            Some(Trick::VerDtd(version)) => heading.ver_dtd.clone_from(version),
            Some(Trick::SessionId(id)) => heading.session_id.clone_from(id),
            Some(Trick::Abort | Trick::Again(_) | Trick::Old | Trick::Refuse(_)) | None => {}
        }
        heading
    }

    /// A message of before instead of the answer that is due, as long as there has to be one.
    pub(super) fn replay(&mut self, body: &[u8]) -> Option<Reply> {
        let replay = self.tricks.replay.as_mut()?;
        if !replay.answer.is_empty() && replay.answer != body {
            let what = "another answer to a message that came again";
            self.transcript.fault("PRO-C-139", what);
        }
        if replay.left == 0 {
            self.tricks.replay = None;
            return None;
        }
        replay.left = replay.left.saturating_sub(1);
        replay.answer = body.to_vec();
        if replay.is_old {
            self.tricks.older.clone()
        } else {
            self.last_reply.clone()
        }
    }

    /// The device's Status for the header of a message whose package expects one.
    pub(super) fn check_header(&mut self, code: u16) {
        if let Some(expected) = self.tricks.header.take()
            && expected != code
        {
            self.unmet("SyncHdr", format!("expected {expected}, got {code}"));
        }
    }

    /// The session is over: what the scenario says about it.
    pub(super) fn check_outcome(&mut self) {
        if let Some(expected) = self.tricks.header.take() {
            self.unmet("SyncHdr", format!("expected {expected}, got nothing"));
        }
        if let Some(expected) = self.config.expect.begins {
            let began = self.alerts().find_map(|command| command.code);
            if began != Some(expected) {
                let what = format!("expected {expected} first, got {began:?}");
                self.unmet("Alert", what);
            }
        }
        let Some(expected) = &self.config.expect.alerts else {
            return;
        };
        let told = self.told_unasked();
        if *expected != told {
            let what = format!("expected {expected:?}, got {told:?}");
            self.unmet("Alert", what);
        }
    }

    fn unmet(&mut self, op: &str, what: String) {
        self.transcript.unmet.push(Unmet {
            op: op.to_owned(),
            what,
        });
    }

    /// All alerts of the device.
    fn alerts(&self) -> impl Iterator<Item = &CommandRecord> {
        let messages = self.transcript.messages.iter();
        messages
            .filter(|message| message.from == Side::Device)
            .flat_map(|message| &message.commands)
            .filter(|command| command.name == "Alert")
    }

    /// The alerts of the device that belong to no session or package.
    fn told_unasked(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for command in self.alerts() {
            let Some(code) = command
                .code
                .filter(|code| !matches!(code, 1200 | 1201 | 1222 | 1223))
            else {
                continue;
            };
            let mut line = code.to_string();
            let mut add = |text: &str| {
                if !text.is_empty() {
                    line.push(' ');
                    line.push_str(text);
                }
            };
            add(command.correlator.as_deref().unwrap_or_default());
            for item in &command.items {
                add(&item.uri);
                add(item.value.as_deref().unwrap_or_default());
            }
            lines.push(line);
        }
        lines
    }
}

/// The seal of a message.
pub(super) fn seal(trick: Option<&Trick>, hmac: Option<String>) -> Option<String> {
    match trick {
        Some(Trick::Unproved) => None,
        // The place of the digest in the text is the last.
        Some(Trick::WrongProof) => hmac.map(|text| match text.rsplit_once("mac=") {
            Some((rest, _)) => format!("{rest}mac=AAAAAAAAAAAAAAAAAAAAAA=="),
            None => text,
        }),
        _ => hmac,
    }
}
