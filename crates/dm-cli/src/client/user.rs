//! The user at the terminal, who is shown texts and asked questions.

use std::io::{BufRead, IsTerminal};

use dm_core::{Answer, Question, QuestionKind};

use crate::console;

/// What was typed, as the answer that the question wants.
pub(super) enum Reply {
    Plain(Answer<'static>),
    Text(String),
    Chosen(Vec<u16>),
}

/// Asks on standard output and reads a line from standard input. Where that is no terminal nobody answers.
pub(super) fn ask(question: &Question<'_>) -> Reply {
    let mut text = format!("\n  {}\n", question.text);
    for (number, choice) in (1..).zip(question.choices) {
        let number: u32 = number;
        text.push_str(&format!("    {number}  {choice}\n"));
    }
    text.push_str(match question.kind {
        QuestionKind::Display => "",
        QuestionKind::Confirm => "  yes or no, empty to cancel: ",
        QuestionKind::SingleChoice => "  a number, empty to cancel: ",
        QuestionKind::MultipleChoice => "  numbers with blanks between, empty to cancel: ",
        _ => "  your answer, empty to cancel: ",
    });
    if console::print(&text).is_err() {
        return Reply::Plain(Answer::NotShown);
    }
    if question.kind == QuestionKind::Display {
        return Reply::Plain(Answer::Yes);
    }
    let mut line = String::new();
    let mut input = std::io::stdin().lock();
    if !std::io::stdin().is_terminal() || input.read_line(&mut line).is_err() {
        return Reply::Plain(Answer::TimedOut);
    }
    read(question.kind, line.trim())
}

fn read(kind: QuestionKind, line: &str) -> Reply {
    let numbers = || {
        let words = line.split_whitespace();
        words.map(str::parse).collect::<Result<Vec<u16>, _>>()
    };
    match kind {
        _ if line.is_empty() => Reply::Plain(Answer::Cancelled),
        QuestionKind::Confirm if "yes".starts_with(&line.to_lowercase()) => {
            Reply::Plain(Answer::Yes)
        }
        QuestionKind::Confirm => Reply::Plain(Answer::No),
        QuestionKind::SingleChoice | QuestionKind::MultipleChoice => match numbers() {
            Ok(numbers) => Reply::Chosen(numbers),
            Err(_) => Reply::Plain(Answer::Cancelled),
        },
        _ => Reply::Text(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_the_answer_that_the_question_wants() {
        use QuestionKind as Kind;
        let plain = |kind, line| match read(kind, line) {
            Reply::Plain(answer) => Some(answer),
            _ => None,
        };
        assert_eq!(plain(Kind::Confirm, "Y"), Some(Answer::Yes));
        assert_eq!(plain(Kind::Confirm, "yes"), Some(Answer::Yes));
        assert_eq!(plain(Kind::Confirm, "n"), Some(Answer::No));
        assert_eq!(plain(Kind::TextInput, ""), Some(Answer::Cancelled));
        assert_eq!(plain(Kind::MultipleChoice, "1 x"), Some(Answer::Cancelled));
        assert!(matches!(read(Kind::MultipleChoice, " 1 3"), Reply::Chosen(it) if it == [1, 3]));
        assert!(matches!(read(Kind::TextInput, "abc"), Reply::Text(it) if it == "abc"));
    }
}
