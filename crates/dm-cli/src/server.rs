//! `dm server`: the reference server on a port, for devices and labs.

use core::time::Duration;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use dm_core::Encoding;
use dm_server::{BootstrapDocument, Config, Server, Tls, Transcript};
use lexopt::prelude::*;

use crate::console::{self, Input};
use crate::failure::Failure;
use crate::interrupt::Interrupt;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "server",
    summary: "serve DM sessions by a scenario file, over HTTP or HTTPS",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm server [--listen ADDR] [options] --script SCENARIO.toml

Plays the scenario with every device that opens a session, many at once, and prints the transcript of each session when
it has ended. Ctrl-C ends it. A scenario says who the server is, which devices it knows, what it does, and what it
expects; the documentation of dm-server lists every key. An empty file is a server that lets nobody in.

  --script FILE        the scenario
  --listen ADDR        address and port (default 127.0.0.1:8080; port 0: a free one)
  --cert FILE          certificate chain in PEM, the server's own first: HTTPS, TLS 1.2 and 1.3
  --key FILE           its private key in PEM
  --bootstrap FILE     what a GET of /bootstrap gives, over HTTPS only: a bootstrap document in WBXML, as dm bootstrap
                       make --wrap bare writes it
  --transcripts DIR    write each transcript to DIR too, as DEVICE-NUMBER.txt and DEVICE-NUMBER.json
  --sessions N         end after N sessions

Exit status: 0 when every session closed with the statuses that the scenario expects.
";

/// How long a look for ended sessions takes at most.
const LOOK: Duration = Duration::from_millis(200);

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let mut listen = String::from("127.0.0.1:8080");
    let (mut script, mut cert, mut key) = (None::<OsString>, None::<OsString>, None::<OsString>);
    let (mut folder, mut limit) = (None::<PathBuf>, None::<u32>);
    let mut bootstrap = None::<OsString>;
    while let Some(argument) = parser.next()? {
        match argument {
            Long("script") => script = Some(parser.value()?),
            Long("listen") => listen = parser.value()?.string()?,
            Long("cert") => cert = Some(parser.value()?),
            Long("key") => key = Some(parser.value()?),
            Long("bootstrap") => bootstrap = Some(parser.value()?),
            Long("transcripts") => folder = Some(parser.value()?.into()),
            Long("sessions") => limit = Some(parser.value()?.parse()?),
            Short('h') | Long("help") => return Err(Failure::Help),
            _ => return Err(argument.unexpected().into()),
        }
    }
    let script = script.ok_or_else(|| Failure::usage("--script FILE is missing"))?;
    let mut config = scenario(&script)?;
    config.http.tls = match (cert, key) {
        (Some(cert), Some(key)) => Some(tls(&cert, &key)?),
        (None, None) => None,
        _ => return Err(Failure::usage("--cert and --key belong together")),
    };
    if let Some(file) = bootstrap {
        if config.http.tls.is_none() {
            return Err(Failure::usage("--bootstrap takes --cert and --key"));
        }
        config.http.bootstrap = Some(document(&file)?);
    }
    let title = match config.about.title.as_str() {
        "" => String::new(),
        title => format!(": {title}"),
    };
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder)
            .map_err(|why| Failure::unreadable(folder.display(), why))?;
    }
    let interrupt = Interrupt::listen()?;
    let server = Server::bind(listen.as_str(), config)
        .map_err(|why| Failure::failed(format!("{listen}: {why}")))?;
    console::print(&format!("serving {}{title}\n", server.url()))?;
    let server = server.spawn();
    let mut told = Told::default();
    while !interrupt.came() && limit.is_none_or(|limit| told.sessions < limit) {
        for transcript in server.newly_ended(LOOK) {
            told.tell(&transcript, folder.as_deref())?;
        }
    }
    let unfinished = server
        .stop()
        .iter()
        .filter(|transcript| transcript.end == dm_server::End::Running)
        .count();
    console::print(&format!(
        "{} sessions ended, {unfinished} were cut off\n",
        told.sessions
    ))?;
    match told.unclean {
        0 => Ok(()),
        count => Err(Failure::failed(format!(
            "sessions that did not go as the scenario says: {count}"
        ))),
    }
}

fn scenario(file: &OsString) -> Result<Config, Failure> {
    let Input { name, bytes } = Input::read(file)?;
    let text = core::str::from_utf8(&bytes).map_err(|why| Failure::unreadable(&name, why))?;
    Config::parse(text).map_err(|why| Failure::unreadable(&name, why))
}

/// What devices get that ask for their bootstrap.
fn document(file: &OsString) -> Result<BootstrapDocument, Failure> {
    let Input { name, bytes } = Input::read(file)?;
    let Some(profile) = crate::bootstrap::profile_of(&bytes) else {
        return Err(Failure::unreadable(name, "no bootstrap document"));
    };
    if Encoding::detect(&bytes) != Encoding::Wbxml {
        return Err(Failure::unreadable(name, "a bootstrap is WBXML"));
    }
    Ok(BootstrapDocument {
        path: "/bootstrap".to_owned(),
        content_type: profile.media_type(),
        body: bytes,
    })
}

fn tls(cert: &OsString, key: &OsString) -> Result<Tls, Failure> {
    let (cert, key) = (Input::read(cert)?, Input::read(key)?);
    Tls::from_pem(&cert.bytes, &key.bytes)
        .map_err(|why| Failure::unreadable(format_args!("{}, {}", cert.name, key.name), why))
}

/// The sessions that were told about.
#[derive(Default)]
struct Told {
    sessions: u32,
    unclean: u32,
}

impl Told {
    fn tell(&mut self, transcript: &Transcript, folder: Option<&Path>) -> Result<(), Failure> {
        self.sessions = self.sessions.saturating_add(1);
        if !transcript.is_clean() {
            self.unclean = self.unclean.saturating_add(1);
        }
        console::print(&format!("\n{transcript}"))?;
        let Some(folder) = folder else {
            return Ok(());
        };
        let stem = format!("{}-{}", plain(&transcript.device), self.sessions);
        let json = serde_json::to_string_pretty(transcript)
            .map_err(|why| Failure::failed(why.to_string()))?;
        for (ending, text) in [("txt", transcript.to_string()), ("json", json + "\n")] {
            let path = folder.join(format!("{stem}.{ending}"));
            std::fs::write(&path, text)
                .map_err(|why| Failure::failed(format!("{}: {why}", path.display())))?;
        }
        Ok(())
    }
}

/// A device identifier as part of a file name.
fn plain(device: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    device
        .chars()
        .take(64)
        .map(|c| if keep(c) { c } else { '_' })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_cannot_choose_where_its_transcript_goes() {
        assert_eq!(plain("IMEI:0049-1.2_x"), "IMEI_0049-1.2_x");
        assert_eq!(plain("../../etc/passwd"), ".._.._etc_passwd");
        assert_eq!(plain(&"x".repeat(1000)).len(), 64);
    }
}
