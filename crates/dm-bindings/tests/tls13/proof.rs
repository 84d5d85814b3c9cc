//! Whom the adapter lets in: one server, and not those that differ from it in one thing.

use std::io::{Read, Write};
use std::net::SocketAddr;

use dm_bindings::http::{Connector, Link};
use dm_bindings::std_net::block_on;
use dm_bindings::tls13::{
    Clock, DangerousNoClock, Entropy, Issuer, NoEntropy, Refusal, Tls13, Trust,
};
use dm_core::Failure;
use rcgen::{CustomExtension, DnType, ExtendedKeyUsagePurpose, KeyUsagePurpose};
use rustls::version::{TLS12, TLS13};

use crate::certificates::{Authority, HOST, Identity, NOW};
use crate::peer::{Door, LISTEN, Now, System, TARGET, accept, serve};

/// The name proved, or why there is no connection.
type Outcome = Result<String, (Failure, Option<Refusal>)>;

/// What comes of knocking there.
fn knock_at<T: Trust, E: Entropy>(addr: SocketAddr, trust: T, entropy: E) -> Outcome {
    let (mut rx, mut tx) = ([0; 16_640], [0; 2048]);
    let mut tls = Tls13::new(Door(addr), trust, entropy, &mut rx, &mut tx);
    let proved = match block_on(tls.connect(&TARGET)) {
        Ok(Link::Secured { name, .. }) => Ok(name.to_owned()),
        Ok(Link::Plain(_)) => panic!("a stream that proves nothing"),
        Err(why) => Err(why),
    };
    proved.map_err(|why| (why, tls.refusal()))
}

/// What comes of knocking at a server that shows this.
fn knock<T: Trust>(identity: &Identity, trust: T) -> Outcome {
    let (addr, server) = serve(identity, &TLS13, LISTEN);
    let outcome = knock_at(addr, trust, System);
    server.join().unwrap();
    outcome
}

const REFUSED: Outcome = Err((Failure::Tls, Some(Refusal::Certificate)));

fn let_in() -> Outcome {
    Ok(HOST.to_owned())
}

fn trust<C: Clock>(issuer: &Authority) -> Issuer<'_, C> {
    Issuer::new(&issuer.certificate)
}

/// SEC-C-051, D13-C-070
#[test]
fn a_server_with_a_certificate_of_the_issuer_is_let_in() {
    let issuer = Authority::new();
    assert_eq!(
        knock(&issuer.issue(|_| ()), trust::<Now>(&issuer)),
        let_in()
    );
    let by_common_name = issuer.issue(|c| {
        c.subject_alt_names.clear();
        c.distinguished_name.push(DnType::CommonName, HOST);
    });
    assert_eq!(knock(&by_common_name, trust::<Now>(&issuer)), let_in());
    let for_servers = issuer.issue(|c| {
        c.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        c.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    });
    assert_eq!(knock(&for_servers, trust::<Now>(&issuer)), let_in());
}

/// SEC-C-051
#[test]
fn a_certificate_of_another_issuer_or_of_nobody_is_refused() {
    let issuer = Authority::new();
    let other = Authority::new();
    assert_eq!(knock(&other.issue(|_| ()), trust::<Now>(&issuer)), REFUSED);
    // The issuer's own certificate does not make it a server.
    let mut own = issuer.issue(|_| ());
    own.chain = vec![issuer.certificate.clone()];
    assert_eq!(knock(&own, trust::<Now>(&issuer)), REFUSED);
}

/// SEC-C-051
#[test]
fn a_certificate_for_another_name_is_refused() {
    let issuer = Authority::new();
    let names: [&[&str]; 3] = [&["other.example.org"], &["*.org"], &["a.dm.example.org"]];
    for names in names {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let identity = issuer.issue(|c| {
            c.subject_alt_names = rcgen::CertificateParams::new(names)
                .unwrap()
                .subject_alt_names;
        });
        assert_eq!(knock(&identity, trust::<Now>(&issuer)), REFUSED);
    }
    // A common name does not help when there is a subjectAltName.
    let both = issuer.issue(|c| {
        let other = rcgen::CertificateParams::new(["other.org".to_owned()]).unwrap();
        c.subject_alt_names = other.subject_alt_names;
        c.distinguished_name.push(DnType::CommonName, HOST);
    });
    assert_eq!(knock(&both, trust::<Now>(&issuer)), REFUSED);
    let none = issuer.issue(|c| c.subject_alt_names.clear());
    assert_eq!(knock(&none, trust::<Now>(&issuer)), REFUSED);
}

/// SEC-C-051
#[test]
fn validity_needs_a_clock_or_an_explicit_waiver() {
    struct At<const T: u64>;
    impl<const T: u64> Clock for At<T> {
        fn utc() -> Option<u64> {
            Some(T)
        }
    }
    struct Unset;
    impl Clock for Unset {
        fn utc() -> Option<u64> {
            None
        }
    }
    const BEFORE: u64 = NOW - 365 * 86_400;
    const AFTER: u64 = NOW + 365 * 86_400;
    let issuer = Authority::new();
    let good = issuer.issue(|_| ());
    assert_eq!(knock(&good, trust::<At<NOW>>(&issuer)), let_in());
    assert_eq!(knock(&good, trust::<At<BEFORE>>(&issuer)), REFUSED);
    assert_eq!(knock(&good, trust::<At<AFTER>>(&issuer)), REFUSED);
    assert_eq!(knock(&good, trust::<Unset>(&issuer)), REFUSED);
    assert_eq!(knock(&good, trust::<DangerousNoClock>(&issuer)), let_in());
}

/// SEC-C-051
#[test]
fn more_than_one_certificate_is_refused_whoever_signed_it() {
    let issuer = Authority::new();
    for is_ca in [true, false] {
        let below = issuer.below(is_ca);
        let mut identity = below.issue(|_| ());
        identity.chain.push(below.certificate);
        assert_eq!(knock(&identity, trust::<Now>(&issuer)), REFUSED);
    }
    let mut with_root = issuer.issue(|_| ());
    with_root.chain.push(issuer.certificate.clone());
    assert_eq!(knock(&with_root, trust::<Now>(&issuer)), REFUSED);
}

/// SEC-C-051
#[test]
fn a_certificate_for_another_purpose_or_that_is_not_understood_is_refused() {
    let issuer = Authority::new();
    let mut unknown = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
    unknown.set_criticality(true);
    for identity in [
        issuer.issue(|c| c.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth]),
        issuer.issue(|c| c.key_usages = vec![KeyUsagePurpose::KeyEncipherment]),
        issuer.issue(|c| c.custom_extensions = vec![unknown]),
    ] {
        assert_eq!(knock(&identity, trust::<Now>(&issuer)), REFUSED);
    }
}

/// SEC-C-051
#[test]
fn a_server_without_the_key_of_its_certificate_is_refused() {
    let issuer = Authority::new();
    let mut stolen = issuer.issue(|_| ());
    stolen.key = issuer.issue(|_| ()).key;
    assert_eq!(
        knock(&stolen, trust::<Now>(&issuer)),
        Err((Failure::Tls, Some(Refusal::Signature)))
    );
}

#[test]
fn a_device_without_random_octets_uses_no_connection() {
    struct Empty;
    impl Entropy for Empty {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), NoEntropy> {
            Err(NoEntropy)
        }
    }
    let issuer = Authority::new();
    let (addr, server) = serve(&issuer.issue(|_| ()), &TLS13, LISTEN);
    assert_eq!(
        knock_at(addr, trust::<Now>(&issuer), Empty),
        Err((Failure::Tls, Some(Refusal::Entropy)))
    );
    server.join().unwrap();
}

/// SEC-C-032, D13-C-070
#[test]
fn a_server_of_an_older_tls_or_of_none_is_refused() {
    let issuer = Authority::new();
    let servers = [
        serve(&issuer.issue(|_| ()), &TLS12, LISTEN),
        accept(|mut socket| {
            socket.write_all(b"HTTP/1.1 200 OK\r\n\r\n").unwrap();
            let _ = socket.read_to_end(&mut Vec::new());
        }),
    ];
    for (addr, server) in servers {
        assert!(matches!(
            knock_at(addr, trust::<Now>(&issuer), System),
            Err((Failure::Tls, Some(Refusal::Handshake | Refusal::Record)))
        ));
        server.join().unwrap();
    }
}

#[test]
fn a_server_that_hangs_up_is_a_link_that_failed() {
    let issuer = Authority::new();
    let (addr, server) = accept(drop);
    assert_eq!(
        knock_at(addr, trust::<Now>(&issuer), System),
        Err((Failure::Link, None))
    );
    server.join().unwrap();
}

/// The hello is read here octet by octet: SSL 2.0 and 3.0, TLS 1.0 and their suites are not in it, so that what the
/// binding says about those versions has no object.
///
/// SEC-C-032, SEC-C-052, D13-C-070
#[test]
fn nothing_but_tls_1_3_is_offered() {
    let (addr, server) = accept(|mut socket| {
        let mut head = [0; 5];
        socket.read_exact(&mut head).unwrap();
        let mut hello = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
        socket.read_exact(&mut hello).unwrap();
        // A handshake record with a ClientHello in the form of TLS, which SSL 2.0 does not have.
        assert_eq!((head[0], head[1], hello[0]), (22, 3, 1));
        // Type and length, version, random, no session.
        let rest = &hello[4 + 2 + 32..];
        assert_eq!(rest[0], 0);
        let suites = usize::from(u16::from_be_bytes([rest[1], rest[2]]));
        assert_eq!(&rest[3..3 + suites], [0x13, 0x01]);
        let mut extensions = &rest[3 + suites + 2 + 2..];
        let mut versions = None;
        while let [a, b, high, low, rest @ ..] = extensions {
            let (content, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
            if [*a, *b] == [0, 43] {
                versions = Some(content.to_vec());
            }
            extensions = rest;
        }
        assert_eq!(versions.as_deref(), Some(&[2, 3, 4][..]));
    });
    let issuer = Authority::new();
    assert!(knock_at(addr, trust::<Now>(&issuer), System).is_err());
    server.join().unwrap();
}
