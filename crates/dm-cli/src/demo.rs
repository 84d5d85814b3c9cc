//! `dm demo`: a router and its server talk, and every word of it is shown.

mod factory;
mod json;
mod listing;
mod paint;
mod session;
mod trees;

use dm_core::Encoding;
use lexopt::prelude::*;

use crate::console;
use crate::failure::Failure;
use paint::Paint;
use session::Session;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "demo",
    summary: "play a whole session between a router and its server",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm demo [options]

Starts a DM server on a free port of 127.0.0.1 and a router that is managed by it, lets them talk over HTTP, and shows
the router's tree before and after and the session between: both sides prove themselves with MD5, the server reads,
changes its access points, adds an account, is refused what it must not do, and starts the router again.

  --from-factory   the router has no account: the server pushes it one, secured by a PIN, and then a notification, which
                   begins the session (in one encoding: WBXML unless --xml is given)
  --wbxml, --xml   the encoding (default: both, one session each)
  --both           both encodings
  --trace          show every message as XML
  --json           the same as one JSON object

Colours are for terminals, unless NO_COLOR is set. The exit status is 0 when the session closed as it should and every
command got the status that the server expected.
";

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let (mut encodings, mut trace, mut json) = (Vec::new(), false, false);
    let mut from_factory = false;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("wbxml") => encodings.push(Encoding::Wbxml),
            Long("xml") => encodings.push(Encoding::Xml),
            Long("both") => encodings.extend([Encoding::Wbxml, Encoding::Xml]),
            Long("from-factory") => from_factory = true,
            Long("trace") => trace = true,
            Long("json") => json = true,
            Short('h') | Long("help") => return Err(Failure::Help),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if encodings.is_empty() {
        encodings.push(Encoding::Wbxml);
        if !from_factory {
            encodings.push(Encoding::Xml);
        }
    }
    let sessions = encodings
        .into_iter()
        .map(|encoding| Session::run(encoding, trace, from_factory))
        .collect::<Result<Vec<_>, _>>()?;
    console::print(&if json {
        json::text(&sessions)?
    } else {
        text(&sessions, trace)
    })?;
    match sessions.iter().find_map(Session::trouble) {
        Some(trouble) => Err(Failure::failed(trouble)),
        None => Ok(()),
    }
}

fn text(sessions: &[Session], trace: bool) -> String {
    let paint = Paint::for_stdout();
    let mut text = String::from("A router and its management server, over HTTP on 127.0.0.1.\n");
    let mut first = None;
    for session in sessions {
        match first {
            Some(other) if !trace && session.says_the_same_as(other) => {
                text.push_str(&listing::comparison(other, session, paint));
            }
            _ => {
                text.push_str(&trees::before(session, paint));
                text.push_str(&listing::steps(session, paint));
                text.push_str(&listing::session(session, trace, paint));
                text.push_str(&trees::after(session, paint));
            }
        }
        first = first.or(Some(session));
    }
    text
}
