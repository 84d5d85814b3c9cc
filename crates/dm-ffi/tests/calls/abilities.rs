//! What the features of the library and the fields of the configuration add to a session.

use super::*;

#[cfg(feature = "large-object")]
#[test]
fn a_handler_takes_a_long_value_piece_by_piece() {
    let program = Program::made(false, |config| {
        // Room for its address alone.
        (config.objects, config.objects_size) = (lend(16), 16);
        config.max_obj_size = 100;
    });
    program.seed();
    let part = |cmd_id, size: &str, data, more| {
        format!(
            "<Replace><CmdID>{cmd_id}</CmdID><Item><Target><LocURI>./Lamp/Song</LocURI></Target>\
             <Meta><Format xmlns='syncml:metinf'>chr</Format>{size}</Meta><Data>{data}</Data>{more}</Item></Replace>"
        )
    };
    let size = "<Size xmlns='syncml:metinf'>11</Size>";
    let step = program.start();
    let step = program.answer_part(&step, 1, &part(2, size, "la la", "<MoreData/>"));
    assert_eq!(codes(body(&step)), ["200", "213"]);
    assert_eq!(
        unsafe { (&raw const (*program.lamp).song).as_ref() }.unwrap(),
        b"la la"
    );
    let step = program.answer(&step, 2, &part(2, "", " la la", ""));
    assert_eq!(codes(body(&step)), ["200", "200"]);
    assert_eq!(
        unsafe { (&raw const (*program.lamp).song).as_ref() }.unwrap(),
        b"la la la la"
    );
}

#[cfg(feature = "large-object")]
#[test]
fn what_no_handler_takes_in_pieces_is_collected_in_lent_memory() {
    let program = Program::made(false, |config| {
        (config.objects, config.objects_size) = (lend(64), 64);
        config.max_obj_size = 32;
    });
    program.seed();
    let part = |meta: &str, data, more| {
        format!(
            "<Replace><CmdID>2</CmdID><Item><Target><LocURI>./Lamp/Room</LocURI></Target>{meta}\
             <Data>{data}</Data>{more}</Item></Replace>"
        )
    };
    let meta = "<Meta><Size xmlns='syncml:metinf'>9</Size></Meta>";
    let step = program.start();
    let step = program.answer_part(&step, 1, &part(meta, "guest", "<MoreData/>"));
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("hall"));
    let step = program.answer(&step, 2, &part("", "room", ""));
    assert_eq!(codes(body(&step)), ["200", "200"]);
    assert_eq!(program.get("./Lamp/Room").as_deref(), Ok("guestroom"));
}

#[cfg(feature = "atomic")]
#[test]
fn a_handler_takes_part_in_transactions() {
    let program = Program::new(false);
    program.seed();
    let lamp = program.lamp;
    unsafe {
        (*lamp).level = 40;
        (*lamp).transactions = String::new();
    }
    let atomic = |inner: &[String]| format!("<Atomic><CmdID>2</CmdID>{}</Atomic>", inner.concat());
    let refused = [
        replace(3, "./Lamp/Level", "75"),
        replace(4, "./Lamp/Level", "101"),
    ];
    let step = program.start();
    let step = program.answer(&step, 1, &atomic(&refused));
    assert_eq!(codes(body(&step)).get(1), Some(&"507"));
    assert_eq!(unsafe { (*lamp).level }, 40);
    assert_eq!(unsafe { &*lamp }.transactions, "pr");
    let step = program.answer(&step, 2, &atomic(&[replace(3, "./Lamp/Level", "75")]));
    assert_eq!(codes(body(&step)), ["200", "200", "200"]);
    assert_eq!(unsafe { (*lamp).level }, 75);
    assert_eq!(unsafe { &*lamp }.transactions, "prppc");
}

/// PRO-C-084: 516 for what was executed, when the handler says that it could not be taken back.
#[cfg(feature = "atomic")]
#[test]
fn a_handler_may_fail_to_take_back_what_it_did() {
    for (sticks, undone) in [(false, "216"), (true, "516")] {
        let program = Program::new(false);
        program.seed();
        unsafe { (*program.lamp).sticks = sticks };
        let atomic = format!(
            "<Atomic><CmdID>2</CmdID>{}{}</Atomic>",
            replace(3, "./Lamp/Level", "75"),
            replace(4, "./Lamp/Level", "101")
        );
        let step = program.start();
        let step = program.answer(&step, 1, &atomic);
        assert_eq!(codes(body(&step)), ["200", "507", undone, "409"]);
    }
}

#[cfg(feature = "ui")]
mod user {
    use super::*;

    const CHOICE: &str = "<Alert><CmdID>2</CmdID><Data>1103</Data><Item><Data>MAXDT=30&amp;DR=2</Data></Item>\
        <Item><Data>Colour?</Data></Item><Item><Data>red</Data></Item><Item><Data>blue</Data></Item></Alert>";

    fn asked() -> (Program, omadm_step_t) {
        let program = Program::made(false, |config| config.has_user = 1);
        program.seed();
        let step = program.start();
        let step = program.answer(&step, 1, CHOICE);
        assert_eq!(step.kind, OMADM_STEP_ASK);
        (program, step)
    }

    fn text<'t>(data: *const core::ffi::c_char, len: usize) -> &'t str {
        str::from_utf8(unsafe { slice::from_raw_parts(data.cast(), len) }).unwrap()
    }

    #[test]
    fn the_user_chooses_and_the_server_is_told() {
        let (program, mut step) = asked();
        let question = step.question;
        assert_eq!(question.kind, OMADM_QUESTION_ONE_OF);
        assert_eq!(text(question.text, question.text_len), "Colour?");
        assert_eq!(text(question.default_text, question.default_len), "2");
        assert_eq!((question.max_wait, question.min_display), (30, 0));
        let choice = |number| {
            let (mut data, mut len) = (ptr::null(), 0);
            match unsafe { omadm_choice(&raw const question, number, &raw mut data, &raw mut len) }
            {
                OMADM_OK => Ok(text(data, len)),
                result => Err(result),
            }
        };
        assert_eq!(choice(0), Err(OMADM_ERR_ARGUMENT));
        assert_eq!(choice(1), Ok("red"));
        assert_eq!(choice(2), Ok("blue"));
        assert_eq!(choice(3), Err(OMADM_ERR_ARGUMENT));

        let (client, next) = (program.client, &raw mut step);
        let chosen = |numbers: &[u16]| unsafe {
            omadm_answer_chosen(client, numbers.as_ptr(), numbers.len(), next)
        };
        let yes = unsafe { omadm_answer(client, OMADM_ANSWER_YES, ptr::null(), 0, next) };
        assert_eq!(yes, OMADM_ERR_ANSWER);
        assert_eq!(chosen(&[3]), OMADM_ERR_ANSWER);
        assert_eq!(chosen(&[1; 65]), OMADM_ERR_ANSWER);
        assert_eq!(chosen(&[2]), OMADM_OK);
        assert_eq!(codes(body(&step)), ["200", "200"]);
        assert!(
            body(&step).contains("<Item><Data>2</Data></Item>"),
            "{}",
            body(&step)
        );
    }

    #[test]
    fn a_session_that_asks_can_be_given_up() {
        let (program, mut step) = asked();
        assert_eq!(
            unsafe { omadm_abort(program.client, &raw mut step) },
            OMADM_OK
        );
        assert!(body(&step).contains("<Data>1223</Data>"));
        let result = unsafe { omadm_abort(program.client, &raw mut step) };
        assert_eq!(result, OMADM_ERR_WRONG_CALL);
        let step = program.answer(&step, 2, "");
        assert_eq!(step.kind, OMADM_STEP_DONE);
        assert_eq!(step.report.result, OMADM_ERR_CANCELLED);
    }
}

#[test]
fn the_budget_of_the_configuration_bounds_a_session() {
    let program = Program::made(false, |config| config.budget.octets = 100);
    program.seed();
    let step = program.start();
    let step = program.answer(&step, 1, &get(2, "./Lamp/Room"));
    assert!(body(&step).contains("<Data>1223</Data>"));
    let step = program.answer(&step, 2, "");
    assert_eq!(step.report.result, OMADM_ERR_OCTETS);
}

#[test]
fn a_message_is_sent_again_as_often_as_the_budget_says() {
    let program = Program::made(false, |config| {
        (config.budget.retries, config.budget.retry_wait) = (1, 100);
    });
    program.seed();
    let failed = |step: &mut omadm_step_t| unsafe {
        omadm_failed(program.client, OMADM_FAIL_LINK, 0, &raw mut *step)
    };
    let mut step = program.start();
    assert_eq!(failed(&mut step), OMADM_OK);
    assert_eq!(step.kind, OMADM_STEP_WAIT);
    assert!((100..=125).contains(&step.until), "{}", step.until);
    let mut step = program.resume();
    assert!(body(&step).contains("<Data>1201</Data>"));
    assert_eq!(failed(&mut step), OMADM_OK);
    assert_eq!(step.report.result, OMADM_ERR_LINK);
}

#[test]
fn the_library_says_what_it_was_built_with() {
    let has = |bit| omadm_features() & bit != 0;
    assert!(has(OMADM_HAS_XML) && has(OMADM_HAS_WBXML));
    for (bit, built) in [
        (OMADM_HAS_UI, cfg!(feature = "ui")),
        (OMADM_HAS_LARGE_OBJECT, cfg!(feature = "large-object")),
        (OMADM_HAS_EVENTS, cfg!(feature = "events")),
        (OMADM_HAS_NOTIFICATION, cfg!(feature = "notification")),
        (OMADM_HAS_SHA256, cfg!(feature = "sha256")),
        (OMADM_HAS_PUSH, cfg!(feature = "push")),
        (OMADM_HAS_BOOTSTRAP, cfg!(feature = "bootstrap")),
        (OMADM_HAS_PROFILE13, cfg!(feature = "profile13")),
        (OMADM_HAS_PROPERTIES, cfg!(feature = "properties")),
        (OMADM_HAS_FORMATS, cfg!(feature = "formats")),
    ] {
        assert_eq!(has(bit), built, "{bit}");
    }
}

#[cfg(feature = "events")]
mod events {
    use super::*;

    fn event(type_name: &str, data: &str) -> omadm_event_t {
        // SAFETY of zeroes: integers, and texts that are left out.
        let mut event: omadm_event_t = unsafe { core::mem::zeroed() };
        event.format = OMADM_FORMAT_CHR;
        (event.type_name, event.type_name_len) = (type_name.as_ptr().cast(), type_name.len());
        (event.data, event.data_size) = (data.as_ptr().cast(), data.len());
        event
    }

    fn waiting(program: &Program) -> usize {
        let mut count = usize::MAX;
        let result = unsafe { omadm_waiting(program.client, &raw mut count) };
        assert_eq!(result, OMADM_OK);
        count
    }

    #[test]
    fn an_alert_waits_for_the_next_session() {
        let program = Program::new(false);
        program.seed();
        let mut burnt_out = event("org.example.lamp.burnt", "bulb 2");
        burnt_out.mark = OMADM_MARK_CRITICAL;
        let raised = unsafe { omadm_raise(program.client, &raw const burnt_out) };
        assert_eq!(raised, OMADM_OK);
        assert_eq!(waiting(&program), 1);
        let step = program.start();
        let sent = body(&step);
        for part in [
            "1226",
            "Reversed-Domain-Name: org.example.lamp.burnt",
            "critical",
            "bulb 2",
        ] {
            assert!(sent.contains(part), "{part} in {sent}");
        }
        burnt_out.mark = 8;
        let raised = unsafe { omadm_raise(program.client, &raw const burnt_out) };
        assert_eq!(raised, OMADM_ERR_ARGUMENT);
        assert_eq!(unsafe { omadm_forget_events(program.client) }, OMADM_OK);
        assert_eq!(waiting(&program), 0);
    }

    #[test]
    fn an_execution_that_only_began_is_reported_later() {
        let program = Program::new(false);
        program.seed();
        unsafe { (*program.lamp).ticket = Some(0) };
        let step = program.start();
        let exec = "<Exec><CmdID>2</CmdID><Correlator>order-66</Correlator><Item><Target>\
            <LocURI>./Lamp/Blink</LocURI></Target></Item></Exec>";
        let step = program.answer(&step, 1, exec);
        assert_eq!(codes(body(&step)), ["200", "202"]);
        assert_eq!(program.answer(&step, 2, "").kind, OMADM_STEP_DONE);

        let ticket = unsafe { (*program.lamp).ticket }.unwrap();
        let blinked = event("org.example.lamp.blinked", "3 times");
        let finish = |ticket| unsafe { omadm_finish(program.client, ticket, &raw const blinked) };
        assert_eq!(finish(ticket.wrapping_add(1)), OMADM_ERR_TICKET);
        assert_eq!(finish(ticket), OMADM_OK);
        let step = program.start();
        for part in ["1226", "order-66", "./Lamp/Blink", "3 times"] {
            assert!(body(&step).contains(part), "{part} in {}", body(&step));
        }
    }
}

#[cfg(feature = "notification")]
#[test]
fn a_notification_that_is_proved_begins_a_session() {
    // MD5 over server, secret `knock`, nonce `n0` and trigger; then the trigger: background, session 7, `srv`.
    let octets = *b"\xF7\x37\x92\x4E\x48\x64\x52\xA4\xCC\x4A\x21\xBA\x02\xE9\xA8\x07\x02\xD8\0\0\0\0\x07\x03srv";
    let program = Program::new(false);
    program.seed();
    let mut notice = core::mem::MaybeUninit::<omadm_notice_t>::uninit();
    let mut judge = |octets: &[u8]| unsafe {
        omadm_notified(
            program.client,
            octets.as_ptr(),
            octets.len(),
            notice.as_mut_ptr(),
        )
    };
    assert_eq!(judge(&octets[..20]), OMADM_ERR_NOTICE_MALFORMED);
    assert_eq!(judge(&octets), OMADM_ERR_NOTICE_CREDENTIALS);
    program.set(&[
        ("./Account/AppAuth/1/AAuthLevel", "SRVCRED"),
        ("./Account/AppAuth/1/AAuthType", "DIGEST"),
        ("./Account/AppAuth/1/AAuthSecret", "knock"),
        ("./Account/AppAuth/1/AAuthData", "n0"),
    ]);
    let mut forged = octets;
    forged[3] ^= 1;
    assert_eq!(judge(&forged), OMADM_ERR_NOTICE_DIGEST);
    assert_eq!(judge(&octets), OMADM_OK);
    assert_eq!(judge(&octets), OMADM_ERR_NOTICE_REPLAYED);
    let notice = unsafe { notice.assume_init() };
    assert_eq!((notice.session_id, notice.by_user), (7, 0));
    assert_eq!(notice.ui_mode, OMADM_UI_MODE_BACKGROUND);
    let mut step = blank();
    let started = unsafe { omadm_start_notified(program.client, &raw const notice, &raw mut step) };
    assert_eq!(started, OMADM_OK);
    assert!(body(&step).contains("<Data>1200</Data>"));
    assert!(
        body(&step).contains("<SessionID>7</SessionID>"),
        "{}",
        body(&step)
    );
}

#[cfg(feature = "reasons")]
#[test]
fn the_program_learns_why_a_command_was_refused() {
    let program = Program::made(false, |config| {
        let slot = omadm_refusal_slot_t { align: !0 };
        config.refusals = vec![slot; 2].leak().as_mut_ptr();
        config.refusal_count = 2;
    });
    program.seed();
    let step = program.start();
    let commands = [get(2, "./Lamp/Dimmer"), replace(3, "./DevInfo/DevId", "x")];
    let step = program.answer(&step, 1, &commands.concat());
    assert_eq!(program.answer(&step, 2, "").kind, OMADM_STEP_DONE);
    let kept = |index| unsafe {
        let mut refusal = core::mem::MaybeUninit::<omadm_refusal_t>::uninit();
        match omadm_refusal(program.client, index, refusal.as_mut_ptr()) {
            OMADM_OK => {
                let refusal = refusal.assume_init();
                let text = |data: *const core::ffi::c_char, len| {
                    str::from_utf8(slice::from_raw_parts(data.cast(), len)).unwrap()
                };
                let uri = text(refusal.uri, refusal.uri_len);
                let command = text(refusal.command, refusal.command_len);
                Ok((command, uri, refusal.code, refusal.reason))
            }
            result => Err(result),
        }
    };
    assert_eq!(
        kept(0),
        Ok(("Get", "./Lamp/Dimmer", 404, OMADM_ERR_NO_SUCH_NODE))
    );
    assert_eq!(
        kept(1).map(|kept| (kept.1, kept.2)),
        Ok(("./DevInfo/DevId", 405))
    );
    assert_eq!(kept(2), Err(OMADM_ERR_ARGUMENT));
}
