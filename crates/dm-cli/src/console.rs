//! Files, standard streams, and whether to use colours.

use std::ffi::{OsStr, OsString};
use std::io::{ErrorKind, IsTerminal, Read, Write};
use std::path::Path;

use crate::failure::Failure;

/// A file named on the command line, and what is in it.
pub(crate) struct Input {
    /// As it was named; `-` reads as `standard input`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Input {
    /// Reads the file, or standard input for `-`.
    pub(crate) fn read(name: &OsStr) -> Result<Self, Failure> {
        if name == "-" {
            let mut bytes = Vec::new();
            let name = "standard input".to_owned();
            return match std::io::stdin().lock().read_to_end(&mut bytes) {
                Ok(_) => Ok(Self { name, bytes }),
                Err(why) => Err(Failure::unreadable(name, why)),
            };
        }
        let path = Path::new(name);
        match std::fs::read(path) {
            Ok(bytes) => Ok(Self {
                name: path.display().to_string(),
                bytes,
            }),
            Err(why) => Err(Failure::unreadable(path.display(), why)),
        }
    }
}

/// Where a document goes.
pub(crate) enum Output {
    Standard,
    File(OsString),
}

impl Output {
    /// Writes all of it.
    pub(crate) fn write(&self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Standard => put(bytes),
            Self::File(name) => std::fs::write(name, bytes)
                .map_err(|why| Failure::failed(format!("{}: {why}", Path::new(name).display()))),
        }
    }
}

/// Prints to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    put(text.as_bytes())
}

fn put(bytes: &[u8]) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        // Whoever read our output has seen enough.
        Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(why) => Err(Failure::failed(format!("standard output: {why}"))),
    }
}

/// Prints one line to standard error.
pub(crate) fn error(line: &str) {
    // Without standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Whether standard output is a person.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}
