//! The jobs of this crate. Each walks or writes one whole document.

use super::Outcome;
use dm_wbxml::{
    Body, Command, Digest, Encoding, Error, Event, Item, Limits, Message, Part, Reader, Status,
    SyncHdr, Tag, Writer, check, tag,
};
use std::hint::black_box;

/// Does a job so many times and gives its last result: octets for what writes.
pub(crate) fn run(job: &str, calls: u32, bytes: &[u8]) -> Outcome<usize> {
    let mut out = vec![0; bytes.len().saturating_mul(4)];
    let mut result = 0;
    let digest = digest(bytes)?;
    let written = match job {
        "write-wbxml" | "write-xml" => Written::read(&Message::new(bytes, &digest))?,
        _ => Written::default(),
    };
    for _ in 0..calls {
        let bytes = black_box(bytes);
        result = black_box(match job {
            "check" => usize::from(self::digest(bytes)?.commands),
            "typed" => typed(bytes, black_box(&digest))?,
            "both" => typed(bytes, &self::digest(bytes)?)?,
            "events" => events(bytes, false)?,
            "events-utf8" => events(bytes, true)?,
            "unescaped" => unescaped(bytes)?,
            "decoded" => decoded(bytes, &mut out)?,
            "write-wbxml" => black_box(&written).write(&mut out, Encoding::Wbxml),
            "write-xml" => black_box(&written).write(&mut out, Encoding::Xml),
            _ => return Err(format!("no job {job}").into()),
        });
    }
    Ok(result)
}

fn digest(bytes: &[u8]) -> Result<Digest, Error> {
    check(bytes, Encoding::detect(bytes), &Limits::default())
}

/// Every event; text that is not binary is proven UTF-8 if that is asked.
fn events(bytes: &[u8], utf8: bool) -> Outcome<usize> {
    let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
    let mut total = 0usize;
    loop {
        match reader.next()? {
            Event::Done => return Ok(total),
            Event::Text(text) => {
                if utf8 && !text.is_opaque() && !text.is_utf8() {
                    return Err("not UTF-8".into());
                }
                total = total.saturating_add(text.plain().map_or(0, <[u8]>::len));
            }
            Event::Start(_) | Event::End => total = total.saturating_add(1),
        }
    }
}

/// Every event, each text decoded piece by piece. The reader itself refuses what is not UTF-8 in XML.
fn unescaped(bytes: &[u8]) -> Result<usize, Error> {
    let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
    let mut total = 0usize;
    loop {
        match reader.next()? {
            Event::Done => return Ok(total),
            Event::Text(text) => total = total.saturating_add(text.len()),
            Event::Start(_) | Event::End => total = total.saturating_add(1),
        }
    }
}

/// Every event, long text decoded from base64.
fn decoded(bytes: &[u8], out: &mut [u8]) -> Outcome<usize> {
    let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
    let mut total = 0usize;
    loop {
        match reader.next()? {
            Event::Done => return Ok(total),
            Event::Text(text) if text.len() > 1000 => {
                let len = text.decode_base64(out).map_err(|_| "not base64")?;
                total = total.saturating_add(len);
            }
            _ => {}
        }
    }
}

/// Every part and item of a message that was checked before.
fn typed(bytes: &[u8], digest: &Digest) -> Result<usize, Error> {
    let message = Message::new(bytes, digest);
    let mut total = message.header()?.msg_id.len();
    let mut body = message.body();
    loop {
        total = total.saturating_add(match body.next()? {
            Part::Status(status) => usize::from(status.code),
            Part::Command(command) | Part::Open(command) => command.cmd_id.len(),
            Part::Close | Part::Final => 0,
            Part::Done => return Ok(total),
        });
        while let Some(item) = body.item()? {
            let texts = [item.target, item.source, item.data];
            let texts = texts.into_iter().chain([item.meta.format, item.meta.mime]);
            total = texts
                .flatten()
                .fold(total, |total, text| total.saturating_add(text.len()));
        }
    }
}

/// The typed values of a message, read before anything is counted.
#[derive(Default)]
struct Written<'a> {
    header: SyncHdr<'a>,
    parts: Vec<(Value<'a>, Vec<Item<'a>>)>,
    is_final: bool,
}

enum Value<'a> {
    Status(Status<'a>),
    Command(Command<'a>),
    Open(Command<'a>),
    Close(Tag),
}

impl<'a> Written<'a> {
    fn read(message: &Message<'a>) -> Result<Self, Error> {
        let mut written = Written {
            header: message.header()?,
            ..Self::default()
        };
        let mut open = Vec::new();
        let mut body = message.body();
        loop {
            let value = match body.next()? {
                Part::Status(status) => Value::Status(status),
                Part::Command(command) => Value::Command(command),
                Part::Open(command) => {
                    open.push(command.tag);
                    Value::Open(command)
                }
                Part::Close => Value::Close(open.pop().unwrap_or_default()),
                Part::Final => {
                    written.is_final = true;
                    continue;
                }
                Part::Done => return Ok(written),
            };
            written.parts.push((value, items(&mut body)?));
        }
    }

    fn write(&self, out: &mut [u8], encoding: Encoding) -> usize {
        let mut writer = Writer::new(out, encoding);
        writer.begin_message(&self.header);
        for (value, items) in &self.parts {
            let end = match value {
                Value::Status(status) => {
                    writer.begin_status(status);
                    Some(tag::STATUS)
                }
                Value::Command(command) => {
                    writer.begin_command(command);
                    Some(command.tag)
                }
                Value::Open(command) => {
                    writer.begin_command(command);
                    None
                }
                Value::Close(tag) => Some(*tag),
            };
            for item in items {
                writer.item(item);
            }
            if let Some(tag) = end {
                writer.end(tag);
            }
        }
        writer.end_message(self.is_final);
        writer.position()
    }
}

fn items<'a>(body: &mut Body<'a>) -> Result<Vec<Item<'a>>, Error> {
    let mut items = Vec::new();
    while let Some(item) = body.item()? {
        items.push(item);
    }
    Ok(items)
}
