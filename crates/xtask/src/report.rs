//! What the reader of a run sees: groups, steps with durations, one closing line.

use crate::process::{Output, Program};
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

/// Lines of a failing program that are shown.
const TAIL: usize = 60;

/// Why a group ended early.
pub(crate) enum Stop {
    /// Already printed.
    Failed,
    /// Something that the group needs is not on this machine.
    Missing(String),
}

/// The result of a step or group.
pub(crate) type Check<T = ()> = Result<T, Stop>;

/// Prints at once; a reader that has gone away is no reason to stop.
fn show(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    let _ = out.flush();
}

macro_rules! line {
    ($($part:tt)*) => {
        show(&(format!($($part)*) + "\n"))
    };
}

/// Counts groups and prints as they run.
pub(crate) struct Report {
    passed: u32,
    failed: u32,
    skipped: u32,
    no_skips: bool,
    failures: Vec<String>,
    start: Instant,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            passed: 0,
            failed: 0,
            skipped: 0,
            no_skips: no_skips(),
            failures: Vec::new(),
            start: Instant::now(),
        }
    }

    /// Runs one group; it counts once in the closing line.
    pub(crate) fn group(&mut self, name: &str, run: impl FnOnce(&mut Steps) -> Check) {
        line!("{name}");
        let mut steps = Steps { failing: None };
        match run(&mut steps) {
            Ok(()) => self.passed += 1,
            Err(Stop::Missing(what)) if !self.no_skips => {
                line!("  skipped: {what}");
                self.skipped += 1;
            }
            Err(stop) => {
                if let Stop::Missing(what) = stop {
                    line!("  FAILED: {what} (skips are failures here)");
                    steps.failing = Some(what);
                }
                self.failed += 1;
                let step = steps.failing.unwrap_or_default();
                self.failures.push(format!("{name}: {step}"));
            }
        }
    }

    /// Prints the summary; the closing line stands alone.
    pub(crate) fn close(&self) -> ExitCode {
        show("\n");
        for failure in &self.failures {
            line!("failed: {failure}");
        }
        line!("finished in {} s", self.start.elapsed().as_secs());
        line!(
            "{} passed, {} failed, {} skipped",
            self.passed,
            self.failed,
            self.skipped
        );
        if self.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

/// True when a group that cannot run is a failure.
pub(crate) fn no_skips() -> bool {
    std::env::var_os("OMA_DM_NO_SKIPS").is_some_and(|value| value == "1")
}

/// The steps of one group.
pub(crate) struct Steps {
    failing: Option<String>,
}

impl Steps {
    /// Runs a program; anything but success ends the group.
    pub(crate) fn run(&mut self, name: &str, program: Program) -> Check<Output> {
        self.run_noting(name, program, |_| String::new())
    }

    /// As [`Steps::run`], with a short note taken from the output, shown behind the duration.
    pub(crate) fn run_noting(
        &mut self,
        name: &str,
        mut program: Program,
        note: impl FnOnce(&Output) -> String,
    ) -> Check<Output> {
        let line = program.line();
        self.timed(name, || {
            let output = program.run().map_err(|why| format!("$ {line}\n{why}"))?;
            if output.success {
                let note = note(&output);
                Ok((output, note))
            } else {
                Err(format!("$ {line}\n{}", tail(&output)))
            }
        })
    }

    /// Runs a check of our own; an error text ends the group, a success text is shown as note.
    pub(crate) fn verify(
        &mut self,
        name: &str,
        check: impl FnOnce() -> Result<String, String>,
    ) -> Check {
        self.timed(name, || check().map(|note| ((), note)))
    }

    /// As [`Steps::verify`] for a check that yields something.
    pub(crate) fn timed<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<(T, String), String>,
    ) -> Check<T> {
        show(&format!("  {name:<46}"));
        let start = Instant::now();
        let result = work();
        let seconds = start.elapsed().as_secs_f32();
        match result {
            Ok((value, note)) => {
                let text = format!(" {seconds:>6.1} s  {note}");
                line!("{}", text.trim_end());
                Ok(value)
            }
            Err(why) => {
                line!(" {seconds:>6.1} s  FAILED");
                for line in why.trim_end().lines() {
                    line!("    {line}");
                }
                self.failing = Some(name.to_owned());
                Err(Stop::Failed)
            }
        }
    }

    /// A line that is neither success nor failure.
    pub(crate) fn say(&self, text: &str) {
        line!("  {text}");
    }
}

fn tail(output: &Output) -> String {
    let lines: Vec<&str> = output
        .stdout
        .lines()
        .chain(output.stderr.lines())
        .filter(|line| !line.trim().is_empty())
        .collect();
    let hidden = lines.len().saturating_sub(TAIL);
    let mut text = String::new();
    if hidden > 0 {
        text.push_str(&format!("({hidden} lines before)\n"));
    }
    for line in lines.iter().skip(hidden) {
        text.push_str(line);
        text.push('\n');
    }
    text
}
