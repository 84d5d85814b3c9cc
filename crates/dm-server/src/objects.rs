//! Large objects from the device: pieces of Results and alerts, put together again.

use crate::transcript::Transcript;
use crate::wire::{Command, Item};

/// The object that is coming in, if any.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    /// Command and address all pieces share.
    key: String,
    /// What the first piece said about the whole.
    first: Item,
    data: Vec<u8>,
    /// Status of a refusal, repeated for all further pieces.
    refused: Option<u16>,
}

/// What became of an Item.
#[derive(Debug)]
pub(crate) enum Taken {
    /// It is complete.
    Complete(Item),
    /// It was a piece; more follows.
    Piece,
    /// The object is refused with this status.
    Refused(u16),
}

impl Objects {
    /// Whether pieces are missing.
    pub(crate) const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Takes an Item; `max` are the octets this server takes of one object.
    pub(crate) fn take(
        &mut self,
        command: &Command,
        item: &Item,
        max: Option<u32>,
        transcript: &mut Transcript,
    ) -> Taken {
        let key = key(command, item);
        if self.open.as_ref().is_some_and(|open| open.key != key) {
            self.interrupt(&format!("{} {}", command.name, item.address()), transcript);
        }
        let data = item.data.as_deref().unwrap_or_default();
        let mut open = match self.open.take() {
            Some(open) => {
                if item.size.is_some() {
                    transcript.fault(
                        "PRO-C-034",
                        format!("a later piece of {} has a Size", item.address()),
                    );
                }
                open
            }
            None if !item.more_data => return Taken::Complete(item.clone()),
            None => {
                let refused = match (item.size, max) {
                    (None, _) => Some(411),
                    (Some(size), Some(max)) if size > max => Some(413),
                    _ => None,
                };
                match refused {
                    Some(411) => transcript.fault(
                        "PRO-C-034",
                        format!("the first piece of {} has no Size", item.address()),
                    ),
                    Some(_) => {
                        transcript.fault(
                            "PRO-C-024",
                            format!("{} is larger than MaxObjSize", item.address()),
                        );
                    }
                    None => {}
                }
                Open {
                    key,
                    first: item.clone(),
                    data: Vec::new(),
                    refused,
                }
            }
        };
        if open.refused.is_none() {
            open.data.extend_from_slice(data);
            if max.is_some_and(|max| open.data.len() > usize::try_from(max).unwrap_or(usize::MAX)) {
                transcript.fault(
                    "PRO-C-024",
                    format!("{} is larger than MaxObjSize", item.address()),
                );
                open.refused = Some(413);
            }
        }
        if let Some(code) = open.refused {
            self.open = item.more_data.then_some(open);
            return Taken::Refused(code);
        }
        if item.more_data {
            self.open = Some(open);
            return Taken::Piece;
        }
        let (stated, length) = (open.first.size.unwrap_or(0), open.data.len());
        if usize::try_from(stated) != Ok(length) {
            let what = format!(
                "{} has {length} octets, its Size was {stated}",
                item.address()
            );
            transcript.fault("PRO-C-034", what);
            return Taken::Refused(424);
        }
        Taken::Complete(Item {
            data: Some(open.data),
            more_data: false,
            ..open.first
        })
    }

    /// Something else came before the last piece.
    pub(crate) fn interrupt(&mut self, by: &str, transcript: &mut Transcript) {
        if let Some(open) = self.open.take() {
            let what = format!(
                "{by} came before the last piece of {}",
                open.first.address()
            );
            transcript.fault("PRO-C-036", what);
        }
    }
}

fn key(command: &Command, item: &Item) -> String {
    let reference = |text: &Option<String>| text.clone().unwrap_or_default();
    let (msg_ref, cmd_ref) = (reference(&command.msg_ref), reference(&command.cmd_ref));
    format!("{} {msg_ref} {cmd_ref} {}", command.name, item.address())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Command {
        Command {
            name: "Results".to_owned(),
            cmd_ref: Some("4".to_owned()),
            ..Command::default()
        }
    }

    fn piece(data: &str, size: Option<u32>, more_data: bool) -> Item {
        let source = Some("./A".to_owned());
        Item {
            source,
            size,
            data: Some(data.as_bytes().to_vec()),
            more_data,
            ..Item::default()
        }
    }

    fn rules(transcript: &Transcript) -> Vec<&str> {
        transcript.faults.iter().map(|fault| fault.rule).collect()
    }

    #[test]
    fn pieces_are_joined_and_compared_with_the_size() {
        let (mut objects, mut transcript) = (Objects::default(), Transcript::default());
        let mut take = |item: &Item| objects.take(&results(), item, Some(100), &mut transcript);
        assert!(matches!(take(&piece("abc", Some(7), true)), Taken::Piece));
        assert!(matches!(take(&piece("de", None, true)), Taken::Piece));
        let Taken::Complete(item) = take(&piece("fg", None, false)) else {
            panic!("not complete")
        };
        assert_eq!(item.data.as_deref(), Some(&b"abcdefg"[..]));
        assert!(!objects.is_open());
        assert!(transcript.faults.is_empty());
    }

    #[test]
    fn a_wrong_size_is_424_and_a_fault() {
        let (mut objects, mut transcript) = (Objects::default(), Transcript::default());
        objects.take(
            &results(),
            &piece("abc", Some(7), true),
            None,
            &mut transcript,
        );
        let end = objects.take(&results(), &piece("de", None, false), None, &mut transcript);
        assert!(matches!(end, Taken::Refused(424)));
        assert_eq!(rules(&transcript), ["PRO-C-034"]);
    }

    #[test]
    fn a_first_piece_without_size_and_one_too_large_are_refused_to_the_last_piece() {
        for (size, code) in [(None, 411), (Some(11), 413)] {
            let (mut objects, mut transcript) = (Objects::default(), Transcript::default());
            for more in [true, true, false] {
                let size = size.filter(|_| !objects.is_open());
                let taken = objects.take(
                    &results(),
                    &piece("abc", size, more),
                    Some(10),
                    &mut transcript,
                );
                assert!(matches!(taken, Taken::Refused(given) if given == code));
            }
            assert!(!objects.is_open());
            assert_eq!(transcript.faults.len(), 1);
        }
    }

    #[test]
    fn an_object_that_grows_beyond_the_limit_is_refused() {
        let (mut objects, mut transcript) = (Objects::default(), Transcript::default());
        objects.take(
            &results(),
            &piece("12345678", Some(10), true),
            Some(10),
            &mut transcript,
        );
        let taken = objects.take(
            &results(),
            &piece("9abc", None, true),
            Some(10),
            &mut transcript,
        );
        assert!(matches!(taken, Taken::Refused(413)));
    }

    #[test]
    fn another_item_between_the_pieces_is_a_fault_and_drops_the_object() {
        let (mut objects, mut transcript) = (Objects::default(), Transcript::default());
        objects.take(
            &results(),
            &piece("abc", Some(7), true),
            None,
            &mut transcript,
        );
        let other = Item {
            source: Some("./B".to_owned()),
            ..piece("x", None, false)
        };
        assert!(matches!(
            objects.take(&results(), &other, None, &mut transcript),
            Taken::Complete(_)
        ));
        assert_eq!(rules(&transcript), ["PRO-C-036"]);
        assert!(!objects.is_open());
    }
}
