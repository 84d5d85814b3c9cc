//! The part of docs/footprint.md that tells what the tree costs.

use crate::workspace::{Workspace, read};
use std::fmt::Write as _;

/// Written by the bench of dm-tree.
const COST: &str = "docs/tree-cost.tsv";

/// The text, from the committed table.
pub(crate) fn text(workspace: &Workspace) -> Result<String, String> {
    Ok(section(&read(&workspace.path(COST))?))
}

fn section(table: &str) -> String {
    let mut text = String::from(
        "\n## The tree\n\n\
         Instructions on x86-64 at opt-level 3, counted by callgrind (`cargo xtask bench`, which\n\
         fails when a figure is more than 1 % above the one here, or when a job that concerns one node\n\
         costs more among many nodes than among few). The nodes are objects of sixteen: an interior\n\
         node with a name of 8 bytes and an ACL of 24 bytes, and fifteen leaves named by the schema;\n\
         nine permanent nodes come on top. Values are in a `RamStore`. Budgets of the last row: 2,048\n\
         and 32,768 bytes, held by `crates/dm-tree/tests/memory.rs` too. What the flash costs is in\n\
         [store.md](store.md).\n\n\
         | job | 64 nodes | 1,000 nodes | 10,000 nodes |\n|---|---:|---:|---:|\n",
    );
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split('\t').collect();
        if let &[_, few, more, many, what] = fields.as_slice() {
            let _ = writeln!(text, "| {what} | {few} | {more} | {many} |");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::section;

    #[test]
    fn each_row_of_the_table_is_a_row_of_the_page() {
        let text = section("# note\nget\t1876\t1888\t1920\tGet of a leaf\n");
        assert!(text.ends_with("|\n| Get of a leaf | 1876 | 1888 | 1920 |\n"));
    }
}
