//! Device files, good and bad.

use std::path::PathBuf;

use dm_tree::{Format, Principal, Progress, Refusal, Status, Ticket, Value};

use super::*;
use crate::changes::snapshot;

fn reference(name: &str) -> PathBuf {
    [
        env!("CARGO_MANIFEST_DIR"),
        "../../tests/corpus/reference-session",
        name,
    ]
    .iter()
    .collect()
}

/// Nodes of every format without a name, and one that can be executed.
const DDF: &str = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Box</NodeName><DFProperties><AccessType><Get/>\
    </AccessType><DFFormat><node/></DFFormat><Scope><Permanent/></Scope></DFProperties>UNNAMED\
    <Node><NodeName>Go</NodeName><DFProperties><AccessType><Exec/><Get/><Replace/></AccessType><DFFormat><chr/>\
    </DFFormat><Scope><Permanent/></Scope></DFProperties></Node>\
    <Node><NodeName>Only</NodeName><DFProperties><AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Scope>\
    <Permanent/></Scope></DFProperties>ONLY</Node></Node></MgmtTree>";

fn unnamed(format: &str) -> String {
    format!(
        "<Node><NodeName/><DFProperties><AccessType><Add/><Get/></AccessType><DFFormat><{format}/></DFFormat>\
         <Occurrence><ZeroOrMore/></Occurrence></DFProperties></Node>"
    )
}

fn device(text: &str) -> Result<Device, Failure> {
    let all: String = ["chr", "int", "bool", "b64", "bin", "xml", "float", "node"]
        .map(unnamed)
        .concat();
    let ddf = DDF
        .replace("UNNAMED", &all)
        .replace("ONLY", &unnamed("date"));
    Device::parse(text, &mut |name| match name {
        "box.ddf" => Ok(ddf.clone()),
        _ => Err(Failure::unreadable(name, "no such file")),
    })
}

fn opened(text: &str) -> Result<Tree<'static>, Failure> {
    device(&format!("ddf = [\"box.ddf\"]\n{text}"))?.open()
}

fn why(text: &str) -> String {
    match opened(text) {
        Ok(_) => panic!("opened: {text}"),
        Err(why) => why.to_string(),
    }
}

fn value(tree: &mut Tree<'_>, uri: &str) -> String {
    let mut buf = [0; 100];
    let length = tree
        .local()
        .get(uri, &mut buf)
        .unwrap_or_else(|why| panic!("{uri}: {why}"));
    String::from_utf8(buf[..length].to_vec()).unwrap()
}

#[test]
fn the_reference_device_has_the_state_its_page_tells() {
    let device = Device::load(&reference("device.toml")).unwrap();
    let mut tree = device.open().unwrap();
    for (uri, expected) in [
        ("./DevInfo/DevId", "IMEI:004999010640000"),
        ("./DevInfo/Man", "Example Meters"),
        ("./DevInfo/Mod", "EM-200"),
        ("./DevInfo/DmV", "1.2"),
        ("./DevInfo/Lang", "en-GB"),
        ("./DevDetail/DevTyp", "meter"),
        ("./DevDetail/OEM", "Example Meters"),
        ("./DevDetail/FwV", "4.7.1"),
        ("./DevDetail/SwV", "2026.03"),
        ("./DevDetail/HwV", "C"),
        ("./DevDetail/LrgObj", "false"),
        ("./DevDetail/URI/MaxDepth", "8"),
        ("./DevDetail/URI/MaxTotLen", "127"),
        ("./DevDetail/URI/MaxSegLen", "32"),
        ("./DMAcc/srv/AppID", "w7"),
        ("./DMAcc/srv/ServerID", "srv"),
        ("./DMAcc/srv/AppAddr/1/Addr", "http://dm.example.test/srv"),
        ("./DMAcc/srv/AppAuth/Client/AAuthLevel", "CLCRED"),
        ("./DMAcc/srv/AppAuth/Client/AAuthType", "BASIC"),
        ("./DMAcc/srv/AppAuth/Client/AAuthName", "device-7"),
        ("./DMAcc/srv/AppAuth/Client/AAuthSecret", "device-secret"),
        ("./DMAcc/srv/Ext/OmaDm/ServerAuth", "transport"),
        ("./DMAcc/srv/Ext/OmaDm/Version", "1.2"),
    ] {
        assert_eq!(value(&mut tree, uri), expected, "{uri}");
    }
    for leaf in ["apn", "poll", "host", "label", "blob"] {
        let node = tree.local().find(&format!("./Vendor/cfg/{leaf}")).unwrap();
        assert_eq!(tree.local().format(node), Format::Chr, "{leaf}");
    }
    assert!(tree.local().find("./DMAcc/srv/AppAuth/Server").is_none());
}

/// D13-C-061, D13-C-132
#[test]
fn a_device_of_1_3_tells_what_its_client_can_do() {
    let text = "profile13 = true\n[values]\n\"./DevDetail/Ext/DM13P/Session/CBT\" = 7\n";
    let place = "./DevDetail/Ext/DM13P";
    for (size, large) in [(0, "false"), (1024, "true")] {
        let device = device(text).unwrap().with_objects(size);
        let mut tree = device.open().unwrap();
        for (leaf, expected) in [
            ("Version", "DM13P/1"),
            ("Feature/LargeObj", large),
            ("Feature/AtomicCmd", "true"),
            ("Feature/Bindings", "HTTP+PUSH"),
            ("Session/CBT", "7"),
        ] {
            assert_eq!(
                value(&mut tree, &format!("{place}/{leaf}")),
                expected,
                "{leaf}"
            );
        }
    }
    let tree = opened("").unwrap();
    assert!(tree.schema().find(place.as_bytes()).is_none());
}

#[test]
fn any_server_may_grow_the_reference_device_as_its_description_allows() {
    let mut tree = Device::load(&reference("device.toml"))
        .unwrap()
        .open()
        .unwrap();
    let any = Principal::dangerous_assume(b"any");
    let leaf = |format, data| Value {
        format: Some(format),
        ..Value::of(data)
    };
    for (name, format, data) in [
        ("t", Format::Chr, b"text".as_slice()),
        ("i", Format::Int, b"7"),
        ("o", Format::Bool, b"true"),
        ("c", Format::B64, b"\0\x01"),
        ("b", Format::Bin, b"\0\x02"),
        ("x", Format::Xml, b"<a/>"),
    ] {
        for folder in ["./Vendor/cfg", "./Vendor/cfg/group"] {
            let uri = format!("{folder}/{name}");
            assert_eq!(
                tree.add(&any, uri.as_bytes(), &leaf(format, data)),
                Ok(Progress::Done),
                "{uri}"
            );
            let node = tree.local().find(&uri).unwrap();
            assert_eq!(tree.local().format(node), format, "{uri}");
        }
    }
    let deep = tree.add(&any, b"./Vendor/cfg/group/more/x", &leaf(Format::Chr, b""));
    assert_eq!(deep, Err(Reason::NotDescribed));
    assert_eq!(
        tree.exec(&any, b"./Vendor/cfg/apn", &Value::default(), Ticket(1)),
        Err(Reason::AccessType)
    );
    assert_eq!(
        tree.delete(&any, b"./Vendor/cfg/apn"),
        Err(Reason::Permanent)
    );
    assert_eq!(tree.delete(&any, b"./Vendor/cfg/group"), Ok(Progress::Done));
}

/// TREE-C-008, OBJ-C-015
#[test]
fn the_published_limits_hold() {
    let mut tree = opened("[limits]\nmax_depth = 3\nmax_tot_len = 16\nmax_seg_len = 9\n").unwrap();
    for (leaf, limit) in [("MaxDepth", "3"), ("MaxTotLen", "16"), ("MaxSegLen", "9")] {
        let node = tree
            .local()
            .find("./DevDetail")
            .and_then(|node| tree.local().child(node, "URI"))
            .unwrap();
        let node = tree.local().child(node, leaf).unwrap();
        let mut buf = [0; 8];
        let length = tree.local().value(node, &mut buf).unwrap();
        assert_eq!(&buf[..length], limit.as_bytes(), "{leaf}");
    }
    let any = Principal::dangerous_assume(b"any");
    let mut status = |uri: &str| {
        tree.reading(&any, uri.as_bytes())
            .err()
            .map(|reason| reason.status().0)
    };
    for (fits, exceeds) in [
        ("./a/b/c", "./a/b/c/d"),
        ("./aaaaaa/bbbbbbb", "./aaaaaa/bbbbbbbb"),
        ("./aaaaaaaaa", "./aaaaaaaaaa"),
    ] {
        assert_eq!((status(fits), status(exceeds)), (Some(404), Some(414)));
    }
}

#[test]
fn secrets_are_known_as_secrets() {
    let device = Device::load(&reference("device.toml")).unwrap();
    let mut tree = device.open().unwrap();
    let secret: Vec<String> = snapshot(&mut tree, &device.schema())
        .into_iter()
        .filter(|node| node.is_secret)
        .map(|node| node.uri)
        .collect();
    assert!(
        secret.contains(&"./DMAcc/srv/AppAuth/Client/AAuthSecret".to_owned()),
        "{secret:?}"
    );
    assert!(!secret.contains(&"./DevInfo/Man".to_owned()));
}

#[test]
fn values_are_given_as_texts_numbers_truth_values_octets_and_documents() {
    let mut tree = opened(
        "[values]\n\
         \"./Box/a\" = \"text\"\n\
         \"./Box/b\" = 7\n\
         \"./Box/c\" = true\n\
         \"./Box/d\" = { base64 = \"AAEC\" }\n\
         \"./Box/e\" = { value = \"<a/>\", format = \"xml\" }\n\
         \"./Box/f\" = { base64 = \"AAEC\", format = \"b64\" }\n\
         \"./Box/g\" = {}\n\
         \"./Box/h\" = 1.5\n\
         \"./Box/Only/when\" = 2026-01-31\n\
         \"./DevDetail/FwV\" = 4\n\
         \"./DevDetail/LrgObj\" = true\n",
    )
    .unwrap();
    for (uri, format, octets) in [
        ("./Box/a", Format::Chr, "text"),
        ("./Box/b", Format::Int, "7"),
        ("./Box/c", Format::Bool, "true"),
        ("./Box/d", Format::Bin, "\0\u{1}\u{2}"),
        ("./Box/e", Format::Xml, "<a/>"),
        ("./Box/f", Format::B64, "\0\u{1}\u{2}"),
        ("./Box/h", Format::Float, "1.5"),
        ("./Box/Only/when", Format::Date, "2026-01-31"),
        ("./DevDetail/FwV", Format::Chr, "4"),
        ("./DevDetail/LrgObj", Format::Bool, "true"),
    ] {
        let node = tree.local().find(uri).unwrap();
        assert_eq!(tree.local().format(node), format, "{uri}");
        assert_eq!(value(&mut tree, uri), octets, "{uri}");
    }
    let group = tree.local().find("./Box/g").unwrap();
    assert_eq!(tree.local().format(group), Format::Node);
}

#[test]
fn rights_are_those_of_the_file() {
    let mut tree = opened("[acl]\n\"./Box\" = \"Get=one\"\n").unwrap();
    let get = |tree: &mut Tree<'_>, who: &[u8]| {
        tree.reading(&Principal::dangerous_assume(who), b"./Box")
            .err()
    };
    assert_eq!(get(&mut tree, b"one"), None);
    assert_eq!(get(&mut tree, b"two"), Some(Reason::Acl));
}

#[test]
fn exec_answers_as_the_file_says_and_keeps_values() {
    let any = Principal::dangerous_assume(b"any");
    for (status, answer) in [
        ("200", Ok(Progress::Done)),
        ("202", Ok(Progress::Started)),
        ("503", Err(Reason::Handler(Refusal::new(Status(503))))),
    ] {
        let text = format!(
            "[values]\n\"./Box/Go\" = \"ready\"\n[acl]\n\"./Box\" = \"Exec=*&Get=*&Replace=*\"\n[exec]\n\"./Box/Go\" = {status}\n"
        );
        let mut tree = opened(&text).unwrap();
        assert_eq!(value(&mut tree, "./Box/Go"), "ready");
        assert_eq!(
            tree.exec(&any, b"./Box/Go", &Value::default(), Ticket(1)),
            answer,
            "{status}"
        );
        tree.replace(&any, b"./Box/Go", &Value::of(b"steady"))
            .unwrap();
        assert_eq!(value(&mut tree, "./Box/Go"), "steady");
    }
}

#[test]
fn an_account_becomes_the_leaves_of_dm_acc() {
    let mut tree = opened(
        "[[account]]\nname = \"home\"\nserver_id = \"dm\"\naddr = \"https://dm.example.test/\"\nauth = \"DIGEST\"\n\
         user = \"u\"\nsecret = \"s\"\nclient_nonce = \"bm9uY2U=\"\nserver_user = \"su\"\nserver_secret = \"ss\"\n\
         server_nonce = \"c25vbmNl\"\nversion = \"1.3\"\n",
    )
    .unwrap();
    for (leaf, expected) in [
        ("AAuthPref", "DIGEST"),
        ("AppAddr/1/AddrType", "URI"),
        ("AppAuth/Client/AAuthType", "DIGEST"),
        ("AppAuth/Client/AAuthName", "u"),
        ("AppAuth/Client/AAuthData", "nonce"),
        ("AppAuth/Server/AAuthLevel", "SRVCRED"),
        ("AppAuth/Server/AAuthName", "su"),
        ("AppAuth/Server/AAuthSecret", "ss"),
        ("AppAuth/Server/AAuthData", "snonce"),
        ("Ext/OmaDm/ServerAuth", "required"),
        ("Ext/OmaDm/Version", "1.3"),
        ("Ext/OmaDm/SessionCount", "0"),
    ] {
        assert_eq!(
            value(&mut tree, &format!("./DMAcc/home/{leaf}")),
            expected,
            "{leaf}"
        );
    }
}

#[test]
fn an_account_goes_to_where_the_device_has_its_accounts() {
    let ddf = "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>*</NodeName><Path>./Own/Accounts</Path><DFProperties>\
        <AccessType><Get/></AccessType><DFFormat><node/></DFFormat><Occurrence><ZeroOrMore/></Occurrence><DFType><DDFName>\
        urn:oma:mo:oma-dm-dmacc:1.1</DDFName></DFType></DFProperties>LEAVES</Node></MgmtTree>";
    let leaf =
        |name: &str| unnamed("chr").replace("<NodeName/>", &format!("<NodeName>{name}</NodeName>"));
    let addr = unnamed("node").replace(
        "</Node>",
        &format!("{}{}</Node>", leaf("Addr"), leaf("AddrType")),
    );
    let addrs = unnamed("node")
        .replace("<NodeName/>", "<NodeName>AppAddr</NodeName>")
        .replace("</Node>", &format!("{addr}</Node>"));
    let leaves = [leaf("AppID"), leaf("ServerID"), leaf("AAuthPref"), addrs].concat();
    let text = "ddf = [\"own.ddf\"]\n[[account]]\nname = \"a\"\nserver_id = \"dm\"\naddr = \"http://x/\"\n";
    let device = Device::parse(text, &mut |_| Ok(ddf.replace("LEAVES", &leaves))).unwrap();
    let mut tree = device.open().unwrap();
    assert_eq!(value(&mut tree, "./Own/Accounts/a/ServerID"), "dm");
    assert!(tree.local().find("./DMAcc").is_none());
}

#[test]
fn an_error_is_one_line_with_file_and_line() {
    for (text, expected) in [
        (
            "[values]\n\"./Box/x/y/z\" = 1\n",
            "device.toml:3: ./Box/x/y/z: the schema describes no such node",
        ),
        (
            "\n[values]\n\"./DevDetail/LrgObj\" = \"x\"",
            "device.toml:4: ./DevDetail/LrgObj: the value is outside its format",
        ),
        (
            "[values]\n\"./Box/d\" = { base64 = \"?\" }",
            "device.toml:3: ./Box/d: ? is no Base64",
        ),
        (
            "[values]\n\"./Box/d\" = { hex = \"00\" }",
            "device.toml:3: ./Box/d: hex is not understood: value, base64 and format are texts",
        ),
        (
            "[values]\n\"./Box/d\" = [1]",
            "device.toml:3: ./Box/d: a list is no value",
        ),
        (
            "[values]\n\"./Box/d\" = { value = \"\", format = \"text\" }",
            "device.toml:3: ./Box/d: text is no format",
        ),
        (
            "[acl]\n\"./Box\" = \"Get=\"",
            "device.toml:3: ./Box: the text is not an ACL",
        ),
        (
            "[acl]\n\"./No\" = \"Get=*\"",
            "device.toml:3: ./No: no such node",
        ),
        (
            "[exec]\n\"./Box/Go\" = 100",
            "device.toml:3: ./Box/Go: Exec answers 200, 202 or 4xx and 5xx",
        ),
        (
            "[exec]\n\"./No\" = 200",
            "device.toml:3: ./No: the schema describes no such node",
        ),
        (
            "[[account]]\nname=\"a b\"\nserver_id=\"\"\naddr=\"\"",
            "device.toml:2: a b: AppID: the URI is not well formed",
        ),
        (
            "[[account]]\nname=\"a\"\nserver_id=\"\"\naddr=\"\"\nuser=\"\"\nclient_nonce=\"-\"",
            "device.toml:2: a: the nonce of CLCRED is no Base64",
        ),
    ] {
        assert_eq!(why(text), expected);
    }
    for (text, start) in [
        ("[values\n", "device.toml:2: "),
        (
            "[limits]\nmax_depht = 8\n",
            "device.toml:3: unknown field `max_depht`",
        ),
        ("[limits]\nmax_depth = 70000\n", "device.toml:3: "),
        (
            "[[account]]\nserver_id = \"x\"\naddr = \"x\"\n",
            "device.toml:2: missing field `name`",
        ),
        (
            "\n[[account]]\nname=\"a\"\nserver_id=\"\"\naddr=\"\"\nauth=\"MD5\"",
            "device.toml:7: unknown variant `MD5`",
        ),
    ] {
        let why = why(text);
        assert!(why.starts_with(start), "{why}");
        assert_eq!(why.lines().count(), 1, "{why}");
    }
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let text = |result: Result<Device, Failure>| result.err().unwrap().to_string();
    assert!(text(device("ddf = [\"other.ddf\"]")).starts_with("other.ddf: "));
    assert!(text(Device::load(&reference("none.toml"))).contains("none.toml: "));
    let broken = Device::parse("ddf = [\"x.ddf\"]", &mut |_| {
        Ok("<MgmtTree>\n<a/></MgmtTree>".to_owned())
    });
    assert!(text(broken).starts_with("x.ddf:1:1: VerDTD is missing; "));
}
