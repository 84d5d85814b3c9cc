//! `dm bootstrap`: bootstrap documents of both profiles made, shown and applied.

mod applied;
mod fetched;
mod made;
mod shown;

use std::ffi::OsString;

use dm_bindings::push::Sec;
use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, Refused, imsi};
use lexopt::prelude::*;

use crate::failure::Failure;
use crate::push::Delivery;

pub(crate) const VERB: crate::Verb = crate::Verb {
    name: "bootstrap",
    summary: "make, show or apply a bootstrap: the push that gives a device an account",
    help: HELP,
    run,
};

const HELP: &str = "\
usage: dm bootstrap make [--pin PIN [--pin-mac]] [--imsi DIGITS] [options] FILE
       dm bootstrap inspect [--pin PIN] [--imsi DIGITS] [--hex] FILE...
       dm bootstrap apply --device DEVICE.toml [--from WHERE] [--pin PIN] [--imsi DIGITS] [--hex] FILE...
       dm bootstrap fetch --device DEVICE.toml [--ca PEM] [URL]

A bootstrap is a document that gives a device its accounts; pushed, it has a MAC made with secrets that device and
sender share. make takes one, XML or WBXML, and writes the push as hex text. inspect shows push and document, without
the secrets in it, and ends with 1 when the MAC is wrong. apply shows what a device would make of it; nothing of it is
kept. fetch asks a bootstrap server for the document, as this project's profile of DM 1.3 does it: URL, or those of the
device's ./BootstrapCfg, with GET over HTTPS, and shows the same. `-` is standard input.

FILE of make is a client provisioning document, or for the DM profile a serialised tree (as dm tnds export writes
it), which is wrapped into a message for ./Inbox, or a whole DM message. The least that a provisioning document says:
  <wap-provisioningdoc version=\"1.1\"><characteristic type=\"APPLICATION\"><parm name=\"APPID\" value=\"w7\"/>
  <parm name=\"PROVIDER-ID\" value=\"srv.example\"/><parm name=\"ADDR\" value=\"https://srv.example/dm\"/>
  </characteristic></wap-provisioningdoc>

Secrets; which of them there are decides on the method (SEC) of make, and without any there is no MAC:
  --pin PIN           the PIN that the user was told (USERPIN)
  --imsi DIGITS       the IMSI of the card (NETWORKID), in semi-octets; with --pin USERPIN_NETWORKID
  --network HEX       another secret of the network instead of the IMSI, its octets
  --pin-mac           make: PIN is a half only, and the whole one for the user to type, which has the MAC in it, is
                      told on standard error (USERPINMAC; client provisioning only)

Options of make:
  --wrap HOW          bare, wsp (a WAP push, the default), or sms (user data of short messages, a line for each)
  --send HOST[:PORT]  sends the WAP push in a datagram instead of writing it; to port 2948 unless another is named
  -o FILE             writes octets to a file instead of hex text to standard output

FILE of inspect and apply is a document, a WAP push or the user data of a short message; several files are the parts
of a long one.
  --hex               FILE is hex text, as dm inspect takes it
  --device FILE       apply: the device; `dm replay --help` shows the format
  --from WHERE        apply: where a document came from that is not in a push: factory (the default), card, or the
                      name of a TLS server
  --ca FILE           fetch: trust the certificates in this PEM file, not those of the system; may be repeated
";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Make,
    Inspect,
    Apply,
    Fetch,
}

/// What the command line says.
#[derive(Default)]
struct Order {
    files: Vec<OsString>,
    hex: bool,
    secrets: Secrets,
    delivery: Delivery,
    device: Option<OsString>,
    from: Option<String>,
    authorities: Vec<OsString>,
}

fn run(parser: &mut lexopt::Parser) -> Result<(), Failure> {
    let name = match parser.next()? {
        Some(Value(name)) => name,
        Some(Short('h') | Long("help")) => return Err(Failure::Help),
        Some(other) => return Err(other.unexpected().into()),
        None => return Err(Failure::usage("say make, inspect, apply or fetch")),
    };
    match name.to_str() {
        Some("make") => made::run(order(parser, Action::Make)?),
        Some("inspect") => shown::run(&order(parser, Action::Inspect)?),
        Some("apply") => applied::run(&order(parser, Action::Apply)?),
        Some("fetch") => fetched::run(&order(parser, Action::Fetch)?),
        _ => Err(Failure::usage(format!(
            "say make, inspect, apply or fetch, not {name:?}"
        ))),
    }
}

fn order(parser: &mut lexopt::Parser, action: Action) -> Result<Order, Failure> {
    let (makes, applies) = (action == Action::Make, action == Action::Apply);
    let fetches = action == Action::Fetch;
    let mut order = Order::default();
    let secrets = &mut order.secrets;
    while let Some(argument) = parser.next()? {
        match argument {
            Short('h') | Long("help") => return Err(Failure::Help),
            Long("pin") => secrets.pin = text(parser)?.into_bytes(),
            Long("imsi") => secrets.network = semi_octets(&text(parser)?)?,
            Long("network") => secrets.network = octets(&text(parser)?)?,
            Long("hex") => order.hex = true,
            Long("pin-mac") if makes => secrets.pin_mac = true,
            Long("wrap") if makes => order.delivery.wrap(&text(parser)?)?,
            Long("send") if makes => order.delivery.send = Some(text(parser)?),
            Short('o') if makes => order.delivery.output = Some(parser.value()?),
            Long("ca") if fetches => order.authorities.push(parser.value()?),
            Long("device") if applies || fetches => order.device = Some(parser.value()?),
            Long("from") if applies => order.from = Some(text(parser)?),
            Value(file) if !(makes || fetches) || order.files.is_empty() => order.files.push(file),
            _ => return Err(argument.unexpected().into()),
        }
    }
    if order.files.is_empty() && !fetches {
        return Err(Failure::usage("no file is given (`-` is standard input)"));
    }
    Ok(order)
}

fn text(parser: &mut lexopt::Parser) -> Result<String, Failure> {
    Ok(parser.value()?.string()?)
}

fn octets(text: &str) -> Result<Vec<u8>, Failure> {
    crate::hex::octets(text.as_bytes())
        .map_err(|why| Failure::usage(format!("--network takes hex: {why}")))
}

fn semi_octets(digits: &str) -> Result<Vec<u8>, Failure> {
    let mut key = [0; 8];
    imsi(digits, &mut key)
        .map(<[u8]>::to_vec)
        .ok_or_else(|| Failure::usage(format!("--imsi takes 1 to 15 digits, not {digits:?}")))
}

pub(crate) use shown::profile_of;

/// What device and sender share; empty: they do not.
#[derive(Default)]
struct Secrets {
    pin: Vec<u8>,
    network: Vec<u8>,
    pin_mac: bool,
}

impl Secrets {
    /// The method for which these are the secrets.
    fn method(&self) -> Result<Option<Sec>, Failure> {
        let sec = match (self.pin.is_empty(), self.network.is_empty()) {
            (true, true) => None,
            (true, false) => Some(Sec::NetworkId),
            (false, true) if self.pin_mac => Some(Sec::UserPinMac),
            (false, true) => Some(Sec::UserPin),
            (false, false) => Some(Sec::UserPinNetworkId),
        };
        match sec {
            Some(Sec::UserPinMac) => Ok(sec),
            _ if self.pin_mac => Err(Failure::usage("--pin-mac takes --pin and no other secret")),
            _ => Ok(sec),
        }
    }

    /// The option that is missing to check a MAC of this method.
    fn missing(&self, sec: Sec) -> Option<&'static str> {
        let needs_network = matches!(sec, Sec::NetworkId | Sec::UserPinNetworkId);
        match sec.needs_pin() && self.pin.is_empty() {
            true => Some("--pin"),
            false if needs_network && self.network.is_empty() => Some("--imsi or --network"),
            false => None,
        }
    }
}

/// A device that takes pushes of every method, and its user agrees: who runs the command does.
const POLICY: BootstrapPolicy = {
    let mut policy = BootstrapPolicy::DEFAULT;
    policy.push = true;
    policy.network_id_alone = true;
    policy.ask = false;
    policy
};

/// The document, proved with the secrets if it has to be.
fn proved<'d>(
    (profile, document): (Profile, &'d [u8]),
    origin: Origin<'d>,
    secrets: &Secrets,
) -> Result<Bootstrap<'d>, Refused> {
    let mut bootstrap = Bootstrap::open(profile, document, origin, POLICY)?;
    bootstrap.prove(&secrets.network, &secrets.pin)?;
    Ok(bootstrap)
}
