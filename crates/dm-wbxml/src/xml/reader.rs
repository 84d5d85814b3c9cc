//! Elements and character content.

use crate::reader::{Reader, Step};
use crate::{ErrorKind, Text};

/// The next event.
pub(crate) fn step<'a>(reader: &mut Reader<'a>, text: &mut Text<'a>) -> Step {
    let _ = text;
    reader.fail(ErrorKind::Unsupported)
}

/// Passes over the rest of the start tag read last.
pub(crate) fn finish_tag(_reader: &mut Reader<'_>) {}
