//! The demonstration for machines.

use dm_server::Transcript;
use serde::Serialize;

use super::session::Session;
use crate::changes::{self, Change, Record};
use crate::failure::Failure;

#[derive(Serialize)]
struct Said<'s> {
    sessions: Vec<Part<'s>>,
}

#[derive(Serialize)]
struct Part<'s> {
    encoding: &'static str,
    /// What came before the session: who did what.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    steps: &'s [super::factory::Step],
    /// `null`: everything was as expected.
    trouble: Option<String>,
    executed: u16,
    refused: u16,
    transcript: &'s Transcript,
    changes: Vec<Record<'s>>,
}

pub(super) fn text(sessions: &[Session]) -> Result<String, Failure> {
    let parts = sessions.iter().map(|session| Part {
        encoding: session.encoding_name(),
        steps: &session.steps,
        trouble: session.trouble(),
        executed: session.report.executed,
        refused: session.report.refused,
        transcript: &session.transcript,
        changes: changes::changes(&session.before, &session.after)
            .iter()
            .map(Change::record)
            .collect(),
    });
    match serde_json::to_string_pretty(&Said {
        sessions: parts.collect(),
    }) {
        Ok(json) => Ok(json + "\n"),
        Err(why) => Err(Failure::failed(why.to_string())),
    }
}
