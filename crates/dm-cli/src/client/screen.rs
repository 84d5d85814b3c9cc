//! The conversation as it goes: what passes between client and server is shown, and goes on.

use dm_bindings::{Session, Transport};
use dm_core::{Failure, Received, Request};
use dm_tree::Schema;

use super::talk::{self, Piece, Said};
use crate::console;
use crate::convert;
use crate::interrupt::Interrupt;

/// Shows messages on standard output.
pub(super) struct Screen {
    schema: Schema<'static>,
    /// Whole messages as XML instead of their lines.
    trace: bool,
    number: u32,
    object: Option<Object>,
}

/// An object on its way, and how far it was when that was shown last.
struct Object {
    uri: String,
    octets: usize,
    total: Option<u32>,
    shown: Option<u32>,
}

impl Screen {
    pub(super) const fn new(schema: Schema<'static>, trace: bool) -> Self {
        Self {
            schema,
            trace,
            number: 0,
            object: None,
        }
    }

    fn show(&mut self, direction: &str, bytes: &[u8]) {
        self.number = self.number.saturating_add(1);
        let head = format!("{:>3}  {direction}   {} octets", self.number, bytes.len());
        let under_way = self.object.as_ref().map(|it| (&*it.uri, it.octets));
        let text = match talk::read(bytes, &self.schema, under_way) {
            _ if self.trace => format!("{head}\n{}\n", xml(bytes)),
            Ok(Said { lines, piece }) => {
                if piece.is_none() && !lines.is_empty() {
                    self.object = None;
                }
                let progress = piece.and_then(|piece| self.progress(piece));
                match (lines.is_empty(), progress) {
                    (true, None) => return,
                    (_, progress) => format!("{head}\n{lines}{}", progress.unwrap_or_default()),
                }
            }
            Err(error) => format!("{head}\n      {} at octet {}\n", error.kind, error.offset),
        };
        // A pipe that nobody reads any more does not end the session.
        let _ = console::print(&text);
    }

    /// A line for each tenth of the object.
    fn progress(&mut self, piece: Piece) -> Option<String> {
        let known = self.object.take().filter(|object| object.uri == piece.uri);
        let mut object = known.unwrap_or(Object {
            uri: piece.uri,
            octets: 0,
            total: piece.total,
            shown: None,
        });
        object.octets = object.octets.saturating_add(piece.octets);
        let tenth = object.total.and_then(|total| {
            let octets = u64::try_from(object.octets).ok()?;
            let tenths = octets.saturating_mul(10).checked_div(u64::from(total))?;
            u32::try_from(tenths).ok()
        });
        let is_news = object.shown.is_none() || tenth.is_some_and(|it| object.shown != Some(it));
        let line = is_news.then(|| {
            let total = object
                .total
                .map_or_else(String::new, |it| format!(" of {it}"));
            format!("      {}: {}{total} octets\n", object.uri, object.octets)
        });
        if is_news {
            object.shown = tenth.or(Some(0));
        }
        self.object = Some(object);
        line
    }
}

fn xml(bytes: &[u8]) -> String {
    convert::pretty(bytes).unwrap_or_else(|why| why.to_string())
}

/// A transport whose messages are shown, and which gives up when the user interrupts.
pub(super) struct Watched<T> {
    pub(super) transport: T,
    pub(super) screen: Screen,
    pub(super) interrupt: Interrupt,
}

impl<T: Transport> Transport for Watched<T> {
    async fn carry<S: Session>(&mut self, session: &mut S) {
        let mut watched = WatchedSession {
            session,
            screen: &mut self.screen,
            interrupt: &self.interrupt,
            shown: false,
        };
        self.transport.carry(&mut watched).await;
    }
}

struct WatchedSession<'w, S> {
    session: &'w mut S,
    screen: &'w mut Screen,
    interrupt: &'w Interrupt,
    /// The waiting message was shown.
    shown: bool,
}

impl<S: Session> Session for WatchedSession<'_, S> {
    fn message(&mut self) -> Option<(Request<'_>, &mut [u8])> {
        if self.interrupt.came() {
            return None;
        }
        let (request, rx) = self.session.message()?;
        if !core::mem::replace(&mut self.shown, true) {
            self.screen.show("device -> server", request.body);
        }
        Some((request, rx))
    }

    async fn deliver(&mut self, answer: Result<Received<'_>, Failure>) {
        self.shown = false;
        if let (Ok(received), Some((_, rx))) = (&answer, self.session.message())
            && let Some(body) = rx.get(..received.len).filter(|body| !body.is_empty())
        {
            self.screen.show("server -> device", body);
        }
        self.session.deliver(answer).await;
    }

    async fn delay(&mut self, ms: u32) {
        self.session.delay(ms).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dm_tree::mo::standard::SCHEMA;

    fn piece(uri: &str, octets: usize, total: Option<u32>) -> Piece {
        Piece {
            uri: uri.to_owned(),
            octets,
            total,
        }
    }

    #[test]
    fn an_object_makes_a_line_for_each_tenth() {
        let mut screen = Screen::new(SCHEMA, false);
        let mut lines = Vec::new();
        lines.extend(screen.progress(piece("./A", 10, Some(1000))));
        for _ in 0..89 {
            lines.extend(screen.progress(piece("./A", 10, None)));
        }
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "      ./A: 10 of 1000 octets\n");
        assert_eq!(lines[9], "      ./A: 900 of 1000 octets\n");
        let other = screen.progress(piece("./B", 5, None));
        assert_eq!(other.as_deref(), Some("      ./B: 5 octets\n"));
        assert_eq!(screen.progress(piece("./B", 5, None)), None);
    }
}
