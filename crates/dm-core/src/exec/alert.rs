//! Alert from the server (protocol chapter 7.7). Alert 1223 never comes here: it ends the session at once.

use dm_wbxml::Command;

use crate::status;
use crate::status::alert;

/// The Status of an Alert.
pub(crate) fn code(command: &Command<'_>) -> u16 {
    let Some(data) = command.data else {
        return status::INCOMPLETE;
    };
    let code = data.parse_u32().and_then(|code| u16::try_from(code).ok());
    match code {
        // The next message is on its way with this very Status (`PRO-C-025`).
        Some(alert::NEXT_MESSAGE | alert::NO_END_OF_DATA) => status::OK,
        // These open a session and come from clients.
        Some(alert::SERVER_INITIATED | alert::CLIENT_INITIATED) => status::NOT_ALLOWED,
        // User interaction needs somebody to ask (`PRO-C-100`), and generic alerts go the other way (`PRO-C-146`).
        _ => status::NOT_SUPPORTED,
    }
}
