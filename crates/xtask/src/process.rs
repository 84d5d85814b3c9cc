//! Running programs: output captured, standard input closed, a time limit always.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// Longest time for a build or a test run.
const LONG: Duration = Duration::from_secs(40 * 60);

/// What a program that has ended left behind.
pub(crate) struct Output {
    pub(crate) success: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// A program to run, with its time limit.
pub(crate) struct Program {
    command: Command,
    limit: Duration,
}

impl Program {
    pub(crate) fn new(name: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(name);
        command.stdin(Stdio::null());
        Self {
            command,
            limit: LONG,
        }
    }

    /// The cargo of the toolchain that runs this program.
    pub(crate) fn cargo() -> Self {
        Self::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
    }

    /// A tool of another toolchain: the variables of the present one must not reach it.
    pub(crate) fn toolchain(channel: &str, tool: &str) -> Self {
        let mut program = Self::new("rustup").args(["run", channel, tool]);
        for name in ["CARGO", "RUSTC", "RUSTDOC", "RUSTUP_TOOLCHAIN"] {
            program.command.env_remove(name);
        }
        program
    }

    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Gives the program a file as standard input.
    pub(crate) fn reading(mut self, path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
        self.command.stdin(file);
        Ok(self)
    }

    pub(crate) fn limit(mut self, seconds: u64) -> Self {
        self.limit = Duration::from_secs(seconds);
        self
    }

    /// The command as one would type it.
    pub(crate) fn line(&self) -> String {
        let mut line = String::new();
        if let Some(dir) = self.command.get_current_dir() {
            line.push_str(&format!("cd {} && ", dir.display()));
        }
        for (name, value) in self.command.get_envs() {
            if let Some(value) = value {
                line.push_str(&format!("{}={} ", name.display(), quoted(value)));
            }
        }
        let program = Path::new(self.command.get_program());
        line.push_str(&program.file_name().unwrap_or_default().to_string_lossy());
        for arg in self.command.get_args() {
            line.push(' ');
            line.push_str(&quoted(arg));
        }
        line
    }

    /// Runs the program to its end; an error says why it could not be run or did not end.
    pub(crate) fn run(&mut self) -> Result<Output, String> {
        let mut child = self
            .command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("cannot start: {error}"))?;
        let stdout = drain(child.stdout.take());
        let stderr = drain(child.stderr.take());
        let start = Instant::now();
        let status = loop {
            match child.try_wait() {
                Ok(Some(status)) => break Ok(status),
                Ok(None) if start.elapsed() > self.limit => {
                    let _ = child.kill();
                    let _ = child.wait();
                    break Err(format!("not finished after {} s", self.limit.as_secs()));
                }
                Ok(None) => thread::sleep(Duration::from_millis(10)),
                Err(error) => break Err(format!("cannot wait: {error}")),
            }
        };
        let stdout = stdout.join().unwrap_or_default();
        let stderr = stderr.join().unwrap_or_default();
        match status {
            Ok(status) => Ok(Output {
                success: status.success(),
                stdout,
                stderr,
            }),
            Err(why) => Err(format!("{why}\n{stdout}{stderr}")),
        }
    }
}

fn quoted(text: &OsStr) -> String {
    let text = text.to_string_lossy();
    if text.contains([' ', '"', '\'', '$']) {
        format!("'{text}'")
    } else {
        text.into_owned()
    }
}

/// Reads a pipe on a thread of its own, so that a full pipe never stops the program.
fn drain<R: Read + Send + 'static>(pipe: Option<R>) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_end(&mut bytes);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
