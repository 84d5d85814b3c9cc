//! What is wrong with a DDF, where, and how to mend it.

use core::fmt;
use std::rc::Rc;

/// Where in which file something stands. Line and column count from 1; a line of 0 means the file as a whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: Rc<str>,
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    pub(crate) fn whole(file: &str) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
        }
    }

    pub(crate) fn error(&self, what: impl Into<String>, fix: impl Into<String>) -> Error {
        Error {
            file: self.file.to_string(),
            line: self.line,
            column: self.column,
            what: what.into(),
            fix: fix.into(),
        }
    }

    pub(crate) fn note(&self, what: impl Into<String>) -> Note {
        Note {
            file: self.file.to_string(),
            line: self.line,
            column: self.column,
            what: what.into(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        Ok(())
    }
}

/// Why a DDF cannot be compiled.
///
/// Printed in one line, as compilers do: `file:line:column: what; fix`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Error {
    /// File as it was named to the reader.
    pub file: String,
    /// Line, counted from 1; 0 when the file as a whole is meant.
    pub line: u32,
    /// Column in characters, counted from 1; 0 when the file as a whole is meant.
    pub column: u32,
    /// What is wrong.
    pub what: String,
    /// What to do about it.
    pub fix: String,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = Place {
            file: self.file.as_str().into(),
            line: self.line,
            column: self.column,
        };
        write!(f, "{place}: {}; {}", self.what, self.fix)
    }
}

impl core::error::Error for Error {}

/// Something in a DDF that was put up with but deserves a look.
///
/// Printed in one line: `file:line:column: what`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// File as it was named to the reader.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// What was found and what was made of it.
    pub what: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = Place {
            file: self.file.as_str().into(),
            line: self.line,
            column: self.column,
        };
        write!(f, "{place}: {}", self.what)
    }
}
