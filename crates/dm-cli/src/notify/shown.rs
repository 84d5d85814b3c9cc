//! `dm notify decode` and `dm notify verify`.

use std::ffi::OsString;

use dm_bindings::push::Inbox;
use dm_server::{Format, Notification, Received, Secret, UiMode};
use lexopt::prelude::*;

use super::made::BEARERS;
use super::nonce;
use crate::console;
use crate::failure::Failure;
use crate::push::{self, Pieces, hex, is_notification, row, wrapping};

/// What the command line says.
#[derive(Default)]
struct Order {
    files: Vec<OsString>,
    hex: bool,
    /// Number of the media type of a bare notification.
    bare: Option<u8>,
    secret: Option<Secret>,
    nonce: Vec<u8>,
}

pub(super) fn run(parser: &mut lexopt::Parser, verify: bool) -> Result<(), Failure> {
    let order = order(parser, verify)?;
    let pieces = Pieces::read(&order.files, order.hex)?;
    let refused = |why: String| Failure::failed(format!("{}: {why}", pieces.name));
    let mut memory = push::memory();
    let mut inbox = Inbox::new(&mut memory);
    let (push, media, body) = match order.bare {
        Some(media) => (None, media, pieces.last()),
        None => {
            let push = pieces.unwrap(&mut inbox)?;
            (Some(push), push.kind.code(), push.body)
        }
    };
    let mut text = push.as_ref().map(wrapping).unwrap_or_default();
    if push.is_some_and(|push| !is_notification(push.kind)) {
        if verify {
            return Err(refused("it is no notification".to_owned()));
        }
        return console::print(&text);
    }
    let read = Notification::read(media, body).map_err(|why| refused(why.to_string()))?;
    text.push_str(&says(&read));
    if let Some(secret) = &order.secret {
        let is_right = read.is_right(secret, &order.nonce);
        text.push_str(&row("", if is_right { "right" } else { "WRONG" }));
        console::print(&text)?;
        return match is_right {
            true => Ok(()),
            false => Err(refused(
                "the digest is not that of this secret and nonce".to_owned(),
            )),
        };
    }
    console::print(&text)
}

fn order(parser: &mut lexopt::Parser, verify: bool) -> Result<Order, Failure> {
    let mut order = Order::default();
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Err(Failure::Help),
            Long("hex") => order.hex = true,
            Long("bare") => {
                order.bare = match parser.value()?.string()?.as_str() {
                    "1.2" => Some(Format::V1_2.content_type()),
                    "1.3" => Some(Format::V1_3.content_type()),
                    other => {
                        let what = format!("--bare takes 1.2 or 1.3, not {other:?}");
                        return Err(Failure::usage(what));
                    }
                }
            }
            Long("secret") if verify => {
                order.secret = Some(Secret::new(&parser.value()?.string()?));
            }
            Long("nonce") if verify => order.nonce = nonce(&parser.value()?.string()?)?,
            Value(file) => order.files.push(file),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if order.files.is_empty() {
        return Err(Failure::usage("no file is given (`-` is standard input)"));
    }
    if order.bare.is_some() && order.files.len() > 1 {
        return Err(Failure::usage("a bare notification is one file"));
    }
    if verify && order.secret.is_none() {
        return Err(Failure::usage("--secret is missing"));
    }
    Ok(order)
}

fn says(read: &Received) -> String {
    let it = &read.notification;
    let mut text = row(
        "version",
        &format!("{}.{}", it.version / 10, it.version % 10),
    );
    text.push_str(&row("server", &it.server_id));
    text.push_str(&row("session", &format!("{:X}", it.session_id)));
    text.push_str(&row(
        "user",
        match it.ui_mode {
            UiMode::NotSpecified => "not said",
            UiMode::Background => "knows nothing of it",
            UiMode::Informative => "is told",
            UiMode::UserInteraction => "is asked",
        },
    ));
    text.push_str(&row(
        "initiator",
        if it.by_user { "user" } else { "server" },
    ));
    for (name, numbers) in [("targeted", &it.targeted), ("requested", &it.requested)] {
        for number in numbers {
            text.push_str(&row(name, &format!("{number:04X}")));
        }
    }
    for bearer in &it.bearers {
        let known = BEARERS.get(usize::from(*bearer)).copied();
        text.push_str(&row(
            "bearer",
            &known.map_or(bearer.to_string(), str::to_owned),
        ));
    }
    if let Some(reason) = &it.reason {
        text.push_str(&row("reason", &format!("{reason:?}")));
    }
    if let Some(expires) = it.expires {
        text.push_str(&row("expires", &expires.to_string()));
    }
    if !it.vendor.is_empty() {
        text.push_str(&row("vendor", &hex(&it.vendor)));
    }
    text.push_str(&row("digest", &hex(&read.digest)));
    text
}
