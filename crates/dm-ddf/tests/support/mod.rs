//! DDF texts in few words.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "for tests only"
)]

use std::path::PathBuf;

use dm_ddf::{Compiled, Error, Model};
use dm_tree::NodeDesc;

/// A DDF around the given nodes. The first node begins in line 3, column 1.
pub(crate) fn ddf(nodes: &str) -> String {
    format!("<MgmtTree xmlns='syncml:dmddf1.2'>\n<VerDTD>1.2</VerDTD>\n{nodes}\n</MgmtTree>")
}

/// A node whose DFProperties hold the given elements after AccessType.
pub(crate) fn node(name: &str, properties: &str, rest: &str) -> String {
    format!(
        "<Node><NodeName>{name}</NodeName><DFProperties><AccessType><Get/></AccessType>{properties}</DFProperties>\
         {rest}</Node>"
    )
}

pub(crate) fn chr(name: &str) -> String {
    node(name, "<DFFormat><chr/></DFFormat>", "")
}

pub(crate) fn interior(name: &str, children: &str) -> String {
    node(name, "<DFFormat><node/></DFFormat>", children)
}

pub(crate) fn compile(nodes: &str) -> Result<Compiled, Error> {
    compile_all(&[nodes])
}

/// Compiles several files, called `a.ddf`, `b.ddf` and so on.
pub(crate) fn compile_all(files: &[&str]) -> Result<Compiled, Error> {
    let models = files
        .iter()
        .zip(["a.ddf", "b.ddf", "c.ddf"])
        .map(|(nodes, name)| Model::parse(name, &ddf(nodes)))
        .collect::<Result<Vec<_>, _>>()?;
    dm_ddf::compile(&models)
}

/// The description at a URI.
pub(crate) fn at<'c>(compiled: &'c Compiled, uri: &str) -> &'c NodeDesc {
    let id = compiled
        .schema()
        .find(uri.as_bytes())
        .unwrap_or_else(|| panic!("{uri} is not described"));
    &compiled.nodes[usize::from(id.0)]
}

/// The single leaf that has the given DFProperties.
pub(crate) fn leaf(properties: &str) -> NodeDesc {
    *at(&compile(&node("A", properties, "")).unwrap(), "./A")
}

/// Name and text of every description of the shared corpus, or nothing when that is not at hand.
pub(crate) fn corpus_files() -> Vec<(String, String)> {
    let shared = std::env::var_os("OMA_DM_SHARED").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")),
        PathBuf::from,
    );
    let Ok(folder) = std::fs::read_dir(shared.join("corpus/ddf")) else {
        if std::env::var_os("OMA_DM_NO_SKIPS").is_some_and(|value| value == "1") {
            panic!("there is no corpus in {}", shared.display());
        }
        println!("skipped: there is no corpus in {}", shared.display());
        return Vec::new();
    };
    let mut files: Vec<(String, String)> = folder
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into(),
                std::fs::read_to_string(path).unwrap(),
            )
        })
        .collect();
    files.sort();
    files
}
