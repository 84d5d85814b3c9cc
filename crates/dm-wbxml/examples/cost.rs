//! Does one job on a file many times, for counting instructions: `cost JOB CALLS FILE`.
//!
//! Jobs: `check`, `read` (all typed views), `events`, `text` (events with their text decoded), `write` (typed views to WBXML), `write-xml`.
//! Run it under `valgrind --tool=callgrind` with 3 and with 13 calls: a tenth of the difference is the cost of one.

use std::error::Error;
use std::hint::black_box;

use dm_wbxml::{Body, Digest, Encoding, Event, Limits, Message, Part, Reader, Writer, check, tag};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, job, calls, file] = &arguments[..] else {
        return Err("usage: cost check|read|events|text|write|write-xml CALLS FILE".into());
    };
    let bytes = std::fs::read(file)?;
    let mut out = vec![0; bytes.len().saturating_mul(4)];
    for _ in 0..calls.parse()? {
        let bytes = black_box(&bytes[..]);
        let result = match job.as_str() {
            "check" => usize::from(digest(bytes)?.commands),
            "read" => read(bytes)?,
            "events" => events(bytes, false)?,
            "text" => events(bytes, true)?,
            "write" => write(bytes, &mut out, Encoding::Wbxml)?,
            _ => write(bytes, &mut out, Encoding::Xml)?,
        };
        black_box(result);
    }
    Ok(())
}

fn digest(bytes: &[u8]) -> Result<Digest, dm_wbxml::Error> {
    check(bytes, Encoding::detect(bytes), &Limits::default())
}

fn events(bytes: &[u8], decode: bool) -> Result<usize, dm_wbxml::Error> {
    let mut reader = Reader::new(bytes, Encoding::detect(bytes))?;
    let mut total = 0usize;
    loop {
        match reader.next()? {
            Event::Done => return Ok(total),
            Event::Text(text) if decode => total = total.saturating_add(text.len()),
            _ => total = total.saturating_add(1),
        }
    }
}

fn read(bytes: &[u8]) -> Result<usize, dm_wbxml::Error> {
    let message = Message::new(bytes, &digest(bytes)?);
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
            total = total.saturating_add(item.data.map_or(0, |data| data.len()));
        }
    }
}

fn write(bytes: &[u8], out: &mut [u8], encoding: Encoding) -> Result<usize, dm_wbxml::Error> {
    let message = Message::new(bytes, &digest(bytes)?);
    let mut writer = Writer::new(out, encoding);
    let mut open = Vec::new();
    writer.begin_message(&message.header()?);
    let mut body = message.body();
    loop {
        match body.next()? {
            Part::Status(status) => {
                writer.begin_status(&status);
                items(&mut body, &mut writer)?;
                writer.end(tag::STATUS);
            }
            Part::Command(command) => {
                writer.begin_command(&command);
                items(&mut body, &mut writer)?;
                writer.end(command.tag);
            }
            Part::Open(command) => {
                writer.begin_command(&command);
                open.push(command.tag);
            }
            Part::Close => writer.end(open.pop().unwrap_or_default()),
            Part::Final => {}
            Part::Done => break,
        }
    }
    writer.end_message(true);
    Ok(writer.position())
}

fn items(body: &mut Body<'_>, writer: &mut Writer<'_>) -> Result<(), dm_wbxml::Error> {
    while let Some(item) = body.item()? {
        writer.item(&item);
    }
    Ok(())
}
