//! Stack frames, read from the beginnings of functions.

use crate::process::Program;
use std::path::Path;

/// Instructions at the beginning of a function that may reserve stack.
const PROLOGUE: usize = 12;

/// Functions with the bytes of stack each reserves, largest first.
pub(crate) fn largest(image: &Path) -> Result<Vec<(u64, String)>, String> {
    let code = Program::new("arm-none-eabi-objdump")
        .args(["--disassemble", "--demangle", "--no-show-raw-insn"])
        .arg(image)
        .run()?;
    if !code.success {
        return Err(code.stderr);
    }
    let mut frames = parse(&code.stdout);
    frames.sort_by(|a, b| b.cmp(a));
    Ok(frames)
}

fn parse(listing: &str) -> Vec<(u64, String)> {
    let mut frames = Vec::new();
    let mut function: Option<(u64, String)> = None;
    let mut seen = 0_usize;
    for line in listing.lines() {
        if let Some(name) = heading(line) {
            frames.extend(function.take());
            function = Some((0, name.to_owned()));
            seen = 0;
        } else if let Some((bytes, _)) = &mut function
            && seen < PROLOGUE
        {
            seen += 1;
            *bytes += reserved(line);
        }
    }
    frames.extend(function);
    frames
}

/// `00000400 <dm_core::run::Run::run>:`
fn heading(line: &str) -> Option<&str> {
    let (address, name) = line.split_once(" <")?;
    u64::from_str_radix(address, 16).ok()?;
    name.strip_suffix(">:")
}

/// What one instruction takes from the stack.
fn reserved(line: &str) -> u64 {
    let Some((_, instruction)) = line.split_once(":\t") else {
        return 0;
    };
    let (name, operands) = instruction.split_once('\t').unwrap_or((instruction, ""));
    match name.split('.').next() {
        Some("push" | "stmdb") => 4 * registers(operands),
        Some("vpush") => 8 * registers(operands),
        Some("sub" | "subw") => operands
            .strip_prefix("sp, ")
            .and_then(|rest| rest.rsplit_once('#'))
            .and_then(|(_, number)| number.split_whitespace().next())
            .and_then(|number| number.parse().ok())
            .unwrap_or(0),
        _ => 0,
    }
}

/// The number of registers in `{r4, r5, lr}` or `{d8-d11}`.
fn registers(operands: &str) -> u64 {
    let list = operands
        .split_once('{')
        .and_then(|(_, rest)| rest.split_once('}'))
        .map_or("", |(list, _)| list);
    list.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(|item| {
            let number = |text: &str| text.trim_start_matches(['r', 'd']).parse::<u64>().ok();
            let ends = item
                .split_once('-')
                .and_then(|(from, to)| number(from).zip(number(to)));
            ends.map_or(1, |(from, to)| to.saturating_sub(from) + 1)
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_add_up_pushed_registers_and_room() {
        let listing = "\
00000400 <a::b>:
     400:\tstmdb\tsp!, {r4, r5, r6, r7, r8, r9, sl, fp, lr}
     404:\tvpush\t{d8-d9}
     408:\tsub.w\tsp, sp, #460\t@ 0x1cc
     40c:\tsubs\tr4, r0, #1

00000500 <c>:
     500:\tpush\t{r4, lr}
     502:\tsub\tsp, #8
";
        assert_eq!(
            parse(listing),
            [(36 + 16 + 460, "a::b".to_owned()), (16, "c".to_owned())]
        );
    }
}
