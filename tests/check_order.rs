//! Protocol chapter 7.1: the order in which a command is checked.

#![allow(clippy::unwrap_used, reason = "tests")]

use dm_tests::{Bench, Msg};

/// Protocol chapter 7.1, order of the checks: the node and the right to it come before the value.
#[test]
fn a_missing_node_is_404_whatever_its_value_would_be() {
    let mut bench = Bench::default();
    bench.start().sent();
    let message = Msg::new(1)
        .hdr(200)
        .replace_as("./nowhere", "quaternion", "1")
        .replace_as("./Vendor/Locked", "quaternion", "1")
        .replace_as("./Vendor/Locked", "b64", "%%%");
    assert_eq!(
        bench.receive(&message.finish()).sent().codes(),
        [404, 425, 425]
    );
}
