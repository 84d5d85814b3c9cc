//! Client-initiated bootstrap (`P-BOOT-1`): this project's profile of DM 1.3, but for its existence.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::bootstrap::{
    ACCEPT, Answer, Bootstrap, BootstrapPolicy, Fetch, FetchResult, FetchStep, Origin, Profile,
    Refused, operator_server, srv_name,
};
use dm_tree::{NodeSlot, Principal, RamStore, Reason, Schema, Tree, TreeMemory, UriLimits};

const DDF: &str = include_str!("../crates/dm-core/ddf/bootstrapcfg.ddf");

fn schema() -> &'static Schema<'static> {
    let model = dm_ddf::Model::parse("bootstrapcfg.ddf", DDF).unwrap();
    let models = dm_ddf::with_standard(vec![model]).unwrap();
    let compiled: &'static _ = Box::leak(Box::new(dm_ddf::compile(&models).unwrap()));
    Box::leak(Box::new(compiled.schema()))
}

/// A device that knows these bootstrap servers.
fn device(servers: &[(&str, &str)]) -> Tree<'static> {
    let memory = TreeMemory {
        nodes: vec![NodeSlot::EMPTY; 100].leak(),
        pool: vec![0; 4096].leak(),
        value: vec![0; 512].leak(),
    };
    let store = Box::leak(Box::new(RamStore::new(vec![0; 8192].leak())));
    let mut tree = Tree::open(schema(), store, &mut [], memory, UriLimits::default()).unwrap();
    let mut factory = tree.factory();
    for (uri, value) in [
        ("./DevInfo/DevId", "urn:x:1 &?"),
        ("./DevInfo/Man", "Ma+ker"),
        ("./DevInfo/Mod", "M-1_a.b~c"),
        ("./DevInfo/Lang", "en-GB"),
    ] {
        factory.set(uri, value.as_bytes()).unwrap();
    }
    factory.node("./BootstrapCfg").unwrap();
    for (number, (uri, order)) in (1..).zip(servers) {
        let server = format!("./BootstrapCfg/Servers/{number}");
        factory
            .set(&format!("{server}/URI"), uri.as_bytes())
            .unwrap();
        factory.set(&format!("{server}/SecMode"), b"CERT").unwrap();
        if !order.is_empty() {
            factory
                .set(&format!("{server}/Order"), order.as_bytes())
                .unwrap();
        }
    }
    tree
}

fn last_result(tree: &mut Tree<'_>) -> String {
    let mut buf = [0; 4];
    let len = tree
        .local()
        .get("./BootstrapCfg/LastResult", &mut buf)
        .unwrap();
    String::from_utf8(buf[..len].to_vec()).unwrap()
}

fn status(status: u16) -> Answer<'static> {
    Answer {
        status,
        ..Answer::default()
    }
}

const QUERY: &str = "devid=urn%3Ax%3A1%20%26%3F&man=Ma%2Bker&mod=M-1_a.b~c&dmv=1.3&lang=en-GB";

/// What a step is, in words.
fn said(step: FetchStep<'_>) -> String {
    match step {
        FetchStep::Get {
            uri,
            with_credentials,
        } => {
            let uri = uri.replace(QUERY, "QUERY");
            format!(
                "get {uri}{}",
                if with_credentials {
                    " with credentials"
                } else {
                    ""
                }
            )
        }
        FetchStep::Wait(seconds) => format!("wait {seconds}"),
        FetchStep::Apply(profile) => format!("apply {profile:?}"),
        FetchStep::Done(result) => format!("done {result:?}"),
    }
}

/// D13-C-046, D13-C-047: the object has its registered identifier and the nodes of the profile, and its secret cannot be read.
#[test]
fn the_object_is_as_the_profile_says() {
    let mut tree = device(&[("https://a/", "")]);
    let object = tree
        .local()
        .object(b"urn:oma:mo:oma-dm-bootstrapcfg:1.0", None);
    assert_eq!(object, tree.local().find("./BootstrapCfg"));
    for (leaf, default) in [
        ("Enable", "true"),
        ("Discovery", "1"),
        ("RetryMax", "3"),
        ("RetryWait", "60"),
        ("LastResult", "0"),
        ("Servers/1/Order", "100"),
    ] {
        let uri = format!("./BootstrapCfg/{leaf}");
        if tree.local().find(&uri).is_none() {
            let server = Principal::dangerous_assume(b"srv");
            tree.factory().acl(".", "Add=*&Get=*&Replace=*").unwrap();
            let value = dm_tree::Value::of(b"7");
            tree.add(&server, uri.as_bytes(), &value).unwrap();
            continue;
        }
        let mut buf = [0; 8];
        let len = tree.local().get(&uri, &mut buf).unwrap();
        assert_eq!(&buf[..len], default.as_bytes(), "{leaf}");
    }
    tree.factory()
        .set("./BootstrapCfg/Servers/1/Secret", b"s")
        .unwrap();
    let server = Principal::dangerous_assume(b"srv");
    let secret = tree.reading(&server, b"./BootstrapCfg/Servers/1/Secret");
    assert_eq!(secret, Err(Reason::AccessType));
    let fixed = tree.replace(
        &server,
        b"./BootstrapCfg/LastResult",
        &dm_tree::Value::of(b"1"),
    );
    assert_eq!(fixed, Err(Reason::AccessType));
}

/// D13-C-041, D13-C-042: servers are asked in their order, with who asks, for what a bootstrap is.
#[test]
fn servers_are_asked_in_their_order() {
    assert!(
        ACCEPT.split(", ").all(|name| name.ends_with("wbxml")),
        "{ACCEPT}"
    );
    let mut tree = device(&[
        ("https://late/", "200"),
        ("https://a/b?c=d", ""),
        ("HTTPS://first", "1"),
    ]);
    let mut fetch = Fetch::new(&mut tree).unwrap();
    assert_eq!(
        said(fetch.start(&mut tree).unwrap()),
        "get HTTPS://first?QUERY"
    );
    let step = fetch.answered(&mut tree, &status(404)).unwrap();
    assert_eq!(said(step), "get https://a/b?c=d&QUERY");
    let step = fetch.answered(&mut tree, &status(410)).unwrap();
    assert_eq!(said(step), "get https://late/?QUERY");
    assert_eq!(last_result(&mut tree), "0");
    let step = fetch.answered(&mut tree, &status(404)).unwrap();
    assert_eq!(said(step), "done NotFound");
    assert_eq!(last_result(&mut tree), "2");
    // A server that has nothing says so for all.
    let mut fetch = Fetch::new(&mut tree).unwrap();
    fetch.start(&mut tree).unwrap();
    let step = fetch.answered(&mut tree, &status(204)).unwrap();
    assert_eq!(said(step), "done NotFound");
    tree.local().set("./BootstrapCfg/Enable", b"false").unwrap();
    assert_eq!(Fetch::new(&mut tree).err(), Some(Refused::Policy));
}

/// D13-C-043: nothing is asked for over plain HTTP, neither at first nor after a redirection.
#[test]
fn plain_http_is_refused_at_every_hop() {
    for bad in [
        "http://a/",
        "https:/a",
        "https://",
        "https:///x",
        "a",
        "",
        "ftp://a/",
        "httpss://a/",
        "https://good.example@evil.example/",
        "https://a b/",
        "https://a/#x",
        "https://a/\r\nX: y",
    ] {
        let mut tree = device(&[(bad, "")]);
        let mut fetch = Fetch::new(&mut tree).unwrap();
        assert_eq!(
            said(fetch.start(&mut tree).unwrap()),
            "done Transport",
            "{bad}"
        );
        assert_eq!(last_result(&mut tree), "3");
        if let Ok(FetchStep::Get { uri, .. }) = fetch.discovered(&mut tree, bad) {
            panic!("{bad}: {uri}");
        }
        // And a good server leads to no bad one.
        let mut tree = device(&[("https://a/", "1"), ("https://b/", "2")]);
        let mut fetch = Fetch::new(&mut tree).unwrap();
        fetch.start(&mut tree).unwrap();
        for (code, location) in [(302, Some(bad)), (307, None)] {
            let mut fetch = Fetch::new(&mut tree).unwrap();
            fetch.start(&mut tree).unwrap();
            let answer = Answer {
                location,
                ..status(code)
            };
            let step = fetch.answered(&mut tree, &answer).unwrap();
            assert_eq!(said(step), "get https://b/?QUERY", "{bad}");
        }
    }
}

/// D13-C-042: three redirections are followed, as they are; the next server has as many.
#[test]
fn redirections_are_few_and_carry_no_credentials() {
    let mut tree = device(&[("https://a/", "1"), ("https://b/", "2")]);
    tree.factory()
        .set("./BootstrapCfg/Servers/1/SecMode", b"CERT+HTTPAUTH")
        .unwrap();
    let mut fetch = Fetch::new(&mut tree).unwrap();
    fetch.start(&mut tree).unwrap();
    assert_eq!(
        fetch.server(),
        tree.local().find("./BootstrapCfg/Servers/1")
    );
    let step = fetch.answered(&mut tree, &status(401)).unwrap();
    assert_eq!(said(step), "get https://a/?QUERY with credentials");
    let to = |uri| Answer {
        location: Some(uri),
        ..status(307)
    };
    for uri in ["https://x/1", "https://y/2", "https://z/3"] {
        let step = fetch.answered(&mut tree, &to(uri)).unwrap();
        assert_eq!(said(step), format!("get {uri}"));
    }
    let step = fetch.answered(&mut tree, &to("https://w/4")).unwrap();
    assert_eq!(said(step), "get https://b/?QUERY");
    let step = fetch.answered(&mut tree, &to("https://x/1")).unwrap();
    assert_eq!(said(step), "get https://x/1");
    // Where the redirection led nobody is shown the credentials, nor a server that has none, nor twice.
    let step = fetch.answered(&mut tree, &status(401)).unwrap();
    assert_eq!(said(step), "done Authentication");
    assert_eq!(last_result(&mut tree), "4");
    let mut fetch = Fetch::new(&mut tree).unwrap();
    fetch.start(&mut tree).unwrap();
    fetch.answered(&mut tree, &status(401)).unwrap();
    let step = fetch.answered(&mut tree, &status(401)).unwrap();
    assert_eq!(said(step), "get https://b/?QUERY");
    let step = fetch.answered(&mut tree, &status(401)).unwrap();
    assert_eq!(said(step), "done Authentication");
}

/// D13-C-042: a busy server is asked again, later each time, and not for ever.
#[test]
fn a_server_that_is_busy_or_gone_is_tried_again() {
    let mut tree = device(&[("https://a/", "")]);
    tree.local().set("./BootstrapCfg/RetryMax", b"4").unwrap();
    tree.local().set("./BootstrapCfg/RetryWait", b"10").unwrap();
    let mut fetch = Fetch::new(&mut tree).unwrap();
    fetch.start(&mut tree).unwrap();
    assert_eq!(said(fetch.failed(&mut tree).unwrap()), "wait 10");
    assert_eq!(said(fetch.again()), "get https://a/?QUERY");
    let busy = Answer {
        retry_after: Some(7),
        ..status(503)
    };
    assert_eq!(said(fetch.answered(&mut tree, &busy).unwrap()), "wait 7");
    assert_eq!(
        said(fetch.answered(&mut tree, &status(429)).unwrap()),
        "wait 40"
    );
    assert_eq!(
        said(fetch.answered(&mut tree, &status(500)).unwrap()),
        "wait 80"
    );
    assert_eq!(said(fetch.failed(&mut tree).unwrap()), "done Transport");
    assert_eq!(last_result(&mut tree), "3");
}

/// D13-C-044, D13-C-045: the names of discovery.
#[test]
fn a_server_is_discovered_by_operator_or_domain() {
    let uri = |mcc, mnc| operator_server(mcc, mnc).map(|uri| uri.as_str().to_owned());
    let expected = "https://dmbootstrap.mnc001.mcc262.pub.3gppnetwork.org/dm/bootstrap";
    assert_eq!(uri("262", "01").as_deref(), Some(expected));
    let expected = "https://dmbootstrap.mnc410.mcc310.pub.3gppnetwork.org/dm/bootstrap";
    assert_eq!(uri("310", "410").as_deref(), Some(expected));
    for (mcc, mnc) in [
        ("26", "01"),
        ("262", "1"),
        ("2620", "01"),
        ("26a", "01"),
        ("262", "0.1"),
        ("", ""),
    ] {
        assert_eq!(uri(mcc, mnc), None, "{mcc} {mnc}");
    }
    assert_eq!(
        srv_name("example.net").unwrap().as_str(),
        "_omadm-bootstrap._tcp.example.net"
    );
    assert!(srv_name("").is_none() && srv_name(&"x".repeat(200)).is_none());
    // It is asked when those of the object had nothing.
    let mut tree = device(&[]);
    let mut fetch = Fetch::new(&mut tree).unwrap();
    assert_eq!(said(fetch.start(&mut tree).unwrap()), "done Transport");
    let step = fetch.discovered(&mut tree, "https://found/").unwrap();
    assert_eq!(said(step), "get https://found/?QUERY");
    assert_eq!(fetch.server(), None);
    assert_eq!(
        said(fetch.answered(&mut tree, &status(401)).unwrap()),
        "done Authentication"
    );
}

/// D13-C-042, D13-C-041: the body is a document by its type, vouched for by the channel; what becomes of it ends the fetch.
#[test]
fn the_document_is_applied_as_one_from_a_proved_server() {
    let xml = "<wap-provisioningdoc><characteristic type=\"APPLICATION\"><parm name=\"APPID\" value=\"w7\"/>\
        <parm name=\"PROVIDER-ID\" value=\"srv\"/><parm name=\"ADDR\" value=\"https://srv/\"/></characteristic>\
        </wap-provisioningdoc>";
    let typed = |content_type| Answer {
        content_type,
        ..status(200)
    };
    let cp = "Application/vnd.wap.connectivity-wbxml; charset=utf-8";
    for (content_type, said_of_it) in [
        (cp, "apply Provisioning"),
        ("application/vnd.syncml.dm+wbxml", "apply Message"),
        ("application/vnd.syncml.dm+xml", "done Parse"),
        ("text/vnd.wap.connectivity-xml", "done Parse"),
        ("text/html", "done Parse"),
        ("", "done Parse"),
    ] {
        let mut tree = device(&[("https://a/", "")]);
        let mut fetch = Fetch::new(&mut tree).unwrap();
        fetch.start(&mut tree).unwrap();
        let step = fetch.answered(&mut tree, &typed(content_type)).unwrap();
        assert_eq!(said(step), said_of_it, "{content_type}");
    }
    for (document, result, number) in [
        (xml.to_owned(), "done Applied", "1"),
        (xml.replace("w7", "w5"), "done Parse", "5"),
        (xml.replace("</char", "</x"), "done Parse", "5"),
        (xml.replace("\"srv\"", "\"*\""), "done Refused", "6"),
    ] {
        let mut tree = device(&[("https://a/", "")]);
        let mut fetch = Fetch::new(&mut tree).unwrap();
        fetch.start(&mut tree).unwrap();
        fetch.answered(&mut tree, &typed(cp)).unwrap();
        let origin = Origin::Secured { name: "a" };
        let policy = BootstrapPolicy::DEFAULT;
        let boot = Bootstrap::open(Profile::Provisioning, document.as_bytes(), origin, policy);
        let applied = boot
            .unwrap()
            .apply(&mut tree, &mut [0; 128], &mut |_| {})
            .map(|_| ());
        let step = fetch.applied(&mut tree, applied).unwrap();
        assert_eq!(said(step), result);
        assert_eq!(last_result(&mut tree), number);
    }
    assert_eq!(FetchResult::Applied as u8, 1);
}
