//! Servers of rustls on a thread, and the device's end of the connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use dm_bindings::http::{Authority, Connector, Link, Scheme};
use dm_bindings::std_net::{Blocking, connect};
use dm_bindings::tls13::{Clock, Entropy, NoEntropy};
use dm_core::Failure;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};

use crate::certificates::{HOST, Identity, NOW};

pub(crate) const TARGET: Authority<'static> = Authority {
    scheme: Scheme::Https,
    host: HOST,
    port: 443,
};

/// Brings every name to the same place.
pub(crate) struct Door(pub(crate) SocketAddr);

impl Connector for Door {
    type Stream<'c> = Blocking<TcpStream>;

    async fn connect<'t>(
        &mut self,
        _: &Authority<'t>,
    ) -> Result<Link<'t, Blocking<TcpStream>>, Failure> {
        let limit = Duration::from_secs(10);
        let stream = connect(&self.0.ip().to_string(), self.0.port(), limit)?;
        Ok(Link::Plain(Blocking(stream)))
    }
}

/// A clock that shows the time of the certificates.
pub(crate) struct Now;

impl Clock for Now {
    fn utc() -> Option<u64> {
        Some(NOW)
    }
}

/// The host's generator.
pub(crate) struct System;

impl Entropy for System {
    fn fill(&mut self, to: &mut [u8]) -> Result<(), NoEntropy> {
        let provider = rustls::crypto::ring::default_provider();
        provider.secure_random.fill(to).map_err(|_| NoEntropy)
    }
}

/// What a server does with its one connection.
pub(crate) type Then = fn(StreamOwned<ServerConnection, TcpStream>);

/// Reads until the device closes.
pub(crate) const LISTEN: Then = |mut stream| {
    let _ = stream.read_to_end(&mut Vec::new());
};

/// A server for one connection.
pub(crate) fn serve(
    identity: &Identity,
    version: &'static SupportedProtocolVersion,
    then: Then,
) -> (SocketAddr, JoinHandle<()>) {
    serve_with(Arc::new(config(identity, version)), then)
}

fn serve_with(config: Arc<ServerConfig>, then: Then) -> (SocketAddr, JoinHandle<()>) {
    accept(move |socket| {
        let connection = ServerConnection::new(config).unwrap();
        then(StreamOwned::new(connection, socket));
    })
}

/// Does something with one connection.
pub(crate) fn accept(
    then: impl FnOnce(TcpStream) + Send + 'static,
) -> (SocketAddr, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let thread = thread::spawn(move || {
        let socket = listener.accept().unwrap().0;
        let limit = Some(Duration::from_secs(10));
        socket.set_read_timeout(limit).unwrap();
        socket.set_nodelay(true).unwrap();
        then(socket);
    });
    (addr, thread)
}

/// Shows whatever it was given, also a certificate of somebody else.
#[derive(Debug)]
struct Shows(Arc<CertifiedKey>);

impl ResolvesServerCert for Shows {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn config(identity: &Identity, version: &'static SupportedProtocolVersion) -> ServerConfig {
    let provider = rustls::crypto::ring::default_provider();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(identity.key.serialize_der()));
    let key = provider.key_provider.load_private_key(key).unwrap();
    let shown = CertifiedKey::new(identity.chain.clone(), key);
    ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Shows(Arc::new(shown))))
}

/// Answers one request with "hello" and closes as it should be done.
pub(crate) const GREET: Then = |mut stream| {
    let mut request = [0; 5];
    stream.read_exact(&mut request).unwrap();
    stream.write_all(b"hello").unwrap();
    stream.conn.send_close_notify();
    stream.flush().unwrap();
    let _ = stream.read_to_end(&mut Vec::new());
};
