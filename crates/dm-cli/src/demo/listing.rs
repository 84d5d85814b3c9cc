//! What was said, message by message.

use dm_server::{CommandRecord, ItemRecord, MessageRecord, Side};

use super::paint::{Ink, Paint};
use super::session::Session;
use crate::changes::cut;
use crate::convert;

/// Where columns begin: commands, URIs, values, statuses.
const MARGIN: usize = 6;
const VERBS: usize = 10;
const URIS: usize = 35;
const VALUES: usize = 28;

/// What came before a session.
pub(super) fn steps(session: &Session, paint: Paint) -> String {
    if session.steps.is_empty() {
        return String::new();
    }
    let title = paint.text(Ink::Title, "From the factory to the first session");
    let mut text = format!("\n{title}\n\n");
    for (number, (who, what)) in (1_usize..).zip(&session.steps) {
        text.push_str(&format!("{number:>3}  {who}   {what}\n"));
    }
    text
}

/// One session in full.
pub(super) fn session(session: &Session, trace: bool, paint: Paint) -> String {
    let title = format!("The session, in {}", session.encoding_name());
    let mut text = format!("\n{}\n", paint.text(Ink::Title, &title));
    for (number, message) in (1..).zip(&session.transcript.messages) {
        text.push('\n');
        message_text(&mut text, number, message, paint);
        if let (true, Some(raw)) = (trace, &message.raw) {
            text.push_str(&xml(raw));
        }
    }
    text.push_str(&closing(session, paint));
    text
}

/// The sizes of two sessions that said the same.
pub(super) fn comparison(one: &Session, other: &Session, paint: Paint) -> String {
    let title = format!("The same session in {}", other.encoding_name());
    let mut text = format!("\n{}\n\n", paint.text(Ink::Title, &title));
    let mut row = |what: &str, left: &str, right: &str| {
        text.push_str(&format!("{:MARGIN$}{what:24}{left:>8}{right:>8}\n", ""));
    };
    row("octets of", one.encoding_name(), other.encoding_name());
    for (number, (left, right)) in (1_usize..).zip(one.messages().zip(other.messages())) {
        let what = format!("{number:>2}  {}", direction(left.from));
        row(&what, &left.bytes.to_string(), &right.bytes.to_string());
    }
    row(
        "all",
        &one.octets().to_string(),
        &other.octets().to_string(),
    );
    text.push_str(&format!("\n{:MARGIN$}Every command, status and value was the same, and the tree has changed in the same way.\n", ""));
    text.push_str(&closing(other, paint));
    text
}

fn closing(session: &Session, paint: Paint) -> String {
    let transcript = &session.transcript;
    let mut text = String::from("\n");
    for fault in &transcript.faults {
        let line = format!(
            "{:MARGIN$}fault in message {}: {} ({})",
            "", fault.message, fault.what, fault.rule
        );
        text.push_str(&format!("{}\n", paint.text(Ink::Bad, &line)));
    }
    for unmet in &transcript.unmet {
        let line = format!("{:MARGIN$}unexpected: {}: {}", "", unmet.op, unmet.what);
        text.push_str(&format!("{}\n", paint.text(Ink::Bad, &line)));
    }
    let outcome = match session.trouble() {
        None => paint.text(Ink::Good, "all as expected"),
        Some(trouble) => paint.text(Ink::Bad, &trouble),
    };
    let (messages, octets) = (transcript.messages.len(), session.octets());
    let (executed, refused) = (session.report.executed, session.report.refused);
    text.push_str(&format!(
        "{:MARGIN$}{}: {messages} messages, {octets} octets; {executed} commands executed, {refused} refused; {outcome}\n",
        "", transcript.end
    ));
    text
}

fn message_text(text: &mut String, number: usize, message: &MessageRecord, paint: Paint) {
    let MessageRecord { bytes, .. } = message;
    let head = format!("{number:>3}  {}   {bytes} octets", direction(message.from));
    text.push_str(&paint.text(Ink::Title, &head));
    text.push('\n');
    for event in &message.events {
        text.push_str(&format!("{:MARGIN$}* {}\n", "", cut(event, 90)));
    }
    if let Some(code) = message.header_status {
        let line = format!(
            "{:MARGIN$}{:VERBS$}{:URIS$}{:VALUES$}",
            "", "Status", "SyncHdr", ""
        );
        text.push_str(&format!("{line}{}\n", status(code, paint)));
    }
    let mut results = 0_usize;
    for command in &message.commands {
        if command.name == "Results" {
            // They are shown with the commands that asked for them.
            results = results.saturating_add(command.items.len());
        } else {
            command_text(text, command, paint);
        }
    }
    if results > 0 {
        let what = if results == 1 {
            "1 value".to_owned()
        } else {
            format!("{results} values")
        };
        text.push_str(&format!("{:MARGIN$}{:VERBS$}{what}\n", "", "Results"));
    }
}

fn command_text(text: &mut String, command: &CommandRecord, paint: Paint) {
    let mut verb = format!(
        "{:indent$}{}",
        "",
        command.name,
        indent = command.depth.saturating_mul(2)
    );
    if let Some(code) = command.code {
        row(text, &verb, &alert(code), "", command.status, paint);
        verb.clear();
    } else if command.items.is_empty() {
        row(text, &verb, "", "", command.status, paint);
    }
    for (index, item) in command.items.iter().enumerate() {
        let code = item
            .status
            .or(if index == 0 { command.status } else { None });
        row(text, &verb, &item.uri, &value(item), code, paint);
        verb.clear();
    }
}

fn row(text: &mut String, verb: &str, what: &str, value: &str, code: Option<u16>, paint: Paint) {
    let what = cut(what, URIS.saturating_sub(1));
    let value = cut(value, VALUES.saturating_sub(1));
    let mut line = format!("{:MARGIN$}{verb:VERBS$}{what:URIS$}{value:VALUES$}", "");
    match code {
        Some(code) => line.push_str(&status(code, paint)),
        None => line.truncate(line.trim_end().len()),
    }
    line.push('\n');
    text.push_str(&line);
}

/// What was sent, or what came back.
fn value(item: &ItemRecord) -> String {
    let quoted = |value: &str| format!("\"{}\"", value.escape_debug());
    match (&item.value, &item.returned, item.format.as_deref()) {
        (_, Some(returned), _) => format!("-> {}", quoted(returned)),
        (Some(value), None, _) => format!("= {}", quoted(value)),
        (None, None, Some("node")) => "(node)".to_owned(),
        (None, None, _) => String::new(),
    }
}

const fn direction(from: Side) -> &'static str {
    match from {
        Side::Device => "router -> server",
        Side::Server => "server -> router",
    }
}

fn alert(code: u16) -> String {
    let meaning = match code {
        1200 => "server-initiated session",
        1201 => "client-initiated session",
        1222 => "next message",
        1223 => "session abort",
        _ => "",
    };
    format!("{code} {meaning}").trim_end().to_owned()
}

/// A status code in words; a refusal in red.
fn status(code: u16, paint: Paint) -> String {
    let words = match code {
        200 => "ok",
        202 => "accepted",
        212 => "authenticated",
        401 => "wrong credentials",
        404 => "not found",
        405 => "not allowed",
        407 => "no credentials",
        418 => "exists already",
        425 => "permission denied",
        _ => "",
    };
    let ink = if code < 300 { Ink::Plain } else { Ink::Bad };
    paint.text(ink, format!("{code} {words}").trim_end())
}

/// A message as XML, set in.
fn xml(raw: &[u8]) -> String {
    let xml = convert::pretty(raw).unwrap_or_else(|why| why.to_string());
    let lines = xml.lines().map(|line| format!("{:MARGIN$}  {line}\n", ""));
    core::iter::once("\n".to_owned()).chain(lines).collect()
}
