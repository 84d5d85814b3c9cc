//! `dm tnds`: parts of a device's tree as one document, out and in.

use std::ffi::OsString;
use std::path::Path;

use dm_tree::{Output as Taker, Progress, Sink, TreeDocument};
use dm_wbxml::Encoding;
use lexopt::prelude::*;

use crate::console::{self, Input, Output};
use crate::device::Device;
use crate::failure::Failure;
use crate::{changes, convert};

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "tnds",
    summary: "write part of a device's tree as a serialised tree, or take one in",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm tnds export --device DEVICE.toml [--to xml|wbxml] [-o OUT] [URI]
       dm tnds import --device DEVICE.toml [--add] [--at URI] FILE

export writes the node at URI with everything below it (the whole tree without URI) as a serialised tree (TNDS).
Behind the URI a selection of properties may stand, as servers ask for it: './Vendor?list=TNDS+Format+Value'. It is the
device itself that reads: secrets are written too.

import takes a serialised tree of either encoding into the device, as if the manufacturer did, and shows what changes in
the tree. It replaces what is at URI, or with --add makes it. Nothing of it is kept.

  --device FILE    the device; `dm replay --help` shows the format
  --to xml|wbxml   encoding of the document (XML)
  -o, --out OUT    write to OUT instead of standard output
  --add            Add instead of Replace
  --at URI         target of the command; ./Inbox takes what has a management object identifier
";

struct Request {
    device: OsString,
    to: Encoding,
    out: Output,
    adds: bool,
    at: Option<String>,
    rest: Option<OsString>,
}

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let what = match parser.next()? {
        Some(Value(what)) => what,
        Some(Short('h') | Long("help")) => return Err(Failure::Help),
        Some(other) => return Err(other.unexpected().into()),
        None => return Err(Failure::usage("export or import? (--help shows both)")),
    };
    match what.to_str() {
        Some("export") => export(parse(parser)?),
        Some("import") => import(parse(parser)?),
        _ => Err(Failure::usage(format!("export or import, not {what:?}"))),
    }
}

fn parse(parser: &mut lexopt::Parser) -> Result<Request, Failure> {
    let mut device = None;
    let mut request = Request {
        device: OsString::new(),
        to: Encoding::Xml,
        out: Output::Standard,
        adds: false,
        at: None,
        rest: None,
    };
    while let Some(argument) = parser.next()? {
        match argument {
            Long("device") => device = Some(parser.value()?),
            Long("to") => request.to = convert::encoding(&parser.value()?)?,
            Short('o') | Long("out") => request.out = Output::File(parser.value()?),
            Long("add") => request.adds = true,
            Long("at") => request.at = Some(parser.value()?.string()?),
            Short('h') | Long("help") => return Err(Failure::Help),
            Value(rest) if request.rest.is_none() => request.rest = Some(rest),
            _ => return Err(argument.unexpected().into()),
        }
    }
    request.device =
        device.ok_or_else(|| Failure::usage("--device is missing (--help shows all options)"))?;
    Ok(request)
}

/// Takes the document.
struct Bytes(Vec<u8>);

impl Taker for Bytes {
    fn put(&mut self, bytes: &[u8]) -> usize {
        self.0.extend_from_slice(bytes);
        bytes.len()
    }
}

fn export(request: Request) -> Result<(), Failure> {
    if request.to == Encoding::Wbxml
        && matches!(request.out, Output::Standard)
        && console::is_terminal()
    {
        return Err(Failure::usage(
            "WBXML is not for a terminal: name a file with -o",
        ));
    }
    let uri = match &request.rest {
        Some(uri) => uri.to_string_lossy().into_owned(),
        None => ".".to_owned(),
    };
    let mut tree = Device::load(Path::new(&request.device))?.open()?;
    let mut document = Bytes(Vec::new());
    let mut sink = Sink::new(&mut document);
    let written = tree.local().read_subtree(&uri, request.to, &mut sink);
    match written {
        Ok(Progress::Done) => {}
        Ok(_) => return Err(Failure::failed(format!("{uri}: not ready"))),
        Err(reason) => return Err(Failure::failed(format!("{uri}: {reason}"))),
    }
    if request.to == Encoding::Xml {
        document.0.push(b'\n');
    }
    request.out.write(&document.0)
}

fn import(request: Request) -> Result<(), Failure> {
    let file = request
        .rest
        .ok_or_else(|| Failure::usage("no file is given (`-` is standard input)"))?;
    let input = Input::read(&file)?;
    let device = Device::load(Path::new(&request.device))?;
    let schema = device.schema();
    let mut tree = device.open()?;
    let before = changes::snapshot(&mut tree, &schema);
    let at = request.at.as_deref().unwrap_or(".");
    let mut work = vec![0; input.bytes.len()];
    let document = TreeDocument::new(&input.bytes);
    let done = document.and_then(|document| {
        let mut factory = tree.factory();
        match request.adds {
            true => factory.add_subtree(at, &document, &mut work),
            false => factory.replace_subtree(at, &document, &mut work),
        }
    });
    done.map_err(|reason| {
        Failure::failed(format!(
            "{} at {at}: {reason} (status {})",
            input.name,
            reason.status().0
        ))
    })?;
    let after = changes::snapshot(&mut tree, &schema);
    let mut text = changes::lines(&before, &after);
    if text.is_empty() {
        text.push_str("nothing changes\n");
    }
    console::print(&text)
}
