//! The client: connections, repeats, redirects, and the body of an answer.

use dm_core::{Code, Failure, Received, Request};
use embedded_io_async::{ErrorKind, Read, Write};

use super::body::Body;
use super::connect::Connector;
use super::request::{compose, copy};
use super::response::{Framing, Head, HeadEnd, is_interim};
use super::route::Route;
use super::uri::Uri;
use crate::{Session, Transport};

/// Interim responses that are skipped for one message.
const INTERIM: u8 = 8;

/// The beginning of the media types of DM.
const DM: &str = "application/vnd.syncml.dm";

/// What the client says about itself, and what it permits.
#[derive(Clone, Copy, Debug)]
pub struct Config<'c> {
    /// Product of the User-Agent field (`BIND-C-007`). Some servers want `SyncML DM Client` in it. Empty: no field.
    pub user_agent: &'c str,
    /// Media types of the Accept field (`BIND-C-006`). Empty: that of the message itself.
    pub accept: &'c str,
    /// Whether `http` addresses may be used at all. DM asks for TLS (`BIND-C-005`), so this is for networks that protect
    /// the messages otherwise, and for tests. Once a session used https it never goes back, whatever this says.
    pub plain: bool,
    /// Seconds that an overloaded server may ask for (Retry-After, `BIND-C-015`) before the same message goes out again: as
    /// long is waited, beside what the engine waits by itself. For more the session is given up, and
    /// [`Http::retry_after`] tells when another one is welcome.
    pub max_retry_after: u32,
}

impl Default for Config<'_> {
    fn default() -> Self {
        Self {
            user_agent: concat!("oma-dm/", env!("CARGO_PKG_VERSION"), " (SyncML DM Client)"),
            accept: "",
            plain: false,
            max_retry_after: 600,
        }
    }
}

/// Messages over HTTP/1.1.
///
/// One connection is kept for the whole session as long as the server keeps it (`BIND-C-009`), and reopened when
/// it does not. A session that ends leaves no connection behind.
#[derive(Debug)]
pub struct Http<'b, C> {
    connector: C,
    config: Config<'b>,
    route: Route<'b>,
    space: &'b mut [u8],
    retry_after: Option<u32>,
}

impl<'b, C: Connector> Http<'b, C> {
    /// Octets of the lent memory that hold the present address; no longer one can be used.
    pub const ADDRESS: usize = 256;

    /// The least memory that makes sense: an address, and heads of half a kilobyte.
    pub const MIN_SPACE: usize = 768;

    /// A client that opens its streams with `connector`.
    ///
    /// The first [`ADDRESS`](Self::ADDRESS) octets of `space` hold an address. The rest holds one head at a time, its
    /// own (300 to 600 octets with an HMAC) or the server's, and the pieces of a chunked body behind it; 1 KiB is
    /// comfortable. A head that does not fit fails its message with [`Failure::TooLarge`].
    pub fn new(connector: C, config: Config<'b>, space: &'b mut [u8]) -> Self {
        let (address, space) = space
            .split_at_mut_checked(Self::ADDRESS)
            .unwrap_or_default();
        Self {
            connector,
            config,
            route: Route::new(address),
            space,
            retry_after: None,
        }
    }

    /// The seconds after which the server wanted to be asked again, when the last message failed with a status and
    /// its answer had a Retry-After field that counts seconds (`BIND-C-015`). Dates are not read.
    pub fn retry_after(&self) -> Option<u32> {
        self.retry_after
    }

    /// The connector.
    pub fn connector(&mut self) -> &mut C {
        &mut self.connector
    }
}

impl<C: Connector> Transport for Http<'_, C> {
    async fn carry<S: Session>(&mut self, session: &mut S) {
        let Self {
            connector,
            config,
            route,
            space,
            retry_after,
        } = self;
        route.reset(!config.plain);
        // One round for each connection. After a failure another message waits, or the same one again, or the session
        // is over.
        while let Some((request, _)) = session.message() {
            *retry_after = None;
            let stream = match route.open(request.uri) {
                Ok(uri) => match connector.connect(&uri.authority).await {
                    Ok(link) => link.admit(&uri.authority),
                    Err(why) => Err(why),
                },
                Err(why) => Err(why),
            };
            let end = match stream {
                Ok(stream) => {
                    converse::<C, S>(stream, session, route, space, config, retry_after).await
                }
                Err(why) => Err(why),
            };
            if let Err(why) = end {
                route.settle();
                session.deliver(Err(why)).await;
                // The engine decides whether there is another try, the server when.
                if let Some(seconds) = *retry_after
                    && session.message().is_some()
                {
                    if seconds > config.max_retry_after {
                        return;
                    }
                    session.delay(seconds.saturating_mul(1000)).await;
                }
            }
        }
    }
}

/// Carries messages over one connection while it lasts. What waits at its end, if anything does, needs another one.
async fn converse<C: Connector, S: Session>(
    mut stream: C::Stream<'_>,
    session: &mut S,
    route: &mut Route<'_>,
    space: &mut [u8],
    config: &Config<'_>,
    retry_after: &mut Option<u32>,
) -> Result<(), Failure> {
    let mut used = false;
    while let Some((request, rx)) = session.message() {
        if used && !route.stays(request.uri) {
            break;
        }
        let Some(uri) = route.uri() else {
            break;
        };
        match exchange(&mut stream, space, &request, &uri, config, rx).await {
            Ok(Answer::Message {
                len,
                content_type,
                hmac,
                keep,
            }) => {
                route.settle();
                *retry_after = None;
                let received = Received {
                    len,
                    content_type,
                    hmac,
                    peer: route.peer(),
                };
                session.deliver(Ok(received)).await;
                if !keep {
                    break;
                }
                used = true;
            }
            Ok(Answer::Moved { status, location }) => {
                route.follow(status, location)?;
                break;
            }
            // Said to an idle connection before it was closed, not to this message.
            Ok(Answer::Refused { status: 408, .. }) if used => return Ok(()),
            Ok(Answer::Refused { status, after }) => {
                *retry_after = after;
                return Err(Failure::Http(Code(status)));
            }
            // The server gave the connection up before this message came.
            Err(Fault::Silent) if used => return Ok(()),
            Err(Fault::Silent) => return Err(Failure::Link),
            Err(Fault::Failed(why)) => return Err(why),
        }
    }
    C::close(stream).await;
    Ok(())
}

/// What a server said.
enum Answer<'w> {
    /// A message, or nothing.
    Message {
        len: usize,
        content_type: &'w str,
        hmac: Option<&'w str>,
        /// Whether the connection can carry the next message.
        keep: bool,
    },
    /// Ask there.
    Moved { status: u16, location: &'w str },
    /// A status that is no success, and the seconds to stay away.
    Refused { status: u16, after: Option<u32> },
}

/// Why there is no answer.
enum Fault {
    /// The connection was dead before the first octet of an answer.
    Silent,
    Failed(Failure),
}

impl From<Failure> for Fault {
    fn from(why: Failure) -> Self {
        Self::Failed(why)
    }
}

/// Sends one message over an open stream and reads the answer.
async fn exchange<'w, T: Read + Write>(
    stream: &mut T,
    space: &'w mut [u8],
    request: &Request<'_>,
    uri: &Uri<'_>,
    config: &Config<'_>,
    rx: &mut [u8],
) -> Result<Answer<'w>, Fault> {
    send(stream, space, request, uri, config).await?;
    let (head, filled) = receive_head(stream, space).await?;
    let (head, rest) = space.split_at_mut_checked(head).ok_or(Failure::Protocol)?;
    let unread = filled.saturating_sub(head.len());
    let head = Head::parse(head)?;
    match head.status {
        200 | 204 | 205 => {}
        201..=299 if is_dm(head.content_type) => {}
        301 | 302 | 307 | 308 => {
            let location = head.location.ok_or(Failure::Http(Code(head.status)))?;
            return Ok(Answer::Moved {
                status: head.status,
                location,
            });
        }
        // An upgrade that nobody asked for.
        101 => return Err(Failure::Protocol.into()),
        status => {
            return Ok(Answer::Refused {
                status,
                after: head.retry_after,
            });
        }
    }
    let (len, left) = receive_body(stream, rest, unread, head.framing, rx).await?;
    Ok(Answer::Message {
        len,
        content_type: head.content_type,
        hmac: head.hmac,
        // What comes behind an answer is no answer to anything that will be asked.
        keep: head.keep && left == 0,
    })
}

/// Sends head and body. The body begins in the same write, so that a small message is one segment, one TLS record.
async fn send<T: Write>(
    stream: &mut T,
    space: &mut [u8],
    request: &Request<'_>,
    uri: &Uri<'_>,
    config: &Config<'_>,
) -> Result<(), Fault> {
    let head = compose(space, request, uri, config)?;
    let joined = copy(space.get_mut(head..).unwrap_or_default(), request.body);
    let first = space.get(..head.saturating_add(joined)).unwrap_or_default();
    let second = request.body.get(joined..).unwrap_or_default();
    for mut part in [first, second] {
        while !part.is_empty() {
            match stream.write(part).await {
                Ok(0) => return Err(Fault::Silent),
                Ok(count) => part = part.get(count..).unwrap_or_default(),
                Err(error) => return Err(silent(&error)),
            }
        }
    }
    stream.flush().await.map_err(|error| silent(&error))
}

/// Reads up to the end of the final head, which is then at the beginning of `space`. Gives its length and the
/// octets read in all.
async fn receive_head<T: Read>(stream: &mut T, space: &mut [u8]) -> Result<(usize, usize), Fault> {
    let mut filled = 0;
    let mut interim = 0u8;
    let mut search = HeadEnd::default();
    loop {
        let head = search.find(space.get(..filled).unwrap_or_default());
        if let Some(len) = head {
            let head = space.get(..len).unwrap_or_default();
            // Reading it whole also proves that it ends where the search says.
            if !is_interim(head) || Head::parse(head)?.status == 101 {
                return Ok((len, filled));
            }
            interim = interim.saturating_add(1);
            if interim > INTERIM {
                return Err(Failure::Protocol.into());
            }
            filled = shift(space, len, filled);
            search = HeadEnd::default();
            continue;
        }
        let free = space.get_mut(filled..).unwrap_or_default();
        if free.is_empty() {
            return Err(Failure::TooLarge.into());
        }
        match stream.read(free).await {
            Ok(0) if filled == 0 && interim == 0 => return Err(Fault::Silent),
            Err(error) if filled == 0 && interim == 0 => return Err(silent(&error)),
            Ok(0) => return Err(Failure::Link.into()),
            Err(error) => return Err(failure(&error).into()),
            Ok(count) => filled = filled.saturating_add(count.min(free.len())),
        }
    }
}

/// Reads the body to the beginning of `rx`. The first `unread` octets of `rest` were read with the head; the whole
/// of it serves for reading on. Gives the length of the body and the octets that were read beyond it.
async fn receive_body<T: Read>(
    stream: &mut T,
    rest: &mut [u8],
    unread: usize,
    framing: Framing,
    rx: &mut [u8],
) -> Result<(usize, usize), Failure> {
    let mut body = Body::begin(framing, rest.get(..unread).unwrap_or_default(), rx)?;
    while !body.is_done() {
        let space = body.space(rest, rx);
        if space.is_empty() {
            return Err(Failure::TooLarge);
        }
        let count = match stream.read(space).await {
            Ok(count) => count.min(space.len()),
            Err(error) => return Err(failure(&error)),
        };
        body.take(count, rest, rx)?;
    }
    Ok(body.lens())
}

/// What an error of a stream means.
fn failure(error: &impl embedded_io_async::Error) -> Failure {
    match error.kind() {
        ErrorKind::TimedOut => Failure::Timeout,
        _ => Failure::Link,
    }
}

/// The same, while nothing of an answer was seen.
fn silent(error: &impl embedded_io_async::Error) -> Fault {
    match failure(error) {
        Failure::Link => Fault::Silent,
        why => Fault::Failed(why),
    }
}

fn is_dm(content_type: &str) -> bool {
    content_type
        .get(..DM.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(DM))
}

/// Moves the octets from `from` to `end` to the front and tells how many they are.
fn shift(space: &mut [u8], from: usize, end: usize) -> usize {
    let count = end.saturating_sub(from);
    for at in 0..count {
        let octet = space
            .get(from.saturating_add(at))
            .copied()
            .unwrap_or_default();
        if let Some(to) = space.get_mut(at) {
            *to = octet;
        }
    }
    count
}
