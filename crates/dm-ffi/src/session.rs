//! Calls that drive a session. Each gives exactly one step.

use core::ffi::c_char;

use dm_core::{Answer, Client, Code, Failure, Peer, Received, Step, Trigger};

use crate::guard;
use crate::object::{Entered, within};
use crate::result::{
    Fault,
    omadm_result_t::{self, *},
};
use crate::types::{
    OMADM_ANSWER_CANCELLED, OMADM_ANSWER_NO, OMADM_ANSWER_NOT_SHOWN, OMADM_ANSWER_TEXT,
    OMADM_ANSWER_TIMED_OUT, OMADM_ANSWER_YES, OMADM_FAIL_CANCELLED, OMADM_FAIL_HTTP,
    OMADM_FAIL_LINK, OMADM_FAIL_PROTOCOL, OMADM_FAIL_TIMEOUT, OMADM_FAIL_TLS, OMADM_FAIL_TOO_LARGE,
    omadm_answer_t, omadm_client_t, omadm_failure_t, omadm_received_t, omadm_report_t,
    omadm_step_kind_t, omadm_step_t, omadm_trigger_t,
};

/// Begins a session. A session under way is dropped first; what was answered in it stays.
///
/// @param client   the object
/// @param trigger  why, and with which server; NULL: the device wants to, with the server of its first account
/// @param step     out: what to do next
/// @retval OMADM_OK                 `step` is written
/// @retval OMADM_ERR_NO_ACCOUNT     no account matches, or it has no usable address
/// @retval OMADM_ERR_TX_TOO_SMALL   omadm_detail() gives the octets that the first message needs
/// @retval OMADM_ERR_TEXT_TOO_LONG  a text of the account is longer than its place in the session
/// @retval OMADM_ERR_RANDOM         the port gave no random octets
/// @retval OMADM_ERR_BUSY           called from a callback
/// @return another code from 1000 (misuse) or 4000 (device); there is no session
///
/// Threads: one at a time for one object; not from an interrupt. Cost: reads the account and composes one message.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_start(
    client: *mut omadm_client_t,
    trigger: *const omadm_trigger_t,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let trigger = match trigger.as_ref() {
                Some(trigger) => Trigger::Client {
                    server_id: guard::optional_text(trigger.server_id, trigger.server_id_len)?,
                    session_id: Some(trigger.session_id).filter(|id| *id != 0),
                },
                None => Trigger::Client {
                    server_id: None,
                    session_id: None,
                },
            };
            drive(call, Event::Start(trigger), step)
        })
    }
}

/// Takes the server's answer to the last OMADM_STEP_SEND, which was read into its `space`.
///
/// @param client    the object
/// @param received  what was received
/// @param step      out: what to do next; may be the struct of the step before
/// @retval OMADM_OK              `step` is written; what the server does wrong ends the session, see the report
/// @retval OMADM_ERR_WRONG_CALL  no message was to be sent
/// @retval OMADM_ERR_LENGTH      `len` is more than `space_size` was
/// @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
/// @retval OMADM_ERR_BUSY        called from a callback
/// @return another code from 1000 (misuse); the session stays where it is
///
/// Threads: one at a time for one object; not from an interrupt. Cost: executes the commands of the message, which call
/// handlers and the store, and composes the answer.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_receive(
    client: *mut omadm_client_t,
    received: *const omadm_received_t,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let received = received.as_ref().ok_or(OMADM_ERR_NULL)?;
            let received = Received {
                len: received.len,
                content_type: guard::text(received.content_type, received.content_type_len)?,
                hmac: guard::optional_text(received.hmac, received.hmac_len)?,
                peer: match guard::optional_text(received.peer, received.peer_len)? {
                    Some(name) => Peer::Secured { name },
                    None => Peer::Plain,
                },
            };
            drive(call, Event::Receive(received), step)
        })
    }
}

/// Tells that the message of the last OMADM_STEP_SEND could not be exchanged.
///
/// @param client       the object
/// @param why          OMADM_FAIL_...
/// @param http_status  with OMADM_FAIL_HTTP: the status; else 0
/// @param step         out: what to do next; may be the struct of the step before
/// @retval OMADM_OK              `step` is written
/// @retval OMADM_ERR_WRONG_CALL  no message was to be sent
/// @retval OMADM_ERR_ARGUMENT    `why` is none of OMADM_FAIL_...
/// @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
/// @retval OMADM_ERR_BUSY        called from a callback
/// @return another code from 1000 (misuse); the session stays where it is
///
/// Threads: one at a time for one object; not from an interrupt. Cost: may compose one message.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_failed(
    client: *mut omadm_client_t,
    why: omadm_failure_t,
    http_status: u16,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let why = match why {
                OMADM_FAIL_LINK => Failure::Link,
                OMADM_FAIL_TIMEOUT => Failure::Timeout,
                OMADM_FAIL_TLS => Failure::Tls,
                OMADM_FAIL_HTTP => Failure::Http(Code(http_status)),
                OMADM_FAIL_PROTOCOL => Failure::Protocol,
                OMADM_FAIL_TOO_LARGE => Failure::TooLarge,
                OMADM_FAIL_CANCELLED => Failure::Cancelled,
                _ => return Err(OMADM_ERR_ARGUMENT.into()),
            };
            drive(call, Event::Failed(why), step)
        })
    }
}

/// Goes on after OMADM_STEP_WAIT.
///
/// @param client  the object
/// @param step    out: what to do next; may be the struct of the step before
/// @retval OMADM_OK              `step` is written
/// @retval OMADM_ERR_WRONG_CALL  nothing was waited for
/// @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
/// @retval OMADM_ERR_BUSY        called from a callback
/// @return another code from 1000 (misuse); the session stays where it is
///
/// Threads: one at a time for one object; not from an interrupt. Cost: as omadm_receive().
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_resume(
    client: *mut omadm_client_t,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { within(client, |call| drive(call, Event::Resume, step)) }
}

/// Takes the user's answer after OMADM_STEP_ASK. Choices are answered with omadm_answer_chosen().
///
/// @param client    the object
/// @param answer    OMADM_ANSWER_...
/// @param text      with OMADM_ANSWER_TEXT: what was typed
/// @param text_len  octets of it
/// @param step      out: what to do next; may be the struct of the step before
/// @retval OMADM_OK              `step` is written
/// @retval OMADM_ERR_WRONG_CALL  nothing was asked
/// @retval OMADM_ERR_ANSWER      the question takes an answer of another kind, and is still open
/// @retval OMADM_ERR_ARGUMENT    `answer` is none of OMADM_ANSWER_...
/// @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
/// @retval OMADM_ERR_BUSY        called from a callback
/// @return another code from 1000 (misuse); the session stays where it is
///
/// Threads: one at a time for one object; not from an interrupt. Cost: as omadm_receive().
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_answer(
    client: *mut omadm_client_t,
    answer: omadm_answer_t,
    text: *const c_char,
    text_len: usize,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe {
        within(client, |call| {
            let answer = match answer {
                OMADM_ANSWER_YES => Answer::Yes,
                OMADM_ANSWER_NO => Answer::No,
                OMADM_ANSWER_CANCELLED => Answer::Cancelled,
                OMADM_ANSWER_TIMED_OUT => Answer::TimedOut,
                OMADM_ANSWER_NOT_SHOWN => Answer::NotShown,
                OMADM_ANSWER_TEXT => Answer::Text(guard::text(text, text_len)?),
                _ => return Err(OMADM_ERR_ARGUMENT.into()),
            };
            drive(call, Event::Answer(answer), step)
        })
    }
}

/// Gives the session up after OMADM_STEP_WAIT or OMADM_STEP_ASK: what was executed is answered, an Atomic under way is taken
/// back, the server is told with Alert 1223, and the session is over when that is sent. After OMADM_STEP_SEND call
/// omadm_failed() with OMADM_FAIL_CANCELLED.
///
/// @param client  the object
/// @param step    out: what to do next; may be the struct of the step before
/// @retval OMADM_OK              `step` is written
/// @retval OMADM_ERR_WRONG_CALL  nothing was waited for or asked
/// @retval OMADM_ERR_RANDOM      the port gave no random octets; the call can be made again
/// @retval OMADM_ERR_BUSY        called from a callback
/// @return another code from 1000 (misuse); the session stays where it is
///
/// Threads: one at a time for one object; not from an interrupt. Cost: composes one message.
///
/// # Safety
/// The pointers lead to what the contract says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn omadm_abort(
    client: *mut omadm_client_t,
    step: *mut omadm_step_t,
) -> omadm_result_t {
    // SAFETY: the contract of this function.
    unsafe { within(client, |call| drive(call, Event::Abort, step)) }
}

/// What happened outside.
pub(crate) enum Event<'e> {
    Start(Trigger<'e>),
    Receive(Received<'e>),
    Failed(Failure),
    Resume,
    Answer(Answer<'e>),
    Abort,
}

/// Makes the engine's call and writes the step.
///
/// # Safety
/// `step` is NULL or leads to a struct that is written.
pub(crate) unsafe fn drive(
    call: &mut Entered,
    event: Event<'_>,
    step: *mut omadm_step_t,
) -> Result<(), Fault> {
    guard::place(step)?;
    let now = &call.moment()?;
    let (client, tree) = call.both();
    let next = match event {
        Event::Start(trigger) => client.start(tree, trigger, now),
        Event::Receive(received) => client.receive(tree, received, now),
        Event::Failed(why) => client.failed(tree, why, now),
        Event::Resume => client.resume(tree, now),
        Event::Answer(answer) => client.answer(tree, answer, now),
        Event::Abort => client.abort(tree, now),
    }?;
    // SAFETY: not NULL, aligned, and the caller's to be written. Zeroes are a step: every field is an integer, a pointer
    // that may be NULL, or an enumeration that has a 0.
    let step = unsafe {
        step.write_bytes(0, 1);
        &mut *step
    };
    match next {
        Step::Send(_) => {
            step.kind = omadm_step_kind_t::OMADM_STEP_SEND;
            send(client, step);
        }
        Step::Wait { until } => {
            step.kind = omadm_step_kind_t::OMADM_STEP_WAIT;
            step.until = until.unwrap_or(0);
        }
        Step::Ask(question) => {
            step.kind = omadm_step_kind_t::OMADM_STEP_ASK;
            #[cfg(feature = "ui")]
            crate::ui::put(&question, &mut step.question);
            #[cfg(not(feature = "ui"))]
            let _ = question;
        }
        Step::Done(report) => {
            let end = Fault::of_end(report.end);
            step.report = omadm_report_t {
                result: end.result,
                detail: end.detail,
                messages_sent: report.messages_sent,
                messages_received: report.messages_received,
                executed: report.executed,
                refused: report.refused,
            };
        }
    }
    Ok(())
}

/// The message to send, and the space for its answer. After a `Send` there always is one.
fn send(client: &mut Client<'_>, step: &mut omadm_step_t) {
    let Some((request, space)) = client.exchange() else {
        return;
    };
    step.uri = request.uri.as_ptr().cast();
    step.uri_len = request.uri.len();
    step.content_type = request.content_type.as_ptr().cast();
    step.content_type_len = request.content_type.len();
    if let Some(hmac) = request.hmac {
        step.hmac = hmac.as_ptr().cast();
        step.hmac_len = hmac.len();
    }
    step.body = request.body.as_ptr();
    step.body_len = request.body.len();
    step.space = space.as_mut_ptr();
    step.space_size = space.len();
}
