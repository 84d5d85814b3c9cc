//! Instructions for each job of the codec, counted by callgrind, beside those of other codecs on
//! the same files in the same run.
//!
//! `cargo bench -p dm-wbxml --features wbxml,xml` runs itself under valgrind with 3 and with 13
//! calls of each job: a tenth of the difference is the cost of one. It fails when a job costs more
//! than its bar and one in a hundred; the bars stand in `docs/codec-speed.tsv`, which `-- --write`
//! takes anew. Where valgrind or the files are missing it says so and measures nothing; where only
//! libwbxml is missing, its column stays as it was.

mod jobs;
mod libwbxml;
mod peers;
mod rows;

use rows::{Mode, Row, Unit};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `main` and the jobs may end with.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// What was counted in one row.
struct Counted {
    row: &'static Row,
    instructions: u64,
    /// By what the instructions are divided for the row's figure.
    units: u64,
    peer: Option<u64>,
}

impl Counted {
    fn figure(&self) -> f64 {
        self.instructions as f64 / self.units as f64
    }

    fn peer_figure(&self) -> Option<f64> {
        self.peer.map(|peer| peer as f64 / self.units as f64)
    }
}

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, job, calls, file] = &arguments[..] {
        return run(job, calls.parse()?, Path::new(file));
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared = std::env::var_os("OMA_DM_SHARED")
        .map_or_else(|| root.join("../shared"), PathBuf::from)
        .join("codec-bench");
    if !shared.is_dir() || Command::new("valgrind").arg("--version").output().is_err() {
        println!(
            "SKIPPED {} rows: valgrind or {} is missing",
            rows::ROWS.len(),
            shared.display()
        );
        return Ok(());
    }
    let table = root.join("docs/codec-speed.tsv");
    let committed = std::fs::read_to_string(&table).unwrap_or_default();
    let libwbxml = libwbxml::build()?;
    if libwbxml.is_none() {
        println!("libwbxml or gcc is missing: its figures are the committed ones");
    }
    let mut counted = Vec::new();
    for row in rows::ROWS {
        counted.push(count(row, &shared, libwbxml.as_deref(), &committed)?);
    }
    print!("{}", rows::listing(&counted));
    if arguments.iter().any(|argument| argument == "--write") {
        return Ok(std::fs::write(&table, rows::table(&counted))?);
    }
    let over = rows::over(&counted, &committed);
    if over.is_empty() {
        return Ok(());
    }
    println!("{}", over.join("\n"));
    println!("when this is meant: `cargo xtask bench --write`");
    Err(format!("{} jobs cost more than their bar", over.len()).into())
}

/// Counts one row and its peer.
fn count(
    row: &'static Row,
    shared: &Path,
    libwbxml: Option<&Path>,
    committed: &str,
) -> Outcome<Counted> {
    let file = shared.join(row.file);
    let this = std::env::current_exe()?;
    let peer = match row.peer {
        Some(job) if job.starts_with("libwbxml") => match libwbxml {
            Some(program) => {
                let file = file.with_extension("wbxml");
                Some(cost(program, job.rsplit(' ').next().unwrap_or(job), &file)?)
            }
            None => rows::committed(committed, row).and_then(|(_, peer)| peer),
        },
        Some(job) => Some(cost(&this, job, &file)?),
        None => None,
    };
    let units = match row.unit {
        Unit::InputOctet => file.metadata()?.len(),
        Unit::OutputOctet => jobs::run(row.job, 1, &std::fs::read(&file)?)? as u64,
        Unit::Whole => 1,
    };
    Ok(Counted {
        row,
        instructions: cost(&this, row.job, &file)?,
        units,
        peer,
    })
}

/// Instructions of one more call of a job.
fn cost(program: &Path, job: &str, file: &Path) -> Outcome<u64> {
    let few = collected(program, job, 3, file)?;
    Ok(collected(program, job, 13, file)?.saturating_sub(few) / 10)
}

/// Instructions of a program doing a job so many times.
fn collected(program: &Path, job: &str, calls: u32, file: &Path) -> Outcome<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([job, &calls.to_string()])
        .arg(file)
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said
        .lines()
        .find_map(|line| line.split("Collected : ").nth(1))
        .filter(|_| output.status.success());
    Ok(count
        .ok_or_else(|| format!("{job}, {}: valgrind said: {said}", file.display()))?
        .trim()
        .parse()?)
}

/// Does a job so many times.
fn run(job: &str, calls: u32, file: &Path) -> Outcome<()> {
    let bytes = std::fs::read(file)?;
    match rows::mode(job) {
        Mode::Ours => jobs::run(job, calls, &bytes)?,
        Mode::Peer => peers::run(job, calls, &bytes)?,
    };
    Ok(())
}
