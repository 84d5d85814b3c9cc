//! What becomes of leaves of the formats `date`, `time` and `float` where there are none. `cargo xtask test` runs this
//! without the feature `formats`.

#![cfg(not(feature = "formats"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, get, replace, schema, tree};
use dm_tree::{Format, Reason, Schema, SchemaFaultKind};

/// TREE-C-071
#[test]
fn their_values_are_answered_415_and_a_schema_with_them_does_not_pass() {
    let good = schema("A chr PR/Gr\nB int PR/Gr");
    assert!(good.check().is_ok());
    for format in [Format::Date, Format::Time, Format::Float] {
        let mut nodes = good.nodes.to_vec();
        nodes[2].format = format as u8;
        let bad = Schema {
            nodes: &nodes,
            text: good.text,
        };
        let fault = bad.check().unwrap_err();
        assert_eq!((fault.node.0, fault.kind), (2, SchemaFaultKind::Format));
        for data in ["", "1", "2026-01-31", "12:00:00"] {
            assert_eq!(format.check(data.as_bytes()), Err(Reason::Format));
        }
    }
    let mut tree = tree("A chr PR/Gr");
    tree.factory().acl(".", "Get=*&Replace=*").unwrap();
    assert_eq!(replace(&mut tree, &S1, "./A", "2026-01-31"), 200);
    assert_eq!(get(&mut tree, &S1, "./A").unwrap(), "2026-01-31");
}
