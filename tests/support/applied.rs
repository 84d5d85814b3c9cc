//! What becomes of a bootstrap document.

use dm_core::bootstrap::{Applied, Bootstrap, Change, Refused};
use dm_tree::Tree;

/// What became of a document, and the servers of its accounts.
#[derive(Clone, PartialEq, Debug)]
pub struct Done {
    /// Their identifiers.
    pub servers: Vec<Vec<u8>>,
    /// The client should connect at once.
    pub connect_now: bool,
    /// It was applied before.
    pub is_repeat: bool,
}

/// Applies a document, with scratch for values of 512 octets.
pub fn done(boot: &Bootstrap<'_>, tree: &mut Tree<'_>) -> Result<Done, Refused> {
    let mut servers = Vec::new();
    let mut keep = |change: &Change<'_>| servers.push(change.server_id.to_vec());
    let Applied {
        connect_now,
        is_repeat,
        ..
    } = boot.apply(tree, &mut [0; 512], &mut keep)?;
    Ok(Done {
        servers,
        connect_now,
        is_repeat,
    })
}
