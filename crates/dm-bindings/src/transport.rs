//! Carrying a session: what a transport and a host provide, and the loop that follows the client's steps.

use dm_core::{
    Answer, CHOICES_MAX, Client, Error, Failure, Moment, Question, Received, Report, Request, Step,
    Trigger,
};
use dm_tree::Tree;

/// The longest text a user can type in answer to a question, in octets of UTF-8.
pub const TYPED: usize = 128;

/// Memory from which an [`Answer`] borrows what the user typed or chose.
#[derive(Debug)]
pub struct AnswerSpace<'t> {
    /// For [`Answer::Text`]: [`TYPED`] octets.
    pub text: &'t mut [u8],
    /// For [`Answer::Chosen`]: as many numbers as a question may have choices.
    pub chosen: &'t mut [u16],
}

impl<'t> AnswerSpace<'t> {
    /// The text as an answer; [`Answer::Cancelled`] for one that is longer than the space for it.
    pub fn text(self, typed: &str) -> Answer<'t> {
        let Some(space) = self.text.get_mut(..typed.len()) else {
            return Answer::Cancelled;
        };
        space.copy_from_slice(typed.as_bytes());
        core::str::from_utf8(space).map_or(Answer::Cancelled, Answer::Text)
    }

    /// The numbers of choices as an answer; [`Answer::Cancelled`] for more than there is space for.
    pub fn chosen(self, numbers: &[u16]) -> Answer<'t> {
        let Some(space) = self.chosen.get_mut(..numbers.len()) else {
            return Answer::Cancelled;
        };
        space.copy_from_slice(numbers);
        Answer::Chosen(space)
    }
}

/// The session as a transport sees it: one message waiting at a time, one answer for each.
///
/// [`run`] makes the real one. A test of a transport brings its own.
pub trait Session {
    /// The message that waits to be sent and the space for its answer; `None`: the session is over.
    ///
    /// Until [`deliver`](Self::deliver) is called this is the same message, however often it is asked for.
    fn message(&mut self) -> Option<(Request<'_>, &mut [u8])>;

    /// Takes the answer to the waiting message, whose octets are in the space given with it, or why there is none.
    ///
    /// It returns when the next message is ready or the session is over. The engine decides about repeats:
    /// a transport reports a failure once.
    async fn deliver(&mut self, answer: Result<Received<'_>, Failure>);

    /// Waits `ms` milliseconds of the host's time.
    async fn delay(&mut self, ms: u32);
}

/// Something that carries a session's messages.
///
/// A transport owns the whole stretch of a session, so that a connection can live in one stack frame, be used
/// for every message, be reopened when it breaks and be closed in order at the end. A transport without
/// connections implements [`Exchange`] instead and is a `Transport` by that.
pub trait Transport {
    /// Sends each message of the session and delivers each answer, until [`Session::message`] gives none.
    async fn carry<S: Session>(&mut self, session: &mut S);
}

/// A transport for which each message stands alone: a modem with its own HTTP stack, a server in the same program.
pub trait Exchange {
    /// Sends one message, reads its answer to the beginning of `rx`, and tells what came.
    async fn exchange(
        &mut self,
        request: &Request<'_>,
        rx: &mut [u8],
    ) -> Result<Received<'_>, Failure>;
}

impl<T: Exchange> Transport for T {
    async fn carry<S: Session>(&mut self, session: &mut S) {
        while let Some((request, rx)) = session.message() {
            let answer = self.exchange(&request, rx).await;
            session.deliver(answer).await;
        }
    }
}

/// What a session needs of the device besides a transport.
pub trait Host {
    /// The time, and sixteen random octets that are fresh for each call.
    fn moment(&mut self) -> Moment;

    /// Returns when [`Moment::ms`] has reached `ms`; with `None`, after whatever pause suits the device, and at once
    /// when a handler has something new.
    async fn delay_until(&mut self, ms: Option<u64>);

    /// Asks the user. What is typed or chosen goes to `space`, from where the answer borrows it.
    async fn ask<'t>(&mut self, question: &Question<'_>, space: AnswerSpace<'t>) -> Answer<'t> {
        let _ = (question, space);
        Answer::TimedOut
    }
}

/// Runs one session from its trigger to its report.
///
/// Time limits belong to the streams and the executor: a stream that reports
/// [`TimedOut`](embedded_io_async::ErrorKind::TimedOut) ends the message with [`Failure::Timeout`], and dropping this
/// future at any await is safe, the next start or the next opening of the tree puts things in order.
///
/// # Errors
/// Those of [`Client::start`] and its sisters. A session that began and failed is no error but a report
/// ([`End::Failed`](dm_core::End)).
pub async fn run<T: Transport, H: Host>(
    client: &mut Client<'_>,
    tree: &mut Tree<'_>,
    trigger: Trigger<'_>,
    transport: &mut T,
    host: &mut H,
) -> Result<Report, Error> {
    let mut driver = Driver {
        client,
        tree,
        host,
        end: None,
    };
    driver.advance(Call::Start(trigger)).await;
    loop {
        if let Some(end) = driver.end {
            return end;
        }
        transport.carry(&mut driver).await;
        // A transport that comes back early gave up on the message that still waits.
        if driver.end.is_none() {
            driver.advance(Call::Failed(Failure::Cancelled)).await;
        }
    }
}

/// The call that the last step named.
enum Call<'a> {
    Start(Trigger<'a>),
    Receive(Received<'a>),
    Failed(Failure),
}

struct Driver<'s, 'm, 't, H> {
    client: &'s mut Client<'m>,
    tree: &'s mut Tree<'t>,
    host: &'s mut H,
    end: Option<Result<Report, Error>>,
}

impl<H: Host> Driver<'_, '_, '_, H> {
    /// Makes one call into the client and does what its steps say, until a message waits or the session is over.
    async fn advance(&mut self, call: Call<'_>) {
        let now = self.host.moment();
        let mut step = match call {
            Call::Start(trigger) => self.client.start(self.tree, trigger, &now),
            Call::Receive(received) => self.client.receive(self.tree, received, &now),
            Call::Failed(why) => self.client.failed(self.tree, why, &now),
        };
        loop {
            step = match step {
                Ok(Step::Send(_)) => return,
                Ok(Step::Wait { until }) => {
                    self.host.delay_until(until).await;
                    let now = self.host.moment();
                    self.client.resume(self.tree, &now)
                }
                Ok(Step::Ask(question)) => {
                    let (mut text, mut chosen) = ([0; TYPED], [0; CHOICES_MAX]);
                    let space = AnswerSpace {
                        text: &mut text,
                        chosen: &mut chosen,
                    };
                    let answer = self.host.ask(&question, space).await;
                    let now = self.host.moment();
                    self.client.answer(self.tree, answer, &now)
                }
                Ok(Step::Done(report)) => {
                    self.end = Some(Ok(report));
                    return;
                }
                Err(error) => {
                    self.end = Some(Err(error));
                    return;
                }
            };
        }
    }
}

impl<H: Host> Session for Driver<'_, '_, '_, H> {
    fn message(&mut self) -> Option<(Request<'_>, &mut [u8])> {
        match self.end {
            None => self.client.exchange(),
            Some(_) => None,
        }
    }

    async fn deliver(&mut self, answer: Result<Received<'_>, Failure>) {
        let call = match answer {
            Ok(received) => Call::Receive(received),
            Err(why) => Call::Failed(why),
        };
        self.advance(call).await;
    }

    async fn delay(&mut self, ms: u32) {
        let until = self.host.moment().ms.saturating_add(u64::from(ms));
        self.host.delay_until(Some(until)).await;
    }
}
