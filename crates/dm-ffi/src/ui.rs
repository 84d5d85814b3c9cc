//! Questions to the user: what C sees of them, and the answer that chooses.

use core::ffi::c_char;
use core::slice;

use dm_core::{Answer, CHOICES_MAX, Choices, Input, Question, QuestionKind};

use crate::guard;
use crate::object::within;
use crate::result::omadm_result_t::{self, *};
use crate::session::{Event, drive};
use crate::types::{
    OMADM_INPUT_ANY, OMADM_INPUT_DATE, OMADM_INPUT_IP_ADDRESS, OMADM_INPUT_NUMERIC,
    OMADM_INPUT_PHONE, OMADM_INPUT_TIME, OMADM_QUESTION_CONFIRM, OMADM_QUESTION_DISPLAY,
    OMADM_QUESTION_ONE_OF, OMADM_QUESTION_OTHER, OMADM_QUESTION_SESSION_BEGINS,
    OMADM_QUESTION_SESSION_WANTED, OMADM_QUESTION_SOME_OF, OMADM_QUESTION_TEXT, omadm_client_t,
    omadm_input_t, omadm_question_kind_t, omadm_question_t, omadm_step_t,
};

/// Gives one of the choices of a question.
///
/// @param question  the question of the last step
/// @param number    of the choice, from 1
/// @param text      out: the choice
/// @param text_len  out: octets of it
/// @retval OMADM_OK            the outputs are written; they hold as long as the texts of the question
/// @retval OMADM_ERR_NULL      a pointer is NULL
/// @retval OMADM_ERR_ARGUMENT  there is no choice of this number
///
/// Threads: one at a time for one object; not from an interrupt. Cost: looks at every choice before.
///
/// # Safety
/// `question` leads to the question of a step that is still the last one; the outputs can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_choice(
    question: *const omadm_question_t,
    number: usize,
    text: *mut *const c_char,
    text_len: *mut usize,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        let Some(question) = question.as_ref() else {
            return OMADM_ERR_NULL;
        };
        if text.is_null() || text_len.is_null() {
            return OMADM_ERR_NULL;
        }
        let packed = match guard::bytes(question.choices, question.choices_size) {
            Ok(packed) => packed,
            Err(result) => return result,
        };
        let mut choices = Choices::from_packed(packed);
        let choice = number.checked_sub(1).and_then(|before| choices.nth(before));
        let Some(choice) = choice else {
            return OMADM_ERR_ARGUMENT;
        };
        text.write(choice.as_ptr().cast());
        text_len.write(choice.len());
    }
    OMADM_OK
}

/// Takes the choices of the user after OMADM_STEP_ASK with OMADM_QUESTION_ONE_OF or OMADM_QUESTION_SOME_OF.
///
/// @param client   the object
/// @param numbers  of the choices, from 1; may be NULL when count is 0
/// @param count    how many
/// @param step     out: what to do next; may be the struct of the step before
/// @retval OMADM_OK              `step` is written
/// @retval OMADM_ERR_WRONG_CALL  nothing was asked
/// @retval OMADM_ERR_ANSWER      the question takes another answer, and is still open
/// @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
/// @retval OMADM_ERR_BUSY        called from a callback
/// @return another code from 1000 (misuse); the session stays where it is
///
/// Threads: one at a time for one object; not from an interrupt. Cost: as omadm_receive().
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_answer_chosen(
    client: *mut omadm_client_t,
    numbers: *const u16,
    count: usize,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function; a slice is made of what is not NULL, aligned and not too long.
    unsafe {
        within(client, |call| {
            let numbers = match count {
                0 => &[],
                _ if numbers.is_null() => return Err(OMADM_ERR_NULL.into()),
                _ if !numbers.is_aligned() => return Err(OMADM_ERR_ALIGNMENT.into()),
                1..=CHOICES_MAX => slice::from_raw_parts(numbers, count),
                _ => return Err(OMADM_ERR_ANSWER.into()),
            };
            drive(call, Event::Answer(Answer::Chosen(numbers)), step)
        })
    }
}

/// Writes a question where C reads it.
pub(crate) fn put(question: &Question<'_>, to: &mut omadm_question_t) {
    let options = &question.options;
    let choices = question.choices.as_packed();
    *to = omadm_question_t {
        kind: kind(question.kind),
        input: input(options.input),
        text: question.text.as_ptr().cast(),
        text_len: question.text.len(),
        choices: choices.as_ptr(),
        choices_size: choices.len(),
        default_text: options.default.as_ptr().cast(),
        default_len: options.default.len(),
        min_display: options.min_display.unwrap_or(0),
        max_wait: options.max_wait.unwrap_or(0),
        max_len: options.max_len.unwrap_or(0),
        hidden: options.hidden.into(),
    };
}

const fn kind(kind: QuestionKind) -> omadm_question_kind_t {
    match kind {
        QuestionKind::Display => OMADM_QUESTION_DISPLAY,
        QuestionKind::Confirm => OMADM_QUESTION_CONFIRM,
        QuestionKind::TextInput => OMADM_QUESTION_TEXT,
        QuestionKind::SingleChoice => OMADM_QUESTION_ONE_OF,
        QuestionKind::MultipleChoice => OMADM_QUESTION_SOME_OF,
        QuestionKind::SessionBegins => OMADM_QUESTION_SESSION_BEGINS,
        QuestionKind::SessionWanted => OMADM_QUESTION_SESSION_WANTED,
        _ => OMADM_QUESTION_OTHER,
    }
}

const fn input(input: Input) -> omadm_input_t {
    match input {
        Input::Numeric => OMADM_INPUT_NUMERIC,
        Input::Date => OMADM_INPUT_DATE,
        Input::Time => OMADM_INPUT_TIME,
        Input::Phone => OMADM_INPUT_PHONE,
        Input::IpAddress => OMADM_INPUT_IP_ADDRESS,
        _ => OMADM_INPUT_ANY,
    }
}
