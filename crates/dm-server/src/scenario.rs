//! Scenario files: a whole [`Config`] as TOML. The format is described in the crate documentation.

use core::fmt;
use core::time::Duration;
use std::path::Path;

use serde::Deserialize;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use toml::Spanned;

use crate::config::{Config, Device, Http, Identity, Secret};
use crate::digest::{self, Scheme};
use crate::draft;
use crate::lab::About;
use crate::script::{Item, Op, Pieces, Value, Verb};

/// Why a scenario was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// Line of the fault, from 1; 0 where none can be named.
    pub line: usize,
    /// What is wrong there, and what would be right.
    pub message: String,
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => f.write_str(&self.message),
            line => write!(f, "line {line}: {}", self.message),
        }
    }
}

impl core::error::Error for ScenarioError {}

impl Config {
    /// Reads a scenario.
    ///
    /// # Errors
    /// Syntax, unknown keys, and operations that make no sense, each with its line.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let line = |at: usize| {
            text.bytes()
                .take(at)
                .filter(|&byte| byte == b'\n')
                .count()
                .saturating_add(1)
        };
        let file: File = toml::from_str(text).map_err(|error| ScenarioError {
            line: error.span().map_or(0, |span| line(span.start)),
            message: error.message().to_owned(),
        })?;
        file.config().map_err(|fault| ScenarioError {
            line: line(fault.at),
            message: fault.message,
        })
    }

    /// Reads a scenario file.
    ///
    /// # Errors
    /// As [`Config::parse`]; a file that cannot be read counts as a fault without a line.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let text = std::fs::read_to_string(path).map_err(|error| ScenarioError {
            line: 0,
            message: format!("{}: {error}", path.display()),
        })?;
        Self::parse(&text)
    }
}

/// A fault in what the keys say, at an offset of the text.
struct Fault {
    at: usize,
    message: String,
}

impl Fault {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    server: RawServer,
    #[serde(default)]
    device: Vec<RawDevice>,
    #[serde(default)]
    package: Vec<lab::RawPackage>,
    #[serde(default)]
    http: RawHttp,
    #[serde(default)]
    about: String,
    #[serde(default)]
    proves: Vec<String>,
    #[serde(default)]
    expect: lab::RawExpect,
    #[serde(default)]
    bench: lab::RawBench,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawServer {
    id: Option<String>,
    uri: Option<String>,
    user: Option<String>,
    secret: String,
    auth: Option<Spanned<String>>,
    anonymous: bool,
    per_message: bool,
    versions: Option<Vec<String>>,
    nonces: Vec<Spanned<String>>,
    max_msg_size: Option<u32>,
    max_obj_size: Option<u32>,
    resp_uri: Option<String>,
    max_attempts: Option<u32>,
    max_messages: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDevice {
    id: Option<String>,
    user: String,
    secret: String,
    auth: Option<Spanned<String>>,
    nonce: Option<Spanned<String>>,
    server_nonce: Option<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawHttp {
    path: Option<Spanned<String>>,
    redirect: Option<String>,
    resp_uri: bool,
    chunk: Option<usize>,
    keep_alive: Option<bool>,
    max_body: Option<usize>,
    timeout: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawOp {
    get: Option<Texts>,
    add: Option<Texts>,
    replace: Option<Texts>,
    delete: Option<Texts>,
    copy: Option<Texts>,
    exec: Option<Texts>,
    alert: Option<u16>,
    sequence: Option<Vec<Spanned<Self>>>,
    atomic: Option<Vec<Spanned<Self>>>,
    from: Option<Texts>,
    items: Option<Texts>,
    value: Option<Texts>,
    bytes: Option<Spanned<String>>,
    fill: Option<usize>,
    tree: Option<Vec<Spanned<tree::RawNode>>>,
    format: Option<String>,
    r#type: Option<String>,
    size: Option<u32>,
    correlator: Option<String>,
    no_resp: bool,
    other: Option<Spanned<String>>,
    piece: Option<usize>,
    cut: Option<usize>,
    sizeless: bool,
    insist: bool,
    expect: Option<Codes>,
}

/// A text, or a list of them. Numbers and booleans are taken as they are written.
#[derive(Default)]
struct Texts(Vec<String>);

/// A status code, or a list of them.
#[derive(Default)]
struct Codes(Vec<u16>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct One(String);
        impl<'de> Deserialize<'de> for One {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let Texts(mut list) = deserializer.deserialize_any(TextsVisitor { list: false })?;
                Ok(Self(list.pop().unwrap_or_default()))
            }
        }
        struct TextsVisitor {
            list: bool,
        }
        impl<'de> Visitor<'de> for TextsVisitor {
            type Value = Texts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(if self.list {
                    "a text, number, boolean, or a list of them"
                } else {
                    "a text, number or boolean"
                })
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Texts, E> {
                Ok(Texts(vec![text.to_owned()]))
            }
            fn visit_i64<E: de::Error>(self, number: i64) -> Result<Texts, E> {
                Ok(Texts(vec![number.to_string()]))
            }
            fn visit_f64<E: de::Error>(self, number: f64) -> Result<Texts, E> {
                Ok(Texts(vec![number.to_string()]))
            }
            fn visit_bool<E: de::Error>(self, truth: bool) -> Result<Texts, E> {
                Ok(Texts(vec![truth.to_string()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Texts, A::Error> {
                if !self.list {
                    return Err(de::Error::invalid_type(de::Unexpected::Seq, &self));
                }
                let mut texts = Vec::new();
                while let Some(One(text)) = seq.next_element()? {
                    texts.push(text);
                }
                Ok(Texts(texts))
            }
        }
        deserializer.deserialize_any(TextsVisitor { list: true })
    }
}

impl<'de> Deserialize<'de> for Codes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CodesVisitor;
        impl<'de> Visitor<'de> for CodesVisitor {
            type Value = Codes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a status code or a list of them")
            }
            fn visit_i64<E: de::Error>(self, code: i64) -> Result<Codes, E> {
                let code = u16::try_from(code)
                    .ok()
                    .filter(|code| (100..1000).contains(code));
                code.map(|code| Codes(vec![code]))
                    .ok_or_else(|| E::custom("a status code has three digits"))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Codes, A::Error> {
                let mut codes = Vec::new();
                while let Some(Codes(code)) = seq.next_element()? {
                    codes.extend(code);
                }
                Ok(Codes(codes))
            }
        }
        deserializer.deserialize_any(CodesVisitor)
    }
}

impl File {
    fn config(self) -> Result<Config, Fault> {
        let mut packages = Vec::new();
        for package in self.package {
            packages.push(package.package()?);
        }
        let mut devices = Vec::new();
        for device in self.device {
            devices.push(Device {
                id: device.id,
                user: device.user,
                secret: Secret::new(&device.secret),
                auth: match &device.auth {
                    Some(text) if text.get_ref() == "any" => None,
                    Some(text) => Some(scheme(text)?),
                    None => Some(Scheme::Md5),
                },
                nonce: octets(device.nonce.as_ref())?,
                server_nonce: octets(device.server_nonce.as_ref())?,
                notices: None,
            });
        }
        Ok(Config {
            server: self.server.identity()?,
            devices,
            packages,
            http: self.http.listener()?,
            about: About {
                title: self.about,
                proves: self.proves,
            },
            expect: self.expect.expect()?,
            bench: self.bench.bench()?,
        })
    }
}

impl RawServer {
    fn identity(self) -> Result<Identity, Fault> {
        let usual = Identity::default();
        let mut nonces = Vec::new();
        for nonce in &self.nonces {
            nonces.push(octets(Some(nonce))?);
        }
        Ok(Identity {
            id: self.id.unwrap_or(usual.id),
            uri: self.uri,
            user: self.user,
            secret: Secret::new(&self.secret),
            auth: match &self.auth {
                Some(text) if text.get_ref() == "none" => None,
                Some(text) => Some(scheme(text)?),
                None => None,
            },
            anonymous: self.anonymous,
            per_message: self.per_message,
            versions: self.versions.unwrap_or(usual.versions),
            nonces,
            max_msg_size: self.max_msg_size,
            max_obj_size: self.max_obj_size,
            resp_uri: self.resp_uri,
            max_attempts: self.max_attempts.unwrap_or(usual.max_attempts),
            max_messages: self.max_messages.unwrap_or(usual.max_messages),
            capture: false,
        })
    }
}

impl RawHttp {
    fn listener(self) -> Result<Http, Fault> {
        let usual = Http::default();
        if let Some(path) = &self.path
            && !path.get_ref().starts_with('/')
        {
            return Err(Fault::new(path.span().start, "a path begins with `/`"));
        }
        Ok(Http {
            path: self.path.map_or(usual.path, Spanned::into_inner),
            redirect: self.redirect,
            resp_uri: self.resp_uri,
            chunk: self.chunk,
            keep_alive: self.keep_alive.unwrap_or(usual.keep_alive),
            max_body: self.max_body.unwrap_or(usual.max_body),
            timeout: self.timeout.map_or(usual.timeout, Duration::from_secs),
            ..usual
        })
    }
}

fn scheme(text: &Spanned<String>) -> Result<Scheme, Fault> {
    known_scheme(text.get_ref(), text.span().start)
}

fn known_scheme(name: &str, at: usize) -> Result<Scheme, Fault> {
    match name {
        "basic" => Ok(Scheme::Basic),
        "md5" => Ok(Scheme::Md5),
        "sha256" => Ok(Scheme::Sha256),
        "mac" => Ok(Scheme::Mac),
        "mac-sha256" => Ok(Scheme::MacSha256),
        other => Err(Fault::new(
            at,
            format!("no such scheme: `{other}`; `basic`, `md5`, `sha256`, `mac` or `mac-sha256`"),
        )),
    }
}

fn octets(text: Option<&Spanned<String>>) -> Result<Vec<u8>, Fault> {
    match text {
        Some(text) => digest::decode(text.get_ref())
            .ok_or_else(|| Fault::new(text.span().start, "not base64")),
        None => Ok(Vec::new()),
    }
}

fn ops(raw: Vec<Spanned<RawOp>>) -> Result<Vec<Op>, Fault> {
    raw.into_iter()
        .map(|op| {
            let at = op.span().start;
            op.into_inner().op(at)
        })
        .collect()
}

impl RawOp {
    fn op(self, at: usize) -> Result<Op, Fault> {
        let fault = |message: &str| Err(Fault::new(at, message));
        let named = [
            (Verb::Get, &self.get),
            (Verb::Add, &self.add),
            (Verb::Replace, &self.replace),
            (Verb::Delete, &self.delete),
            (Verb::Copy, &self.copy),
            (Verb::Exec, &self.exec),
        ];
        let mut verbs: Vec<Verb> = named
            .iter()
            .filter(|(_, uris)| uris.is_some())
            .map(|(verb, _)| *verb)
            .collect();
        verbs.extend(self.alert.map(|_| Verb::Alert));
        verbs.extend(self.sequence.as_ref().map(|_| Verb::Sequence));
        verbs.extend(self.atomic.as_ref().map(|_| Verb::Atomic));
        verbs.extend(self.other.as_ref().map(|_| Verb::Other));
        let &[verb] = verbs.as_slice() else {
            return fault(
                "an operation has exactly one of get, add, replace, delete, copy, exec, alert, sequence, atomic, other",
            );
        };
        let takes_value = matches!(
            verb,
            Verb::Get | Verb::Add | Verb::Replace | Verb::Exec | Verb::Alert
        );
        let has_value = self.value.is_some() || self.bytes.is_some() || self.fill.is_some();
        if !takes_value && (has_value || self.tree.is_some()) {
            return fault("only get, add, replace, exec and alert take a value");
        }
        let is_split = self.piece.is_some() || self.cut.is_some() || self.sizeless || self.insist;
        if is_split && !matches!(verb, Verb::Add | Verb::Replace) {
            return fault("only the objects of add and replace go in pieces");
        }
        if self.tree.is_some() && matches!(verb, Verb::Exec | Verb::Alert) {
            return fault("only get, add and replace take a tree");
        }
        let is_text = self.bytes.is_none() && self.fill.is_none();
        if matches!(verb, Verb::Get | Verb::Alert) && !is_text {
            return fault("the value expected of a get or alert is given as text");
        }
        if [
            self.value.is_some(),
            self.bytes.is_some(),
            self.fill.is_some(),
            self.tree.is_some(),
        ]
        .iter()
        .filter(|given| **given)
        .count()
            > 1
        {
            return fault("value, bytes, fill and tree exclude each other");
        }
        if (verb == Verb::Copy) != self.from.is_some() {
            return fault("a copy needs `from`, and nothing else has it");
        }
        if verb != Verb::Alert && self.items.is_some() {
            return fault("only an alert has `items`");
        }
        if verb != Verb::Exec && self.correlator.is_some() {
            return fault("only an exec has a correlator");
        }
        let nodes = self.tree.map(tree::nodes).transpose()?;
        let fixed = match (&self.bytes, self.fill) {
            (Some(text), _) => Some(Value::Bytes(octets(Some(text))?)),
            (None, Some(count)) => Some(Value::Text(pattern(count))),
            (None, None) => None,
        };
        let mut op = match verb {
            Verb::Sequence => Op::sequence(ops(self.sequence.unwrap_or_default())?),
            Verb::Atomic => Op::atomic(ops(self.atomic.unwrap_or_default())?),
            Verb::Other => {
                let xml = self.other.as_ref().map_or("", |text| text.get_ref());
                if !draft::sound(xml) {
                    return fault("`other` is a command in XML");
                }
                Op::other(xml)
            }
            Verb::Alert => {
                let items = self.items.unwrap_or_default().0;
                let items: Vec<&str> = items.iter().map(String::as_str).collect();
                let mut op = Op::alert(self.alert.unwrap_or(0), &items);
                op.values = self.value.map(|texts| texts.0).unwrap_or_default();
                op
            }
            _ => {
                let uris = [
                    self.get,
                    self.add,
                    self.replace,
                    self.delete,
                    self.copy,
                    self.exec,
                ];
                let uris = uris.into_iter().flatten().next().unwrap_or_default().0;
                let values = self.value.map(|texts| texts.0);
                let from = self.from.map(|texts| texts.0);
                for list in [&values, &from].into_iter().flatten() {
                    if list.len() != uris.len() {
                        return fault("one value (or `from`) for each URI");
                    }
                }
                let mut op = Op::sequence([]);
                op.verb = verb;
                let values = values.unwrap_or_default();
                for (index, uri) in uris.into_iter().enumerate() {
                    let text = if verb == Verb::Get {
                        None
                    } else {
                        values.get(index).cloned().map(Value::Text)
                    };
                    op.items.push(Item {
                        uri,
                        from: from.as_ref().and_then(|list| list.get(index)).cloned(),
                        value: text.or_else(|| fixed.clone()),
                        ..Item::default()
                    });
                }
                if verb == Verb::Get {
                    op.values = values;
                }
                op
            }
        };
        if let Some(nodes) = nodes {
            op = op.tree(nodes);
        }
        for item in &mut op.items {
            item.format.clone_from(&self.format);
            item.mime.clone_from(&self.r#type);
            item.size = self.size;
        }
        op.correlator = self.correlator;
        op.no_resp = self.no_resp;
        op.pieces = Pieces {
            octets: self.piece,
            count: self.cut,
            sizeless: self.sizeless,
            insists: self.insist,
        };
        op.expect = self.expect.unwrap_or_default().0;
        Ok(op)
    }
}

/// A readable value of `count` octets.
fn pattern(count: usize) -> String {
    (b'a'..=b'z')
        .chain(b'0'..=b'9')
        .cycle()
        .take(count)
        .map(char::from)
        .collect()
}

mod lab;
#[cfg(test)]
mod tests;
mod tree;
