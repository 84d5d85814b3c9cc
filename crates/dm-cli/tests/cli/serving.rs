//! `dm server` and `dm client` against each other: plain and with TLS, with objects in parts, and interrupted.

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::{Scratch, dm};

const DDF: &str = r#"<MgmtTree><VerDTD>1.2</VerDTD>
<Node><NodeName>Blob</NodeName><DFProperties><AccessType><Get/><Replace/></AccessType><DFFormat><chr/></DFFormat>
<Occurrence><One/></Occurrence><Scope><Permanent/></Scope><DFType><MIME>text/plain</MIME></DFType></DFProperties></Node>
</MgmtTree>"#;

const DEVICE: &str = r#"
ddf = ["blob.ddf"]
[values]
"./DevInfo/DevId" = "urn:x:1"
"./DevInfo/Man" = "Example"
"./DevInfo/Mod" = "m"
"./DevInfo/DmV" = "1"
"./DevInfo/Lang" = "en"
[acl]
"./Blob" = "Get=*&Replace=*"
[[account]]
name = "home"
server_id = "dm.example.net"
addr = "http://127.0.0.1:1/dm"
auth = "DIGEST"
user = "device"
secret = "device secret"
client_nonce = "AAEC"
server_user = "dm.example.net"
server_secret = "server secret"
server_nonce = "AAEC"
"#;

const SCENARIO: &str = r#"
[server]
id = "dm.example.net"
secret = "server secret"
max_msg_size = 4096
max_obj_size = 1000000
[[device]]
user = "device"
secret = "device secret"
"#;

/// A running `dm server`, and where it serves.
pub(crate) struct Serving {
    child: Child,
    out: BufReader<ChildStdout>,
    pub(crate) url: String,
}

impl Serving {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_dm"))
            .args(["server", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        // A scenario may have a title behind the address.
        let url = line.strip_prefix("serving ").unwrap();
        let url = url.split(": ").next().unwrap().trim().to_owned();
        Self { child, out, url }
    }

    pub(crate) fn interrupt(&self) {
        interrupt(&self.child);
    }

    /// The rest of what it says, and its exit status.
    pub(crate) fn end(mut self) -> (String, Option<i32>) {
        let mut text = String::new();
        self.out.read_to_string(&mut text).unwrap();
        (text, self.child.wait().unwrap().code())
    }
}

fn interrupt(child: &Child) {
    let status = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

struct Lab {
    scratch: Scratch,
    device: String,
    script: String,
}

impl Lab {
    fn new(name: &str, packages: &str) -> Self {
        let scratch = Scratch::new(name);
        scratch.file("blob.ddf", DDF);
        let device = scratch.file("device.toml", DEVICE);
        let script = scratch.file("scenario.toml", format!("{SCENARIO}{packages}"));
        Self {
            scratch,
            device,
            script,
        }
    }
}

const READ: &str = "[[package]]\nops = [{ get = \"./DevInfo/Man\", value = \"Example\" }]\n";

#[test]
fn a_client_and_a_server_hold_a_session_and_both_tell() {
    let lab = Lab::new("session", READ);
    let folder = lab.scratch.path("transcripts");
    for encoding in ["--wbxml", "--xml"] {
        let server = Serving::start(&[
            "--script",
            &lab.script,
            "--sessions",
            "1",
            "--transcripts",
            &folder,
        ]);
        let ran = dm(&[
            "client",
            "--device",
            &lab.device,
            "--server",
            &server.url,
            encoding,
        ]);
        let text = String::from_utf8(ran.ok()).unwrap();
        assert!(text.contains("      Get        ./DevInfo/Man\n"), "{text}");
        assert!(text.contains("= \"Example\"\n"), "{text}");
        assert!(text.contains("1 commands executed, "), "{text}");
        let (told, code) = server.end();
        assert!(
            told.ends_with("1 sessions ended, 0 were cut off\n"),
            "{told}"
        );
        assert_eq!(code, Some(0));
    }
    let kept = std::fs::read_to_string(format!("{folder}/urn_x_1-1.txt")).unwrap();
    assert!(kept.starts_with("Session "), "{kept}");
    assert!(kept.contains(" with urn:x:1, DM/"), "{kept}");
    let json = std::fs::read(format!("{folder}/urn_x_1-1.json")).unwrap();
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["end"], "closed");
}

#[test]
fn what_a_session_changes_is_there_for_the_next() {
    let write = "[[package]]\nops = [{ replace = \"./Blob\", value = \"kept\" }]\n";
    let lab = Lab::new("store", write);
    let read = lab.scratch.file(
        "read.toml",
        format!("{SCENARIO}[[package]]\nops = [{{ get = \"./Blob\", value = \"kept\" }}]\n"),
    );
    let store = lab.scratch.path("device.store");
    let elsewhere = lab.scratch.path("elsewhere");
    let session = |script: &str, more: &[&str]| {
        let server = Serving::start(&["--script", script, "--sessions", "1"]);
        let mut arguments = vec!["client", "--device", &lab.device, "--server", &server.url];
        arguments.extend(more);
        let text = String::from_utf8(dm(&arguments).ok()).unwrap();
        (text, server.end().1)
    };
    // Not kept, and no store is made for it.
    assert_eq!(session(&lab.script, &["--factory"]).1, Some(0));
    assert!(!std::path::Path::new(&store).exists());
    let (text, code) = session(&lab.script, &[]);
    assert_eq!(code, Some(0));
    assert!(text.contains("./Blob"), "{text}");
    // The next session finds it, and so does another command; the address was for one session only.
    assert_eq!(session(&read, &[]).1, Some(0));
    let get = |uri: &str| String::from_utf8(dm(&["tree", "get", &lab.device, uri]).ok()).unwrap();
    assert_eq!(get("./Blob").trim(), "kept");
    assert_eq!(
        get("./DMAcc/home/AppAddr/1/Addr").trim(),
        "http://127.0.0.1:1/dm"
    );
    // Another store is another device.
    assert_eq!(session(&read, &["--store", &elsewhere]).1, Some(1));
    let both = [
        "client",
        "--device",
        &lab.device,
        "--factory",
        "--store",
        "x",
    ];
    assert!(dm(&both).refused(2).contains("exclude each other"));
    std::fs::write(&store, "no store").unwrap();
    let damaged = ["client", "--device", &lab.device];
    assert!(
        dm(&damaged)
            .refused(2)
            .contains("device.store: not an intact store")
    );
}

#[test]
fn large_objects_show_how_far_they_are() {
    let package =
        "[[package]]\nops = [{ replace = \"./Blob\", fill = 40000 }, { get = \"./Blob\" }]\n";
    let lab = Lab::new("large", package);
    let server = Serving::start(&["--script", &lab.script, "--sessions", "1"]);
    let ran = dm(&[
        "client",
        "--device",
        &lab.device,
        "--server",
        &server.url,
        "--max-msg-size",
        "2048",
    ]);
    let text = String::from_utf8(ran.ok()).unwrap();
    let progress = text
        .lines()
        .filter(|line| line.contains(" of 40000 octets"));
    assert!((16..=22).contains(&progress.count()), "{text}");
    assert_eq!(
        text.matches("= 40000 octets, complete").count(),
        2,
        "{text}"
    );
    assert_eq!(server.end().1, Some(0));
}

#[test]
fn https_needs_a_certificate_that_is_trusted_for_the_host() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let lab = Lab::new("tls", READ);
    let cert = lab.scratch.file("cert.pem", own.cert.pem());
    let key = lab.scratch.file("key.pem", own.signing_key.serialize_pem());
    let wrong = lab.scratch.file("wrong.pem", other.cert.pem());
    let server = Serving::start(&[
        "--script",
        &lab.script,
        "--cert",
        &cert,
        "--key",
        &key,
        "--sessions",
        "1",
    ]);
    let named = server.url.replace("127.0.0.1", "localhost");
    assert!(named.starts_with("https://localhost:"));
    let client = |url: &str, ca: &str| {
        dm(&[
            "client",
            "--device",
            &lab.device,
            "--server",
            url,
            "--ca",
            ca,
        ])
    };
    for (url, ca) in [(&named, &wrong), (&server.url, &cert)] {
        let refused = client(url, ca);
        assert_eq!(refused.code, 1);
        assert!(refused.err.contains("TLS with "), "{}", refused.err);
        assert!(refused.err.contains("certificate"), "{}", refused.err);
    }
    let done = client(&named, &cert);
    assert_eq!((done.code, done.err.as_str()), (0, ""));
    assert_eq!(server.end().1, Some(0));
}

#[test]
fn an_interrupt_ends_a_server_and_a_waiting_client_in_order() {
    let lab = Lab::new("interrupt", READ);
    let server = Serving::start(&["--script", &lab.script]);
    interrupt(&server.child);
    let (told, code) = server.end();
    assert_eq!(
        (told.as_str(), code),
        ("0 sessions ended, 0 were cut off\n", Some(0))
    );

    // A server that takes a connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/dm", silent.local_addr().unwrap());
    let child = Command::new(env!("CARGO_BIN_EXE_dm"))
        .args([
            "client",
            "--device",
            &lab.device,
            "--server",
            &url,
            "--timeout",
            "600",
        ])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut stream, _) = silent.accept().unwrap();
    stream.read_exact(&mut [0; 64]).unwrap();
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(output.stderr, b"dm client: interrupted\n");
}

#[test]
fn what_cannot_be_done_is_said_in_one_line() {
    let lab = Lab::new("refusals", READ);
    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/dm", listener.local_addr().unwrap())
    };
    let ran = dm(&["client", "--device", &lab.device, "--server", &nobody]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.err.contains("nobody answers at 127.0.0.1:"),
        "{}",
        ran.err
    );
    let other = [
        "client",
        "--device",
        &lab.device,
        "--server",
        &nobody,
        "--server-id",
        "x",
    ];
    assert!(
        dm(&other)
            .refused(1)
            .ends_with("no account of the server x")
    );
    assert!(dm(&["client"]).refused(2).contains("--device"));
    assert!(dm(&["server"]).refused(2).contains("--script"));
    let lonely = ["server", "--script", &lab.script, "--cert", &lab.script];
    assert!(dm(&lonely).refused(2).contains("belong together"));
    let unusable = [
        "server",
        "--script",
        &lab.script,
        "--cert",
        &lab.script,
        "--key",
        &lab.script,
    ];
    assert!(dm(&unusable).refused(2).contains("no certificate"));
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = busy.local_addr().unwrap().to_string();
    let taken = ["server", "--script", &lab.script, "--listen", &addr];
    assert!(dm(&taken).refused(1).contains(&addr));
}

/// D13-C-041, D13-C-042, D13-C-043: a device fetches its account over TLS, and over nothing else.
#[test]
fn a_device_fetches_its_bootstrap_over_https() {
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let lab = Lab::new("fetch", READ);
    let cert = lab.scratch.file("cert.pem", own.cert.pem());
    let key = lab.scratch.file("key.pem", own.signing_key.serialize_pem());
    let xml = "<wap-provisioningdoc version=\"1.1\"><characteristic type=\"APPLICATION\">\
        <parm name=\"APPID\" value=\"w7\"/><parm name=\"PROVIDER-ID\" value=\"new.example\"/>\
        <parm name=\"ADDR\" value=\"https://new.example/dm\"/></characteristic></wap-provisioningdoc>";
    let xml = lab.scratch.file("boot.xml", xml);
    let boot = lab.scratch.file("boot.wbxml", "");
    dm(&["bootstrap", "make", "--wrap", "bare", "-o", &boot, &xml]).ok();
    let plain = ["server", "--script", &lab.script, "--bootstrap", &boot];
    assert!(dm(&plain).refused(2).contains("--cert"));
    let server = Serving::start(&[
        "--script",
        &lab.script,
        "--cert",
        &cert,
        "--key",
        &key,
        "--bootstrap",
        &boot,
    ]);
    let url = server
        .url
        .replace("127.0.0.1", "localhost")
        .replace("/dm", "/bootstrap");
    let fetch = |url: &str| {
        dm(&[
            "bootstrap",
            "fetch",
            "--device",
            &lab.device,
            "--ca",
            &cert,
            url,
        ])
    };
    let text = String::from_utf8(fetch(&url).ok()).unwrap();
    for line in [
        &format!("GET {url}?devid="),
        "    200 application/vnd.wap.connectivity-wbxml\n",
        "+ ./DMAcc/1/ServerID: new.example\n",
        "+ ./DMAcc/1/Ext/OmaDm/Source: tls:localhost#",
        "to connect soon: new.example\n",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    // No other way, no other name, no other path.
    let refused = fetch(&url.replace("https", "http"));
    assert_eq!((refused.code, refused.text()), (1, ""));
    let refused = fetch(&url.replace("localhost", "127.0.0.1"));
    assert!(
        refused.text().contains("TLS with 127.0.0.1"),
        "{}",
        refused.text()
    );
    assert!(
        refused.err.contains("would try again in 60 seconds"),
        "{}",
        refused.err
    );
    let refused = fetch(&url.replace("/bootstrap", "/other"));
    assert!(refused.err.contains("NotFound"), "{}", refused.err);
    interrupt(&server.child);
    server.end();
}
