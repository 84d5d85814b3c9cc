//! Code in an image that can panic: a linked image of ours has none.

use crate::process::Program;
use crate::source_map;
use std::path::Path;

/// The panic symbols of an image, each with the functions that call it.
pub(crate) fn find(image: &Path) -> Result<Vec<String>, String> {
    let names = Program::new("arm-none-eabi-nm")
        .args(["--format=just-symbols", "--demangle", "--defined-only"])
        .arg(image)
        .run()?;
    if !names.success {
        return Err(names.stderr);
    }
    let panics: Vec<&str> = names.stdout.lines().filter(|name| is_panic(name)).collect();
    if panics.is_empty() {
        return Ok(Vec::new());
    }
    let code = Program::new("arm-none-eabi-objdump")
        .args(["--disassemble", "--demangle", "--no-show-raw-insn"])
        .arg(image)
        .run()?;
    let calls: Vec<(u64, &str)> = code.stdout.lines().filter_map(call).collect();
    let callers = source_map::owners(image, calls.iter().map(|(address, _)| *address))?;
    let called: Vec<String> = panics
        .iter()
        .map(|panic| {
            let mut from: Vec<&str> = calls
                .iter()
                .zip(&callers)
                .filter(|((_, to), caller)| to == panic && !is_panic(&caller.function))
                .map(|(_, caller)| caller.function.as_str())
                .collect();
            from.sort_unstable();
            from.dedup();
            format!("{panic} <- {}", from.join(", "))
        })
        .collect();
    Ok(called)
}

/// Symbols that only code which can panic brings in.
fn is_panic(symbol: &str) -> bool {
    (symbol.starts_with("core::") || symbol.starts_with("<core::"))
        && ["panicking", "_fail", "core::fmt"]
            .iter()
            .any(|sign| symbol.contains(sign))
}

/// `  800: bl 900 <symbol>`: the address of a call or jump, and the start of what symbol it goes to.
fn call(line: &str) -> Option<(u64, &str)> {
    let (address, rest) = line.trim_start().split_once(':')?;
    let instruction = rest.trim_start();
    if !instruction.starts_with('b') {
        return None;
    }
    let (_, target) = instruction.split_once(" <")?;
    let symbol = target.strip_suffix('>')?;
    Some((u64::from_str_radix(address, 16).ok()?, symbol))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panic_symbols_are_those_of_core() {
        for symbol in [
            "core::panicking::panic_fmt",
            "core::slice::index::slice_index_fail",
            "core::option::expect_failed",
            "core::fmt::Formatter::pad",
            "<core::fmt::Error as core::fmt::Debug>::fmt",
        ] {
            assert!(is_panic(symbol), "{symbol}");
        }
        for symbol in [
            "dm_core::client::Client::failed",
            "core::str::converts::from_utf8",
        ] {
            assert!(!is_panic(symbol), "{symbol}");
        }
    }

    #[test]
    fn calls_and_jumps_name_their_target() {
        let line = "    8a4:\tbl\t99e <core::panicking::panic_bounds_check>";
        assert_eq!(
            call(line),
            Some((0x8A4, "core::panicking::panic_bounds_check"))
        );
        assert_eq!(call("    8a4:\tldr\tr0, [pc, #4] @ (8b0 <f+0x4>)"), None);
        assert_eq!(
            call("0000099e <core::panicking::panic_bounds_check>:"),
            None
        );
    }
}
