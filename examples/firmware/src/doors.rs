//! The doors beside the session, so that an image shows what they cost: a notification, and bootstraps of both profiles.

use dm_core::Client;
use dm_tree::Tree;

use crate::print;
#[cfg(feature = "notification")]
use crate::session::NOW;

/// Tries every door that is linked; what happens is printed, and is not the session's.
#[inline(never)]
pub fn open(tree: &mut Tree<'_>, client: &mut Client<'_>) {
    #[cfg(feature = "notification")]
    notification(tree, client);
    #[cfg(feature = "bootstrap")]
    bootstraps(tree);
    let _ = (tree, client);
}

fn say(what: &str, is_open: bool) {
    print::text(what);
    print::line(if is_open { ": taken" } else { ": refused" });
}

/// Nobody has signed it: the account has no secret for that.
#[cfg(feature = "notification")]
#[inline(never)]
fn notification(tree: &mut Tree<'_>, client: &mut Client<'_>) {
    let mut octets = [0; 27];
    let trigger = [0x02, 0xD8, 0, 0, 0, 0, 0x1F, 3, b's', b'r', b'v'];
    for (to, from) in octets.iter_mut().skip(16).zip(trigger) {
        *to = from;
    }
    let told = client.notified(tree, dm_core::Notification::V1_2(&octets), &NOW);
    say("notification", told.is_ok());
}

#[cfg(feature = "bootstrap")]
#[inline(never)]
fn bootstraps(tree: &mut Tree<'_>) {
    use dm_core::Sec;
    use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, Refused};

    let mut policy = BootstrapPolicy::DEFAULT;
    policy.push = true;
    let mut take = |profile, document: &[u8], origin| -> Result<(), Refused> {
        let mut bootstrap = Bootstrap::open(profile, document, origin, policy)?;
        bootstrap.prove(&[], b"1234")?;
        let work = &mut [0; 96];
        bootstrap.changes(tree, work, &mut |change| print::bytes(change.server_id))?;
        bootstrap.agree();
        bootstrap.apply(tree, work, &mut |_| {}).map(|_| ())
    };
    let push = Origin::Push {
        sec: Some(Sec::UserPin),
        mac: b"3A6DB8E216D8E59181374F4F8AC7B951D51A387C",
    };
    // The account of that server is the manufacturer's.
    let document = include_bytes!("bin/newborn/provisioning.wbxml");
    let taken = take(Profile::Provisioning, document, push);
    say("provisioning document", taken.is_ok());
    #[cfg(feature = "tnds")]
    {
        let message = include_bytes!("message.wbxml");
        let taken = take(Profile::Message, message, Origin::SmartCard);
        say(" message", taken.is_ok());
    }
}
