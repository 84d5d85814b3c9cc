//! The same jobs by other libraries of Rust.

use super::Outcome;
use base64ct::{Base64, Encoding};
use quick_xml::events::Event;
use quick_xml::{Reader, Writer};
use std::hint::black_box;

/// Does a job so many times and gives its last result.
pub(crate) fn run(job: &str, calls: u32, bytes: &[u8]) -> Outcome<usize> {
    let text = std::str::from_utf8(bytes)?;
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(4));
    let markup = match job {
        "quick-xml write" => markup(text)?,
        _ => Vec::new(),
    };
    let digits = longest(text);
    out.resize(digits.len(), 0);
    let mut result = 0;
    for _ in 0..calls {
        result = black_box(match job {
            "quick-xml events" => events(std::str::from_utf8(black_box(bytes))?)?,
            "quick-xml write" => write(black_box(&markup), &mut out)?,
            "base64ct decode" => Base64::decode(black_box(digits), &mut out)
                .map_err(|error| error.to_string())?
                .len(),
            _ => return Err(format!("no job {job}").into()),
        });
    }
    Ok(result)
}

/// Every event of octets that are UTF-8, each text with its line ends in order; references come as
/// events of their own.
fn events(text: &str) -> Outcome<usize> {
    let mut reader = Reader::from_str(text);
    let mut total = 0usize;
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(total),
            Event::Text(text) => total = total.saturating_add(text.xml10_content().len()),
            Event::GeneralRef(name) => total = total.saturating_add(name.len()),
            _ => total = total.saturating_add(1),
        }
    }
}

/// The events of a document, as they stand: writing them again escapes nothing.
fn markup(text: &str) -> Outcome<Vec<Event<'static>>> {
    let mut reader = Reader::from_str(text);
    let mut markup = Vec::new();
    loop {
        match reader.read_event()? {
            Event::Eof => return Ok(markup),
            event => markup.push(event.into_owned()),
        }
    }
}

/// Writes them into memory that is there already.
fn write(markup: &[Event<'static>], out: &mut Vec<u8>) -> Outcome<usize> {
    out.clear();
    let mut writer = Writer::new(&mut *out);
    for event in markup {
        writer.write_event(event.borrow())?;
    }
    Ok(out.len())
}

/// The longest run of text between two tags.
fn longest(text: &str) -> &str {
    text.split(['<', '>'])
        .max_by_key(|run| run.len())
        .unwrap_or_default()
}
