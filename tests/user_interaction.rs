//! Protocol chapter 9: questions to the user.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

use dm_core::{Answer, Encoding, Error, Input, Misuse, QuestionKind};
use dm_tests::{Asked, Bench, Msg, Out, Sent, Setup};

fn ask(message: Msg, code: u16, options: &str, texts: &[&str]) -> Msg {
    let items: String = texts
        .iter()
        .map(|text| format!("<Item><Data>{text}</Data></Item>"))
        .collect();
    let options = if options.is_empty() {
        "<Item/>".to_owned()
    } else {
        format!("<Item><Data>{options}</Data></Item>")
    };
    message.command("Alert", &format!("<Data>{code}</Data>{options}{items}"))
}

fn with_user(encoding: Encoding) -> Bench {
    let mut bench = Bench::new(Setup {
        encoding,
        has_user: true,
        ..Setup::default()
    });
    bench.start().sent();
    bench
}

/// Asks one question, answers it, and gives what was asked and what the client said.
fn dialogue(code: u16, options: &str, texts: &[&str], answer: Answer<'_>) -> (Asked, Sent) {
    let both = [Encoding::Xml, Encoding::Wbxml].map(|encoding| {
        let mut bench = with_user(encoding);
        let asked = bench
            .receive(&ask(Msg::new(1).hdr(200), code, options, texts).finish())
            .asked();
        (asked, bench.answer(answer).unwrap().sent())
    });
    assert_eq!(both[0].0, both[1].0);
    assert_eq!(both[0].1.answers(), both[1].1.answers());
    let [_, wbxml] = both;
    wbxml
}

#[test]
fn a_text_is_displayed() {
    let (asked, sent) = dialogue(
        1100,
        "MINDT=10&amp;MAXDT=60",
        &["Update &lt;soon&gt;"],
        Answer::Yes,
    );
    assert_eq!(asked.kind, QuestionKind::Display);
    assert_eq!(asked.text, "Update <soon>");
    assert_eq!(asked.options, (String::new(), Some(10), Some(60)));
    assert_eq!((sent.codes(), sent.answers()), (vec![200], vec![]));
}

/// PRO-C-103
#[test]
fn a_confirmation_is_yes_or_no() {
    for (answer, code) in [(Answer::Yes, 200), (Answer::No, 304)] {
        let (asked, sent) = dialogue(1101, "DR=0", &["Really?"], answer);
        assert_eq!(
            (asked.kind, asked.options.0.as_str()),
            (QuestionKind::Confirm, "0")
        );
        assert_eq!((sent.codes(), sent.answers()), (vec![code], vec![]));
    }
}

/// PRO-C-104, PRO-C-110
#[test]
fn a_text_is_typed() {
    let (asked, sent) = dialogue(
        1102,
        "MAXLEN=8&amp;IT=N&amp;ET=P&amp;DR=4+7",
        &["PIN?"],
        Answer::Text("47<11"),
    );
    assert_eq!(asked.kind, QuestionKind::TextInput);
    assert_eq!(asked.input, (Some(8), Input::Numeric, true));
    assert_eq!(asked.options.0, "4 7");
    assert_eq!(
        (sent.codes(), sent.answers()),
        (vec![200], vec!["47<11".to_owned()])
    );
}

/// PRO-C-101, PRO-C-105, PRO-C-109: numbered from 1 in the order sent.
#[test]
fn choices_are_numbered_in_their_order() {
    let choices = ["Select", "Home", "Work", "Lab"];
    let (asked, sent) = dialogue(
        1104,
        "DR=2-3&amp;MAXLEN=5&amp;ET=P",
        &choices,
        Answer::Chosen(&[1, 3]),
    );
    assert_eq!(
        (asked.kind, asked.choices.as_slice()),
        (
            QuestionKind::MultipleChoice,
            &["Home", "Work", "Lab"].map(String::from)[..]
        )
    );
    assert_eq!(asked.input, (None, Input::Alphanumeric, false));
    assert_eq!(
        (sent.codes(), sent.answers()),
        (vec![200], vec!["1".to_owned(), "3".to_owned()])
    );
    let (asked, sent) = dialogue(1103, "", &choices, Answer::Chosen(&[2]));
    assert_eq!(asked.kind, QuestionKind::SingleChoice);
    assert_eq!(sent.answers(), ["2"]);
}

/// PRO-C-111
#[test]
fn incomplete_questions_get_412_and_unshowable_ones_416() {
    let many: Vec<&str> = ["x"; 80].into();
    let long = "y".repeat(5000);
    for (code, texts, expected) in [
        (1100, &[][..], 412),
        (1103, &["only a text"][..], 412),
        (1104, many.as_slice(), 416),
        (1100, &[long.as_str()][..], 416),
    ] {
        let mut bench = with_user(Encoding::Xml);
        let sent = bench
            .receive(&ask(Msg::new(1).hdr(200), code, "", texts).finish())
            .sent();
        assert_eq!(sent.codes(), [expected]);
    }
    let (_, sent) = dialogue(1100, "", &["hello"], Answer::NotShown);
    assert_eq!(sent.codes(), [416]);
}

/// PRO-C-106: No bypasses the rest of its Sequence, and nothing else.
#[test]
fn a_refusal_bypasses_the_rest_of_its_sequence() {
    let mut bench = with_user(Encoding::Xml);
    let message = Msg::new(1)
        .hdr(200)
        .container("Sequence", |inner| {
            ask(
                inner.replace("./Vendor/cfg/poll", "61"),
                1101,
                "",
                &["Install?"],
            )
            .replace("./Vendor/cfg/apn", "never")
            .exec("./Vendor/Reboot")
        })
        .get("./DevInfo/Man");
    bench.receive(&message.finish()).asked();
    let sent = bench.answer(Answer::No).unwrap().sent();
    assert_eq!(sent.codes(), [200, 200, 304, 215, 215, 200]);
    assert_eq!(
        (
            bench.text("./Vendor/cfg/apn").as_str(),
            bench.probe.execs.get()
        ),
        ("before", 0)
    );
    // In the body it has no effect on other commands.
    bench.start().sent();
    let message =
        ask(Msg::new(1).hdr(200), 1101, "", &["Install?"]).replace("./Vendor/cfg/apn", "done");
    bench.receive(&message.finish()).asked();
    assert_eq!(bench.answer(Answer::No).unwrap().sent().codes(), [304, 200]);
    assert_eq!(bench.text("./Vendor/cfg/apn"), "done");
}

/// PRO-C-107, PRO-C-108: breaking off, or nobody there, ends the processing of the message.
#[test]
fn breaking_off_ends_the_message() {
    for (answer, code) in [(Answer::Cancelled, 214), (Answer::TimedOut, 408)] {
        let mut bench = with_user(Encoding::Xml);
        let message = Msg::new(1)
            .hdr(200)
            .replace("./Vendor/cfg/poll", "61")
            .container("Sequence", |inner| {
                ask(inner, 1101, "MAXDT=5", &["Install?"]).replace("./Vendor/cfg/apn", "never")
            })
            .exec("./Vendor/Reboot");
        bench.receive(&message.finish()).asked();
        let sent = bench.answer(answer).unwrap().sent();
        assert_eq!(sent.codes(), [200, 200, code, 215, 215]);
        assert_eq!(bench.text("./Vendor/cfg/poll"), "61");
        assert_eq!(bench.probe.execs.get(), 0);
    }
}

#[test]
fn an_answer_to_another_question_is_misuse_and_the_question_stays() {
    let mut bench = with_user(Encoding::Xml);
    assert_eq!(
        bench.answer(Answer::Yes).unwrap_err(),
        Error::Misuse(Misuse::WrongCall)
    );
    bench
        .receive(&ask(Msg::new(1).hdr(200), 1103, "", &["Which?", "a", "b"]).finish())
        .asked();
    for answer in [
        Answer::Yes,
        Answer::Text("a"),
        Answer::Chosen(&[3]),
        Answer::Chosen(&[0]),
    ] {
        assert_eq!(
            bench.answer(answer).unwrap_err(),
            Error::Misuse(Misuse::Answer)
        );
    }
    assert_eq!(
        bench.answer(Answer::Chosen(&[2])).unwrap().sent().answers(),
        ["2"]
    );
}

/// Several questions in one message, with a slow handler between them: nothing is done twice.
#[test]
fn questions_come_one_after_the_other() {
    let mut bench = with_user(Encoding::Xml);
    bench.probe.delays.set(1);
    let message = ask(
        Msg::new(1).hdr(200).exec("./Vendor/Reboot"),
        1102,
        "",
        &["Name?"],
    )
    .get("./Vendor/Slow");
    let message = ask(message, 1101, "", &["Sure?"]).get("./DevInfo/Man");
    bench.receive(&message.finish()).asked();
    assert!(matches!(
        bench.answer(Answer::Text("me")).unwrap(),
        Out::Wait
    ));
    assert_eq!(bench.resume().asked().text, "Sure?");
    let sent = bench.answer(Answer::Yes).unwrap().sent();
    assert_eq!(sent.codes(), [200, 200, 200, 200, 200]);
    assert_eq!(sent.answers(), ["me"]);
    assert_eq!(bench.probe.execs.get(), 1);
}
