//! The server behind TLS.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use dm_server::{Config, Handle, Server, Tls};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion,
};

use crate::device::*;

/// A server for `localhost`, and its certificate.
fn serve() -> (Handle, CertificateDer<'static>) {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let mut config = Config::parse(OPEN).unwrap();
    let (chain, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    config.http.tls = Some(Tls::from_pem(chain.as_bytes(), key.as_bytes()).unwrap());
    let server = Server::bind("127.0.0.1:0", config).unwrap();
    (server.spawn(), own.cert.der().clone())
}

fn connect(
    handle: &Handle,
    trusted: CertificateDer<'static>,
    version: &'static SupportedProtocolVersion,
) -> StreamOwned<ClientConnection, TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let stream = TcpStream::connect(handle.addr()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    StreamOwned::new(
        ClientConnection::new(Arc::new(config), name).unwrap(),
        stream,
    )
}

fn request(session: &str) -> Vec<u8> {
    let mut device = Device::new(OPEN);
    device.session = session.to_owned();
    let message = device.message(&package_1(1201), true);
    let head = format!(
        "POST /dm HTTP/1.1\r\nHost: localhost\r\nContent-Type: {XML}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        message.len()
    );
    [head, message].concat().into_bytes()
}

#[test]
fn a_session_goes_over_tls_1_2_and_1_3() {
    let (handle, own) = serve();
    assert!(handle.url().starts_with("https://127.0.0.1:"));
    for (session, version) in [
        ("1", &rustls::version::TLS12),
        ("2", &rustls::version::TLS13),
    ] {
        let mut stream = connect(&handle, own.clone(), version);
        stream.write_all(&request(session)).unwrap();
        let mut response = String::new();
        // Ends well only with the farewell of TLS.
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
        assert!(response.ends_with("</SyncML>"), "{response}");
    }
    assert_eq!(handle.stop().len(), 2);
}

#[test]
fn nobody_is_served_without_tls_or_with_another_certificate() {
    let (handle, _) = serve();
    let (other, wrong) = serve();
    let mut plain = TcpStream::connect(handle.addr()).unwrap();
    plain.write_all(&request("1")).unwrap();
    let mut answer = Vec::new();
    // Whatever the end looks like: an alert record, or nothing.
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"));
    let mut stream = connect(&handle, wrong, &rustls::version::TLS13);
    assert!(
        stream
            .write_all(&request("1"))
            .and_then(|()| stream.flush())
            .is_err()
    );
    assert!(handle.stop().is_empty());
    assert!(other.stop().is_empty());
}

#[test]
fn a_certificate_or_key_that_cannot_be_used_is_named() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (chain, key) = (own.cert.pem(), own.signing_key.serialize_pem());
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let why = |chain: &str, key: &str| {
        let refused = Tls::from_pem(chain.as_bytes(), key.as_bytes());
        refused.unwrap_err().to_string()
    };
    assert_eq!(why("", &key), "the certificate chain: no certificate");
    assert!(why(&chain, "").starts_with("the private key: "));
    let broken = "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n";
    assert!(why(broken, &key).starts_with("the certificate chain: "));
    let foreign = other.signing_key.serialize_pem();
    assert!(why(&chain, &foreign).starts_with("certificate and key: "));
}
