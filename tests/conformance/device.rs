//! The device of a script on the bench, and its side of a session.

use dm_bindings::Session;
use dm_core::{
    Answer, Client, Encoding, End, Failure, Moment, Peer, Policy, Received, Report, Request,
    ServerProof, Step, Trigger,
};
#[cfg(feature = "events")]
use dm_core::{Event, EventKind};
use dm_server::{Bench as Wanted, Config};
use dm_tests::{Bench, Cred, Setup, never_sent, to_xml};
#[cfg(feature = "events")]
use dm_tree::{Format, Ticket};

/// The host that the account names when there is no port behind it.
pub(crate) const HOST: &str = "dm.test";

/// A device as a script wants it.
pub(crate) struct Device {
    pub(crate) bench: Bench,
    /// What the user says next.
    user: Vec<String>,
    is_proved: bool,
    /// Where the account says that the server is.
    host: String,
    count: u8,
    report: Option<Report>,
    /// The notification before, which may come again.
    pub(crate) last_notification: Vec<u8>,
    /// What the client did that no server can see.
    wrong: Vec<String>,
}

fn leak(text: &str) -> &'static str {
    String::leak(text.to_owned())
}

fn cred(kind: &str, name: &str, secret: &str, nonce: &[u8]) -> Cred {
    Cred {
        kind: leak(kind),
        name: leak(name),
        secret: leak(secret),
        nonce: nonce.to_vec().leak(),
    }
}

impl Device {
    pub(crate) fn new(config: &Config, encoding: Encoding, size: usize) -> Self {
        let wanted = &config.bench;
        let server = &config.server;
        let known = config.devices.first();
        let is_proved = wanted.transport_proof || wanted.account.is_none();
        let accounts = wanted.account.as_deref().zip(known);
        let mut policy = Policy::default();
        if wanted.per_message {
            policy.server_proof = ServerProof::PerMessage;
        }
        let objects = usize::try_from(wanted.objects).unwrap();
        let setup = Setup {
            encoding,
            rx: size + Client::next_space(encoding),
            tx: size,
            client: accounts.map(|(kind, it)| cred(kind, &it.user, it.secret.reveal(), &it.nonce)),
            server: accounts.map(|(kind, it)| {
                cred(
                    kind,
                    server.user(),
                    server.secret.reveal(),
                    &it.server_nonce,
                )
            }),
            server_auth: if is_proved { "transport" } else { "required" },
            pref: wanted.pref.as_deref().map(leak),
            objects: (objects + usize::from(objects > 0) * 256, wanted.objects),
            has_user: wanted.user.is_some(),
            policy,
            ..Setup::default()
        };
        let mut bench = Bench::new(setup);
        bench.probe.exec_starts.set(wanted.exec == Some(202));
        bench.probe.delays.set(wanted.delays);
        bench.probe.big.set(wanted.large);
        bench.probe.undoes.set(wanted.undoes);
        let mut factory = bench.tree.factory();
        for (uri, value) in &wanted.values {
            factory.set(uri, value.as_bytes()).unwrap();
        }
        for (uri, acl) in &wanted.acl {
            factory.acl(uri, acl).unwrap();
        }
        #[cfg(feature = "events")]
        for (kind, value) in &wanted.events {
            let kind = match kind.split_once(": ") {
                Some(("Content-Type", name)) => EventKind::ContentType(name),
                Some(("Reversed-Domain-Name", name)) => EventKind::ReversedDomainName(name),
                _ => EventKind::Client(kind),
            };
            let event = Event::new(kind, Format::Chr, value.as_bytes());
            bench.client.raise(&mut bench.tree, &event).unwrap();
        }
        let mut user = wanted.user.clone().unwrap_or_default();
        user.reverse();
        Self {
            bench,
            user,
            is_proved,
            host: HOST.to_owned(),
            count: 0,
            report: None,
            last_notification: Vec::new(),
            wrong: Vec::new(),
        }
    }

    /// Has the account lead to this address.
    pub(crate) fn lead_to(&mut self, url: &str) {
        let mut factory = self.bench.tree.factory();
        factory
            .set("./DMAcc/a/AppAddr/1/Addr", url.as_bytes())
            .unwrap();
        let host = url.split("://").nth(1).unwrap();
        let host = host.split(['/', ':']).next().unwrap();
        self.host = host.to_owned();
    }

    fn moment(&mut self) -> Moment {
        self.count = self.count.wrapping_add(1);
        Moment {
            // A month from one call to the next: nothing here may depend on how long it takes (PRO-C-144).
            ms: u64::from(self.count) * 30 * 86_400_000,
            utc: None,
            random: [self.count; 16],
        }
    }

    /// Begins a session of its own will.
    pub(crate) fn begin(&mut self) {
        self.begin_with(Trigger::Client {
            server_id: None,
            session_id: None,
        });
    }

    /// A notification arrives. Whether a session begins: it may be dropped, and the user may not want it.
    #[cfg(not(feature = "notification"))]
    pub(crate) fn notified(&mut self, _: bool, _: &[u8]) -> bool {
        panic!("the script needs notifications");
    }

    /// A notification arrives. Whether a session begins: it may be dropped, and the user may not want it.
    #[cfg(feature = "notification")]
    pub(crate) fn notified(&mut self, is_13: bool, octets: &[u8]) -> bool {
        let notification = match is_13 {
            false => dm_core::Notification::V1_2(octets),
            #[cfg(feature = "profile13")]
            true => dm_core::Notification::V1_3(octets),
            #[cfg(not(feature = "profile13"))]
            true => panic!("a build without 1.3"),
        };
        let now = self.moment();
        let Bench { client, tree, .. } = &mut self.bench;
        match client.notified(tree, notification, &now) {
            Ok(trigger) => {
                self.begin_with(trigger);
                match &self.report {
                    Some(report) => {
                        assert_eq!(report.end, End::Declined);
                        false
                    }
                    None => true,
                }
            }
            Err(_) => false,
        }
    }

    fn begin_with(&mut self, trigger: Trigger<'_>) {
        self.report = None;
        let now = self.moment();
        let Bench { client, tree, .. } = &mut self.bench;
        let is_asked = match client.start(tree, trigger, &now).unwrap() {
            Step::Send(_) => false,
            Step::Ask(_) => true,
            other => panic!("{other:?}"),
        };
        if is_asked {
            self.advance(Call::Answered);
        }
    }

    /// How the session ended, and what else was wrong with it.
    pub(crate) fn ended(&mut self) -> (End, Vec<String>) {
        let report = self.report.take().expect("the session is over");
        (report.end, self.faults())
    }

    /// What was wrong so far.
    pub(crate) fn faults(&mut self) -> Vec<String> {
        core::mem::take(&mut self.wrong)
    }

    fn answer(&mut self) -> Reply {
        let Some(said) = self.user.pop() else {
            self.wrong.push("the user was asked too often".to_owned());
            return Reply::Plain(Answer::TimedOut);
        };
        match said.split_once(' ').unwrap_or((&said, "")) {
            ("yes", _) => Reply::Plain(Answer::Yes),
            ("no", _) => Reply::Plain(Answer::No),
            ("leave", _) => Reply::Leave,
            ("cancel", _) => Reply::Plain(Answer::Cancelled),
            ("text", text) => Reply::Text(text.to_owned()),
            ("choose", list) => {
                Reply::Chosen(list.split(' ').map(|one| one.parse().unwrap()).collect())
            }
            _ => Reply::Plain(Answer::TimedOut),
        }
    }

    /// Goes on until a message waits or the session is over.
    fn advance(&mut self, call: Call<'_>) {
        let mut now = self.moment();
        let mut ask = None;
        let mut call = Some(call);
        loop {
            let Bench { client, tree, .. } = &mut self.bench;
            let step = match (call.take(), ask.take()) {
                (Some(Call::Receive(received)), _) => client.receive(tree, received, &now),
                (Some(Call::Failed(why)), _) => client.failed(tree, why, &now),
                (Some(Call::Answered), _) => {
                    ask = Some(self.answer());
                    continue;
                }
                (None, Some(Reply::Leave)) => client.abort(tree, &now),
                (None, Some(Reply::Plain(answer))) => client.answer(tree, answer, &now),
                (None, Some(Reply::Text(text))) => client.answer(tree, Answer::Text(&text), &now),
                (None, Some(Reply::Chosen(list))) => {
                    client.answer(tree, Answer::Chosen(&list), &now)
                }
                (None, None) => client.resume(tree, &now),
            };
            match step.expect("the right call") {
                Step::Send(_) => return,
                Step::Wait { .. } => {}
                Step::Ask(_) => ask = Some(self.answer()),
                Step::Done(report) => {
                    self.report = Some(report);
                    return;
                }
            }
            now = self.moment();
        }
    }

    /// An Exec that was begun comes to its end before the next message.
    #[cfg(not(feature = "events"))]
    fn finish(&mut self) {}

    /// An Exec that was begun comes to its end before the next message.
    #[cfg(feature = "events")]
    fn finish(&mut self) {
        let ticket = self.bench.probe.ticket.replace(Ticket(0));
        if self.bench.probe.exec_starts.get() && ticket.0 != 0 {
            let kind = EventKind::ReversedDomainName("org.example.done");
            let event = Event::new(kind, Format::Int, b"200");
            let Bench { client, tree, .. } = &mut self.bench;
            client.finish(tree, ticket, &event).unwrap();
        }
    }

    /// The rules of a single message that the server does not know of.
    fn look_at(&mut self) {
        let Some((request, _)) = self.bench.client.exchange() else {
            return;
        };
        let xml = match Encoding::detect(request.body) {
            Encoding::Wbxml => to_xml(request.body),
            _ => String::from_utf8(request.body.to_vec()).unwrap(),
        };
        let never = never_sent(&xml);
        if !never.is_empty() {
            self.wrong.push(format!("REP-C-031: {never:?} in {xml}"));
        }
    }

    /// What is not as the script says it is afterwards.
    pub(crate) fn differs(&mut self, wanted: &Wanted) -> Vec<String> {
        let mut wrong = Vec::new();
        if !self.user.is_empty() {
            wrong.push(format!("the user was not asked for {:?}", self.user));
        }
        for (uri, value) in &wanted.after {
            let is = self.bench.value(uri);
            let is = is.map(|value| String::from_utf8_lossy(&value).into_owned());
            if is != *value {
                wrong.push(format!("{uri} is {is:?} afterwards, not {value:?}"));
            }
        }
        wrong
    }
}

enum Call<'a> {
    Receive(Received<'a>),
    Failed(Failure),
    /// The user was asked whether there is a session, and answers.
    Answered,
}

enum Reply {
    /// The device gives the session up instead.
    Leave,
    Plain(Answer<'static>),
    Text(String),
    Chosen(Vec<u16>),
}

impl Session for Device {
    fn message(&mut self) -> Option<(Request<'_>, &mut [u8])> {
        match self.report {
            None => self.bench.client.exchange(),
            Some(_) => None,
        }
    }

    async fn deliver(&mut self, answer: Result<Received<'_>, Failure>) {
        self.look_at();
        let host = self.host.clone();
        let peer = match self.is_proved {
            true => Peer::Secured { name: &host },
            false => Peer::Plain,
        };
        self.advance(match answer {
            Ok(received) => Call::Receive(Received { peer, ..received }),
            Err(why) => Call::Failed(why),
        });
        self.finish();
    }

    async fn delay(&mut self, _: u32) {}
}
