//! Power fails at every write of a document: afterwards it has been taken, or it has not.

use crate::common::flash::Flash;
use crate::common::{ROOMY, S1, memory, open, picture, schema};
use crate::document::{add, document, interior, leaf, object, replace, to_wbxml};
use dm_tree::Tree;

const DEVICE: &str = "
Inbox node PR/A mime=urn:oma:mo:oma-dm-inbox:1.0
T node PR/G
  * node -v/AGDr
    * chr -tv/AGDr
    * int -/AGDr
    * node -/AGD mime=com.example/1.0/M
      * chr -/AGDr
    Keep chr PR/Gr
Fixed node PR/G
  f chr PRv/Gr
  * node -/AGD mime=com.example/1.0/M2
    ref chr -/AGr
";

fn device(flash: &Flash) -> Tree<'static> {
    open(schema(DEVICE), flash.store(), Vec::new(), memory(ROOMY)).unwrap()
}

fn furnished() -> Flash {
    let flash = Flash::default();
    let mut tree = device(&flash);
    tree.factory()
        .acl(".", "Add=*&Delete=*&Get=*&Replace=*")
        .unwrap();
    let start = document(&[interior("o")
        .acl("Add=*&Delete=*&Get=*&Replace=*")
        .with(leaf("a", "chr", "1").title("title"))
        .with(leaf("b", "chr", "2"))
        .with(interior("m").with(leaf("d", "chr", "deep")))
        .with(leaf("Keep", "chr", "mine"))]);
    assert_eq!(add(&mut tree, &S1, "./T", start.as_bytes()), 200);
    flash
}

/// TNDS-C-019, TNDS-C-023
#[test]
fn a_document_has_been_taken_or_not() {
    let flash = furnished();
    let changed = document(&[interior("o")
        .acl("Add=s1&Get=*&Replace=s1")
        .with(leaf("a", "chr", "9").acl("Get=*"))
        .with(interior("m").with(leaf("e", "chr", "new")))
        .with(leaf("Keep", "chr", "kept"))
        .with(leaf("z", "int", "7"))]);
    let new = document(&[interior("p")
        .with(interior("m").with(leaf("d", "chr", "x")))
        .with(leaf("q", "chr", "y").title("t"))]);
    let fixed = document(&[interior("Fixed").with(leaf("f", "chr", "set"))]);
    let objects = document(&[
        object("y", "com.example/1.0/M2").with(leaf("ref", "chr", "./Inbox/z")),
        object("z", "com.example/1.0/M2"),
    ]);
    let refused = document(&[interior("p").with(leaf("q", "int", "y"))]);
    type Change<'c> = (&'c str, bool, &'c str, &'c str, u16);
    let changes: [Change<'_>; 5] = [
        ("Replace", true, "./T/o", &changed, 200),
        ("Add", false, "./T", &new, 200),
        ("Replace of permanent nodes", true, "./Fixed", &fixed, 200),
        ("Inbox", false, "./Inbox", &objects, 200),
        ("refused", false, "./T", &refused, 500),
    ];
    let mut cuts = 0;
    for (name, replaces, uri, xml, want) in changes {
        let bytes = to_wbxml(xml);
        let change = |tree: &mut Tree<'static>| match replaces {
            true => replace(tree, &S1, uri, &bytes),
            false => add(tree, &S1, uri, &bytes),
        };
        let image = flash.fork();
        let mut tree = device(&image);
        let old = picture(&mut tree);
        assert_eq!(change(&mut tree), want, "{name}");
        let new = picture(&mut tree);
        assert_eq!(old == new, want != 200);
        // What counts survives the restart.
        assert_eq!(picture(&mut device(&image)), new, "{name}");
        let records = image.records().len();
        let mut seen = [false; 2];
        for lucky in [false, true] {
            for fuel in 0.. {
                let image = flash.fork();
                let mut tree = device(&image);
                image.cut_after(fuel, lucky);
                change(&mut tree);
                let failed = image.restart();
                let found = picture(&mut device(&image));
                assert!(found == old || found == new, "{name}, {fuel}: {found}");
                seen[usize::from(found == new)] = true;
                // Nothing is left over.
                if found == new && want == 200 {
                    assert_eq!(image.records().len(), records, "{name}, {fuel}");
                }
                if !failed {
                    break;
                }
                cuts += 1;
            }
            // A store that fails once without a restart.
            for count in 0..200 {
                let image = flash.fork();
                let mut tree = device(&image);
                image.fail_once_after(count);
                let status = change(&mut tree);
                image.restart();
                let found = picture(&mut device(&image));
                assert!(found == old || found == new, "{name}, {count}: {found}");
                assert!(status != 200 || found == new, "{name}, {count}: {status}");
            }
        }
        assert_eq!(seen, [want == 200, true], "{name}");
    }
    assert!(cuts > 60, "{cuts}");
}
