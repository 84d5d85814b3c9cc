//! Prints a schema as one DDF document: what the manufacturer gives to the operators of servers.

use core::fmt::Write;

use base64ct::{Base64, Encoding};
use dm_tree::schema::flags;
use dm_tree::{DescId, Format, NodeDesc, Schema};

use crate::compile::Compiled;
use crate::model::Properties;
use crate::names::format_name;
use crate::read::COMMANDS;

const HEAD: &str = "\
<?xml version=\"1.0\" encoding=\"UTF-8\"?>
<!DOCTYPE MgmtTree PUBLIC \"-//OMA//DTD-DM-DDF 1.2//EN\" \"dm_ddf-v1_2.dtd\">
<MgmtTree xmlns=\"syncml:dmddf1.2\">
  <VerDTD>1.2</VerDTD>
";

/// The DDF of the tables of a device (`TREE-C-077`): all its nodes in one document of version 1.2, elements in the order of
/// the DTD, every default written out.
///
/// Compiled again it gives the same tables. Descriptions for people are not in the tables; [`Compiled::to_ddf`] has them.
///
/// ```
/// let ddf = dm_ddf::to_ddf(&dm_tree::mo::standard::SCHEMA);
/// let again = dm_ddf::compile(&[dm_ddf::Model::parse("device.ddf", &ddf)?])?;
/// assert_eq!(again.nodes, dm_tree::mo::standard::SCHEMA.nodes);
/// # Ok::<(), dm_ddf::Error>(())
/// ```
#[must_use]
pub fn to_ddf(schema: &Schema<'_>) -> String {
    document(schema, "", &[])
}

impl Compiled {
    /// The same as [`to_ddf`] of the [`schema`](Self::schema), with manufacturer, model and descriptions.
    #[must_use]
    pub fn to_ddf(&self) -> String {
        let mut makers = String::new();
        for (tag, text) in [("Man", &self.man), ("Mod", &self.model)] {
            if let Some(text) = text {
                // Writing to a String cannot fail.
                let _ = writeln!(makers, "  <{tag}>{}</{tag}>", escape(text));
            }
        }
        document(&self.schema(), &makers, &self.docs)
    }
}

fn document(schema: &Schema<'_>, makers: &str, docs: &[String]) -> String {
    let mut out = String::from(HEAD);
    out.push_str(makers);
    let mut writer = Writer { schema, docs, out };
    // The root goes without saying where it is like any other.
    let is_plain = schema.get(DescId::ROOT).is_none_or(|root| {
        let implied = Properties::implied();
        root.access == implied.access
            && root.flags == flags::PERMANENT | flags::REQUIRED
            && root.mime_len == 0
    });
    if is_plain && docs.first().is_none_or(String::is_empty) {
        for child in schema.children(DescId::ROOT) {
            writer.node(child, 1);
        }
    } else {
        writer.node(DescId::ROOT, 1);
    }
    let mut out = writer.out;
    out.push_str("</MgmtTree>\n");
    out
}

struct Writer<'s> {
    schema: &'s Schema<'s>,
    docs: &'s [String],
    out: String,
}

impl Writer<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        for _ in 0..depth {
            self.out.push_str("  ");
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// A node and all below it.
    fn node(&mut self, id: DescId, depth: usize) {
        let Some(desc) = self.schema.get(id) else {
            return;
        };
        self.line(depth, "<Node>");
        let inside = depth.saturating_add(1);
        let name = match id {
            DescId::ROOT => ".".to_owned(),
            _ => escape(&String::from_utf8_lossy(self.schema.name(id))),
        };
        if name.is_empty() {
            self.line(inside, "<NodeName/>");
        } else {
            self.line(inside, &format!("<NodeName>{name}</NodeName>"));
        }
        self.runtime(id, desc, inside);
        self.framework(id, desc, inside);
        // Children stand behind their parent in every schema that passes its check: this ends.
        for child in self.schema.children(id).filter(|child| *child > id) {
            self.node(child, inside);
        }
        self.line(depth, "</Node>");
    }

    /// Only where the node has more than the properties that all have.
    fn runtime(&mut self, id: DescId, desc: &NodeDesc, depth: usize) {
        let has = |flag: u8, tag: &str| {
            if desc.has(flag) {
                format!("<{tag}/>")
            } else {
                String::new()
            }
        };
        let optional = [
            has(flags::HAS_SIZE, "Size"),
            has(flags::HAS_TITLE, "Title"),
            has(flags::HAS_TSTAMP, "TStamp"),
        ]
        .concat();
        let ver_no = has(flags::HAS_VERNO, "VerNo");
        if optional.is_empty() && ver_no.is_empty() {
            return;
        }
        let format = format_name(desc);
        let kind = self.types(id, desc).swap_remove(0);
        self.line(
            depth,
            &format!(
                "<RTProperties><ACL/><Format><{format}/></Format><Name/>{optional}<Type>{kind}</Type>{ver_no}</RTProperties>"
            ),
        );
    }

    fn framework(&mut self, id: DescId, desc: &NodeDesc, depth: usize) {
        self.line(depth, "<DFProperties>");
        let inside = depth.saturating_add(1);
        let commands: String = COMMANDS
            .iter()
            .filter(|(_, bit)| desc.allows(*bit))
            .map(|(name, _)| format!("<{name}/>"))
            .collect();
        let line = match commands.as_str() {
            "" => "<AccessType/>".to_owned(),
            commands => format!("<AccessType>{commands}</AccessType>"),
        };
        self.line(inside, &line);
        if let Some(octets) = self.schema.default_value(id) {
            let text = match desc.format() {
                Format::Bin | Format::B64 => Base64::encode_string(octets),
                _ => escape(&String::from_utf8_lossy(octets)),
            };
            self.line(inside, &format!("<DefaultValue>{text}</DefaultValue>"));
        }
        if let Some(doc) = self.docs.get(usize::from(id.0))
            && !doc.is_empty()
        {
            let line = format!("<Description>{}</Description>", escape(doc));
            self.line(inside, &line);
        }
        let format = format_name(desc);
        self.line(inside, &format!("<DFFormat><{format}/></DFFormat>"));
        let required = desc.has(flags::REQUIRED);
        let occurrence = match (required, desc.max) {
            (true, 1) => "<One/>".to_owned(),
            (false, 1) => "<ZeroOrOne/>".to_owned(),
            (true, 0) => "<OneOrMore/>".to_owned(),
            (false, 0) => "<ZeroOrMore/>".to_owned(),
            (true, n) => format!("<OneOrN>{n}</OneOrN>"),
            (false, n) => format!("<ZeroOrN>{n}</ZeroOrN>"),
        };
        self.line(inside, &format!("<Occurrence>{occurrence}</Occurrence>"));
        let scope = if desc.has(flags::PERMANENT) {
            "Permanent"
        } else {
            "Dynamic"
        };
        self.line(inside, &format!("<Scope><{scope}/></Scope>"));
        let types = self.types(id, desc).concat();
        self.line(inside, &format!("<DFType>{types}</DFType>"));
        let case = if desc.has(flags::CASE_INSENSITIVE) {
            "CIS"
        } else {
            "CS"
        };
        self.line(inside, &format!("<CaseSense><{case}/></CaseSense>"));
        self.line(depth, "</DFProperties>");
    }

    /// The MIME types of a leaf, or the identifier of an interior node; at least one element.
    fn types(&self, id: DescId, desc: &NodeDesc) -> Vec<String> {
        let types = String::from_utf8_lossy(self.schema.mime(id));
        if desc.is_interior() {
            return vec![match types.as_ref() {
                "" => "<DDFName/>".to_owned(),
                name => format!("<DDFName>{}</DDFName>", escape(name)),
            }];
        }
        types
            .split('\n')
            .map(|mime| match mime {
                "" => "<MIME>text/plain</MIME>".to_owned(),
                mime => format!("<MIME>{}</MIME>", escape(mime)),
            })
            .collect()
    }
}

/// Text as element content.
fn escape(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // A parser would make a line feed of it.
            '\r' => escaped.push_str("&#13;"),
            other => escaped.push(other),
        }
    }
    escaped
}
