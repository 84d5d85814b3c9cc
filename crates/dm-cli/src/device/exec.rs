//! What stands behind the nodes that a device file lists under `exec`.

use std::collections::BTreeMap;

use dm_tree::{At, Handler, Outcome, Progress, Reason, Refusal, Sink, Status, Ticket, Value};

/// Keeps values as the tree itself would, and answers Exec as the file says.
#[derive(Debug)]
pub(crate) struct Exec {
    answer: Outcome,
    values: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Exec {
    /// `None`: the status is none that Exec can answer.
    pub(crate) const fn new(status: u16) -> Option<Self> {
        let answer = match status {
            200 => Ok(Progress::Done),
            202 => Ok(Progress::Started),
            400..=599 => Err(Reason::Handler(Refusal::new(Status(status)))),
            _ => return None,
        };
        Some(Self {
            answer,
            values: BTreeMap::new(),
        })
    }
}

impl Handler for Exec {
    fn get(&mut self, at: At<'_>, out: &mut Sink<'_>) -> Outcome {
        out.bytes(self.values.get(at.path).map_or(&[], Vec::as_slice))
    }

    fn replace(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        self.values.insert(at.path.to_vec(), value.bytes().to_vec());
        Ok(Progress::Done)
    }

    fn add(&mut self, at: At<'_>, value: Value<'_>) -> Outcome {
        self.replace(at, value)
    }

    fn delete(&mut self, at: At<'_>) -> Outcome {
        self.values.retain(|path, _| !path.starts_with(at.path));
        Ok(Progress::Done)
    }

    fn exec(&mut self, _: At<'_>, _: Value<'_>, _: Ticket) -> Outcome {
        self.answer
    }
}
