//! What is in a tree, to be compared.

use dm_tree::{Buffer, Property, Sink, Tree};

/// Everything in the tree: URIs, values and ACLs.
#[must_use]
pub fn picture(tree: &mut Tree<'_>) -> Vec<String> {
    let mut found = Vec::new();
    let mut local = tree.local();
    let mut open = vec![(local.find(".").unwrap(), String::from("."))];
    while let Some((node, uri)) = open.pop() {
        let mut value = [0; 512];
        let len = match local.is_leaf(node) {
            true => local.value(node, &mut value).unwrap_or(0),
            false => 0,
        };
        let mut acl = [0; 512];
        let mut buffer = Buffer::new(&mut acl);
        local
            .property(node, Property::Acl, &mut Sink::new(&mut buffer))
            .unwrap();
        let value = String::from_utf8_lossy(&value[..len]).into_owned();
        let acl = String::from_utf8_lossy(buffer.written()).into_owned();
        found.push(match acl.as_str() {
            "" => format!("{uri}={value}"),
            acl => format!("{uri}={value} [{acl}]"),
        });
        let mut child = local.first_child(node);
        while let Some(id) = child {
            open.push((
                id,
                format!("{uri}/{}", String::from_utf8_lossy(local.name(id))),
            ));
            child = local.next_sibling(id);
        }
    }
    found.sort();
    found
}

/// The lines of a picture that begin so, without marks of documents.
#[must_use]
pub fn below(tree: &mut Tree<'_>, uri: &str) -> Vec<String> {
    let mut lines = picture(tree);
    lines.retain(|line| line.starts_with(uri));
    for line in &mut lines {
        if let (true, Some(mark)) = (line.contains("/Source="), line.find('#')) {
            line.truncate(mark);
        }
    }
    lines
}

/// The value of a leaf as text; none when it is not there.
pub fn value(tree: &mut Tree<'_>, uri: &str) -> Option<String> {
    let mut buf = [0; 512];
    let len = tree.local().get(uri, &mut buf).ok()?;
    Some(String::from_utf8_lossy(&buf[..len]).into_owned())
}
