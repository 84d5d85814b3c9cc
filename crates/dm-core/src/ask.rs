//! User interaction: what a server wants to have shown or asked (protocol chapter 9).

use dm_wbxml::{Body, Command, Item, Text};

use crate::error::Error;
#[cfg(feature = "notification")]
use crate::notify::UiMode;
use crate::status;
#[cfg(feature = "notification")]
use crate::step::Notice;

/// Alert codes of user interaction.
const DISPLAY: u16 = 1100;
const CONFIRM: u16 = 1101;
const TEXT_INPUT: u16 = 1102;
const SINGLE_CHOICE: u16 = 1103;
const MULTIPLE_CHOICE: u16 = 1104;

/// Choices of one question, at most. Their numbers are 1 to this.
pub const CHOICES_MAX: usize = 64;

/// A question for the user, or a text to show. Lives until the client is called again.
#[derive(Clone, Copy, Debug)]
pub struct Question<'c> {
    /// What kind of answer it takes.
    pub kind: QuestionKind,
    /// The text to show.
    pub text: &'c str,
    /// The choices, in the order in which they are to be shown; they are numbered from 1 (`PRO-C-101`, `PRO-C-105`).
    pub choices: Choices<'c>,
    /// How it is to be shown.
    pub options: Options<'c>,
}

/// What kind of answer a question takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum QuestionKind {
    /// None: the text is only shown. [`Answer::Yes`] when it was.
    Display,
    /// [`Answer::Yes`] or [`Answer::No`].
    Confirm,
    /// [`Answer::Text`].
    TextInput,
    /// [`Answer::Chosen`] with one number.
    SingleChoice,
    /// [`Answer::Chosen`] with any number of numbers.
    MultipleChoice,
    /// A server has asked for a session in a notification, and wants the user to know: it begins after any answer. The text
    /// is the server's reason, or its identifier (`NOT-C-015`).
    SessionBegins,
    /// As before, and the user decides: it begins after [`Answer::Yes`] only.
    SessionWanted,
}

/// The user's answer to a [`Question`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Answer<'a> {
    /// Yes, or seen.
    Yes,
    /// No.
    No,
    /// The user broke off. The rest of the message is not executed (`PRO-C-107`).
    Cancelled,
    /// Nobody answered in [`Options::max_wait`]; as breaking off (`PRO-C-108`).
    TimedOut,
    /// The text that was typed.
    Text(&'a str),
    /// Numbers of the choices, from 1.
    Chosen(&'a [u16]),
    /// It cannot be shown: too long, too many choices, no screen (`PRO-C-111`).
    NotShown,
}

/// How a question is to be shown. Unknown and unusable options are passed over (`PRO-C-102`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Options<'c> {
    /// MINDT: seconds that it shall be shown at least, a hint.
    pub min_display: Option<u32>,
    /// MAXDT: seconds to wait for an answer at most.
    pub max_wait: Option<u32>,
    /// DR: what the question begins with; a text, `0` or `1`, or numbers joined with `-`. Empty: nothing.
    pub default: &'c str,
    /// MAXLEN: characters of a typed text at most (`PRO-C-109`: text input only, as the two below).
    pub max_len: Option<u32>,
    /// IT: what may be typed (`PRO-C-110`).
    pub input: Input,
    /// ET is `P`: what is typed is not shown.
    pub hidden: bool,
}

/// What may be typed, and how it is handed over (protocol chapter 9.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum Input {
    /// Any text.
    #[default]
    Alphanumeric,
    /// Digits, decimal point and sign.
    Numeric,
    /// A date, as `DDMMYYYY`.
    Date,
    /// A time, as `hhmmss`.
    Time,
    /// A phone number: digits, `+` in front, `p`, `w`, `s`.
    Phone,
    /// An address, as `xxx.yyy.zzz.www`.
    IpAddress,
}

/// The choices of a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Choices<'c>(&'c [u8]);

impl<'c> Choices<'c> {
    /// The choices as octets, each behind its length (2 octets, big-endian), for bindings that cannot hold an iterator.
    #[must_use]
    pub const fn as_packed(&self) -> &'c [u8] {
        self.0
    }

    /// Reads what [`as_packed`](Self::as_packed) gave. Other octets give fewer choices, or other ones.
    #[must_use]
    pub const fn from_packed(packed: &'c [u8]) -> Self {
        Self(packed)
    }
}

impl<'c> Iterator for Choices<'c> {
    type Item = &'c str;

    fn next(&mut self) -> Option<&'c str> {
        let (text, rest) = unpack(self.0)?;
        self.0 = rest;
        core::str::from_utf8(text).ok()
    }
}

/// A question that is waiting for its answer; its texts stand in the work memory.
#[derive(Clone, Copy)]
pub(crate) struct Asked {
    kind: QuestionKind,
    len: usize,
    choices: usize,
}

/// Whether an Alert asks the user.
pub(crate) fn is_question(command: &Command<'_>) -> bool {
    kind(command).is_some()
}

fn kind(command: &Command<'_>) -> Option<QuestionKind> {
    let code = command.data.as_ref()?.parse_u32()?;
    match u16::try_from(code).ok()? {
        DISPLAY => Some(QuestionKind::Display),
        CONFIRM => Some(QuestionKind::Confirm),
        TEXT_INPUT => Some(QuestionKind::TextInput),
        SINGLE_CHOICE => Some(QuestionKind::SingleChoice),
        MULTIPLE_CHOICE => Some(QuestionKind::MultipleChoice),
        _ => None,
    }
}

/// Packs the texts of a question into `work`; `Err`: the code of the Alert's Status.
pub(crate) fn ask(
    body: &mut Body<'_>,
    command: &Command<'_>,
    work: &mut [u8],
) -> Result<Result<Asked, u16>, Error> {
    let Some(kind) = kind(command) else {
        return Ok(Err(status::NOT_SUPPORTED));
    };
    let mut at = 0;
    let mut items: usize = 0;
    loop {
        let mut item = Item::default();
        if !body.item_into(&mut item)? {
            break;
        }
        let text = item.data.unwrap_or(Text::EMPTY);
        match pack(work, at, text) {
            Some(end) => at = end,
            None => return Ok(Err(status::NOT_SHOWN)),
        }
        items = items.saturating_add(1);
    }
    // The options and the text, and for a choice something to choose from (`PRO-C-111`).
    let is_choice = matches!(
        kind,
        QuestionKind::SingleChoice | QuestionKind::MultipleChoice
    );
    let choices = items.saturating_sub(2);
    if items < 2 || (is_choice && choices == 0) {
        return Ok(Err(status::INCOMPLETE));
    }
    if choices > CHOICES_MAX {
        return Ok(Err(status::NOT_SHOWN));
    }
    let packed = work.get(..at).unwrap_or_default();
    if !is_text(packed) {
        return Ok(Err(status::BAD_REQUEST));
    }
    Ok(Ok(Asked {
        kind,
        len: at,
        choices,
    }))
}

/// Writes a text behind its length.
fn pack(work: &mut [u8], at: usize, text: Text<'_>) -> Option<usize> {
    let (head, rest) = work.get_mut(at..)?.split_at_mut_checked(2)?;
    let len = text.copy_to(rest)?;
    let size = u16::try_from(len).ok()?.to_be_bytes();
    for (to, from) in head.iter_mut().zip(size) {
        *to = from;
    }
    at.checked_add(2)?.checked_add(len)
}

fn unpack(packed: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, rest) = packed.split_first_chunk::<2>()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*head)))
}

fn is_text(mut packed: &[u8]) -> bool {
    while let Some((text, rest)) = unpack(packed) {
        if core::str::from_utf8(text).is_err() {
            return false;
        }
        packed = rest;
    }
    true
}

impl Asked {
    /// The question as the host sees it. The options are decoded where they stand, which takes nothing from them.
    pub(crate) fn question<'c>(&self, work: &'c mut [u8]) -> Question<'c> {
        let packed = work.get_mut(..self.len).unwrap_or_default();
        let first = unpack(packed).map_or(0, |(options, _)| options.len());
        let (options, rest) = packed
            .split_at_mut_checked(first.saturating_add(2))
            .unwrap_or_default();
        let (text, choices) = unpack(rest).unwrap_or_default();
        let is_input = self.kind == QuestionKind::TextInput;
        let options = options.get_mut(2..).unwrap_or_default();
        Question {
            kind: self.kind,
            text: core::str::from_utf8(text).unwrap_or_default(),
            choices: Choices(choices),
            options: Options::parse(options, is_input),
        }
    }

    /// The question before the session of a notification, when the server wants one. A text that does not fit is left out.
    #[cfg(feature = "notification")]
    pub(crate) fn about_session(notice: &Notice<'_>, work: &mut [u8]) -> Option<Self> {
        let kind = match notice.ui_mode {
            UiMode::Informative => QuestionKind::SessionBegins,
            UiMode::UserInteraction => QuestionKind::SessionWanted,
            UiMode::Background | UiMode::NotSpecified => return None,
        };
        let text = notice.server_id;
        #[cfg(feature = "profile13")]
        let text = notice.options.connect_reason().unwrap_or(text);
        let len = pack(work, 0, Text::EMPTY).and_then(|at| pack(work, at, Text::from(text)));
        Some(Self {
            kind,
            len: len.unwrap_or(0),
            choices: 0,
        })
    }

    /// Whether the session may begin after this answer; `None`: it was not asked about that.
    #[cfg(feature = "notification")]
    pub(crate) fn lets_session_begin(&self, answer: &Answer<'_>) -> Option<bool> {
        match self.kind {
            QuestionKind::SessionBegins => Some(true),
            QuestionKind::SessionWanted => Some(*answer == Answer::Yes),
            _ => None,
        }
    }

    /// The code that an answer comes to; `None`: it is no answer to this question.
    pub(crate) fn code(&self, answer: &Answer<'_>) -> Option<u16> {
        use QuestionKind::{
            Confirm, Display, MultipleChoice, SessionBegins, SessionWanted, SingleChoice, TextInput,
        };
        match (self.kind, answer) {
            (_, Answer::Cancelled) => Some(status::USER_CANCELLED),
            (_, Answer::TimedOut) => Some(status::TIMED_OUT),
            (_, Answer::NotShown) => Some(status::NOT_SHOWN),
            (Confirm | SessionWanted, Answer::No) => Some(status::NOT_MODIFIED),
            (Display | Confirm | SessionBegins | SessionWanted, Answer::Yes)
            | (TextInput, Answer::Text(_)) => Some(status::OK),
            (SingleChoice, Answer::Chosen(chosen)) if chosen.len() != 1 => None,
            (SingleChoice | MultipleChoice, Answer::Chosen(chosen)) => {
                let known = |number: &u16| (1..=self.choices).contains(&usize::from(*number));
                chosen.iter().all(known).then_some(status::OK)
            }
            _ => None,
        }
    }
}

impl<'c> Options<'c> {
    fn parse(text: &'c mut [u8], is_input: bool) -> Self {
        let mut options = Self::default();
        for option in text.split_mut(|byte| *byte == b'&') {
            let Some(end) = option.iter().position(|byte| *byte == b'=') else {
                continue;
            };
            let (name, value) = option.split_at_mut_checked(end).unwrap_or_default();
            let value = value.get_mut(1..).unwrap_or_default();
            let len = url_decode(value);
            let value = value.get(..len).unwrap_or_default();
            let value = core::str::from_utf8(value).unwrap_or_default();
            let number = value.parse::<u32>().ok().filter(|number| *number > 0);
            // As patterns they would be compared octet by octet.
            const NAMES: [&[u8]; 6] = [b"MINDT", b"MAXDT", b"DR", b"MAXLEN", b"IT", b"ET"];
            let known = NAMES.iter().position(|known| *known == name);
            match (known, is_input) {
                (Some(0), _) => options.min_display = number.or(options.min_display),
                (Some(1), _) => options.max_wait = number.or(options.max_wait),
                (Some(2), _) => options.default = value,
                (Some(3), true) => options.max_len = number.or(options.max_len),
                (Some(4), true) => options.input = Input::parse(value).unwrap_or(options.input),
                (Some(5), true) => options.hidden = value == "P",
                _ => {}
            }
        }
        options
    }
}

impl Input {
    fn parse(value: &str) -> Option<Self> {
        match value {
            "A" => Some(Self::Alphanumeric),
            "N" => Some(Self::Numeric),
            "D" => Some(Self::Date),
            "T" => Some(Self::Time),
            "P" => Some(Self::Phone),
            "I" => Some(Self::IpAddress),
            _ => None,
        }
    }
}

/// Decodes `+` and `%XX` where they stand and gives the length. What is no escape stays as it is.
fn url_decode(text: &mut [u8]) -> usize {
    let mut from = 0_usize;
    let mut to = 0_usize;
    while let Some(byte) = text.get(from).copied() {
        let digit = |at: usize| {
            let at = from.saturating_add(at);
            let digit = char::from(*text.get(at)?).to_digit(16)?;
            u8::try_from(digit).ok()
        };
        let (octet, taken) = match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => ((high << 4) | low, 3),
            (b'+', _, _) => (b' ', 1),
            _ => (byte, 1),
        };
        if let Some(place) = text.get_mut(to) {
            *place = octet;
        }
        from = from.saturating_add(taken);
        to = to.saturating_add(1);
    }
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, is_input: bool) -> Options<'static> {
        let text: &'static mut [u8] = text.as_bytes().to_vec().leak();
        Options::parse(text, is_input)
    }

    /// PRO-C-102, PRO-C-109
    #[test]
    fn options_are_read_and_others_passed_over() {
        let all = "MINDT=10&MAXDT=60&DR=a+b%2Bc%&MAXLEN=8&IT=N&ET=P&X=1&&=&MINDT=no&MAXDT=0";
        let options = parsed(all, true);
        assert_eq!(
            (options.min_display, options.max_wait),
            (Some(10), Some(60))
        );
        assert_eq!(options.default, "a b+c%");
        assert_eq!(
            (options.max_len, options.input, options.hidden),
            (Some(8), Input::Numeric, true)
        );
        let options = parsed(all, false);
        assert_eq!(
            (options.max_len, options.input, options.hidden),
            (None, Input::Alphanumeric, false)
        );
        assert_eq!(parsed("", true), Options::default());
        assert_eq!(
            parsed("IT=Z&ET=T&MAXLEN=-1&DR=%ff", true),
            Options::default()
        );
    }

    #[test]
    fn an_answer_has_to_fit_its_question() {
        let asked = |kind| Asked {
            kind,
            len: 0,
            choices: 3,
        };
        let code = |kind, answer| asked(kind).code(&answer);
        assert_eq!(code(QuestionKind::Confirm, Answer::No), Some(304));
        assert_eq!(code(QuestionKind::Confirm, Answer::Text("x")), None);
        assert_eq!(code(QuestionKind::Display, Answer::No), None);
        assert_eq!(
            code(QuestionKind::SingleChoice, Answer::Chosen(&[3])),
            Some(200)
        );
        assert_eq!(code(QuestionKind::SingleChoice, Answer::Chosen(&[4])), None);
        assert_eq!(code(QuestionKind::SingleChoice, Answer::Chosen(&[])), None);
        assert_eq!(
            code(QuestionKind::MultipleChoice, Answer::Chosen(&[])),
            Some(200)
        );
        assert_eq!(
            code(QuestionKind::MultipleChoice, Answer::Chosen(&[1, 0])),
            None
        );
        assert_eq!(code(QuestionKind::TextInput, Answer::TimedOut), Some(408));
    }
}
