//! The listener: one thread that accepts, one for each connection, all sharing the sessions.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{
    IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr, TcpListener, TcpStream, ToSocketAddrs,
};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::config::{Config, Http};
use crate::http::{self, Ended};
use crate::notify::{Notification, NotificationError, send_push, wap_push};
use crate::script::Package;
use crate::sessions::Sessions;
use crate::tls;
use crate::transcript::Transcript;

/// Octets taken from a refused peer before its connection is closed, so that the refusal is not lost with it.
const MAX_DRAIN: usize = 64 * 1024;
/// Longest wait for them.
const DRAIN_TIME: Duration = Duration::from_millis(200);

/// Longest wait for answers under way when the server stops.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// A DM server on a TCP port, for tests and labs: HTTP, or HTTPS when [`Http::tls`] has a certificate.
///
/// ```
/// use dm_server::{Config, Server};
///
/// let server = Server::bind("127.0.0.1:0", Config::parse("[server]\nanonymous = true")?)?;
/// println!("{}", server.url());
/// let handle = server.spawn();
/// let transcripts = handle.stop();
/// assert!(transcripts.is_empty());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    shared: Arc<Shared>,
}

/// A server that is running; stops when dropped.
#[derive(Debug)]
pub struct Handle {
    shared: Arc<Shared>,
    accepting: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    addr: SocketAddr,
    http: Http,
    sessions: Mutex<Sessions>,
    /// A message has been answered.
    answered: Condvar,
    connections: Mutex<Connections>,
}

#[derive(Debug, Default)]
struct Connections {
    stopping: bool,
    next_id: u64,
    open: HashMap<u64, TcpStream>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    /// Listens on `addr`; port 0 takes a free one.
    ///
    /// # Errors
    /// What the operating system says.
    pub fn bind(addr: impl ToSocketAddrs, mut config: Config) -> io::Result<Self> {
        let listener = TcpListener::bind(addr)?;
        let addr = listener.local_addr()?;
        if config.http.resp_uri && config.server.resp_uri.is_none() {
            config.server.resp_uri = Some(format!("{}?further", url(addr, &config.http)));
        }
        let http = config.http.clone();
        let shared = Shared {
            addr,
            http,
            sessions: Mutex::new(Sessions::new(config)),
            answered: Condvar::new(),
            connections: Mutex::default(),
        };
        Ok(Self {
            listener,
            shared: Arc::new(shared),
        })
    }

    /// The address listened on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// The address of the DM server, for the account of a device.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.url()
    }

    /// Serves in threads of its own.
    #[must_use]
    pub fn spawn(self) -> Handle {
        let shared = Arc::clone(&self.shared);
        let accepting = thread::spawn(move || accept(&self.listener, &self.shared));
        Handle {
            shared,
            accepting: Some(accepting),
        }
    }
}

impl Handle {
    /// The address listened on.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.shared.addr
    }

    /// The address of the DM server, for the account of a device.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.url()
    }

    /// What happened so far, one transcript for each session, oldest first.
    #[must_use]
    pub fn transcripts(&self) -> Vec<Transcript> {
        self.shared.sessions().transcripts().cloned().collect()
    }

    /// The transcripts of the sessions that have ended since the last call, oldest first; waits at most for `timeout` until
    /// there is one.
    #[must_use]
    pub fn newly_ended(&self, timeout: Duration) -> Vec<Transcript> {
        let since = Instant::now();
        let mut sessions = self.shared.sessions();
        loop {
            let ended = sessions.newly_ended();
            let left = timeout.saturating_sub(since.elapsed());
            if !ended.is_empty() || left.is_zero() {
                return ended;
            }
            let answered = self.shared.answered.wait_timeout(sessions, left);
            sessions = answered.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Package 0 for a device, as [`Sessions::notify`] makes it, to be carried by the caller.
    ///
    /// # Errors
    /// As [`Sessions::notify`].
    pub fn package0(
        &self,
        device: Option<&str>,
        notification: &Notification,
    ) -> Result<Vec<u8>, NotificationError> {
        self.shared.sessions().notify(device, notification)
    }

    /// Pushes a notification to a device that waits at `to` (port [`PUSH_PORT`](crate::PUSH_PORT) on most), signed as
    /// [`Sessions::notify`] does it. Whether it came across shows when a session begins.
    ///
    /// # Errors
    /// As [`Sessions::notify`], [`io::ErrorKind::InvalidInput`]; what the operating system says.
    pub fn notify(
        &self,
        to: impl ToSocketAddrs,
        device: Option<&str>,
        notification: &Notification,
    ) -> io::Result<()> {
        let package0 = self.package0(device, notification);
        let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
        let pdu = wap_push(notification.format, 1, &package0.map_err(invalid)?);
        send_push(to, &pdu)
    }

    /// Gives the sessions that begin from now on another script.
    pub fn set_script(&self, packages: impl Into<Vec<Package>>) {
        self.shared.sessions().set_script(packages);
    }

    /// Waits until `count` sessions have ended, at most for `timeout`; whether they have.
    #[must_use]
    pub fn wait(&self, count: usize, timeout: Duration) -> bool {
        let since = Instant::now();
        let mut sessions = self.shared.sessions();
        while sessions.ended() < count {
            let left = timeout.saturating_sub(since.elapsed());
            if left.is_zero() {
                return false;
            }
            let answered = self.shared.answered.wait_timeout(sessions, left);
            sessions = answered.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Stops: closes all connections, waits for the threads, and gives the transcripts.
    #[must_use]
    pub fn stop(mut self) -> Vec<Transcript> {
        self.halt();
        self.transcripts()
    }

    fn halt(&mut self) {
        let Some(accepting) = self.accepting.take() else {
            return;
        };
        self.shared.connections().stopping = true;
        // What is being answered is answered to its end, unless the peer does not take it.
        self.shared.shut(Shutdown::Read);
        let since = Instant::now();
        while !self.shared.connections().open.is_empty() && since.elapsed() < LAST_WORDS {
            thread::sleep(Duration::from_millis(1));
        }
        self.shared.shut(Shutdown::Both);
        // The accepting thread sees the flag when the next connection comes: this one.
        let _ = TcpStream::connect_timeout(&self.shared.reachable(), Duration::from_secs(1));
        let _ = accepting.join();
        let threads = core::mem::take(&mut self.shared.connections().threads);
        for thread in threads {
            let _ = thread.join();
        }
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.halt();
    }
}

impl Shared {
    fn url(&self) -> String {
        url(self.addr, &self.http)
    }

    /// An address of the listener that can be connected to from this machine.
    fn reachable(&self) -> SocketAddr {
        let mut addr = self.addr;
        if addr.ip().is_unspecified() {
            addr.set_ip(match addr.ip() {
                IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
                IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
            });
        }
        addr
    }

    fn shut(&self, how: Shutdown) {
        for stream in self.connections().open.values() {
            // A connection that is gone already needs no shutting down.
            let _ = stream.shutdown(how);
        }
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        self.connections
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn url(addr: SocketAddr, http: &Http) -> String {
    let scheme = if http.tls.is_some() { "https" } else { "http" };
    format!("{scheme}://{addr}{}", http.path)
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let mut connections = shared.connections();
        if connections.stopping {
            return;
        }
        connections.threads.retain(|thread| !thread.is_finished());
        let Ok(stream) = stream else { continue };
        if connections.open.len() >= shared.http.max_connections {
            continue;
        }
        let Ok(copy) = stream.try_clone() else {
            continue;
        };
        let id = connections.next_id;
        connections.next_id = id.wrapping_add(1);
        connections.open.insert(id, copy);
        let own = Arc::clone(shared);
        connections.threads.push(thread::spawn(move || {
            // A connection that breaks has nobody left to be told.
            let _ = connection(stream, &own);
            own.connections().open.remove(&id);
        }));
    }
}

fn connection(mut stream: TcpStream, shared: &Shared) -> io::Result<()> {
    stream.set_read_timeout(Some(shared.http.timeout))?;
    stream.set_write_timeout(Some(shared.http.timeout))?;
    stream.set_nodelay(true)?;
    let Some(tls) = &shared.http.tls else {
        if serve(&mut stream, shared)? == Ended::Refused {
            linger(&mut stream)?;
        }
        return Ok(());
    };
    let mut secured = tls.over(stream)?;
    let ended = serve(&mut secured, shared)?;
    tls::close(&mut secured)?;
    if ended == Ended::Refused {
        linger(&mut secured.sock)?;
    }
    Ok(())
}

fn serve(stream: &mut (impl Read + Write), shared: &Shared) -> io::Result<Ended> {
    http::serve(stream, &shared.http, &mut |request| {
        let reply = shared.sessions().handle_request(request);
        shared.answered.notify_all();
        reply
    })
}

/// Takes what a refused peer is still sending.
fn linger(stream: &mut TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)?;
    stream.set_read_timeout(Some(DRAIN_TIME))?;
    drain(stream);
    Ok(())
}

fn drain(stream: &mut TcpStream) {
    let (mut piece, mut taken) = ([0; 4096], 0_usize);
    while taken < MAX_DRAIN {
        match stream.read(&mut piece) {
            Ok(0) | Err(_) => return,
            Ok(n) => taken = taken.saturating_add(n),
        }
    }
}
