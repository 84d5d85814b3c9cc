//! Alert from the server (protocol chapter 7.7). Alert 1223 never comes here: it ends the session at once.

use dm_wbxml::{Command, Decimal, Text};

use crate::ask::Answer;
use crate::error::{Error, ServerFault};
use crate::outbound::{Outbound, Refs};
use crate::status;
use crate::status::alert;

/// Octets that a message has room for before the user is asked: a Status with a typed text of 128 octets.
pub(crate) const ROOM: usize = 512;

/// Writes the Status of an Alert that asked the user (`PRO-C-103` to `PRO-C-105`).
pub(crate) fn answer(
    out: &mut Outbound<'_>,
    refs: &Refs<'_>,
    code: u16,
    answer: Option<Answer<'_>>,
) -> Result<(), Error> {
    let before = out.mark();
    let _ = out.begin_answer(refs, code);
    match answer {
        Some(Answer::Text(text)) => out.answer_item(Text::from(text)),
        Some(Answer::Chosen(chosen)) => {
            for number in chosen {
                out.answer_item(Decimal::new(u32::from(*number)).as_text());
            }
        }
        _ => {}
    }
    out.end_answer();
    if out.fits() {
        return Ok(());
    }
    // The answer is longer than any message: what was typed is not cut.
    out.roll_back(&before);
    let _ = out.status(refs, status::FAILED);
    if out.fits() {
        Ok(())
    } else {
        Err(Error::Server(ServerFault::MaxMsgSize))
    }
}

/// The Status of an Alert.
pub(crate) fn code(command: &Command<'_>) -> u16 {
    let Some(data) = &command.data else {
        return status::INCOMPLETE;
    };
    let code = data.parse_u32().and_then(|code| u16::try_from(code).ok());
    match code {
        // The next message is on its way with this very Status (`PRO-C-025`).
        Some(alert::NEXT_MESSAGE | alert::NO_END_OF_DATA) => status::OK,
        // These open a session and come from clients.
        Some(alert::SERVER_INITIATED | alert::CLIENT_INITIATED) => status::NOT_ALLOWED,
        // Here nobody can be asked (`PRO-C-100`), and generic alerts go the other way (`PRO-C-146`).
        _ => status::NOT_SUPPORTED,
    }
}
