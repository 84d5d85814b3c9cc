//! `cargo xtask ci`: every check.

use crate::{Context, Verb, bench, fuzz_smoke, lint, miri, size, test};

pub(crate) const VERB: Verb = Verb {
    name: "ci",
    summary: "everything below",
    switches: &[
        ("--full", "heavy tests and fuzzing with their whole budget"),
        (
            "--no-test",
            "without the verb `test`, for a run right after it",
        ),
    ],
    details: "Runs lint, test, size, bench, miri and fuzz-smoke.",
    run,
};

fn run(context: &mut Context) {
    (lint::VERB.run)(context);
    if !context.has("--no-test") {
        (test::VERB.run)(context);
    }
    (size::VERB.run)(context);
    (bench::VERB.run)(context);
    (miri::VERB.run)(context);
    (fuzz_smoke::VERB.run)(context);
}
