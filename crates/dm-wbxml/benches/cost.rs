//! Instructions for each job of the codec, counted by callgrind, beside those of other codecs on
//! the same files.
//!
//! `cargo bench -p dm-wbxml --features wbxml,xml` runs itself under valgrind with 3 and with 13
//! calls of each job: a tenth of the difference is the cost of one. It fails when a job costs more
//! than its bar and one in a hundred. Where valgrind or the files are missing it says so and
//! measures nothing.
//!
//! The figures of the others are those of the shared benchmark notes: libwbxml 0.11.10 and expat
//! 2.5 with gcc -O2, quick-xml 0.37 with opt-level 3, all on x86-64.

use std::error::Error;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;

use dm_wbxml::{Body, Digest, Encoding, Event, Limits, Message, Part, Reader, Writer, check, tag};

/// Job, file of the benchmark inputs, the bar, and what others need for a job like it.
const TABLE: [(&str, &str, u64, &str); 12] = [
    (
        "check",
        "typical-1k5.wbxml",
        25_400,
        "token walk without meaning 12,983; libwbxml callbacks 200,073",
    ),
    (
        "events",
        "typical-1k5.wbxml",
        43_600,
        "libwbxml callbacks 200,073",
    ),
    ("read", "typical-1k5.wbxml", 69_600, "libwbxml tree 508,563"),
    (
        "write",
        "typical-1k5.wbxml",
        94_000,
        "libwbxml to WBXML 182,000, beside reading",
    ),
    ("check", "typical-1k5.xml", 161_600, "expat 344,533"),
    (
        "text",
        "typical-1k5.xml",
        145_000,
        "quick-xml events with unescape 145,579; expat 344,533",
    ),
    (
        "read",
        "typical-1k5.xml",
        335_500,
        "no other gives typed views",
    ),
    (
        "write-xml",
        "typical-1k5.wbxml",
        153_400,
        "quick-xml writer 49,000, beside reading",
    ),
    (
        "check",
        "many-commands-64k.wbxml",
        1_021_600,
        "libwbxml callbacks 7,790,000",
    ),
    (
        "check",
        "many-commands-64k.xml",
        6_349_500,
        "quick-xml events 5,640,000",
    ),
    (
        "check",
        "large-data-64k.wbxml",
        4_900,
        "token walk 2,388; libwbxml callbacks 170,065",
    ),
    (
        "check",
        "large-data-64k.xml",
        793_100,
        "quick-xml events 95,437",
    ),
];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, job, calls, file] = &arguments[..] {
        return run(job, calls.parse()?, Path::new(file));
    }
    let shared = std::env::var_os("OMA_DM_SHARED")
        .map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
            PathBuf::from,
        )
        .join("codec-bench");
    if !shared.is_dir() || Command::new("valgrind").arg("--version").output().is_err() {
        println!(
            "SKIPPED {} jobs: valgrind or {} is missing",
            TABLE.len(),
            shared.display()
        );
        return Ok(());
    }
    let mut over = 0u32;
    println!(
        "{:>12} {:>12} {:>7}  job, file; others",
        "instructions", "bar", "each"
    );
    for (job, file, bar, others) in TABLE {
        let file = shared.join(file);
        let len = file.metadata()?.len().max(1);
        let few = counted(job, 3, &file)?;
        let cost = counted(job, 13, &file)?.saturating_sub(few) / 10;
        let each = cost as f64 / len as f64;
        let name = file
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mark = if cost > bar.saturating_add(bar / 100) {
            " OVER"
        } else {
            ""
        };
        over = over.saturating_add(u32::from(!mark.is_empty()));
        println!("{cost:>12} {bar:>12} {each:>7.1}  {job} {name}{mark}; {others}");
    }
    if over > 0 {
        return Err(format!("{over} jobs cost more than their bar").into());
    }
    Ok(())
}

/// Instructions of this program doing a job so many times.
fn counted(job: &str, calls: u32, file: &Path) -> Result<u64, Box<dyn Error>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args([job, &calls.to_string()])
        .arg(file)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1));
    Ok(count
        .ok_or_else(|| format!("valgrind said: {said}"))?
        .trim()
        .parse()?)
}

/// Does a job so many times.
fn run(job: &str, calls: u32, file: &Path) -> Result<(), Box<dyn Error>> {
    let bytes = std::fs::read(file)?;
    let mut out = vec![0; bytes.len().saturating_mul(4)];
    for _ in 0..calls {
        let bytes = black_box(&bytes[..]);
        black_box(match job {
            "check" => usize::from(digest(bytes)?.commands),
            "read" => read(bytes)?,
            "events" => events(bytes, false)?,
            "text" => events(bytes, true)?,
            "write" => write(bytes, &mut out, Encoding::Wbxml)?,
            _ => write(bytes, &mut out, Encoding::Xml)?,
        });
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
