//! Blocking sockets of the host behind the async traits, and an executor to match.
//!
//! With these the host needs no async runtime: every read and write is done when it returns, so a future that uses
//! nothing else is ready at its first poll.

// The alloc crate has no business in this package; what std shares with it is used by the name of std.
#![allow(clippy::std_instead_of_alloc)]

use core::fmt;
use core::pin::pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::task::Wake;
use std::thread::{self, Thread};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};

use dm_core::Failure;

/// Runs a future to its end on this thread, which sleeps while the future waits.
pub fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// A blocking stream of the standard library, or of anything that looks like one (a TLS session over a socket, say),
/// as an async stream that never has to be waited for.
///
/// Time limits are those of the stream itself; an expired one is reported as
/// [`TimedOut`](ErrorKind::TimedOut).
pub struct Blocking<S>(pub S);

impl<S> fmt::Debug for Blocking<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Blocking")
    }
}

impl<S> ErrorType for Blocking<S> {
    type Error = ErrorKind;
}

impl<S: io::Read> Read for Blocking<S> {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        retry(|| self.0.read(buf))
    }
}

impl<S: io::Write> Write for Blocking<S> {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        retry(|| self.0.write(buf))
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        retry(|| self.0.flush())
    }
}

fn retry<T>(mut call: impl FnMut() -> io::Result<T>) -> Result<T, ErrorKind> {
    loop {
        match call() {
            Ok(value) => return Ok(value),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(kind(&error)),
        }
    }
}

fn kind(error: &io::Error) -> ErrorKind {
    match error.kind() {
        // A socket with a time limit says "would block" when it expires, on Unix.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => ErrorKind::TimedOut,
        io::ErrorKind::ConnectionRefused => ErrorKind::ConnectionRefused,
        io::ErrorKind::ConnectionReset => ErrorKind::ConnectionReset,
        io::ErrorKind::ConnectionAborted => ErrorKind::ConnectionAborted,
        io::ErrorKind::BrokenPipe => ErrorKind::BrokenPipe,
        io::ErrorKind::NotConnected => ErrorKind::NotConnected,
        _ => ErrorKind::Other,
    }
}

/// Opens a TCP connection to the first address of `host` that answers, with `limit` for connecting and for each
/// later read and write.
///
/// # Errors
/// [`Failure::Timeout`] or [`Failure::Link`], for the last address tried.
pub fn connect(host: &str, port: u16, limit: Duration) -> Result<TcpStream, Failure> {
    let mut why = Failure::Link;
    for address in (host, port).to_socket_addrs().map_err(|_| Failure::Link)? {
        match open(|| TcpStream::connect_timeout(&address, limit), limit) {
            Ok(stream) => return Ok(stream),
            Err(error) if kind(&error) == ErrorKind::TimedOut => why = Failure::Timeout,
            Err(_) => why = Failure::Link,
        }
    }
    Err(why)
}

fn open(dial: impl FnOnce() -> io::Result<TcpStream>, limit: Duration) -> io::Result<TcpStream> {
    let stream = dial()?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(limit))?;
    stream.set_write_timeout(Some(limit))?;
    Ok(stream)
}

/// Plain TCP for the HTTP client. An `https` address is refused with [`Failure::Tls`].
#[cfg(feature = "http")]
#[derive(Clone, Copy, Debug)]
pub struct TcpConnector {
    /// Time limit for connecting and for each later read and write.
    pub limit: Duration,
}

#[cfg(feature = "http")]
impl crate::http::Connector for TcpConnector {
    type Stream<'c> = Blocking<TcpStream>;

    async fn connect<'t>(
        &mut self,
        target: &crate::http::Authority<'t>,
    ) -> Result<crate::http::Link<'t, Blocking<TcpStream>>, Failure> {
        match target.scheme {
            crate::http::Scheme::Http => {
                let stream = connect(target.host, target.port, self.limit)?;
                Ok(crate::http::Link::Plain(Blocking(stream)))
            }
            crate::http::Scheme::Https => Err(Failure::Tls),
        }
    }
}
