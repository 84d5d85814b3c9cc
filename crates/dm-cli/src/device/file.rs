//! The form of a device file.

use core::ops::Range;
use std::collections::BTreeMap;

use base64ct::{Base64, Encoding as _};
use dm_ddf::Standard;
use serde::Deserialize;
use toml::Spanned;

use crate::failure::Failure;

/// A device file, with the line of everything that may turn out wrong later.
#[derive(Debug)]
pub(crate) struct File {
    pub(crate) ddf: Vec<String>,
    pub(crate) standard: Standard,
    pub(crate) limits: Limits,
    pub(crate) values: Vec<Located<toml::Value>>,
    pub(crate) acl: Vec<Located<String>>,
    pub(crate) exec: Vec<Located<u16>>,
    /// Accounts by name.
    pub(crate) account: Vec<Located<Account>>,
}

/// Something that the file says about a node.
#[derive(Debug)]
pub(crate) struct Located<T> {
    pub(crate) line: usize,
    pub(crate) uri: String,
    pub(crate) value: T,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    #[serde(default)]
    ddf: Vec<String>,
    #[serde(default)]
    profile13: bool,
    #[serde(default)]
    limits: Limits,
    #[serde(default)]
    values: BTreeMap<String, Spanned<toml::Value>>,
    #[serde(default)]
    acl: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    exec: BTreeMap<String, Spanned<u16>>,
    #[serde(default)]
    account: Vec<Spanned<Account>>,
}

/// Limits on URIs; the usual ones where nothing is said.
#[derive(Clone, Copy, Default, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Limits {
    pub(crate) max_depth: Option<u16>,
    pub(crate) max_tot_len: Option<u16>,
    pub(crate) max_seg_len: Option<u16>,
}

/// A DM account in few words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    name: String,
    server_id: String,
    addr: String,
    auth: Option<Scheme>,
    user: Option<String>,
    secret: Option<String>,
    client_nonce: Option<String>,
    server_user: Option<String>,
    server_secret: Option<String>,
    server_nonce: Option<String>,
    server_auth: Option<ServerAuth>,
    version: Option<Version>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Scheme {
    #[serde(rename = "BASIC")]
    Basic,
    #[serde(rename = "DIGEST")]
    Digest,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ServerAuth {
    Required,
    Transport,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Version {
    #[serde(rename = "auto")]
    Auto,
    #[serde(rename = "1.2")]
    V12,
    #[serde(rename = "1.3")]
    V13,
}

impl File {
    /// Reads the text of a device file.
    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let line = |span: Range<usize>| {
            let before = text.get(..span.start).unwrap_or_default();
            before.matches('\n').count().saturating_add(1)
        };
        let form: Form = toml::from_str(text).map_err(|why| {
            let place = why
                .span()
                .map_or_else(String::new, |span| format!(":{}", line(span)));
            Failure::unreadable(format_args!("{name}{place}"), why.message())
        })?;
        let account = form.account.into_iter().map(|account| Located {
            line: line(account.span()),
            uri: account.get_ref().name.clone(),
            value: account.into_inner(),
        });
        Ok(Self {
            account: account.collect(),
            values: located(form.values, line),
            acl: located(form.acl, line),
            exec: located(form.exec, line),
            ddf: form.ddf,
            standard: match form.profile13 {
                true => Standard::Profile13,
                false => Standard::Dm12,
            },
            limits: form.limits,
        })
    }
}

fn located<T>(
    entries: BTreeMap<String, Spanned<T>>,
    line: impl Fn(Range<usize>) -> usize,
) -> Vec<Located<T>> {
    let locate = |(uri, value): (String, Spanned<T>)| Located {
        line: line(value.span()),
        uri,
        value: value.into_inner(),
    };
    entries.into_iter().map(locate).collect()
}

impl Account {
    /// The leaves of the account, by path below it.
    pub(crate) fn leaves(&self) -> Result<Vec<(String, Vec<u8>)>, String> {
        let scheme = match self.auth {
            None | Some(Scheme::Basic) => "BASIC",
            Some(Scheme::Digest) => "DIGEST",
        };
        let proof = match self.server_auth {
            None | Some(ServerAuth::Required) => "required",
            Some(ServerAuth::Transport) => "transport",
        };
        let version = match self.version {
            None | Some(Version::Auto) => "auto",
            Some(Version::V12) => "1.2",
            Some(Version::V13) => "1.3",
        };
        let mut leaves: Vec<(String, Vec<u8>)> = [
            ("AppID", "w7"),
            ("ServerID", self.server_id.as_str()),
            ("AppAddr/1/Addr", self.addr.as_str()),
            ("AppAddr/1/AddrType", "URI"),
            ("AAuthPref", scheme),
            ("Ext/OmaDm/ServerAuth", proof),
            ("Ext/OmaDm/Version", version),
            ("Ext/OmaDm/Spoken", ""),
            ("Ext/OmaDm/SessionCount", "0"),
        ]
        .map(|(leaf, value)| (leaf.to_owned(), value.as_bytes().to_vec()))
        .into();
        for (entry, level, user, secret, nonce) in [
            (
                "Client",
                "CLCRED",
                &self.user,
                &self.secret,
                &self.client_nonce,
            ),
            (
                "Server",
                "SRVCRED",
                &self.server_user,
                &self.server_secret,
                &self.server_nonce,
            ),
        ] {
            if user.is_none() && secret.is_none() {
                continue;
            }
            let nonce = Base64::decode_vec(nonce.as_deref().unwrap_or_default())
                .map_err(|_| format!("the nonce of {level} is no Base64"))?;
            let user = user.clone().unwrap_or_default();
            let secret = secret.clone().unwrap_or_default();
            for (leaf, value) in [
                ("AAuthLevel", level.into()),
                ("AAuthType", scheme.into()),
                ("AAuthName", user.into_bytes()),
                ("AAuthSecret", secret.into_bytes()),
                ("AAuthData", nonce),
            ] {
                leaves.push((format!("AppAuth/{entry}/{leaf}"), value));
            }
        }
        Ok(leaves)
    }
}
