//! The tokens of the body. Representation, sections 5.2 to 8.
//!
//! This walk shares no line with the reader of the codec, so that it can show what that one refuses.

use dm_wbxml::Vocabulary;

use super::header::Header;
use super::names;
use super::octets::{Fault, Octets};
use super::sheet::{Sheet, quoted};

const SWITCH_PAGE: u8 = 0x00;
const END: u8 = 0x01;
const ENTITY: u8 = 0x02;
const STR_I: u8 = 0x03;
const LITERAL: u8 = 0x04;
const PI: u8 = 0x43;
const STR_T: u8 = 0x83;
const OPAQUE: u8 = 0xC3;

/// Bits of a tag.
const HAS_ATTRIBUTES: u8 = 0x80;
const HAS_CONTENT: u8 = 0x40;

/// Documents inside documents that are looked into.
const NESTING: u8 = 4;

/// How much there is in a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) elements: usize,
    /// Most elements open at a time.
    pub(super) depth: usize,
}

/// Lists a document up to its end, or up to what makes the rest unreadable.
pub(super) fn document(octets: Octets<'_>, sheet: &mut Sheet) -> Extent {
    nested(octets, sheet, 0, 0)
}

fn nested(mut octets: Octets<'_>, sheet: &mut Sheet, depth: usize, nesting: u8) -> Extent {
    let header = match Header::read(&mut octets, sheet, depth) {
        Ok(header) => header,
        Err(fault) => {
            sheet.fault(fault, octets.end(), depth);
            return Extent::default();
        }
    };
    let mut walk = Walk {
        page: match header.vocabulary {
            Some(Vocabulary::Ddf) => 2,
            _ => 0,
        },
        octets,
        header,
        sheet,
        outside: depth,
        nesting,
        open: Vec::new(),
        attribute_page: 0,
        is_over: false,
        extent: Extent::default(),
    };
    if let Err(fault) = walk.run() {
        let (end, depth) = (walk.octets.end(), walk.depth());
        walk.sheet.fault(fault, end, depth);
    }
    walk.extent
}

struct Walk<'a, 's> {
    octets: Octets<'a>,
    header: Header<'a>,
    sheet: &'s mut Sheet,
    /// Depth of the document itself in the listing.
    outside: usize,
    /// Documents around this one.
    nesting: u8,
    /// Names of the open elements.
    open: Vec<String>,
    page: u8,
    attribute_page: u8,
    /// The root element has ended.
    is_over: bool,
    extent: Extent,
}

impl Walk<'_, '_> {
    fn depth(&self) -> usize {
        self.outside.saturating_add(self.open.len())
    }

    /// Lists the token begun last.
    fn row(&mut self, meaning: impl Into<String>) {
        let (at, end, depth) = (self.octets.token(), self.octets.at(), self.depth());
        self.sheet.row(at, end, depth, meaning);
    }

    /// Something is wrong with the token just listed, but not with where it ends.
    fn flaw(&mut self, what: impl Into<String>) {
        let fault = self.octets.fault(what);
        let (at, depth) = (fault.offset, self.depth());
        self.sheet.fault(fault, at, depth);
    }

    fn run(&mut self) -> Result<(), Fault> {
        loop {
            self.octets.begin();
            let Some(token) = self.octets.next() else {
                return if self.is_over {
                    Ok(())
                } else {
                    Err(self.ends())
                };
            };
            if self.is_over && token != PI {
                return Err(self
                    .octets
                    .fault("octets behind the end of the root element"));
            }
            self.token(token)?;
        }
    }

    /// The document ends too early.
    fn ends(&self) -> Fault {
        self.octets.fault(match self.open.as_slice() {
            [] => "the document ends before its root element".to_owned(),
            [.., last] if self.open.len() > 8 => format!("the document ends inside {last}"),
            open => format!("the document ends inside {}", open.concat()),
        })
    }

    fn token(&mut self, token: u8) -> Result<(), Fault> {
        match token {
            SWITCH_PAGE => {
                self.page = self.octets.octet("SWITCH_PAGE")?;
                let about = names::page(self.header.vocabulary, self.page);
                self.row(format!("SWITCH_PAGE {}{about}", self.page));
            }
            END => {
                let Some(name) = self.open.pop() else {
                    return Err(self.octets.fault("END, but no element is open"));
                };
                self.is_over = self.open.is_empty();
                self.row(format!("END {}", name.replacen('<', "</", 1)));
            }
            PI => {
                self.row("PI");
                self.outside = self.outside.saturating_add(1);
                self.attributes("END of the PI")?;
                self.outside = self.outside.saturating_sub(1);
            }
            _ if token & 0x3F >= LITERAL => self.element(token)?,
            _ if self.open.is_empty() => {
                return Err(self
                    .octets
                    .fault(format!("token {token:02X} outside the root element")));
            }
            OPAQUE => self.opaque()?,
            _ => self.text(token)?,
        }
        Ok(())
    }

    /// A tag token.
    fn element(&mut self, token: u8) -> Result<(), Fault> {
        let mut flaw = None;
        let (name, remark) = if token & 0x3F == LITERAL {
            let index = self.octets.number("LITERAL")?;
            let name = self.header.entry(index);
            if name.is_none() {
                flaw = Some(self.header.outside("LITERAL", index));
            }
            let name = String::from_utf8_lossy(name.unwrap_or(b"?"))
                .escape_debug()
                .to_string();
            (name, format!(" LITERAL, string table {index}"))
        } else {
            let named = self
                .header
                .vocabulary
                .and_then(|vocabulary| names::element(vocabulary, self.page, token));
            match named {
                Some(name) => (name.to_owned(), String::new()),
                None => {
                    let token = token & 0x3F;
                    (
                        format!("{}:{token:02X}", self.page),
                        format!(" page {}, token {token:02X}, in no table", self.page),
                    )
                }
            }
        };
        let has_content = token & HAS_CONTENT != 0;
        let has_attributes = token & HAS_ATTRIBUTES != 0;
        self.row(match (has_attributes, has_content) {
            (false, false) => format!("<{name}/>{remark}"),
            (false, true) => format!("<{name}>{remark}"),
            (true, false) => format!("<{name} .../>{remark}"),
            (true, true) => format!("<{name} ...>{remark}"),
        });
        if let Some(what) = flaw {
            self.flaw(what);
        }
        self.open.push(format!("<{name}>"));
        self.extent.elements = self.extent.elements.saturating_add(1);
        self.extent.depth = self.extent.depth.max(self.open.len());
        if has_attributes {
            self.attributes("END of the attributes")?;
        }
        if !has_content {
            self.open.pop();
            self.is_over = self.open.is_empty();
        }
        Ok(())
    }

    /// Character content and extension tokens, wherever they stand.
    fn text(&mut self, token: u8) -> Result<(), Fault> {
        let kind = token & 0x03;
        match token {
            STR_I => {
                let string = self.octets.string("STR_I")?;
                self.row(format!("STR_I {}", self.header.string(string)));
            }
            STR_T => {
                let index = self.octets.number("STR_T")?;
                match self.header.entry(index) {
                    Some(string) => {
                        self.row(format!("STR_T {index}: {}", self.header.string(string)))
                    }
                    None => {
                        self.row(format!("STR_T {index}"));
                        self.flaw(self.header.outside("STR_T", index));
                    }
                }
            }
            ENTITY => {
                let code = self.octets.number("ENTITY")?;
                match char::from_u32(code) {
                    Some(letter) => self.row(format!("ENTITY {code}: {:?}", letter.to_string())),
                    None => {
                        self.row(format!("ENTITY {code}"));
                        self.flaw(format!("{code:X} is no character of Unicode"));
                    }
                }
            }
            OPAQUE => {
                let len = self.octets.number("OPAQUE")?;
                let octets = self.octets.take(len, "OPAQUE")?;
                self.row(format!(
                    "OPAQUE of {}: {}",
                    count(octets.len(), "octet"),
                    quoted(octets)
                ));
            }
            0x40..=0x42 => {
                let string = self.octets.string("EXT_I")?;
                self.row(format!("EXT_I_{kind} {}", self.header.string(string)));
            }
            0x80..=0x82 => {
                let number = self.octets.number("EXT_T")?;
                self.row(format!("EXT_T_{kind} {number}"));
            }
            _ => self.row(format!("EXT_{kind}")),
        }
        Ok(())
    }

    /// OPAQUE in an element, which may hold a document.
    fn opaque(&mut self) -> Result<(), Fault> {
        let mut ahead = self.octets.clone();
        let len = ahead.number("OPAQUE")?;
        let begin = ahead.clone();
        let octets = ahead.take(len, "OPAQUE")?;
        if self.nesting >= NESTING || !Header::is_at(octets) {
            return self.text(OPAQUE);
        }
        self.octets = begin;
        self.row(format!(
            "OPAQUE of {}: a WBXML document",
            count(octets.len(), "octet")
        ));
        let inside = self.depth().saturating_add(1);
        nested(
            ahead.behind(octets.len()),
            self.sheet,
            inside,
            self.nesting.saturating_add(1),
        );
        self.octets = ahead;
        Ok(())
    }

    /// An attribute list and its END.
    fn attributes(&mut self, end: &str) -> Result<(), Fault> {
        loop {
            self.octets.begin();
            let token = self.octets.octet("an attribute list")?;
            match token {
                END => {
                    self.row(end);
                    return Ok(());
                }
                SWITCH_PAGE => {
                    self.attribute_page = self.octets.octet("SWITCH_PAGE")?;
                    self.row(format!("SWITCH_PAGE {} (attributes)", self.attribute_page));
                }
                LITERAL => {
                    let index = self.octets.number("LITERAL")?;
                    match self.header.entry(index) {
                        Some(name) => {
                            let name = String::from_utf8_lossy(name);
                            self.row(format!(
                                "{}= LITERAL, string table {index}",
                                name.escape_debug()
                            ));
                        }
                        None => {
                            self.row(format!("LITERAL {index}"));
                            self.flaw(self.header.outside("LITERAL", index));
                        }
                    }
                }
                _ if self.is_value(token) => {
                    let page = self.attribute_page;
                    let meaning = match self.provisioning(|| names::value(page, token)) {
                        Some(text) => quoted(text.as_bytes()),
                        None => format!("value token {token:02X} of page {page}, in no table"),
                    };
                    self.row(meaning);
                }
                STR_I | STR_T | ENTITY | OPAQUE | 0x40..=0x42 | 0x80..=0x82 | 0xC0..=0xC2 => {
                    self.text(token)?
                }
                _ => {
                    let page = self.attribute_page;
                    let meaning = match self.provisioning(|| names::attribute(page, token)) {
                        Some((name, value)) if value.is_empty() => format!("{name}="),
                        Some((name, value)) => format!("{name}={}", quoted(value.as_bytes())),
                        None => format!("attribute token {token:02X} of page {page}, in no table"),
                    };
                    self.row(meaning);
                }
            }
        }
    }

    /// Whether a token of an attribute list is a value by itself.
    ///
    /// The first table of OMA for page 1 gave values to global tokens. They are read so, because there are no
    /// extensions in these documents, and a reference needs a string table.
    fn is_value(&self, token: u8) -> bool {
        let is_odd_page =
            self.attribute_page == 1 && self.header.vocabulary == Some(Vocabulary::Provisioning);
        match token {
            0x80..=0x82 => is_odd_page,
            STR_T => is_odd_page && !self.header.has_table(),
            0xC0..=0xC3 => false,
            _ => token > 0x83,
        }
    }

    /// What the tables of client provisioning say, in such a document.
    fn provisioning<T>(&self, look_up: impl FnOnce() -> Option<T>) -> Option<T> {
        match self.header.vocabulary {
            Some(Vocabulary::Provisioning) => look_up(),
            _ => None,
        }
    }
}

/// So many of something.
pub(super) fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
