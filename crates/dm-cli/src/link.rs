//! Connections of `dm client`: TCP, and TLS 1.2 or 1.3 by rustls with verified certificates.

use core::time::Duration;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use dm_bindings::http::{Authority, Connector, Link, Scheme};
use dm_bindings::std_net::{Blocking, connect};
use dm_core::Failure as Lost;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::console::Input;
use crate::failure::Failure;
use crate::interrupt::Interrupt;

/// Whom to trust: the certificates in the PEM files named, or those of the system.
pub(crate) fn trust(files: &[impl AsRef<OsStr>]) -> Result<Arc<ClientConfig>, Failure> {
    let mut roots = RootCertStore::empty();
    for file in files {
        let Input { name, bytes } = Input::read(file.as_ref())?;
        for certificate in CertificateDer::pem_slice_iter(&bytes) {
            certificate
                .map_err(|why| why.to_string())
                .and_then(|it| roots.add(it).map_err(|why| why.to_string()))
                .map_err(|why| Failure::unreadable(&name, why))?;
        }
        if roots.is_empty() {
            return Err(Failure::unreadable(name, "no certificate in PEM"));
        }
    }
    if files.is_empty() {
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| Failure::failed(why.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Opens the connections of a session.
pub(crate) struct Dialler {
    limit: Duration,
    tls: Arc<ClientConfig>,
    interrupt: Interrupt,
    /// Why the last connection could not be opened, in words.
    trouble: Option<String>,
}

impl Dialler {
    /// `limit` is for connecting and for each later read and write.
    pub(crate) const fn new(limit: Duration, tls: Arc<ClientConfig>, interrupt: Interrupt) -> Self {
        Self {
            limit,
            tls,
            interrupt,
            trouble: None,
        }
    }

    pub(crate) fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn secure(&self, stream: TcpStream, host: &str) -> Result<Secured, String> {
        let name = ServerName::try_from(host.to_owned()).map_err(|why| why.to_string())?;
        let connection = ClientConnection::new(Arc::clone(&self.tls), name);
        let mut secured = StreamOwned::new(connection.map_err(|why| why.to_string())?, stream);
        while secured.conn.is_handshaking() {
            let StreamOwned { conn, sock } = &mut secured;
            conn.complete_io(sock).map_err(|why| why.to_string())?;
        }
        Ok(secured)
    }
}

impl Connector for Dialler {
    type Stream<'c> = Blocking<Stream>;

    async fn connect<'t>(
        &mut self,
        target: &Authority<'t>,
    ) -> Result<Link<'t, Blocking<Stream>>, Lost> {
        let Authority { host, port, .. } = *target;
        self.trouble = Some(format!("nobody answers at {host}:{port}"));
        let stream = connect(host, port, self.limit)?;
        self.interrupt.guard(&stream);
        if target.scheme == Scheme::Http {
            self.trouble = None;
            return Ok(Link::Plain(Blocking(Stream::Plain(stream))));
        }
        match self.secure(stream, host) {
            Ok(secured) => {
                self.trouble = None;
                let stream = Blocking(Stream::Secured(Box::new(secured)));
                Ok(Link::Secured { stream, name: host })
            }
            Err(why) => {
                self.trouble = Some(format!("TLS with {host}: {why}"));
                Err(Lost::Tls)
            }
        }
    }

    async fn close<'c>(stream: Blocking<Stream>)
    where
        Self: 'c,
    {
        if let Stream::Secured(mut secured) = stream.0 {
            secured.conn.send_close_notify();
            // The session is over: a farewell that is lost changes nothing.
            let _ = secured.flush();
        }
    }
}

type Secured = StreamOwned<ClientConnection, TcpStream>;

/// A connection.
pub(crate) enum Stream {
    Plain(TcpStream),
    Secured(Box<Secured>),
}

impl Read for Stream {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buf),
            Self::Secured(stream) => stream.read(buf),
        }
    }
}

impl Write for Stream {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(buf),
            Self::Secured(stream) => stream.write(buf),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Secured(stream) => stream.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1.1 and older have no object here: rustls does not know them.
    ///
    /// SEC-C-032, SEC-C-052, D13-C-071
    #[test]
    fn tls_1_3_and_1_2_are_offered_and_nothing_else() {
        let nobody: [&str; 0] = [];
        let name = ServerName::try_from("localhost").unwrap();
        let mut connection = ClientConnection::new(trust(&nobody).unwrap(), name).unwrap();
        let mut hello = Vec::new();
        connection.write_tls(&mut hello).unwrap();
        // supported_versions, whole: type, length, and the list of two.
        let versions = [0, 43, 0, 5, 4, 3, 4, 3, 3];
        assert!(hello.windows(versions.len()).any(|it| it == versions));
    }
}
