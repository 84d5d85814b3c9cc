//! What the engine tells the logger of an application: features `log` and `defmt`.
//!
//! `defmt` has no way out of a program on a host, so it counts on targets without an operating system, where it wins over `log`.
//! With neither nothing is left of a line. Values of the tree, credentials and nonces are never among the arguments.

/// Tells one line: `tell!(level, "text with {}", arguments)`.
#[cfg(all(feature = "defmt", target_os = "none"))]
macro_rules! tell {
    ($level:ident, $text:literal $(, $argument:expr)* $(,)?) => {
        ::defmt::$level!($text $(, $argument)*)
    };
}

/// Tells one line: `tell!(level, "text with {}", arguments)`.
#[cfg(all(feature = "log", not(all(feature = "defmt", target_os = "none"))))]
macro_rules! tell {
    ($level:ident, $text:literal $(, $argument:expr)* $(,)?) => {
        ::log::$level!($text $(, $argument)*)
    };
}

/// Tells nothing, and looks at no argument.
#[cfg(not(any(feature = "log", all(feature = "defmt", target_os = "none"))))]
macro_rules! tell {
    ($level:ident, $text:literal $(, $argument:expr)* $(,)?) => {
        if false {
            $(let _ = &$argument;)*
        }
    };
}

/// An identifier or address as a peer gave it.
pub(crate) struct Shown<'a>(pub(crate) &'a [u8]);

impl core::fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.escape_ascii().fmt(f)
    }
}

/// Something with names for its values.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: core::fmt::Debug> core::fmt::Display for Named<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that says itself what it is.
#[cfg(any(feature = "notification", feature = "bootstrap"))]
pub(crate) struct Said<T>(pub(crate) T);

#[cfg(any(feature = "notification", feature = "bootstrap"))]
impl<T: core::fmt::Display> core::fmt::Display for Said<T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a command is refused: what the tree has against it, the requirement, and the number that was exceeded, where there are.
#[cfg(feature = "reasons")]
pub(crate) struct Why {
    pub(crate) reason: Option<dm_tree::Reason>,
    pub(crate) rule: &'static str,
    pub(crate) limit: u32,
}

#[cfg(feature = "reasons")]
impl core::fmt::Display for Why {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let Some(reason) = self.reason {
            write!(f, ", {reason}")?;
        }
        if self.limit != 0 {
            write!(f, ", limit {}", self.limit)?;
        }
        if !self.rule.is_empty() {
            write!(f, " ({})", self.rule)?;
        }
        Ok(())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Why {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Shown<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(self));
    }
}

#[cfg(all(
    feature = "defmt",
    any(feature = "notification", feature = "bootstrap")
))]
impl<T: core::fmt::Display> defmt::Format for Said<T> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Display2Format(&self.0));
    }
}

#[cfg(feature = "defmt")]
impl<T: core::fmt::Debug> defmt::Format for Named<T> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{}", defmt::Debug2Format(&self.0));
    }
}
