//! Handlers of the bench device, and the window through which tests watch them.

use std::cell::Cell;
use std::rc::Rc;

use dm_tree::{At, Handler, Outcome, Progress, Reason, Refusal, Sink, Status, Ticket, Value};

/// What the handlers were asked, and how they shall behave.
#[derive(Clone)]
pub struct Probe {
    /// Calls of Exec.
    pub execs: Rc<Cell<u32>>,
    /// The ticket of the last Exec.
    pub ticket: Rc<Cell<Ticket>>,
    /// Exec answers that it only began.
    pub exec_starts: Rc<Cell<bool>>,
    /// How often the slow leaf asks for time before it answers.
    pub delays: Rc<Cell<u32>>,
    /// Octets of the big leaf.
    pub big: Rc<Cell<usize>>,
    /// Whether the slow leaf, inside a transaction, can take back what it did; `None`: it takes no part in one.
    pub undoes: Rc<Cell<Option<bool>>>,
    /// Replaces that the slow leaf took.
    pub replaced: Rc<Cell<u32>>,
    /// What the image leaf took: octets of the present image, and a sum over them.
    pub image: Rc<Cell<(u32, u32)>>,
    /// Images that came to their end.
    pub images: Rc<Cell<u32>>,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            execs: Rc::default(),
            ticket: Rc::new(Cell::new(Ticket(0))),
            exec_starts: Rc::default(),
            delays: Rc::default(),
            undoes: Rc::default(),
            big: Rc::default(),
            replaced: Rc::default(),
            image: Rc::default(),
            images: Rc::default(),
        }
    }
}

pub(crate) struct Reboot(pub(crate) Probe);

impl Handler for Reboot {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        out.text("ready")
    }

    fn exec(&mut self, _: At<'_>, value: Value<'_>, ticket: Ticket) -> Outcome {
        self.0.execs.set(self.0.execs.get() + 1);
        self.0.ticket.set(ticket);
        if value.data == Some(b"never") {
            return Err(Reason::Handler(Refusal::new(Status(403))));
        }
        Ok(if self.0.exec_starts.get() {
            Progress::Started
        } else {
            Progress::Done
        })
    }
}

pub(crate) struct Slow(pub(crate) Probe);

impl Slow {
    fn is_ready(&self) -> bool {
        let left = self.0.delays.get();
        self.0.delays.set(left.saturating_sub(1));
        left == 0
    }
}

impl Handler for Slow {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        if self.is_ready() {
            out.text("at last")
        } else {
            Ok(Progress::NotYet)
        }
    }

    fn replace(&mut self, _: At<'_>, _: Value<'_>) -> Outcome {
        if !self.is_ready() {
            return Ok(Progress::NotYet);
        }
        self.0.replaced.set(self.0.replaced.get() + 1);
        Ok(Progress::Done)
    }

    fn prepare(&mut self, _: u32) -> Outcome {
        match self.0.undoes.get() {
            Some(_) => Ok(Progress::Done),
            None => Err(Reason::InUse),
        }
    }

    fn roll_back(&mut self, _: u32) -> Result<(), Reason> {
        match self.0.undoes.get() {
            Some(false) if self.0.replaced.get() > 0 => Err(Reason::InUse),
            _ => Ok(()),
        }
    }
}

pub(crate) struct Big(pub(crate) Probe);

impl Handler for Big {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        for _ in 0..self.0.big.get() {
            out.text("x")?;
        }
        Ok(Progress::Done)
    }
}

/// Takes an image piece by piece and keeps none of it.
pub(crate) struct Image(pub(crate) Probe);

impl Handler for Image {
    fn get(&mut self, _: At<'_>, out: &mut Sink<'_>) -> Outcome {
        out.bytes(b"")
    }

    fn write(&mut self, _: At<'_>, offset: u32, total: u32, bytes: &[u8]) -> Outcome {
        let left = self.0.delays.get();
        self.0.delays.set(left.saturating_sub(1));
        if left > 0 {
            return Ok(Progress::NotYet);
        }
        let (mut len, mut sum) = if offset == 0 {
            (0, 0)
        } else {
            self.0.image.get()
        };
        assert_eq!(offset, len, "pieces follow each other");
        for byte in bytes {
            sum = u32::rotate_left(sum, 5) ^ u32::from(*byte);
            len += 1;
        }
        assert!(len <= total);
        self.0.image.set((len, sum));
        if len == total {
            self.0.images.set(self.0.images.get() + 1);
        }
        Ok(Progress::Done)
    }
}
