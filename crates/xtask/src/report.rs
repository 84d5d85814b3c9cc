//! What the reader of a run sees: groups, steps with durations, one closing line.

use crate::process::{Output, Program};
use std::io::Write;
use std::process::ExitCode;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

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
        self.timed(name, || run(&mut program, note))
    }

    /// Runs programs that do not disturb each other, as many at a time as there are processors, and shows them as
    /// [`Steps::run_noting`] does, in the order in which they end. All of them run, also when one fails.
    pub(crate) fn run_side_by_side(
        &mut self,
        programs: Vec<(String, Program)>,
        note: fn(&Output) -> String,
    ) -> Check {
        let waiting = Mutex::new(programs.into_iter());
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let mut failing = None;
        thread::scope(|scope| {
            let (ended, results) = mpsc::channel();
            for _ in 0..processors {
                let (waiting, ended) = (&waiting, ended.clone());
                scope.spawn(move || {
                    let next = || waiting.lock().ok()?.next();
                    while let Some((name, mut program)) = next() {
                        let start = Instant::now();
                        let result = run(&mut program, note);
                        let _ = ended.send((name, start.elapsed(), result));
                    }
                });
            }
            drop(ended);
            for (name, time, result) in results {
                show(&format!("  {name:<46}"));
                if close(time, result.map(|(_, note)| ((), note))).is_err() {
                    failing.get_or_insert(name);
                }
            }
        });
        match failing {
            None => Ok(()),
            Some(name) => {
                self.failing = Some(name);
                Err(Stop::Failed)
            }
        }
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
        close(start.elapsed(), result).inspect_err(|_| self.failing = Some(name.to_owned()))
    }

    /// A line that is neither success nor failure.
    pub(crate) fn say(&self, text: &str) {
        line!("  {text}");
    }
}

/// Runs a program to its end; the output of one that fails is the error.
fn run(
    program: &mut Program,
    note: impl FnOnce(&Output) -> String,
) -> Result<(Output, String), String> {
    let line = program.line();
    let output = program.run().map_err(|why| format!("$ {line}\n{why}"))?;
    if output.success {
        let note = note(&output);
        Ok((output, note))
    } else {
        Err(format!("$ {line}\n{}", tail(&output)))
    }
}

/// Ends the line of a step, below which the reasons of a failure stand.
fn close<T>(time: Duration, result: Result<(T, String), String>) -> Check<T> {
    let seconds = time.as_secs_f32();
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
            Err(Stop::Failed)
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn side_by_side_all_programs_run_and_one_that_fails_is_told() {
        let cargo = |name: &str, arg: &str| (name.to_owned(), Program::cargo().arg(arg));
        let mut steps = Steps { failing: None };
        let all = vec![cargo("version", "--version"), cargo("help", "--help")];
        assert!(steps.run_side_by_side(all, |_| String::new()).is_ok());
        assert!(steps.failing.is_none());
        let one = vec![cargo("wrong", "--no-such-switch"), cargo("help", "--help")];
        let ended = steps.run_side_by_side(one, |_| String::new());
        assert!(matches!(ended, Err(Stop::Failed)));
        assert_eq!(steps.failing.as_deref(), Some("wrong"));
    }
}
