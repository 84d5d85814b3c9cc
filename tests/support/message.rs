//! Server messages as text, written without any code of this project.

use base64ct::{Base64, Encoding as _};
use md5::{Digest, Md5};
use sha2::Sha256;

/// Base64 text.
pub fn b64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The Data of a `syncml:auth-md5` Cred, computed from the formula of the security chapter.
pub fn md5_cred(user: &str, password: &str, nonce: &[u8]) -> String {
    let inner = b64(&Md5::digest(format!("{user}:{password}")));
    let mut outer = inner.into_bytes();
    outer.push(b':');
    outer.extend_from_slice(nonce);
    b64(&Md5::digest(outer))
}

/// The Data of a `syncml:auth-SHA256` Cred, computed from the formula of the additions.
pub fn sha256_cred(user: &str, password: &str, nonce: &[u8]) -> String {
    let inner = b64(&Sha256::digest(format!("{user}:{password}")));
    let mut outer = inner.into_bytes();
    outer.push(b':');
    outer.extend_from_slice(nonce);
    b64(&Sha256::digest(outer))
}

/// The `x-syncml-hmac` header with SHA-256, computed from the formula of the additions.
pub fn sha256_mac_header(user: &str, password: &str, nonce: &[u8], body: &[u8]) -> String {
    let mut text = b64(&Sha256::digest(format!("{user}:{password}"))).into_bytes();
    text.push(b':');
    text.extend_from_slice(nonce);
    text.push(b':');
    text.extend_from_slice(b64(&Sha256::digest(body)).as_bytes());
    format!(
        "algorithm=SHA256, username=\"{user}\", mac={}",
        b64(&Sha256::digest(text))
    )
}

/// The `x-syncml-hmac` header over a body, computed from the formula of the security chapter.
pub fn mac_header(user: &str, password: &str, nonce: &[u8], body: &[u8]) -> String {
    let mut text = b64(&Md5::digest(format!("{user}:{password}"))).into_bytes();
    text.push(b':');
    text.extend_from_slice(nonce);
    text.push(b':');
    text.extend_from_slice(b64(&Md5::digest(body)).as_bytes());
    format!(
        "algorithm=MD5, username=\"{user}\", mac={}",
        b64(&Md5::digest(text))
    )
}

/// A server message in the making.
#[derive(Clone)]
pub struct Msg {
    header: String,
    body: String,
    next_id: u32,
    /// MsgID of the client message that is answered.
    reference: u32,
}

impl Msg {
    /// Message `msg_id` of the server in session 1, the answer to the client's message of the same number.
    pub fn new(msg_id: u32) -> Self {
        Self::of("1", msg_id, msg_id)
    }

    /// Message `msg_id` of `session`, the answer to the client's message `reference`.
    pub fn of(session: &str, msg_id: u32, reference: u32) -> Self {
        let header = format!(
            "<VerDTD>1.2</VerDTD><VerProto>DM/1.2</VerProto><SessionID>{session}</SessionID>\
             <MsgID>{msg_id}</MsgID><Target><LocURI>urn:dev:1</LocURI></Target>\
             <Source><LocURI>http://dm.test/dm</LocURI></Source>"
        );
        Self {
            header,
            body: String::new(),
            next_id: 1,
            reference,
        }
    }

    /// Adds elements at the end of SyncHdr.
    #[must_use]
    pub fn header(mut self, xml: &str) -> Self {
        self.header.push_str(xml);
        self
    }

    /// Replaces text in SyncHdr.
    #[must_use]
    pub fn header_with(mut self, from: &str, to: &str) -> Self {
        assert!(self.header.contains(from));
        self.header = self.header.replace(from, to);
        self
    }

    /// A Cred.
    #[must_use]
    pub fn cred(self, scheme: &str, data: &str) -> Self {
        self.header(&format!(
            "<Cred><Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
             <Type xmlns=\"syncml:metinf\">{scheme}</Type></Meta><Data>{data}</Data></Cred>"
        ))
    }

    /// The server's MaxMsgSize.
    #[must_use]
    pub fn max_msg_size(self, size: usize) -> Self {
        self.header(&format!(
            "<Meta><MaxMsgSize xmlns=\"syncml:metinf\">{size}</MaxMsgSize></Meta>"
        ))
    }

    fn id(&mut self) -> u32 {
        self.next_id += 1;
        self.next_id - 1
    }

    /// The CmdID that the next part will get.
    pub fn peek_id(&self) -> u32 {
        self.next_id
    }

    /// A Status for the client's SyncHdr.
    #[must_use]
    pub fn hdr(self, code: u16) -> Self {
        self.hdr_with(code, "")
    }

    /// A Status for the client's SyncHdr with a challenge.
    #[must_use]
    pub fn hdr_chal(self, code: u16, scheme: &str, nonce: Option<&[u8]>) -> Self {
        let nonce = nonce.map_or(String::new(), |nonce| {
            format!(
                "<NextNonce xmlns=\"syncml:metinf\">{}</NextNonce>",
                b64(nonce)
            )
        });
        self.hdr_with(
            code,
            &format!(
                "<Chal><Meta><Format xmlns=\"syncml:metinf\">b64</Format>\
                 <Type xmlns=\"syncml:metinf\">{scheme}</Type>{nonce}</Meta></Chal>"
            ),
        )
    }

    fn hdr_with(mut self, code: u16, chal: &str) -> Self {
        let id = self.id();
        let reference = self.reference;
        self.body.push_str(&format!(
            "<Status><CmdID>{id}</CmdID><MsgRef>{reference}</MsgRef><CmdRef>0</CmdRef>\
             <Cmd>SyncHdr</Cmd>{chal}<Data>{code}</Data></Status>"
        ));
        self
    }

    /// A Status for another command of the client.
    #[must_use]
    pub fn status(mut self, cmd_ref: u32, cmd: &str, code: u16) -> Self {
        let id = self.id();
        let reference = self.reference;
        self.body.push_str(&format!(
            "<Status><CmdID>{id}</CmdID><MsgRef>{reference}</MsgRef><CmdRef>{cmd_ref}</CmdRef>\
             <Cmd>{cmd}</Cmd><Data>{code}</Data></Status>"
        ));
        self
    }

    /// `<Name><CmdID>n</CmdID>inner</Name>`.
    #[must_use]
    pub fn command(mut self, name: &str, inner: &str) -> Self {
        let id = self.id();
        self.body
            .push_str(&format!("<{name}><CmdID>{id}</CmdID>{inner}</{name}>"));
        self
    }

    /// A Get of one node.
    #[must_use]
    pub fn get(self, uri: &str) -> Self {
        self.command("Get", &target(uri))
    }

    /// A Delete of one node.
    #[must_use]
    pub fn delete(self, uri: &str) -> Self {
        self.command("Delete", &target(uri))
    }

    /// An Exec of one node.
    #[must_use]
    pub fn exec(self, uri: &str) -> Self {
        self.command("Exec", &target(uri))
    }

    /// A Replace of one value, format chr.
    #[must_use]
    pub fn replace(self, uri: &str, value: &str) -> Self {
        self.command("Replace", &item(uri, "chr", value))
    }

    /// A Replace of one value.
    #[must_use]
    pub fn replace_as(self, uri: &str, format: &str, value: &str) -> Self {
        self.command("Replace", &item(uri, format, value))
    }

    /// An Add of one leaf.
    #[must_use]
    pub fn add(self, uri: &str, format: &str, value: &str) -> Self {
        self.command("Add", &item(uri, format, value))
    }

    /// An Alert without Items.
    #[must_use]
    pub fn alert(self, code: u16) -> Self {
        self.command("Alert", &format!("<Data>{code}</Data>"))
    }

    /// A container around the parts that `inner` adds.
    #[must_use]
    pub fn container(mut self, name: &str, inner: impl FnOnce(Self) -> Self) -> Self {
        let id = self.id();
        self.body.push_str(&format!("<{name}><CmdID>{id}</CmdID>"));
        let mut inside = inner(self);
        inside.body.push_str(&format!("</{name}>"));
        inside
    }

    /// Anything.
    #[must_use]
    pub fn raw(mut self, xml: &str) -> Self {
        self.body.push_str(xml);
        self
    }

    /// The message, last of its package.
    pub fn finish(self) -> String {
        self.raw("<Final/>").more()
    }

    /// The message, not the last of its package.
    pub fn more(self) -> String {
        format!(
            "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr>{}</SyncHdr><SyncBody>{}</SyncBody></SyncML>",
            self.header, self.body
        )
    }
}

fn target(uri: &str) -> String {
    format!("<Item><Target><LocURI>{uri}</LocURI></Target></Item>")
}

fn item(uri: &str, format: &str, value: &str) -> String {
    let data = if format == "node" {
        String::new()
    } else {
        format!("<Data>{value}</Data>")
    };
    format!(
        "<Item><Target><LocURI>{uri}</LocURI></Target><Meta>\
         <Format xmlns=\"syncml:metinf\">{format}</Format></Meta>{data}</Item>"
    )
}
