//! What a message says, in lines.

use dm_tree::Schema;
use dm_tree::schema::access;
use dm_wbxml::{Command, Encoding, Error, Item, Limits, Message, Part, Status, Text, check, tag};

use crate::changes::cut;

/// Where columns begin.
const MARGIN: usize = 6;
const VERBS: usize = 10;
const URIS: usize = 40;
const VALUES: usize = 60;

/// What a message says; nothing when it only says "go on".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) lines: String,
    pub(super) piece: Option<Piece>,
}

/// One piece of a large object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) uri: String,
    /// Octets of the piece as carried, and of the whole object, which the first piece tells.
    pub(super) octets: usize,
    pub(super) total: Option<u32>,
}

/// Reads a message of either side. Values that no server may read are not shown. `under_way`: the object of which pieces came
/// before, and their octets.
pub(super) fn read(
    bytes: &[u8],
    schema: &Schema<'_>,
    under_way: Option<(&str, usize)>,
) -> Result<Said, Error> {
    let digest = check(bytes, Encoding::detect(bytes), &Limits::default())?;
    let message = Message::new(bytes, &digest);
    let mut talk = Talk {
        schema,
        under_way,
        depth: 0,
        said: Said::default(),
    };
    let mut body = message.body();
    loop {
        match body.next()? {
            Part::Status(status) => talk.status(&status),
            Part::Open(command) => {
                talk.row(&name(&command), "", "");
                talk.depth = talk.depth.saturating_add(1);
            }
            Part::Close => talk.depth = talk.depth.saturating_sub(1),
            Part::Command(command) => {
                let mut any = false;
                while let Some(item) = body.item()? {
                    talk.item(&command, &item, any);
                    any = true;
                }
                if !any {
                    talk.bare(&command);
                }
            }
            Part::Final => {}
            Part::Done => return Ok(talk.said),
        }
    }
}

struct Talk<'s> {
    schema: &'s Schema<'s>,
    under_way: Option<(&'s str, usize)>,
    depth: usize,
    said: Said,
}

impl Talk<'_> {
    fn row(&mut self, verb: &str, uri: &str, rest: &str) {
        let verb = format!(
            "{:indent$}{verb}",
            "",
            indent = self.depth.saturating_mul(2)
        );
        let line = format!(
            "{:MARGIN$}{verb:VERBS$} {:URIS$} {rest}",
            "",
            cut(uri, URIS)
        );
        self.said.lines.push_str(line.trim_end());
        self.said.lines.push('\n');
    }

    fn status(&mut self, status: &Status<'_>) {
        // Those that only say "go on" make no line: a header or a piece taken, the Alert that asked for the next piece.
        let is_header = status.cmd.is(b"SyncHdr");
        let is_plain = is_header || (self.under_way.is_some() && status.cmd.is(b"Alert"));
        if matches!((is_plain, status.code), (true, 200 | 212) | (_, 213)) {
            return;
        }
        let uri = status.target_ref.or(status.source_ref);
        let what = format!(
            "{}{}",
            string(status.cmd),
            uri.filter(|_| !is_header)
                .map_or_else(String::new, |uri| format!(" {}", string(uri)))
        );
        self.row("Status", &what, &status.code.to_string());
    }

    fn bare(&mut self, command: &Command<'_>) {
        let code = command.data.and_then(|data| data.parse_u32());
        if command.tag == tag::ALERT && code == Some(1222) {
            return;
        }
        let code = code.map_or_else(String::new, |code| code.to_string());
        self.row(&name(command), &code, "");
    }

    fn item(&mut self, command: &Command<'_>, item: &Item<'_>, further: bool) {
        let uri = item.target.or(item.source).map(string).unwrap_or_default();
        let octets = item.data.map_or(0, |data| data.len());
        let total = item.meta.size.or(command.meta.size);
        if item.more_data {
            self.said.piece = Some(Piece { uri, octets, total });
            return;
        }
        let value = match (item.data, self.under_way) {
            (Some(_), Some((object, before))) if object == uri => {
                format!("= {} octets, complete", before.saturating_add(octets))
            }
            (Some(_), _) if self.is_secret(&uri) => "(secret)".to_owned(),
            (Some(data), _) => value(data),
            (None, _) => String::new(),
        };
        let mut verb = if further {
            String::new()
        } else {
            name(command)
        };
        if let (false, true, Some(code)) = (further, command.tag == tag::ALERT, command.data) {
            verb = format!("{verb} {}", string(code));
        }
        self.row(&verb, &uri, &value);
    }

    fn is_secret(&self, uri: &str) -> bool {
        self.schema
            .find(uri.as_bytes())
            .and_then(|id| self.schema.get(id))
            .is_some_and(|desc| desc.access != 0 && !desc.allows(access::GET))
    }
}

fn name(command: &Command<'_>) -> String {
    command.tag.name().unwrap_or("(unknown)").to_owned()
}

fn octets(text: Text<'_>) -> Vec<u8> {
    let mut buf = vec![0; text.len()];
    let len = text.copy_to(&mut buf).unwrap_or(0);
    buf.truncate(len);
    buf
}

fn string(text: Text<'_>) -> String {
    String::from_utf8_lossy(&octets(text)).into_owned()
}

fn value(data: Text<'_>) -> String {
    match String::from_utf8(octets(data)) {
        Ok(text) if !text.contains('\0') => {
            format!("= \"{}\"", cut(&text.escape_debug().to_string(), VALUES))
        }
        _ => format!("= {} octets", data.len()),
    }
}
