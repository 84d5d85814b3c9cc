//! What a tree answers that knows none of the optional properties. `cargo xtask test` runs this without the feature
//! `properties`.

#![cfg(not(feature = "properties"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod common;

use common::{S1, add, delete, get, get_code, replace, tree};

/// Every property described for every node.
const DEVICE: &str = "
A node PRtSv/AGr
  L chr PRstSv/Gr
  * node -tSv/AGDr
    M chr -stSv/AGr
";

const OPTIONAL: [&str; 4] = ["Size", "Title", "TStamp", "VerNo"];

/// TREE-C-013, TREE-C-015
#[test]
fn optional_properties_are_answered_406_and_the_others_are_there() {
    let mut tree = tree(DEVICE);
    tree.set_utc(Some(1_769_903_941));
    tree.factory()
        .acl(".", "Add=*&Get=*&Replace=*&Delete=*")
        .unwrap();
    assert_eq!(add(&mut tree, &S1, "./A/n/M", "chr", "1"), 200);
    assert_eq!(replace(&mut tree, &S1, "./A/L", "2"), 200);
    for uri in ["./A", "./A/L", "./A/n", "./A/n/M"] {
        for property in OPTIONAL {
            let uri = format!("{uri}?prop={property}");
            assert_eq!(get_code(&mut tree, &S1, &uri), 406, "{uri}");
            assert_eq!(replace(&mut tree, &S1, &uri, "x"), 406, "{uri}");
            assert_eq!(delete(&mut tree, &S1, &uri), 406, "{uri}");
        }
        for property in ["ACL", "Format", "Name", "Type"] {
            let uri = format!("{uri}?prop={property}");
            assert_eq!(get_code(&mut tree, &S1, &uri), 200, "{uri}");
        }
    }
    assert_eq!(get(&mut tree, &S1, "./A/L?prop=Format").unwrap(), "chr");
    assert_eq!(replace(&mut tree, &S1, "./A/n?prop=Name", "m"), 200);
    assert_eq!(replace(&mut tree, &S1, "./A/m?prop=ACL", "Get=*"), 200);
    assert_eq!(get(&mut tree, &S1, "./A/m/M").unwrap(), "1");
}
