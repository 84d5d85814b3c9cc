//! `dm bootstrap fetch`: the device asks for its document.

use core::time::Duration;
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::Path;

use dm_bindings::http::{Connector, Link, Uri};
use dm_bindings::std_net::block_on;
use dm_core::bootstrap::{ACCEPT, Answer, Bootstrap, Fetch, FetchResult, FetchStep, Origin};

use super::{Order, POLICY, applied};
use crate::changes;
use crate::console;
use crate::device::Device;
use crate::failure::Failure;
use crate::interrupt::Interrupt;
use crate::link::{Dialler, trust};

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(20);
/// Octets of the longest answer.
const LONGEST: u64 = 64 * 1024;

/// What the next call says, in owned words.
enum Next {
    /// The address, and whether credentials go there.
    Get(String, bool),
    Wait(u32),
    Apply(dm_core::bootstrap::Profile),
    Done(FetchResult),
}

impl From<FetchStep<'_>> for Next {
    fn from(step: FetchStep<'_>) -> Self {
        match step {
            FetchStep::Get {
                uri,
                with_credentials,
            } => Self::Get(uri.to_owned(), with_credentials),
            FetchStep::Wait(seconds) => Self::Wait(seconds),
            FetchStep::Apply(profile) => Self::Apply(profile),
            FetchStep::Done(result) => Self::Done(result),
        }
    }
}

pub(super) fn run(order: &Order) -> Result<(), Failure> {
    let device = order.device.as_ref();
    let device =
        device.ok_or_else(|| Failure::usage("--device is missing (--help shows all options)"))?;
    let device = Device::load(Path::new(device))?;
    let schema = device.schema();
    let mut tree = device.open()?;
    let before = changes::snapshot(&mut tree, &schema);
    let mut dialler = Dialler::new(PATIENCE, trust(&order.authorities)?, Interrupt::listen()?);
    let mut fetch = Fetch::new(&mut tree).map_err(failed)?;
    let mut next: Next = match order.files.first() {
        None => fetch.start(&mut tree),
        Some(url) => fetch.discovered(&mut tree, &text(url)?),
    }
    .map_err(failed)?
    .into();
    let (mut body, mut host, mut told) = (Vec::new(), String::new(), None);
    loop {
        next = match next {
            Next::Get(_, true) => {
                let what = "the server wants HTTP credentials, which this command does not send";
                return Err(Failure::failed(what.to_owned()));
            }
            Next::Get(uri, false) => {
                console::print(&format!("GET {uri}\n"))?;
                match get(&mut dialler, &uri) {
                    Ok(got) => {
                        (body, host) = (got.body, got.host);
                        let answer = Answer {
                            status: got.status,
                            content_type: &got.content_type,
                            location: got.location.as_deref(),
                            retry_after: got.retry_after,
                        };
                        console::print(&format!("    {} {}\n", got.status, got.content_type))?;
                        fetch.answered(&mut tree, &answer)
                    }
                    Err(why) => {
                        console::print(&format!("    {why}\n"))?;
                        fetch.failed(&mut tree)
                    }
                }
            }
            // Whoever runs the command can do so again.
            Next::Wait(seconds) => {
                let what = format!("the device would try again in {seconds} seconds");
                return Err(Failure::failed(what));
            }
            Next::Apply(profile) => {
                let origin = Origin::Secured { name: &host };
                let mut work = vec![0; body.len()];
                let result = Bootstrap::open(profile, &body, origin, POLICY)
                    .and_then(|bootstrap| applied::apply(&bootstrap, &mut tree, &mut work));
                let verdict = match result {
                    Ok(applied) => {
                        told = Some(applied);
                        Ok(())
                    }
                    Err(why) => {
                        console::print(&format!("    {why}\n"))?;
                        Err(why)
                    }
                };
                fetch.applied(&mut tree, verdict)
            }
            Next::Done(result) => {
                return finish(result, told.as_ref(), || {
                    let after = changes::snapshot(&mut tree, &schema);
                    changes::lines(&before, &after)
                });
            }
        }
        .map_err(failed)?
        .into();
    }
}

fn finish(
    result: FetchResult,
    told: Option<&applied::Done>,
    lines: impl FnOnce() -> String,
) -> Result<(), Failure> {
    let (FetchResult::Applied, Some(told)) = (result, told) else {
        return Err(Failure::failed(format!("nothing was fetched: {result:?}")));
    };
    console::print(&(lines() + &applied::next(told)))
}

fn failed(why: impl core::fmt::Display) -> Failure {
    Failure::failed(why.to_string())
}

fn text(url: &OsString) -> Result<String, Failure> {
    let url = url.to_str();
    url.map(str::to_owned)
        .ok_or_else(|| Failure::usage("the URL is no text"))
}

/// An answer.
struct Got {
    host: String,
    status: u16,
    content_type: String,
    location: Option<String>,
    retry_after: Option<u32>,
    body: Vec<u8>,
}

/// One request over a connection of its own. HTTP/1.0, so that the answer comes in one piece and ends with the connection.
fn get(dialler: &mut Dialler, uri: &str) -> Result<Got, String> {
    let Uri {
        authority,
        host_port,
        target,
    } = Uri::parse(uri).ok_or("the address is no URI")?;
    let link = block_on(dialler.connect(&authority));
    let Ok(Link::Secured { mut stream, name }) = link else {
        return Err(dialler.trouble().unwrap_or("not connected").to_owned());
    };
    let slash = if target.starts_with('/') { "" } else { "/" };
    let request = format!(
        "GET {slash}{target} HTTP/1.0\r\nHost: {host_port}\r\nAccept: {ACCEPT}\r\nConnection: close\r\n\r\n"
    );
    let stream = &mut stream.0;
    let mut answer = Vec::new();
    stream
        .write_all(request.as_bytes())
        .and_then(|()| stream.flush())
        .and_then(|()| stream.take(LONGEST).read_to_end(&mut answer))
        .map_err(|why| why.to_string())?;
    read(&answer, name).ok_or_else(|| "the answer is no HTTP".to_owned())
}

fn read(answer: &[u8], host: &str) -> Option<Got> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = core::str::from_utf8(answer.get(..end)?).ok()?;
    let body = answer.get(end.saturating_add(4)..)?;
    let mut lines = head.lines();
    let status = lines
        .next()?
        .strip_prefix("HTTP/1.")?
        .get(2..5)?
        .parse()
        .ok()?;
    let header = |name: &str| {
        let mut lines = head.lines().skip(1).filter_map(|line| line.split_once(':'));
        let (_, value) = lines.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.trim().to_owned())
    };
    let length = header("Content-Length").and_then(|length| length.parse().ok());
    // A connection that broke off is no end.
    if length.is_some_and(|length: usize| length != body.len()) {
        return None;
    }
    Some(Got {
        host: host.to_owned(),
        status,
        content_type: header("Content-Type").unwrap_or_default(),
        location: header("Location"),
        retry_after: header("Retry-After").and_then(|seconds| seconds.parse().ok()),
        body: body.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_whole_or_not_at_all() {
        let text = b"HTTP/1.1 200 OK\r\ncontent-type: a/b\r\nContent-Length: 3\r\nRetry-After: 7\r\n\r\nabc";
        let got = read(text, "h").unwrap();
        assert_eq!((got.status, got.body.as_slice()), (200, &b"abc"[..]));
        assert_eq!(
            (got.content_type.as_str(), got.retry_after),
            ("a/b", Some(7))
        );
        for len in 0..text.len() {
            assert!(read(&text[..len], "h").is_none(), "{len}");
        }
        assert!(read(b"SSH-2.0\r\n\r\n", "h").is_none());
    }
}
