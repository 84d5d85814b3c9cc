//! The way of a test lab: `dm server` plays conformance scripts, here to `dm client`, over TLS.

use super::serving::Serving;
use super::{Scratch, dm};

/// Scripts that ask for nothing that the device file cannot describe.
const SCRIPTS: &[&str] = &[
    "protocol-03-packages",
    "protocol-05-object-refused",
    "protocol-06-status-of-items",
    "protocol-07.01-add",
    "protocol-07.02-replace",
    "protocol-07.03-delete",
    "protocol-07.04-copy",
    "protocol-07.05-get",
    "protocol-07.08-sequence",
    "protocol-07.09-atomic",
    "protocol-07.11-unknown",
    "protocol-13-repeated",
    "protocol-14-base64",
    "protocol-14-incomplete",
];

#[test]
fn conformance_scripts_are_played_from_the_command_line() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance");
    let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let scratch = Scratch::new("scripts");
    let cert = scratch.file("cert.pem", own.cert.pem());
    let key = scratch.file("key.pem", own.signing_key.serialize_pem());
    let device = format!("{tests}/device.toml");
    for script in SCRIPTS {
        let path = format!("{tests}/scripts/{script}.toml");
        let server = Serving::start(&[
            "--script",
            &path,
            "--cert",
            &cert,
            "--key",
            &key,
            "--sessions",
            "1",
        ]);
        let objects = if script.contains("object") {
            "2000"
        } else {
            "0"
        };
        let url = server.url.replace("127.0.0.1", "localhost");
        let ran = dm(&[
            "client",
            "--device",
            &device,
            "--factory",
            "--server",
            &url,
            "--ca",
            &cert,
            "--max-obj-size",
            objects,
        ]);
        if ran.code != 0 {
            // No session came to an end that it could wait for.
            server.interrupt();
        }
        let (told, code) = server.end();
        assert_eq!(code, Some(0), "{script}: {told}{}", ran.err);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{script}");
    }
}
