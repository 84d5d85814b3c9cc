//! `dm bootstrap apply`.

use std::path::Path;

use dm_bindings::push::Inbox;
use dm_core::bootstrap::{Bootstrap, Origin, Refused};
use dm_tree::Tree;

use super::shown::found;
use super::{Order, proved};
use crate::changes;
use crate::console;
use crate::device::Device;
use crate::failure::Failure;
use crate::push::{self, Pieces};

pub(super) fn run(order: &Order) -> Result<(), Failure> {
    let device = order.device.as_ref();
    let device =
        device.ok_or_else(|| Failure::usage("--device is missing (--help shows all options)"))?;
    let pieces = Pieces::read(&order.files, order.hex)?;
    let mut memory = push::memory();
    let mut inbox = Inbox::new(&mut memory);
    let (push, profile, document) = found(&pieces, &mut inbox)?;
    let origin = match (&push, order.from.as_deref()) {
        (Some(_), Some(_)) => {
            return Err(Failure::usage(
                "--from is for documents that are not in a push",
            ));
        }
        (Some(push), None) => Origin::Push {
            sec: push.sec,
            mac: push.mac,
        },
        (None, None | Some("factory")) => Origin::Factory,
        (None, Some("card")) => Origin::SmartCard,
        (None, Some(name)) => Origin::Secured { name },
    };
    let device = Device::load(Path::new(device))?;
    let schema = device.schema();
    let mut tree = device.open()?;
    let before = changes::snapshot(&mut tree, &schema);
    let mut work = vec![0; document.len()];
    let applied = proved((profile, document), origin, &order.secrets)
        .and_then(|bootstrap| apply(&bootstrap, &mut tree, &mut work))
        .map_err(|why| Failure::failed(format!("{}: {why}", pieces.name)))?;
    let after = changes::snapshot(&mut tree, &schema);
    let mut text = changes::lines(&before, &after);
    text.push_str(&next(&applied));
    console::print(&text)
}

/// What became of a document.
pub(super) struct Done {
    servers: Vec<String>,
    connect_now: bool,
}

pub(super) fn apply(
    bootstrap: &Bootstrap<'_>,
    tree: &mut Tree<'_>,
    work: &mut [u8],
) -> Result<Done, Refused> {
    let mut servers = Vec::new();
    let applied = bootstrap.apply(tree, work, &mut |change| {
        servers.push(String::from_utf8_lossy(change.server_id).into_owned());
    })?;
    Ok(Done {
        servers,
        connect_now: applied.connect_now,
    })
}

/// What the client should do now.
pub(super) fn next(applied: &Done) -> String {
    let when = match applied.connect_now {
        true => "at once",
        false => "soon",
    };
    let servers = applied.servers.iter();
    servers
        .map(|id| format!("to connect {when}: {id}\n"))
        .collect()
}
