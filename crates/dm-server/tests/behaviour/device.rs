//! A device made of text.

use dm_server::{Config, Reply, Sessions, Transcript};

pub(crate) const XML: &str = "application/vnd.syncml.dm+xml";
pub(crate) const WBXML: &str = "application/vnd.syncml.dm+wbxml";

/// The account of most tests. The nonces are those of the test vectors.
pub(crate) const SERVER: &str = r#"
[server]
id = "dm.example.org"
secret = "Srv#Pass-1"
nonces = ["AAECAwQFBgcICQoLDA0ODw==", "EBESExQVFhcYGRobHB0eHw=="]
[[device]]
user = "dev-0042"
secret = "s3cr3t!"
server_nonce = "paWlpaWlpaWlpaWlpaWlpQ=="
"#;

/// A server that lets everybody in.
pub(crate) const OPEN: &str = "[server]\nanonymous = true\n";

pub(crate) const DEVICE_ID: &str = "urn:imei:490154203237518";
pub(crate) const SERVER_URI: &str = "https://dm.example.org/";

/// MD5 credentials of `dev-0042` for the first nonce above (vector S3).
pub(crate) const GOOD_MD5: &str = "b93eiW5O/OJC5M2+bIoWXw==";
/// The same with an empty nonce.
pub(crate) const EMPTY_NONCE_MD5: &str = "o9NNDyzlbgXWwek7xQLYtA==";
/// MD5 credentials of the server for its nonce above (vector S5).
pub(crate) const SERVER_MD5: &str = "xg6zqHHHR8Gh8e87b/f8mA==";

/// Alert and DevInfo of package 1.
pub(crate) fn package_1(alert: u16) -> String {
    format!(
        "<Alert><CmdID>101</CmdID><Data>{alert}</Data></Alert>{}",
        dev_info()
    )
}

pub(crate) fn dev_info() -> String {
    let values = [
        ("DevId", DEVICE_ID),
        ("Man", "Acme"),
        ("Mod", "M4-Sensor"),
        ("DmV", "1.2"),
        ("Lang", "en"),
    ];
    let items: String = values
        .iter()
        .map(|(name, value)| {
            format!("<Item><Source><LocURI>./DevInfo/{name}</LocURI></Source><Data>{value}</Data></Item>")
        })
        .collect();
    format!("<Replace><CmdID>102</CmdID>{items}</Replace>")
}

pub(crate) fn cred(scheme: &str, data: &str) -> String {
    format!(
        "<Cred><Meta><Format xmlns=\"syncml:metinf\">b64</Format><Type xmlns=\"syncml:metinf\">syncml:auth-{scheme}</Type></Meta><Data>{data}</Data></Cred>"
    )
}

pub(crate) struct Device {
    pub(crate) server: Sessions,
    pub(crate) session: String,
    pub(crate) version: &'static str,
    /// MsgID of the last message sent.
    pub(crate) msg_id: u32,
    /// MsgID of the server's last message.
    pub(crate) server_msg: u32,
    /// Status given to the server's next header.
    pub(crate) header_status: u16,
    /// Further content of that Status.
    pub(crate) header_chal: String,
    /// LocName, Cred and Meta go into the header as they are.
    pub(crate) name: String,
    pub(crate) cred: String,
    pub(crate) meta: String,
    /// Length of the server's last message.
    pub(crate) received: usize,
}

impl Device {
    pub(crate) fn new(scenario: &str) -> Self {
        Self {
            server: Sessions::new(Config::parse(scenario).unwrap()),
            session: "2B".to_owned(),
            version: "DM/1.2",
            msg_id: 0,
            server_msg: 0,
            header_status: 200,
            header_chal: String::new(),
            name: String::new(),
            cred: String::new(),
            meta: String::new(),
            received: 0,
        }
    }

    /// A server that lets everybody in and plays these operations in one package.
    pub(crate) fn with_ops(ops: &str) -> Self {
        Self::new(&format!("{OPEN}[[package]]\nops = [{ops}]\n"))
    }

    /// Opens a session, and gives the server's first commands.
    pub(crate) fn open(&mut self) -> String {
        self.say(&package_1(1201), true)
    }

    /// The next message with its Status for the server's header, as it goes out.
    pub(crate) fn message(&mut self, body: &str, is_final: bool) -> String {
        self.msg_id += 1;
        let Self {
            session,
            version,
            msg_id,
            server_msg,
            header_status,
            header_chal,
            name,
            cred,
            meta,
            ..
        } = &*self;
        let header = match server_msg {
            0 => String::new(),
            id => format!(
                "<Status><CmdID>100</CmdID><MsgRef>{id}</MsgRef><CmdRef>0</CmdRef><Cmd>SyncHdr</Cmd><TargetRef>{DEVICE_ID}</TargetRef><SourceRef>{SERVER_URI}</SourceRef>{header_chal}<Data>{header_status}</Data></Status>"
            ),
        };
        let end = if is_final { "<Final/>" } else { "" };
        let name = if name.is_empty() {
            String::new()
        } else {
            format!("<LocName>{name}</LocName>")
        };
        let meta = if meta.is_empty() {
            String::new()
        } else {
            format!("<Meta>{meta}</Meta>")
        };
        format!(
            "<SyncML xmlns=\"SYNCML:SYNCML1.2\"><SyncHdr><VerDTD>1.2</VerDTD><VerProto>{version}</VerProto><SessionID>{session}</SessionID><MsgID>{msg_id}</MsgID><Target><LocURI>{SERVER_URI}</LocURI></Target><Source><LocURI>{DEVICE_ID}</LocURI>{name}</Source>{cred}{meta}</SyncHdr><SyncBody>{header}{body}{end}</SyncBody></SyncML>"
        )
    }

    /// Sends octets as they are.
    pub(crate) fn send(&mut self, message: &str) -> Reply {
        self.server.handle(message.as_bytes(), XML)
    }

    /// Sends the next message; the server's answer, which has to be one.
    pub(crate) fn say(&mut self, body: &str, is_final: bool) -> String {
        let message = self.message(body, is_final);
        let reply = self.send(&message);
        assert_eq!(reply.status, 200, "{message}");
        assert_eq!(reply.content_type, XML);
        self.received = reply.body.len();
        let text = String::from_utf8(reply.body).unwrap();
        self.server_msg = field(&text, "MsgID").parse().unwrap();
        text
    }

    /// Answers all commands of `reply` with 200, and with these values for what is read.
    pub(crate) fn answer(&mut self, reply: &str, values: &[(&str, &str)]) -> String {
        let body = answers(reply, values);
        self.say(&body, is_final(reply))
    }

    pub(crate) fn transcript(&self) -> &Transcript {
        self.server.last_transcript().unwrap()
    }

    /// The requirements broken so far.
    pub(crate) fn rules(&self) -> Vec<&'static str> {
        self.transcript()
            .faults
            .iter()
            .map(|fault| fault.rule)
            .collect()
    }
}

/// One command of the server.
#[derive(Debug)]
pub(crate) struct Command {
    pub(crate) name: String,
    pub(crate) cmd_id: String,
    pub(crate) uris: Vec<String>,
    pub(crate) text: String,
}

/// All commands of a server message in document order, Status left out.
pub(crate) fn commands(message: &str) -> Vec<Command> {
    let names = [
        "Add", "Alert", "Atomic", "Copy", "Delete", "Exec", "Get", "Replace", "Sequence",
    ];
    let mut found = Vec::new();
    let body = message.split_once("<SyncBody>").unwrap().1;
    for (at, _) in body.match_indices('<') {
        let rest = &body[at + 1..];
        let Some(name) = names
            .iter()
            .find(|name| rest.starts_with(&format!("{name}>")))
        else {
            continue;
        };
        let end = rest.find(&format!("</{name}>")).unwrap();
        let is_container = matches!(*name, "Atomic" | "Sequence");
        let text = &rest[..end];
        let uris = if is_container {
            Vec::new()
        } else {
            fields(text, "LocURI")
        };
        found.push(Command {
            name: (*name).to_owned(),
            cmd_id: field(text, "CmdID"),
            uris,
            text: text.to_owned(),
        });
    }
    found
}

/// A Status for a command of the server's message `msg_ref`.
pub(crate) fn status(id: usize, msg_ref: &str, command: &Command, code: u16) -> String {
    let target = match command.uris.as_slice() {
        [uri] => format!("<TargetRef>{uri}</TargetRef>"),
        _ => String::new(),
    };
    let Command { name, cmd_id, .. } = command;
    format!(
        "<Status><CmdID>{id}</CmdID><MsgRef>{msg_ref}</MsgRef><CmdRef>{cmd_id}</CmdRef><Cmd>{name}</Cmd>{target}<Data>{code}</Data></Status>"
    )
}

/// Results for one URI of a Get.
pub(crate) fn results(id: usize, msg_ref: &str, cmd_ref: &str, uri: &str, value: &str) -> String {
    format!(
        "<Results><CmdID>{id}</CmdID><MsgRef>{msg_ref}</MsgRef><CmdRef>{cmd_ref}</CmdRef><Item><Source><LocURI>{uri}</LocURI></Source><Data>{value}</Data></Item></Results>"
    )
}

/// Status 200 for every command of a server message, and Results for every Get.
pub(crate) fn answers(message: &str, values: &[(&str, &str)]) -> String {
    let msg_ref = field(message, "MsgID");
    let mut text = String::new();
    let mut id = 200;
    for command in commands(message) {
        text.push_str(&status(id, &msg_ref, &command, 200));
        id += 1;
        if command.name == "Get" {
            for uri in &command.uris {
                let value = values
                    .iter()
                    .find(|(name, _)| name == uri)
                    .map_or("", |(_, value)| value);
                text.push_str(&results(id, &msg_ref, &command.cmd_id, uri, value));
                id += 1;
            }
        }
    }
    text
}

pub(crate) fn alert(id: usize, code: u16) -> String {
    format!("<Alert><CmdID>{id}</CmdID><Data>{code}</Data></Alert>")
}

/// The codes of all Status elements of a server message, with the command each is for.
pub(crate) fn statuses(message: &str) -> Vec<(String, u16)> {
    let mut found = Vec::new();
    for part in message.split("<Status>").skip(1) {
        let part = part.split("</Status>").next().unwrap();
        let data = part.split("<Item>").next().unwrap();
        found.push((field(part, "Cmd"), field(data, "Data").parse().unwrap()));
    }
    found
}

/// The nonce of the challenge in a server message.
pub(crate) fn next_nonce(message: &str) -> Option<String> {
    let rest = message.split("NextNonce xmlns=\"syncml:metinf\">").nth(1)?;
    Some(rest.split('<').next().unwrap().to_owned())
}

pub(crate) fn is_final(message: &str) -> bool {
    message.contains("<Final")
}

/// Content of the first element with this name.
pub(crate) fn field(text: &str, name: &str) -> String {
    fields(text, name).into_iter().next().unwrap_or_default()
}

/// Contents of all elements with this name.
pub(crate) fn fields(text: &str, name: &str) -> Vec<String> {
    let open = format!("<{name}>");
    text.split(open.as_str())
        .skip(1)
        .map(|rest| rest.split("</").next().unwrap().to_owned())
        .collect()
}
