//! `dm notify make`.

use dm_bindings::push::{Kind, Push};
use dm_server::{Format, Notification, Secret, UiMode};
use lexopt::prelude::*;

use super::{nonce, number, octets};
use crate::failure::Failure;
use crate::push::Delivery;

/// What the command line says.
struct Order {
    notification: Notification,
    secret: Option<Secret>,
    nonce: Vec<u8>,
    delivery: Delivery,
}

pub(super) fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let order = order(parser)?;
    let secret = order
        .secret
        .ok_or_else(|| Failure::usage("--secret is missing"))?;
    if order.notification.server_id.is_empty() {
        return Err(Failure::usage("--server is missing"));
    }
    let format = order.notification.format;
    let package0 = order
        .notification
        .sign(&secret, &order.nonce)
        .map_err(|why| Failure::usage(why.to_string()))?;
    order.delivery.put(&Push {
        kind: match format {
            Format::V1_2 => Kind::Notification,
            Format::V1_3 | Format::V1_3Md5 => Kind::Notification13,
        },
        sec: None,
        mac: b"",
        body: &package0,
    })
}

fn order(parser: &mut lexopt::Parser) -> Result<Order, Failure> {
    let mut order = Order {
        notification: Notification::new(Format::V1_2, "", 1),
        secret: None,
        nonce: Vec::new(),
        delivery: Delivery::default(),
    };
    let (mut is_13, mut md5) = (false, false);
    while let Some(argument) = parser.next()? {
        let it = &mut order.notification;
        match argument {
            Short('h') | Long("help") => return Err(Failure::Help),
            Long("md5") => md5 = true,
            Long("by-user") => it.by_user = true,
            Short('o') => order.delivery.output = Some(parser.value()?),
            Long("format") => {
                is_13 = match text(parser)?.as_str() {
                    "1.2" => false,
                    "1.3" => true,
                    other => return Err(refused("--format", "1.2 or 1.3", other)),
                }
            }
            Long("server") => it.server_id = text(parser)?,
            Long("secret") => order.secret = Some(Secret::new(&text(parser)?)),
            Long("nonce") => order.nonce = nonce(&text(parser)?)?,
            Long("session") => it.session_id = number(&text(parser)?, "--session")?,
            Long("ui") => it.ui_mode = ui_mode(&text(parser)?)?,
            Long("vendor") => it.vendor = octets(&text(parser)?, "--vendor")?,
            Long("targeted") => it.targeted.push(number(&text(parser)?, "--targeted")?),
            Long("requested") => it.requested.push(number(&text(parser)?, "--requested")?),
            Long("bearer") => it.bearers.push(bearer(&text(parser)?)?),
            Long("reason") => it.reason = Some(text(parser)?),
            Long("expires") => it.expires = Some(parser.value()?.parse()?),
            Long("wrap") => order.delivery.wrap(&text(parser)?)?,
            Long("send") => order.delivery.send = Some(text(parser)?),
            _ => return Err(argument.unexpected().into()),
        }
    }
    order.notification.format = match (is_13, md5) {
        (false, false) => Format::V1_2,
        (true, false) => Format::V1_3,
        (true, true) => Format::V1_3Md5,
        (false, true) => return Err(Failure::usage("--md5 is for --format 1.3")),
    };
    order.notification.version = if is_13 { 13 } else { 11 };
    Ok(order)
}

fn text(parser: &mut lexopt::Parser) -> Result<String, Failure> {
    Ok(parser.value()?.string()?)
}

fn refused(option: &str, takes: &str, given: &str) -> Failure {
    Failure::usage(format!("{option} takes {takes}, not {given:?}"))
}

fn ui_mode(name: &str) -> Result<UiMode, Failure> {
    match name {
        "any" => Ok(UiMode::NotSpecified),
        "background" => Ok(UiMode::Background),
        "inform" => Ok(UiMode::Informative),
        "ask" => Ok(UiMode::UserInteraction),
        other => Err(refused("--ui", "any, background, inform or ask", other)),
    }
}

/// The names of bearers, by their numbers.
pub(super) const BEARERS: [&str; 6] = ["any", "packet", "wlan", "wired", "circuit", "short"];

fn bearer(name: &str) -> Result<u8, Failure> {
    BEARERS
        .iter()
        .zip(0..)
        .find(|(known, _)| **known == name)
        .map(|(_, number)| number)
        .ok_or_else(|| {
            refused(
                "--bearer",
                "any, packet, wlan, wired, circuit or short",
                name,
            )
        })
}
