//! Description files of real devices. They are not part of the repository: the tests look for them in the folder that
//! `OMA_DM_SHARED` names, or beside the repository, and say how much was skipped when there is none.

mod support;

use dm_ddf::{Compiled, Error, Model, compile, compile_files, with_standard};
use dm_tree::DescId;
use support::corpus_files as files;

fn compile_one(name: &str, text: &str) -> Result<Compiled, Error> {
    compile(&[Model::parse(name, text)?])
}

/// TREE-C-077
#[test]
fn all_files_compile_and_those_of_the_older_version_are_told() {
    let files = files();
    let mut old = 0;
    for (name, text) in &files {
        let tables = compile_one(name, text).unwrap();
        assert_eq!(tables.schema().check(), Ok(()), "{name}");
        let told = |note: &dm_ddf::Note| note.what.starts_with("VerDTD is \"1.1.2\"");
        let is_old = text.contains("<VerDTD>1.1.2</VerDTD>");
        assert_eq!(tables.notes().iter().any(told), is_old, "{name}");
        old += usize::from(is_old);
    }
    println!("{} files compiled", files.len());
    if !files.is_empty() {
        assert_eq!((files.len(), old), (49, 3));
    }
}

/// Counted by other means: every Node element of a file is one node, plus those that only a Path mentions, plus the root.
#[test]
fn every_node_element_becomes_one_node() {
    for (name, text) in &files() {
        let elements = text.matches("<Node>").count();
        let roots = text.matches("<NodeName>.</NodeName>").count();
        let mut implied: Vec<&str> = Vec::new();
        // Nested nodes repeat their place in Path in one of the files; its root describes the whole tree.
        for path in text.split("<Path>").skip(1).filter(|_| roots == 0) {
            let path = path.split('<').next().unwrap().trim_end_matches('/');
            for (end, _) in path.match_indices('/').chain([(path.len(), "")]) {
                implied.push(&path[..end]);
            }
        }
        implied.sort_unstable();
        implied.dedup();
        implied.retain(|path| *path != ".");
        let tables = compile_one(name, text).unwrap();
        assert_eq!(
            tables.nodes.len(),
            1 - roots + implied.len() + elements,
            "{name}"
        );
    }
}

#[test]
fn the_files_of_one_vendor_make_one_tree_with_the_standard_objects() {
    let models: Vec<Model> = files()
        .iter()
        .filter(|(name, _)| name.starts_with("msdocs"))
        .map(|(name, text)| Model::parse(name, text).unwrap())
        .collect();
    if models.is_empty() {
        return;
    }
    let tables = compile(&with_standard(models).unwrap()).unwrap();
    assert_eq!(tables.schema().check(), Ok(()));
    assert!(tables.nodes.len() > 800, "{}", tables.nodes.len());
    for id in (0..).map(DescId).take(tables.nodes.len()) {
        assert_eq!(
            tables.schema().find(tables.uri(id).as_bytes()),
            Some(id),
            "{}",
            tables.uri(id)
        );
    }
}

#[test]
fn files_are_read_from_disk() {
    let vendor = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../tests/corpus/reference-session/vendor.ddf"
    );
    let tables = compile_files(&[vendor]).unwrap();
    assert!(tables.notes().is_empty(), "{:?}", tables.notes());
    assert!(tables.schema().find(b"./Vendor/cfg/apn").is_some());
    assert!(tables.schema().find(b"./DevInfo/DevId").is_some());
}
