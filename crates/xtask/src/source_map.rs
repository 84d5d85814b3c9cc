//! Which source owns an address of an image, through all inlining.

use crate::process::Program;
use crate::workspace::write;
use std::fmt::Write as _;
use std::path::Path;

/// Libraries that compute digests and base64: their code is charged to them even when inlined.
pub(crate) const CRYPTO: &[&str] = &[
    "base64ct",
    "block-buffer",
    "digest",
    "hmac",
    "md-5",
    "sha1",
    "sha2",
    "subtle",
    "zeroize",
];

/// What comes with the compiler.
const LIBRARY: &[&str] = &["core", "alloc", "compiler-builtins"];

/// Who is charged for an instruction: the innermost function of ours or of [`CRYPTO`], and else
/// whoever wrote it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Owner {
    /// `dm-core`, `base64ct`, `core`, `firmware`, ...
    pub(crate) krate: String,
    pub(crate) function: String,
}

/// The owner of each address, in the same order. Needs an image with line tables.
pub(crate) fn owners(
    image: &Path,
    addresses: impl Iterator<Item = u64>,
) -> Result<Vec<Owner>, String> {
    let mut list = String::new();
    for address in addresses {
        let _ = writeln!(list, "{address:#x}");
    }
    // As a file: there are too many for a command line.
    let file = image.with_extension("addresses");
    write(&file, &list)?;
    let output = Program::new("arm-none-eabi-addr2line")
        .args(["--inlines", "--addresses", "--functions", "--demangle"])
        .arg("--exe")
        .arg(image)
        .arg(format!("@{}", file.display()))
        .run()?;
    if !output.success {
        return Err(output.stderr);
    }
    Ok(parse(&output.stdout))
}

/// `0xADDRESS`, then function and place of each frame, innermost first.
fn parse(text: &str) -> Vec<Owner> {
    let mut owners = Vec::new();
    let mut frames: Vec<(&str, &str)> = Vec::new();
    let mut lines = text.lines().skip(1);
    while let Some(line) = lines.next() {
        if line.starts_with("0x") {
            owners.push(owner(&frames));
            frames.clear();
        } else {
            frames.push((line, lines.next().unwrap_or_default()));
        }
    }
    owners.push(owner(&frames));
    owners
}

fn owner(frames: &[(&str, &str)]) -> Owner {
    let named = |krate: &str, function: &str| Owner {
        krate: krate.to_owned(),
        function: function.to_owned(),
    };
    let innermost = |wanted: fn(&str) -> bool| {
        frames.iter().find_map(|(function, place)| {
            let krate = origin(place)?;
            wanted(krate).then(|| named(krate, function))
        })
    };
    // What is inlined from a general library belongs to whoever uses it.
    innermost(|krate| krate.starts_with("dm-") || CRYPTO.contains(&krate))
        .or_else(|| innermost(|krate| !LIBRARY.contains(&krate)))
        .or_else(|| innermost(|_| true))
        .unwrap_or_else(|| named("unknown", frames.first().map_or("?", |frame| frame.0)))
}

/// The crate that a source path belongs to.
fn origin(place: &str) -> Option<&str> {
    if let Some((_, rest)) = place.split_once("/crates/dm-") {
        let length = rest.find('/')?;
        let start = place.len() - rest.len() - "dm-".len();
        return place.get(start..start + "dm-".len() + length);
    }
    if place.contains("/examples/firmware/") || place.contains("src/bin/") {
        return Some("firmware");
    }
    if let Some((_, rest)) = place.split_once("registry/src/") {
        let (_, rest) = rest.split_once('/')?;
        let folder = rest.split('/').next()?;
        let version = folder.match_indices('-').find(|(at, _)| {
            let major = folder.get(at + 1..).and_then(|rest| rest.split_once('.'));
            major.is_some_and(|(number, _)| number.parse::<u32>().is_ok())
        });
        return folder.get(..version.map_or(folder.len(), |(at, _)| at));
    }
    if place.contains("compiler-builtins") {
        return Some("compiler-builtins");
    }
    let (_, rest) = place.split_once("/library/")?;
    rest.split('/').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
0x00000400
<core::slice::iter::Iter<u8>>::next
/rustc/abc/library/core/src/slice/iter/macros.rs:1
dm_core::run::Run::run
/x/crates/dm-core/src/run.rs:10
firmware::session::session
/x/examples/firmware/src/session.rs:3
0x00000402
compiler_builtins::mem::memcpy
/y/compiler-builtins/compiler-builtins/src/mem/impls.rs:2
0x00000404
<base64ct::Base64>::encode
/z/registry/src/index-1/base64ct-1.8.3/src/encoding.rs:9
0x00000406
<u32>::wrapping_add
/rustc/abc/library/core/src/num/mod.rs:1
md5::compress
/z/registry/src/index-1/md-5-0.11.0/src/compress.rs:9
dm_core::auth::digest
/x/crates/dm-core/src/auth.rs:10
0x00000408
?
??:0
";

    #[test]
    fn the_innermost_function_of_ours_or_of_a_cipher_is_charged() {
        let owners = parse(OUTPUT);
        let crates: Vec<&str> = owners.iter().map(|owner| owner.krate.as_str()).collect();
        assert_eq!(
            crates,
            [
                "dm-core",
                "compiler-builtins",
                "base64ct",
                "md-5",
                "unknown"
            ]
        );
        assert_eq!(owners[0].function, "dm_core::run::Run::run");
    }

    #[test]
    fn registry_folders_lose_their_version() {
        let place = "/z/registry/src/index-1/md-5-0.11.0/src/lib.rs:9";
        assert_eq!(origin(place), Some("md-5"));
        assert_eq!(origin("/r/library/core/src/fmt.rs"), Some("core"));
    }
}
