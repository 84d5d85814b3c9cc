//! Does one job on a file many times, for counting instructions: `cost JOB CALLS FILE`.
//!
//! Jobs: `check`, `read` (all typed views), `events`, `text` (events with their text decoded), `write` (typed views to WBXML), `write-xml`.
//! Run it under `valgrind --tool=callgrind` with 3 and with 13 calls: a tenth of the difference is the cost of one.

use std::hint::black_box;

use dm_wbxml::{Body, Encoding, Event, Limits, Message, Part, Reader, Writer, check, tag};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, job, calls, file] = &arguments[..] else {
        eprintln!("usage: cost check|read|events|text|write|write-xml CALLS FILE");
        std::process::exit(2);
    };
    let bytes = std::fs::read(file).expect("the file is readable");
    let mut out = vec![0; bytes.len().saturating_mul(4)];
    for _ in 0..calls.parse().expect("CALLS is a number") {
        let result = match job.as_str() {
            "check" => usize::from(digest(black_box(&bytes)).commands),
            "read" => read(black_box(&bytes)),
            "events" => events(black_box(&bytes), false),
            "text" => events(black_box(&bytes), true),
            "write" => write(black_box(&bytes), &mut out, Encoding::Wbxml),
            _ => write(black_box(&bytes), &mut out, Encoding::Xml),
        };
        black_box(result);
    }
}

fn digest(bytes: &[u8]) -> dm_wbxml::Digest {
    check(bytes, Encoding::detect(bytes), &Limits::default()).expect("the file is a message")
}

fn events(bytes: &[u8], decode: bool) -> usize {
    let mut reader = Reader::new(bytes, Encoding::detect(bytes)).expect("the file is a document");
    let mut total = 0usize;
    loop {
        match reader.next().expect("the file is well formed") {
            Event::Done => return total,
            Event::Text(text) if decode => total = total.saturating_add(text.len()),
            _ => total = total.saturating_add(1),
        }
    }
}

fn read(bytes: &[u8]) -> usize {
    let message = Message::new(bytes, &digest(bytes));
    let header = message.header().expect("checked");
    let mut total = header.msg_id.len();
    let mut body = message.body();
    loop {
        match body.next().expect("checked") {
            Part::Status(status) => total = total.saturating_add(usize::from(status.code)),
            Part::Command(command) | Part::Open(command) => total = total.saturating_add(command.cmd_id.len()),
            Part::Close | Part::Final => {}
            Part::Done => return total,
        }
        while let Some(item) = body.item().expect("checked") {
            total = total.saturating_add(item.data.map_or(0, |data| data.len()));
        }
    }
}

fn write(bytes: &[u8], out: &mut [u8], encoding: Encoding) -> usize {
    let message = Message::new(bytes, &digest(bytes));
    let mut writer = Writer::new(out, encoding);
    let mut open = Vec::new();
    writer.begin_message(&message.header().expect("checked"));
    let mut body = message.body();
    loop {
        match body.next().expect("checked") {
            Part::Status(status) => {
                writer.begin_status(&status);
                items(&mut body, &mut writer);
                writer.end(tag::STATUS);
            }
            Part::Command(command) => {
                writer.begin_command(&command);
                items(&mut body, &mut writer);
                writer.end(command.tag);
            }
            Part::Open(command) => {
                writer.begin_command(&command);
                open.push(command.tag);
            }
            Part::Close => writer.end(open.pop().expect("checked")),
            Part::Final => {}
            Part::Done => break,
        }
    }
    writer.end_message(true);
    writer.position()
}

fn items(body: &mut Body<'_>, writer: &mut Writer<'_>) {
    while let Some(item) = body.item().expect("checked") {
        writer.item(&item);
    }
}
