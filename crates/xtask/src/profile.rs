//! Where an image spends bytes and instructions, function by function.

use crate::image::{self, Machine};
use crate::source_map::{self, Owner};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Rows of each list.
const ROWS: usize = 50;

/// Bytes of code by owner.
pub(crate) fn bytes(elf: &Path) -> Result<BTreeMap<Owner, u64>, String> {
    let text = image::section(elf, ".text")?;
    // Thumb instructions have 2 or 4 bytes: one question for each half-word.
    let addresses = (text.address..text.address + text.size).step_by(2);
    let mut charged = BTreeMap::new();
    for owner in source_map::owners(elf, addresses)? {
        *charged.entry(owner).or_default() += 2;
    }
    Ok(charged)
}

/// Instructions of one run by owner: the emulator notes every address it executes.
pub(crate) fn instructions(elf: &Path, machine: &Machine) -> Result<BTreeMap<Owner, u64>, String> {
    let log = elf.with_extension("trace");
    image::emulator(machine, elf)
        .args(image::one_by_one()?)
        .args(["-d", "nochain,exec", "-D"])
        .arg(&log)
        .limit(600)
        .run()?;
    let mut hits: BTreeMap<u64, u64> = BTreeMap::new();
    let file = File::open(&log).map_err(|error| format!("{}: {error}", log.display()))?;
    for line in BufReader::new(file).lines() {
        if let Some(address) = executed(&line.map_err(|error| error.to_string())?) {
            *hits.entry(address).or_default() += 1;
        }
    }
    let _ = std::fs::remove_file(&log);
    let owners = source_map::owners(elf, hits.keys().copied())?;
    let mut charged = BTreeMap::new();
    for (owner, count) in owners.into_iter().zip(hits.values()) {
        // The yardsticks themselves are not what is asked for.
        if owner.krate != "firmware" {
            *charged.entry(owner).or_default() += count;
        }
    }
    Ok(charged)
}

/// `Trace 0: 0x7f.. [00800408/00000400/..] symbol`: the second number is the address.
fn executed(line: &str) -> Option<u64> {
    let (_, fields) = line.strip_prefix("Trace ")?.split_once('[')?;
    u64::from_str_radix(fields.split('/').nth(1)?, 16).ok()
}

/// Sums by crate.
pub(crate) fn by_crate(charged: &BTreeMap<Owner, u64>) -> BTreeMap<&str, u64> {
    let mut sums = BTreeMap::new();
    for (owner, count) in charged {
        *sums.entry(owner.krate.as_str()).or_default() += count;
    }
    sums
}

/// The most expensive functions, and the crates.
pub(crate) fn listing(title: &str, charged: &BTreeMap<Owner, u64>) -> String {
    let mut text = format!("{title}, {} in all\n", charged.values().sum::<u64>());
    for (krate, count) in by_crate(charged) {
        let _ = writeln!(text, "{count:>8}  {krate}");
    }
    let mut rows: Vec<(&Owner, &u64)> = charged.iter().collect();
    rows.sort_by(|a, b| b.1.cmp(a.1));
    let _ = writeln!(text, "of which");
    for (owner, count) in rows.iter().take(ROWS) {
        let _ = writeln!(text, "{count:>8}  {}", owner.function);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::executed;

    #[test]
    fn the_trace_names_the_address_executed() {
        let line = "Trace 0: 0x7fac0c000100 [00800408/00000dd4/00000110/ff020201] main";
        assert_eq!(executed(line), Some(0xDD4));
        assert_eq!(executed("measured x: 1"), None);
    }
}
