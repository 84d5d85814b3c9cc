//! What a new server may do at first (`P-RIGHTS-1` of the additions digest, `D13-C-078`, `D13-C-079`): this project's reading of
//! DM 1.3, not the standard.
//!
//! Given once, when the account is made; later documents of the same server change nothing of it. The account itself may
//! name less: each `Ext/DM13P/Perm/<n>` a management object identifier (`MOID`, empty for the root) and commands (`Cmd`,
//! joined by `+`); nothing else is given then.

use dm_tree::{NodeId, Tree, Verb};

use super::account::value;
use super::{Origin, Refused};
use crate::account::DMACC;

/// Rights that a new server gets on all instances of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InitialRight {
    /// How the management object identifier begins; empty: the root of the tree.
    pub object: &'static str,
    /// What it may do there.
    pub verbs: &'static [Verb],
}

const ALL: &[Verb] = &[
    Verb::Add,
    Verb::Delete,
    Verb::Exec,
    Verb::Get,
    Verb::Replace,
];

impl InitialRight {
    /// What the profile gives a server of this origin: all from factory and card, Add, Get and Replace at the root to who was
    /// fetched from a proved server, and to a pushed one Get of DevInfo and DevDetail. On its own account each has its rights
    /// anyway.
    #[must_use]
    pub const fn of(origin: Origin<'_>) -> &'static [Self] {
        match origin {
            Origin::Factory | Origin::SmartCard => &[Self {
                object: "",
                verbs: ALL,
            }],
            Origin::Secured { .. } => &[Self {
                object: "",
                verbs: &[Verb::Add, Verb::Get, Verb::Replace],
            }],
            Origin::Push { .. } => &[
                Self {
                    object: "urn:oma:mo:oma-dm-devinfo:",
                    verbs: &[Verb::Get],
                },
                Self {
                    object: "urn:oma:mo:oma-dm-devdetail:",
                    verbs: &[Verb::Get],
                },
            ],
        }
    }
}

/// Gives the server of a new account its rights.
pub(super) fn grant(
    tree: &mut Tree<'_>,
    rights: &[InitialRight],
    account: NodeId,
    server_id: &[u8],
) -> Result<(), Refused> {
    // Accounts are their servers' own, whatever a policy says.
    let is_account = |right: &&InitialRight| right.object.as_bytes().starts_with(DMACC);
    for right in rights.iter().filter(|right| !is_account(right)) {
        for verb in right.verbs {
            if !wants(tree, account, right.object, *verb)? {
                continue;
            }
            let mut next = match right.object {
                "" => tree.local().find("."),
                id => tree.local().object(id.as_bytes(), None),
            };
            while let Some(node) = next {
                tree.factory().grant(node, *verb, server_id)?;
                next = match right.object {
                    "" => None,
                    id => tree.local().object(id.as_bytes(), next),
                };
            }
        }
    }
    Ok(())
}

/// Octets of the longest identifier and list of commands.
const TEXT_MAX: usize = 96;

/// Whether the account asks for this right, or for no rights in particular.
fn wants(tree: &mut Tree<'_>, account: NodeId, object: &str, verb: Verb) -> Result<bool, Refused> {
    let local = tree.local();
    let list = ["Ext", "DM13P", "Perm"]
        .iter()
        .try_fold(account, |node, name| local.child(node, name));
    let Some(list) = list else {
        return Ok(true);
    };
    let mut next = tree.local().first_child(list);
    while let Some(entry) = next {
        let (mut id, mut verbs) = ([0; TEXT_MAX], [0; TEXT_MAX]);
        let id = value(tree, entry, "MOID", &mut id)?;
        let verbs = value(tree, entry, "Cmd", &mut verbs)?;
        let mut verbs = verbs.split(|octet| *octet == b'+');
        let is_object = match object {
            "" => id.is_empty(),
            object => id.starts_with(object.as_bytes()),
        };
        if is_object && verbs.any(|name| name == verb.name()) {
            return Ok(true);
        }
        next = tree.local().next_sibling(entry);
    }
    Ok(false)
}
