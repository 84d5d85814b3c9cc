//! How a verb ends when it does not end well.

use core::fmt;

/// Why a verb stopped. Prints in one line.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Not a failure: `--help` was given.
    Help,
    /// The command line makes no sense.
    Usage(String),
    /// A file that the command line names cannot be read or understood.
    Unreadable(String),
    /// What was asked for could not be done, or was refused.
    Failed(String),
}

impl Failure {
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::Usage(what.into())
    }

    pub(crate) fn unreadable(file: impl fmt::Display, why: impl fmt::Display) -> Self {
        Self::Unreadable(format!("{file}: {why}"))
    }

    pub(crate) fn failed(what: impl Into<String>) -> Self {
        Self::Failed(what.into())
    }

    /// The exit status of the command.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Help => 0,
            Self::Failed(_) => 1,
            Self::Usage(_) | Self::Unreadable(_) => 2,
        }
    }
}

impl From<lexopt::Error> for Failure {
    fn from(error: lexopt::Error) -> Self {
        Self::Usage(format!("{error} (--help shows all options)"))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Help => Ok(()),
            Self::Usage(what) | Self::Unreadable(what) | Self::Failed(what) => {
                // Texts of libraries may have several lines.
                let mut lines = what.lines().map(str::trim).filter(|line| !line.is_empty());
                f.write_str(lines.next().unwrap_or_default())?;
                lines.try_for_each(|line| write!(f, " {line}"))
            }
        }
    }
}
