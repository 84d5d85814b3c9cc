//! `dm notify`: notifications made, shown and checked.

mod made;
mod shown;

use dm_server::SPECIAL_NONCE;
use lexopt::prelude::*;

use crate::failure::Failure;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "notify",
    summary: "make, send, show or check a notification",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm notify make --server ID --secret TEXT [options]
       dm notify decode [--hex] [--bare FORMAT] FILE...
       dm notify verify --secret TEXT [--nonce HEX] [--hex] [--bare FORMAT] FILE...

A notification (Package 0) is the push with which a server asks a device for a session. make writes one as hex text,
decode shows what one says, verify also checks its digest and ends with 1 when it is wrong. `-` is standard input.

Options of make:
  --format 1.2|1.3    the trigger of DM 1.2 (the default), or the notification of this project's profile of DM 1.3
  --server ID         identifier of the server, as in the device's account
  --secret TEXT       the server's secret; for 1.3 that of the device's NOTICRED entry
  --nonce HEX         the server's nonce, its octets; `special` for the nonce that starts both sides anew
  --session HEX       identifier of the session, 1 to FFFF; 1 by default
  --ui MODE           what the user is to know: any, background (the default), inform or ask
  --by-user           the user wanted the session, not the server
  --vendor HEX        octets for the vendor's part of the device
  --md5               1.3: signed with MD5 instead of SHA-256
  --targeted HEX      1.3: number of a management object that the session is about; may be repeated, as the next two
  --requested HEX     1.3: number of a management object that package 1 is to hold
  --bearer NAME       1.3: way to the server: any, packet, wlan, wired, circuit or short; the preferred one first
  --reason TEXT       1.3: why, for the user to read
  --expires SECONDS   1.3: when it is too late, counted from 1970
  --wrap HOW          bare, wsp (a WAP push, the default), or sms (user data of short messages, a line for each)
  --send HOST[:PORT]  sends the WAP push in a datagram instead of writing it; to port 2948 unless another is named
  -o FILE             writes octets to a file instead of hex text to standard output

FILE of decode and verify is a WAP push or the user data of a short message; several files are the parts of a long one.
  --hex               FILE is hex text, as dm inspect takes it
  --bare 1.2|1.3      FILE is the notification itself; nothing in its octets says which one it is

A bootstrap push is shown by decode too, without its document.
";

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let action = match parser.next()? {
        Some(Value(name)) => name,
        Some(Short('h') | Long("help")) => return Err(Failure::Help),
        Some(other) => return Err(other.unexpected().into()),
        None => return Err(Failure::usage("say make, decode or verify")),
    };
    match action.to_str() {
        Some("make") => made::run(parser),
        Some("decode") => shown::run(parser, false),
        Some("verify") => shown::run(parser, true),
        _ => Err(Failure::usage(format!(
            "say make, decode or verify, not {action:?}"
        ))),
    }
}

/// Octets given as an argument.
fn octets(text: &str, option: &str) -> Result<Vec<u8>, Failure> {
    crate::hex::octets(text.as_bytes())
        .map_err(|why| Failure::usage(format!("{option} takes hex: {why}")))
}

fn nonce(text: &str) -> Result<Vec<u8>, Failure> {
    match text {
        "special" => Ok(SPECIAL_NONCE.to_vec()),
        text => octets(text, "--nonce"),
    }
}

/// A number of 16 bits given in hex.
fn number(text: &str, option: &str) -> Result<u16, Failure> {
    u16::from_str_radix(text, 16)
        .map_err(|_| Failure::usage(format!("{option} takes 1 to 4 hex digits, not {text:?}")))
}
