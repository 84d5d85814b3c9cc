//! The example does what its page says.

use std::process::Command;

#[test]
fn the_server_switches_the_lamp_on() {
    let output = Command::new(env!("CARGO_BIN_EXE_quickstart"))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.contains("./Lamp/Lit = \"true\" (bool)"), "{text}");
    assert!(
        text.ends_with("\n3 commands executed, 0 refused\nthe lamp is lit\n"),
        "{text}"
    );
}
