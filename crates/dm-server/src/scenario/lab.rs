//! Packages with their tricks, the outcome, and the device a scenario is for.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, RawOp, known_scheme, ops};
use crate::lab::{Bench, Expect, Notified};
use crate::script::{Package, Trick};
use crate::transcript::End;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawPackage {
    #[serde(default)]
    ops: Vec<Spanned<RawOp>>,
    #[serde(default)]
    abort: bool,
    again: Option<u32>,
    #[serde(default)]
    old: bool,
    refuse: Option<Spanned<Refusal>>,
    proof: Option<Spanned<String>>,
    ver_proto: Option<String>,
    ver_dtd: Option<String>,
    session_id: Option<String>,
    expect: Option<u16>,
}

impl RawPackage {
    pub(super) fn package(self) -> Result<Package, Fault> {
        let at = self.ops.first().map_or(0, |op| op.span().start);
        let proof = match &self.proof {
            None => None,
            Some(text) => match text.get_ref().as_str() {
                "none" => Some(Trick::Unproved),
                "wrong" => Some(Trick::WrongProof),
                _ => {
                    return Err(Fault::new(
                        text.span().start,
                        "a proof is `none` or `wrong`",
                    ));
                }
            },
        };
        let refuse = match self.refuse {
            None => None,
            Some(refusal) => {
                let at = refusal.span().start;
                match refusal.into_inner() {
                    Refusal::Any(true) => Some(Trick::Refuse(None)),
                    Refusal::Any(false) => None,
                    Refusal::Scheme(name) => Some(Trick::Refuse(Some(known_scheme(&name, at)?))),
                }
            }
        };
        let tricks = [
            self.abort.then_some(Trick::Abort),
            self.again.map(Trick::Again),
            self.old.then_some(Trick::Old),
            refuse,
            proof,
            self.ver_proto.map(Trick::VerProto),
            self.ver_dtd.map(Trick::VerDtd),
            self.session_id.map(Trick::SessionId),
        ];
        let mut tricks = tricks.into_iter().flatten();
        let trick = tricks.next();
        if tricks.next().is_some() {
            return Err(Fault::new(at, "a package does one thing against the rules"));
        }
        Ok(Package {
            ops: ops(self.ops)?,
            trick,
            expect: self.expect,
        })
    }
}

/// `true`, or the scheme that is asked for.
#[derive(Deserialize)]
#[serde(untagged)]
enum Refusal {
    Any(bool),
    Scheme(String),
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawExpect {
    end: Option<Spanned<String>>,
    alerts: Option<Vec<String>>,
    begins: Option<u16>,
}

impl RawExpect {
    pub(super) fn expect(self) -> Result<Expect, Fault> {
        let end = match &self.end {
            None => None,
            Some(text) => Some(match text.get_ref().as_str() {
                "closed" => End::Closed,
                "device aborts" => End::AbortedByDevice,
                "server aborts" => End::AbortedByServer(String::new()),
                "not authenticated" => End::NotAuthenticated,
                "device leaves" => End::Running,
                _ => {
                    let what = "`closed`, `device aborts`, `server aborts`, `not authenticated` or `device leaves`";
                    return Err(Fault::new(text.span().start, what));
                }
            }),
        };
        Ok(Expect {
            end,
            alerts: self.alerts,
            begins: self.begins,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct RawBench {
    account: Option<String>,
    pref: Option<String>,
    transport_proof: bool,
    per_message: bool,
    objects: u32,
    user: Option<Vec<String>>,
    exec: Option<u16>,
    delays: u32,
    large: usize,
    undoes: Option<bool>,
    notified: Vec<Spanned<RawNotified>>,
    needs: Vec<String>,
    without: Vec<String>,
    values: BTreeMap<String, String>,
    acl: BTreeMap<String, String>,
    events: Vec<RawEvent>,
    after: BTreeMap<String, Spanned<Found>>,
    sessions: u32,
    least_message: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEvent {
    r#type: String,
    value: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawNotified {
    session: u16,
    ui: Option<String>,
    by_user: bool,
    format: Option<String>,
    version: Option<u16>,
    server: Option<String>,
    secret: Option<String>,
    again: bool,
    vendor: String,
    refused: bool,
}

impl RawNotified {
    fn notified(self, at: usize) -> Result<Notified, Fault> {
        let ui_mode = match self.ui.as_deref() {
            None => 0,
            Some("silent") => 1,
            Some("inform") => 2,
            Some("ask") => 3,
            Some(_) => return Err(Fault::new(at, "`ui` is `silent`, `inform` or `ask`")),
        };
        let is_13 = match self.format.as_deref() {
            None | Some("1.2") => false,
            Some("1.3") => true,
            Some(_) => return Err(Fault::new(at, "a notification's format is `1.2` or `1.3`")),
        };
        Ok(Notified {
            session: self.session,
            ui_mode,
            by_user: self.by_user,
            is_13,
            version: self.version,
            server: self.server,
            secret: self.secret,
            again: self.again,
            vendor: self.vendor,
            refused: self.refused,
        })
    }
}

/// A value, or `false` for none.
#[derive(Deserialize)]
#[serde(untagged)]
enum Found {
    Text(String),
    There(bool),
}

impl RawBench {
    pub(super) fn bench(self) -> Result<Bench, Fault> {
        let mut after = BTreeMap::new();
        for (uri, value) in self.after {
            let at = value.span().start;
            let value = match value.into_inner() {
                Found::Text(text) => Some(text),
                Found::There(false) => None,
                Found::There(true) => return Err(Fault::new(at, "a text, or false for no node")),
            };
            after.insert(uri, value);
        }
        let mut notified = Vec::new();
        for notice in self.notified {
            let at = notice.span().start;
            notified.push(notice.into_inner().notified(at)?);
        }
        Ok(Bench {
            account: self.account,
            pref: self.pref,
            transport_proof: self.transport_proof,
            per_message: self.per_message,
            objects: self.objects,
            user: self.user,
            exec: self.exec,
            delays: self.delays,
            large: self.large,
            undoes: self.undoes,
            notified,
            needs: self.needs,
            without: self.without,
            values: self.values,
            acl: self.acl,
            events: self
                .events
                .into_iter()
                .map(|event| (event.r#type, event.value))
                .collect(),
            after,
            sessions: self.sessions,
            least_message: self.least_message,
        })
    }
}
