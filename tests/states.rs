//! The table of states and events in the documentation of `client.rs`, cell by cell: what it says is what happens.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Answer, Encoding, Error, Failure, Misuse, Moment, Peer, QuestionKind, Received};
use dm_tests::{Bench, CLIENT, Msg, Out, SERVER, Sent, Setup, md5_cred};

const TABLE: &str = include_str!("../crates/dm-core/src/client.rs");
const MD5: &str = "syncml:auth-md5";

/// The rows of the table whose first column is called `name`, without the two lines of its head.
fn rows(name: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut lines = TABLE
        .lines()
        .skip_while(|line| !line.starts_with(&format!("//! | {name} |")))
        .take_while(|line| line.starts_with("//! |"))
        .map(|line| {
            let cells = line.trim_start_matches("//! |").trim_end_matches('|');
            let cells = cells.split('|').map(|cell| cell.trim().to_owned());
            cells.collect::<Vec<_>>()
        });
    let head = lines.next().expect("the table is there");
    (head, lines.skip(1).collect())
}

/// A session in one of the states, and what was sent last.
struct Stand {
    bench: Bench,
    last: Sent,
    encoding: Encoding,
    /// MsgID of the server's next message.
    next: u32,
    executions: u32,
}

/// A message of the server, which has the right credentials.
fn proved(msg_id: u32) -> Msg {
    let data = md5_cred(SERVER.name, SERVER.secret, SERVER.nonce);
    Msg::new(msg_id).cred(MD5, &data)
}

/// MaxMsgSize of a server whose answers are kept.
fn limit(encoding: Encoding) -> usize {
    if encoding == Encoding::Xml {
        2600
    } else {
        1550
    }
}

fn part() -> String {
    "<Item><Target><LocURI>./Vendor/cfg/label</LocURI></Target><Meta><Size xmlns=\"syncml:metinf\">90</Size>\
     </Meta><Data>part</Data><MoreData/></Item>"
        .to_owned()
}

impl Stand {
    fn new(state: &str, encoding: Encoding) -> Self {
        let mut bench = Bench::new(Setup {
            encoding,
            client: Some(CLIENT),
            server: Some(SERVER),
            server_auth: "required",
            objects: (500, 400),
            ..Setup::default()
        });
        bench.probe.big.set(600);
        let package1 = bench.start().sent();
        // What makes the state stands in the second message, so that there is a lower MsgID.
        let (last, next) = if state == "setup" {
            (package1, 1)
        } else {
            bench
                .receive(&proved(1).hdr(200).get("./DevInfo/Man").finish())
                .sent();
            let second = proved(2).hdr(200);
            // Room for some of the values, and in that message for one more Status (for the header, when it is refused).
            let gets = |message: Msg| (0..5).fold(message, |it, _| it.get("./Vendor/Big"));
            let second = match state {
                "managing" => second.get("./DevInfo/Man").finish(),
                "asked" => second.get("./DevInfo/Man").more(),
                "kept" => gets(second.max_msg_size(limit(encoding))).finish(),
                "kept open" => gets(second.max_msg_size(limit(encoding))).more(),
                "object" => second.command("Replace", &part()).more(),
                _ => panic!("no such state: {state}"),
            };
            (bench.receive(&second).sent(), 3)
        };
        if state.starts_with("kept") {
            assert!(last.size + 350 < limit(encoding), "{}", last.size);
        }
        assert_eq!(
            last.is_final(),
            matches!(state, "setup" | "managing"),
            "{state}"
        );
        let executions = bench.probe.execs.get();
        Self {
            bench,
            last,
            encoding,
            next,
            executions,
        }
    }

    fn proved(&self) -> Msg {
        proved(self.next).hdr(200)
    }

    /// Has the event happen.
    fn happens(&mut self, event: &str) -> Out {
        let next = self.next;
        let refusal = |n: u32| {
            let data = md5_cred(SERVER.name, SERVER.secret, SERVER.nonce);
            let refusal = Msg::new(n).cred(MD5, &data);
            refusal.hdr_chal(401, MD5, Some(b"fresh")).finish()
        };
        let message = match event {
            "nothing" => return self.bench.receive_bytes(b""),
            "not readable" => return self.bench.receive_bytes(b"\x02\xA4\x01\x6A\x00nonsense"),
            "another SessionID" => Msg::of("7F", next, next)
                .hdr(200)
                .exec("./Vendor/Reboot")
                .finish(),
            "the MsgID of the one before" => {
                proved(next - 1).hdr(200).exec("./Vendor/Reboot").finish()
            }
            "a lower MsgID" => proved(1).hdr(200).exec("./Vendor/Reboot").finish(),
            "broken behind its header" => {
                let exec = self.proved().exec("./Vendor/Reboot");
                exec.raw("<Get><CmdID>0</CmdID></Get>").finish()
            }
            "VerDTD not spoken" => {
                let other = self.proved().header_with("<VerDTD>1.2", "<VerDTD>2.0");
                other.exec("./Vendor/Reboot").finish()
            }
            "VerProto not spoken" => {
                let other = self.proved().header_with("DM/1.2", "DM/9.0");
                other.exec("./Vendor/Reboot").finish()
            }
            "Alert 1223" => self.proved().exec("./Vendor/Reboot").alert(1223).finish(),
            "Status 513 for our header" => proved(next).hdr(513).finish(),
            "Status 500 for our header" => proved(next).hdr(500).finish(),
            "Status 401 for our header" => refusal(next),
            "Status 401 for our header, twice" => {
                self.bench.receive(&refusal(next)).sent();
                refusal(next + 1)
            }
            "server not proved, commands" => {
                let wrong = Msg::new(next).cred(MD5, &md5_cred("x", "y", b"z")).hdr(200);
                wrong.exec("./Vendor/Reboot").get("./DevInfo/Man").finish()
            }
            "server not proved, no commands" => {
                let wrong = Msg::new(next).cred(MD5, &md5_cred("x", "y", b"z"));
                wrong.hdr(200).finish()
            }
            "commands, Final" => self.proved().exec("./Vendor/Reboot").finish(),
            "commands" => self.proved().exec("./Vendor/Reboot").more(),
            "an Atomic whose answers fit no message, Final" => {
                let many = |message: Msg| {
                    (0..40).fold(message, |it, _| it.replace("./Vendor/cfg/apn", "x"))
                };
                // The space behind a kept message is for small ones.
                let few = |message: Msg| message.replace("./Vendor/cfg/apn", "x");
                if self.last.is_final() || self.last.alerts().contains(&1222) {
                    let small = self.proved().max_msg_size(limit(self.encoding));
                    small.container("Atomic", many).finish()
                } else {
                    self.proved().container("Atomic", few).finish()
                }
            }
            "a part of an object" => self.proved().command("Replace", &part()).more(),
            "Alert 1222" => self.proved().alert(1222).more(),
            "no commands" => self.proved().more(),
            "no commands, Final" => self.proved().finish(),
            _ => panic!("no such event: {event}"),
        };
        self.bench.receive(&message)
    }

    /// Whether what came of it is what the cell says; why not.
    fn check(&mut self, cell: &str, state: &str, out: Out) -> Result<(), String> {
        let executed = self.bench.probe.execs.get() - self.executions;
        let expected = u32::from(cell.starts_with("executed"));
        if executed != expected {
            return Err(format!("{executed} executions"));
        }
        if cell == "`Done`" {
            return match out {
                Out::Done(_) => Ok(()),
                other => Err(format!("{other:?}")),
            };
        }
        let Out::Sent(sent) = out else {
            return Err(format!("{out:?}"));
        };
        let is_right = match cell {
            "again" => sent.body == self.last.body,
            "package 1" => {
                sent.alerts() == [1201] && !sent.dev_info().is_empty() && has_fresh_cred(&sent)
            }
            "with Cred" => {
                has_fresh_cred(&sent)
                    && sent.codes().ends_with(&self.last.codes())
                    && sent.results() == self.last.results()
                    && sent.is_final() == self.last.is_final()
            }
            "401 for all" => {
                sent.hdr_code() == 401
                    && sent.codes() == [401, 401]
                    && sent
                        .parts()
                        .iter()
                        .all(|part| part == "Status" || part == "Final")
            }
            "rest" => self.rest(state, sent.clone(), &[]),
            "405, rest" => self.rest(state, sent.clone(), &[405]),
            "517, Final" => self.is_too_large(sent.clone()),
            "517, 1225, Final" => sent.alerts() == [1225] && self.is_too_large(sent.clone()),
            _ => cell.split(", ").all(|word| match word {
                "executed" => sent.codes() == [200],
                "Final" => sent.is_final(),
                "1222" => !sent.is_final() && sent.alerts().last() == Some(&1222),
                "1223" => sent.is_final() && sent.alerts() == [1223],
                "1225" => sent.alerts().first() == Some(&1225),
                "213" => sent.codes() == [213],
                code => code.parse() == Ok(sent.hdr_code()) && sent.codes().is_empty(),
            }),
        };
        if !is_right {
            return Err(sent.xml);
        }
        if cell.ends_with("1223") {
            // Whatever is said now, the session is over.
            let more = proved(self.next + 1).hdr(200).exec("./Vendor/Reboot");
            self.bench.receive(&more.finish()).done();
            assert_eq!(self.bench.probe.execs.get(), self.executions);
        }
        Ok(())
    }

    /// Whether an Atomic of 40 commands was refused as a whole, in as many messages as that takes.
    fn is_too_large(&mut self, first: Sent) -> bool {
        let mut codes = first.codes();
        let mut sent = first;
        while !sent.is_final() {
            self.next += 1;
            let more = proved(self.next).hdr(200).alert(1222).more();
            sent = self.bench.receive(&more).sent();
            codes.extend(&sent.codes()[1..]);
        }
        codes[0] == 517
            && codes[1..] == [215; 40]
            && self.bench.text("./Vendor/cfg/apn") == "before"
    }

    /// Whether `sent` and what follows it are the kept answers, and end as the package they belong to. `codes` of what came with
    /// the event stand in front.
    fn rest(&mut self, state: &str, first: Sent, codes: &[u16]) -> bool {
        let mut sent = first;
        let count = |sent: &Sent| sent.codes().iter().filter(|code| **code == 200).count();
        let mut values = count(&self.last);
        let own = usize::from(codes.is_empty() && sent.codes().len() > sent.results().len());
        let mut is_right = codes.iter().all(|code| sent.codes().contains(code));
        values += count(&sent) - own;
        let mut next = self.next + 1;
        while !sent.is_final() && !sent.alerts().contains(&1222) {
            let more = proved(next).hdr(200).alert(1222).more();
            sent = self.bench.receive(&more).sent();
            values += count(&sent) - 1;
            next += 1;
        }
        is_right &= values == 5;
        is_right && sent.is_final() == (state == "kept")
    }
}

fn has_fresh_cred(sent: &Sent) -> bool {
    let fresh = md5_cred(CLIENT.name, CLIENT.secret, b"fresh");
    sent.header("Cred/Data") == Some(fresh)
}

/// PRO-C-011, PRO-C-014, PRO-C-021, PRO-C-025, PRO-C-026, PRO-C-032, PRO-C-086, PRO-C-130, PRO-C-132, PRO-C-134, PRO-C-135, PRO-C-139,
/// SEC-C-015, SEC-C-016, SEC-C-017: every event in every state.
#[test]
fn every_message_in_every_state_does_what_the_table_says() {
    let (states, events) = rows("the server's message");
    assert_eq!((states.len(), events.len()), (7, 22));
    let mut wrong = String::new();
    for row in &events {
        for (state, cell) in states.iter().zip(row).skip(1) {
            for encoding in [Encoding::Xml, Encoding::Wbxml] {
                if cell == "-" {
                    continue;
                }
                let mut stand = Stand::new(state, encoding);
                let out = stand.happens(&row[0]);
                if let Err(why) = stand.check(cell, state, out) {
                    wrong += &format!(
                        "{state} x {}, {encoding:?}: not `{cell}` but {why}\n",
                        row[0]
                    );
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// A bench in the state of a call.
fn in_state(state: &str) -> Bench {
    let mut bench = Bench::new(Setup {
        has_user: true,
        ..Setup::default()
    });
    if state == "idle" {
        return bench;
    }
    bench.start().sent();
    let message = Msg::new(1).hdr(200);
    let question = "<Data>1101</Data><Item/><Item><Data>?</Data></Item>";
    match state {
        "sent" => {}
        "leaving" => {
            let broken = message.raw("<Get><CmdID>0</CmdID></Get>");
            bench.receive(&broken.finish()).sent();
        }
        "waiting" => {
            bench.probe.delays.set(1);
            let out = bench.receive(&message.get("./Vendor/Slow").finish());
            assert!(matches!(out, Out::Wait));
        }
        "asking" => {
            let out = bench.receive(&message.command("Alert", question).finish());
            assert_eq!(out.asked().kind, QuestionKind::Confirm);
        }
        _ => panic!("no such state: {state}"),
    }
    bench
}

/// Makes a call; whether it was misuse.
fn is_misuse(bench: &mut Bench, call: &str) -> bool {
    let now = Moment {
        ms: 0,
        utc: None,
        random: [7; 16],
    };
    let got = Received {
        len: 0,
        content_type: "",
        hmac: None,
        peer: Peer::Plain,
    };
    let Bench { client, tree, .. } = bench;
    let result = match call {
        "`receive`" => client.receive(tree, got, &now),
        "`failed`" => client.failed(tree, Failure::Link, &now),
        "`resume`" => client.resume(tree, &now),
        "`answer`" => client.answer(tree, Answer::Yes, &now),
        "`abort`" => client.abort(tree, &now),
        _ => panic!("no such call: {call}"),
    };
    matches!(result, Err(Error::Misuse(Misuse::WrongCall)))
}

#[test]
fn every_call_in_every_state_is_misuse_where_the_table_says_so() {
    let (calls, states) = rows("state");
    assert_eq!((calls.len(), states.len()), (7, 5));
    for row in &states {
        for (call, cell) in calls.iter().zip(row).skip(2) {
            let mut bench = in_state(&row[0]);
            let misuse = is_misuse(&mut bench, call);
            assert_eq!(misuse, cell == "misuse", "{call} when {}", row[0]);
        }
        // A new session may begin in any state.
        let mut bench = in_state(&row[0]);
        assert_eq!(bench.start().sent().alerts(), [1201], "{}", row[0]);
    }
}
