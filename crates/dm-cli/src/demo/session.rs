//! One session of the demonstration: server and router in this program, HTTP on the loopback interface between them.

use std::time::Duration;

use dm_bindings::http::{Config as HttpConfig, Http};
use dm_bindings::run;
use dm_bindings::std_net::{TcpConnector, block_on};
use dm_core::{Client, Encoding, Memory, Moment, Report, Trigger};
use dm_server::{Config, End, MessageRecord, Server, Transcript};

use super::factory::{self, Factory};
use crate::changes::{self, Change, Node};
use crate::desk::Desk;
use crate::device::Device;
use crate::failure::Failure;

const ROUTER: &str = include_str!("../../demo/device.toml");
const DDF: &str = include_str!("../../demo/router.ddf");
const SCENARIO: &str = include_str!("../../demo/scenario.toml");

/// Octets of the longest message either way.
const MAX_MSG_SIZE: usize = 8192;
/// How long either side waits for the other.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// What came of a session.
pub(super) struct Session {
    pub(super) encoding: Encoding,
    /// As the server saw it.
    pub(super) transcript: Transcript,
    /// As the router saw it.
    pub(super) report: Report,
    pub(super) before: Vec<Node>,
    pub(super) after: Vec<Node>,
    /// What came before it, on a router from the factory.
    pub(super) steps: Vec<factory::Step>,
}

impl Session {
    /// Starts a server and a router, and lets them talk. A router `from_factory` has no account yet.
    pub(super) fn run(
        encoding: Encoding,
        capture: bool,
        from_factory: bool,
    ) -> Result<Self, Failure> {
        Self::play(SCENARIO, encoding, capture, from_factory)
    }

    fn play(
        scenario: &str,
        encoding: Encoding,
        capture: bool,
        from_factory: bool,
    ) -> Result<Self, Failure> {
        let mut config = Config::parse(scenario).map_err(failed)?;
        config.server.capture = capture;
        let mut router = ROUTER;
        if from_factory {
            factory::prepare(&mut config);
            router = factory::without_account(router);
        }
        let server = Server::bind("127.0.0.1:0", config.clone()).map_err(failed)?;
        let url = server.url();
        let server = server.spawn();

        let device = Device::parse(router, &mut |_| Ok(DDF.to_owned()))?;
        let schema = device.schema();
        let mut tree = device.open()?;
        if !from_factory {
            tree.local()
                .set("./DMAcc/Main/AppAddr/1/Addr", url.as_bytes())
                .map_err(failed)?;
        }
        let before = changes::snapshot(&mut tree, &schema);

        let mut rx = vec![0; MAX_MSG_SIZE.saturating_add(Client::next_space(encoding))];
        let (mut tx, mut work) = (vec![0; MAX_MSG_SIZE], vec![0; MAX_MSG_SIZE]);
        let memory = Memory {
            rx: &mut rx,
            tx: &mut tx,
            work: &mut work,
        };
        let mut client = Client::new(memory, encoding).map_err(failed)?;
        let mut space = [0; 1280];
        let plain = HttpConfig {
            plain: true,
            ..HttpConfig::default()
        };
        let mut http = Http::new(TcpConnector { limit: PATIENCE }, plain, &mut space);
        let mut host = Host(Desk::new());
        let mut steps = Vec::new();
        let package0;
        let trigger = if from_factory {
            let now = host.0.moment();
            let mut story = Factory::new(&config)?;
            story.bootstrap(&mut tree, &mut client, &url, &now)?;
            package0 = story.notify(&server)?;
            let trigger = story.trigger(&mut tree, &mut client, &package0, &now)?;
            steps = story.steps;
            trigger
        } else {
            Trigger::Client {
                server_id: None,
                session_id: None,
            }
        };
        let session = run(&mut client, &mut tree, trigger, &mut http, &mut host);
        let report = block_on(session).map_err(failed)?;

        let transcript = server.stop().into_iter().next();
        Ok(Self {
            encoding,
            transcript: transcript.ok_or_else(|| Failure::failed("the server heard nothing"))?,
            report,
            before,
            after: changes::snapshot(&mut tree, &schema),
            steps,
        })
    }

    /// What was not as the scenario says.
    pub(super) fn trouble(&self) -> Option<String> {
        let transcript = &self.transcript;
        let name = self.encoding_name();
        if !self.report.is_ok() {
            return Some(format!(
                "the {name} session ended for the router with {:?}",
                self.report.end
            ));
        }
        if transcript.end != End::Closed {
            return Some(format!(
                "the {name} session ended for the server with: {}",
                transcript.end
            ));
        }
        let wrong = transcript
            .unmet
            .len()
            .saturating_add(transcript.faults.len());
        (wrong > 0)
            .then(|| format!("answers in the {name} session that were not expected: {wrong}"))
    }

    /// Whether the same commands got the same statuses and values, and the tree is the same in the end.
    pub(super) fn says_the_same_as(&self, other: &Self) -> bool {
        let said = |session: &Self| -> Vec<_> {
            session
                .messages()
                .map(|message| format!("{:?} {:?}", message.commands, message.events))
                .collect()
        };
        said(self) == said(other) && self.changed() == other.changed()
    }

    /// What has changed in the tree, line by line, but for the count of sessions, which need not grow by one.
    fn changed(&self) -> Vec<String> {
        changes::changes(&self.before, &self.after)
            .iter()
            .map(Change::line)
            .filter(|line| !line.contains("/SessionCount"))
            .collect()
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &MessageRecord> {
        self.transcript.messages.iter()
    }

    pub(super) fn octets(&self) -> usize {
        self.messages().map(|message| message.bytes).sum()
    }

    pub(super) const fn encoding_name(&self) -> &'static str {
        match self.encoding {
            Encoding::Xml => "XML",
            _ => "WBXML",
        }
    }
}

pub(super) fn failed(why: impl core::fmt::Display) -> Failure {
    Failure::failed(why.to_string())
}

struct Host(Desk);

impl dm_bindings::Host for Host {
    fn moment(&mut self) -> Moment {
        self.0.moment()
    }

    async fn delay_until(&mut self, ms: Option<u64>) {
        std::thread::sleep(self.0.time_until(ms));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_as_in_the_scenario_has_no_trouble() {
        for encoding in [Encoding::Wbxml, Encoding::Xml] {
            let session = Session::run(encoding, false, false).unwrap();
            assert_eq!(session.trouble(), None, "{}", session.transcript);
            assert!(session.says_the_same_as(&session));
        }
    }

    #[test]
    fn a_status_that_was_not_expected_is_trouble() {
        let scenario = SCENARIO
            .replace("expect = 425", "expect = 200")
            .replace("expect = 404", "expect = 200");
        let session = Session::play(&scenario, Encoding::Wbxml, false, false).unwrap();
        let trouble = session.trouble().unwrap();
        assert_eq!(
            trouble,
            "answers in the WBXML session that were not expected: 2"
        );
        let proper = Session::run(Encoding::Wbxml, false, false).unwrap();
        assert!(
            proper.says_the_same_as(&session),
            "the router did nothing else"
        );
    }

    #[test]
    fn a_server_that_lets_nobody_in_is_trouble() {
        let scenario = SCENARIO.replace("correct horse", "wrong horse");
        let session = Session::play(&scenario, Encoding::Wbxml, false, false).unwrap();
        assert!(
            session
                .trouble()
                .unwrap()
                .starts_with("the WBXML session ended for the router with ")
        );
        let other = Session::run(Encoding::Wbxml, false, false).unwrap();
        assert!(!other.says_the_same_as(&session));
    }
}
