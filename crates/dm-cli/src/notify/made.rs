//! `dm notify make`.

use std::ffi::OsString;

use dm_bindings::push::{Kind, Push, SMS_MAX, sms_part, sms_parts};
use dm_server::{Format, Notification, PUSH_PORT, Secret, UiMode, send_push, wap_push};
use lexopt::prelude::*;

use super::{nonce, number, octets};
use crate::console::{self, Output};
use crate::failure::Failure;

/// What it is wrapped in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wrap {
    Bare,
    Wsp,
    Sms,
}

/// What the command line says.
struct Order {
    notification: Notification,
    secret: Option<Secret>,
    nonce: Vec<u8>,
    wrap: Wrap,
    send: Option<String>,
    output: Option<OsString>,
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
    if let Some(to) = order.send {
        let pdu = wap_push(format, 1, &package0);
        let to = address(&to);
        return send_push(&*to, &pdu).map_err(|why| Failure::failed(format!("{to}: {why}")));
    }
    let pieces = match order.wrap {
        Wrap::Bare => vec![package0],
        Wrap::Wsp => vec![wap_push(format, 1, &package0)],
        Wrap::Sms => short_messages(format, &package0)?,
    };
    match order.output {
        Some(file) => Output::File(file).write(&pieces.concat()),
        None => {
            let lines: Vec<String> = pieces.iter().map(|piece| hex(piece) + "\n").collect();
            console::print(&lines.concat())
        }
    }
}

fn order(parser: &mut lexopt::Parser) -> Result<Order, Failure> {
    let mut order = Order {
        notification: Notification::new(Format::V1_2, "", 1),
        secret: None,
        nonce: Vec::new(),
        wrap: Wrap::Wsp,
        send: None,
        output: None,
    };
    let (mut is_13, mut md5) = (false, false);
    while let Some(argument) = parser.next()? {
        let it = &mut order.notification;
        match argument {
            Short('h') | Long("help") => return Err(Failure::Help),
            Long("md5") => md5 = true,
            Long("by-user") => it.by_user = true,
            Short('o') => order.output = Some(parser.value()?),
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
            Long("wrap") => order.wrap = wrap(&text(parser)?)?,
            Long("send") => order.send = Some(text(parser)?),
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

fn wrap(name: &str) -> Result<Wrap, Failure> {
    match name {
        "bare" => Ok(Wrap::Bare),
        "wsp" => Ok(Wrap::Wsp),
        "sms" => Ok(Wrap::Sms),
        other => Err(refused("--wrap", "bare, wsp or sms", other)),
    }
}

/// With the port of pushes, unless there is one.
fn address(to: &str) -> String {
    let has_port = match to.rsplit_once(':') {
        // An IPv6 literal has colons of its own.
        Some((host, _)) => !host.contains(':') || host.ends_with(']'),
        None => false,
    };
    match (has_port, to.contains(':') && !to.starts_with('[')) {
        (true, _) => to.to_owned(),
        (false, true) => format!("[{to}]:{PUSH_PORT}"),
        (false, false) => format!("{to}:{PUSH_PORT}"),
    }
}

fn short_messages(format: Format, package0: &[u8]) -> Result<Vec<Vec<u8>>, Failure> {
    let push = Push {
        kind: match format {
            Format::V1_2 => Kind::Notification,
            Format::V1_3 | Format::V1_3Md5 => Kind::Notification13,
        },
        sec: None,
        mac: b"",
        body: package0,
    };
    let too_long = || Failure::failed("it is too long for short messages");
    let mut pdu = vec![0; package0.len().saturating_add(16)];
    let len = push.write(1, &mut pdu).ok_or_else(too_long)?;
    pdu.truncate(len);
    let total = sms_parts(len).ok_or_else(too_long)?;
    // Long messages of one sender are told apart by this; the digest is as good a number as any.
    let reference = package0.last().copied().unwrap_or_default();
    let mut parts = Vec::new();
    for part in 1..=total {
        let mut user_data = [0; SMS_MAX];
        let len = sms_part(&pdu, reference, part, &mut user_data).ok_or_else(too_long)?;
        parts.push(user_data.get(..len).unwrap_or_default().to_vec());
    }
    Ok(parts)
}

/// Octets as hex text.
pub(super) fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}
