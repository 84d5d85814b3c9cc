//! Colours, for those who see them.

use crate::console;

/// Whether to colour.
#[derive(Clone, Copy)]
pub(super) struct Paint(bool);

/// What a piece of text is about.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Plain,
    Title,
    Good,
    Changed,
    Bad,
    Faint,
}

impl Paint {
    /// Colours for a terminal, unless the user does not want any (no-color.org).
    pub(super) fn for_stdout() -> Self {
        let unwanted = std::env::var_os("NO_COLOR").is_some_and(|set| !set.is_empty());
        Self(console::is_terminal() && !unwanted)
    }

    pub(super) fn text(self, ink: Ink, text: &str) -> String {
        let code = match ink {
            _ if !self.0 => "",
            Ink::Plain => "",
            Ink::Title => "1",
            Ink::Good => "32",
            Ink::Changed => "33",
            Ink::Bad => "31",
            Ink::Faint => "2",
        };
        if code.is_empty() {
            text.to_owned()
        } else {
            format!("\x1b[{code}m{text}\x1b[0m")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_surround_the_text_or_are_not_there() {
        assert_eq!(Paint(true).text(Ink::Bad, "no"), "\x1b[31mno\x1b[0m");
        assert_eq!(Paint(true).text(Ink::Plain, "yes"), "yes");
        assert_eq!(Paint(false).text(Ink::Bad, "no"), "no");
    }
}
