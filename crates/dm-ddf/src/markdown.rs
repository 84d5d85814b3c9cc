//! Prints a schema as a document for people: Markdown, one table for each management object.

use core::fmt::Write;

use base64ct::{Base64, Encoding};
use dm_tree::schema::flags;
use dm_tree::{DescId, Format, NodeDesc};

use crate::compile::Compiled;
use crate::print::{access, occurrence, scope};

/// The head of each table.
const HEAD: &str = "\
| URI | format | access | occurrence | scope | type | default | description |
| --- | --- | --- | --- | --- | --- | --- | --- |
";

const LEGEND: &str = "\
A `*` in a URI is a name that is chosen when the node is created. Access lists the commands that servers may use,
occurrence how many such nodes there are below one parent.
";

impl Compiled {
    /// The schema as Markdown: a list of the management objects, and for each a table of its nodes with URI, format,
    /// access, occurrence, scope, type, default value and description.
    ///
    /// A management object is a node at the top of the tree, or one with an identifier. One that stands inside another has
    /// a row there and a table of its own. The tables are those of GitHub Flavored Markdown.
    ///
    /// ```
    /// # let model = dm_ddf::Model::parse("lamp.ddf", "<MgmtTree><VerDTD>1.2</VerDTD><Node><NodeName>Lamp</NodeName>\
    /// #   <DFProperties><AccessType><Get/></AccessType><DFFormat><bool/></DFFormat></DFProperties></Node></MgmtTree>")?;
    /// let text = dm_ddf::compile(&[model])?.to_markdown();
    /// assert!(text.contains("\n| `./Lamp` | bool | Get | 1 | dynamic | `text/plain` |  |  |\n"));
    /// # Ok::<(), dm_ddf::Error>(())
    /// ```
    #[must_use]
    pub fn to_markdown(&self) -> String {
        let mut out = String::new();
        // Writing to a String cannot fail.
        let _ = self.markdown(&mut out);
        out
    }

    fn markdown(&self, out: &mut String) -> core::fmt::Result {
        out.push_str("# Management tree\n\n");
        let title = self.title();
        if !title.is_empty() {
            write!(out, "{}: ", escape(&title))?;
        }
        writeln!(
            out,
            "{} nodes, {} bytes of tables.\n\n{LEGEND}",
            self.nodes.len(),
            self.size()
        )?;
        let objects = self.objects();
        out.push_str("| object | identifier | nodes |\n| --- | --- | --- |\n");
        for (root, rows) in &objects {
            let identifier = self
                .node(*root)
                .map_or("", |node| self.slice(node.mime, u16::from(node.mime_len)));
            // The root of an object inside another one is counted there.
            let own = rows
                .iter()
                .filter(|id| *id == root || !self.is_object(**id));
            writeln!(
                out,
                "| {} | {} | {} |",
                code(&self.uri(*root)),
                code(identifier),
                own.count()
            )?;
        }
        for (root, rows) in &objects {
            writeln!(out, "\n## {}\n", code(&self.uri(*root)))?;
            out.push_str(HEAD);
            for id in rows {
                self.row(out, *id, id != root)?;
            }
        }
        Ok(())
    }

    fn node(&self, id: DescId) -> Option<&NodeDesc> {
        self.nodes.get(usize::from(id.0))
    }

    /// Whether a node has a table of its own.
    fn is_object(&self, id: DescId) -> bool {
        self.node(id).is_some_and(|node| {
            let is_interior = node.format() == Format::Node;
            is_interior && (id == DescId::ROOT || node.parent == 0 || node.mime_len > 0)
        })
    }

    /// The nodes with tables of their own, each with what its table lists, in the order of the tree.
    fn objects(&self) -> Vec<(DescId, Vec<DescId>)> {
        let mut objects = Vec::new();
        let mut waiting = vec![DescId::ROOT];
        while let Some(root) = waiting.pop() {
            let (mut rows, mut inside) = (Vec::new(), Vec::new());
            let mut open = vec![root];
            while let Some(id) = open.pop() {
                rows.push(id);
                if id != root && self.is_object(id) {
                    inside.push(id);
                    continue;
                }
                open.extend(self.children(id).rev());
            }
            waiting.extend(inside.into_iter().rev());
            objects.push((root, rows));
        }
        objects
    }

    fn children(&self, id: DescId) -> impl DoubleEndedIterator<Item = DescId> {
        let (first, count) = self
            .node(id)
            .map_or((0, 0), |node| (node.first_child, node.children));
        (first..first.saturating_add(count)).map(DescId)
    }

    /// One row of a table; `inside`: not the first one.
    fn row(&self, out: &mut String, id: DescId, inside: bool) -> core::fmt::Result {
        let Some(node) = self.node(id) else {
            return Ok(());
        };
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} | {} |",
            code(&self.uri(id)),
            node.format().name(),
            access(node).replace(',', ", "),
            escape(&occurrence(node)),
            scope(node),
            self.types(node),
            self.default_value(node),
            self.description(id, node, inside)
        )
    }

    /// MIME types of a leaf, identifier of an object.
    fn types(&self, node: &NodeDesc) -> String {
        let types = self.slice(node.mime, u16::from(node.mime_len));
        if types.is_empty() && node.format() != Format::Node {
            return code("text/plain");
        }
        types.split('\n').map(code).collect::<Vec<_>>().join(", ")
    }

    fn default_value(&self, node: &NodeDesc) -> String {
        if node.flags & flags::HAS_DEFAULT == 0 {
            return String::new();
        }
        let at = usize::from(node.default);
        let end = at.saturating_add(usize::from(node.default_len));
        let octets = self.text.get(at..end).unwrap_or_default();
        match core::str::from_utf8(octets) {
            _ if octets.is_empty() => "empty".to_owned(),
            Ok(text) if !matches!(node.format(), Format::Bin | Format::B64) => code(text),
            _ => format!("{} in Base64", code(&Base64::encode_string(octets))),
        }
    }

    fn description(&self, id: DescId, node: &NodeDesc, inside: bool) -> String {
        let mut sentences = Vec::new();
        let doc = self.docs.get(usize::from(id.0)).map_or("", String::as_str);
        if !doc.is_empty() {
            sentences.push(escape(doc));
        }
        if node.flags & flags::CASE_INSENSITIVE != 0 {
            sentences.push("The letter case of the name does not matter.".to_owned());
        }
        let properties: Vec<&str> = [
            (flags::HAS_SIZE, "Size"),
            (flags::HAS_TITLE, "Title"),
            (flags::HAS_TSTAMP, "TStamp"),
            (flags::HAS_VERNO, "VerNo"),
        ]
        .iter()
        .filter(|(flag, _)| node.flags & flag != 0)
        .map(|(_, name)| *name)
        .collect();
        if !properties.is_empty() {
            sentences.push(format!("Has {}.", properties.join(", ")));
        }
        if inside && self.is_object(id) {
            sentences.push("See its own table.".to_owned());
        }
        sentences.join(" ")
    }
}

/// Text that stands as it is, in a table too. Nothing for nothing.
fn code(text: &str) -> String {
    // In code a backslash stands for itself, and would take the one that keeps a bar from ending the cell.
    if text.is_empty() || text.contains("\\|") {
        return escape(text);
    }
    let mut body = String::new();
    for letter in text.chars() {
        match letter {
            '|' => body.push_str("\\|"),
            letter if letter.is_control() => body.extend(letter.escape_default()),
            letter => body.push(letter),
        }
    }
    let longest = text
        .split(|letter| letter != '`')
        .map(str::len)
        .max()
        .unwrap_or(0);
    let fence = "`".repeat(longest.saturating_add(1));
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{body}{pad}{fence}")
}

/// Text of a DDF as Markdown shows it literally.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::new();
    for word in text.split(' ') {
        if !out.is_empty() {
            out.push(' ');
        }
        if word.contains("://") && !word.contains('|') {
            let _ = write!(out, "`{}`", word.replace('`', "'"));
            continue;
        }
        for letter in word.chars() {
            if "\\`*_[]<>#|~&".contains(letter) {
                out.push('\\');
            }
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{code, escape};

    #[test]
    fn code_keeps_its_text_and_the_cell_around_it() {
        for (text, expected) in [
            ("./A/*/B", "`./A/*/B`"),
            ("a|b", "`a\\|b`"),
            ("a`b``c", "``` a`b``c ```"),
            ("a\nb\0", "`a\\nb\\u{0}`"),
            ("a\\|b", "a\\\\\\|b"),
            ("a\\", "`a\\`"),
            ("", ""),
        ] {
            assert_eq!(code(text), expected);
        }
    }

    #[test]
    fn prose_is_shown_literally() {
        for (text, expected) in [
            ("0..*", "0..\\*"),
            ("a|b [c] <d>", "a\\|b \\[c\\] \\<d\\>"),
            ("see http://a.test/_b_ now", "see `http://a.test/_b_` now"),
            ("http://a.test/b|c", "http://a.test/b\\|c"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }
}
