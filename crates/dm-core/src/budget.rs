//! How much a session may take, and how often the transport is tried again: what ends a session that would not end by itself.

use crate::error::{Code, Failure};

/// The bounds.
///
/// | bound | default | what happens behind it |
/// | --- | --- | --- |
/// | [`messages`](Self::messages) of the server, those not counted that only move an object on | 2,000 | Status 500, Alert 1223, `Limit(Messages)` |
/// | [`octets`](Self::octets) received | no bound | Status 500, Alert 1223, `Limit(Octets)` |
/// | [`commands`](Self::commands) in one message, Statuses included | 1,024 | its Status of the codec, Alert 1223, `Limit(Commands)`; nothing of the message is executed |
/// | [`retries`](Self::retries) of one message over a transport that failed | 0 | `Transport` |
///
/// Beside these a session ends when the same message of the server comes the fourth time in a row, when its credentials failed three times, and
/// when ours were refused twice.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Budget {
    /// Messages of the server in one session.
    pub messages: u16,
    /// Octets received in one session; 0: no bound.
    pub octets: u32,
    /// Commands and Statuses in one message.
    pub commands: u16,
    /// How often a message is handed out again, unchanged, when the transport failed before an answer came (protocol chapter
    /// 13): after a link that broke, a timeout, and the HTTP statuses 408, 429, 502, 503 and 504. A server that has had
    /// the message already answers from its memory.
    pub retries: u8,
    /// Milliseconds before the first retry. Each further one waits twice as long, and up to a quarter more at random, so that
    /// devices which lost their server together do not come back together.
    pub retry_wait: u32,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            messages: 2000,
            octets: 0,
            commands: 1024,
            retries: 0,
            retry_wait: 2000,
        }
    }
}

impl Budget {
    /// Milliseconds to wait before retry `number`, the first being 0; `None`: there is none, or it would not help.
    pub(crate) fn wait(self, number: u8, why: Failure, random: u8) -> Option<u64> {
        let may_help = matches!(
            why,
            Failure::Link | Failure::Timeout | Failure::Http(Code(408 | 429 | 502..=504))
        );
        if number >= self.retries || !may_help {
            return None;
        }
        // A day is long enough between two attempts, whatever the numbers say.
        let wait = u64::from(self.retry_wait).saturating_mul(1 << u32::from(number.min(16)));
        let wait = wait.min(86_400_000);
        let more = wait.saturating_mul(u64::from(random)) / 1024;
        Some(wait.saturating_add(more))
    }
}
