//! What `DFProperties`, `RTProperties` and `Value` of a node say.

use dm_tree::Format;
use dm_tree::schema::{access, flags};
use roxmltree::Node as Element;

use super::{Reader, text};
use crate::error::{Error, Place};
use crate::model::{Occurrence, Properties};
use crate::value;

/// Commands of `AccessType` with their bits.
pub(crate) const COMMANDS: [(&str, u8); 6] = [
    ("Add", access::ADD),
    ("Copy", access::COPY),
    ("Delete", access::DELETE),
    ("Exec", access::EXEC),
    ("Get", access::GET),
    ("Replace", access::REPLACE),
];

const FORMATS: [&str; 11] = [
    "b64", "bin", "bool", "chr", "int", "node", "null", "xml", "date", "time", "float",
];

impl<'d, 'x> Reader<'d, 'x> {
    pub(super) fn properties(
        &mut self,
        place: &Place,
        framework: Element<'d, 'x>,
        runtime: Option<Element<'d, 'x>>,
        initial: Option<String>,
    ) -> Result<(Properties, String), Error> {
        let fields = self.fields(
            framework,
            &[
                "AccessType",
                "DefaultValue",
                "Description",
                "DFFormat",
                "Occurrence",
                "Scope",
                "DFTitle",
                "DFType",
                "CaseSense",
            ],
        );
        let access = match self.one(&fields, "AccessType")? {
            Some(element) => self.access(element),
            None => {
                return Err(place.error(
                    "AccessType is missing",
                    "list the commands, or none: <AccessType/>",
                ));
            }
        };
        let format = match self.one(&fields, "DFFormat")? {
            Some(element) => self.format(element)?,
            None => {
                return Err(place.error(
                    "DFFormat is missing",
                    "write for example <DFFormat><chr/></DFFormat>",
                ));
            }
        };
        let occurrence = match self.one(&fields, "Occurrence")? {
            Some(element) => self.occurrence(element)?,
            None => Occurrence {
                required: true,
                max: 1,
            },
        };
        let permanent = match self.one(&fields, "Scope")? {
            Some(element) => self.choice(element, &["Permanent", "Dynamic"])?.0 == "Permanent",
            None => false,
        };
        let case_insensitive = match self.one(&fields, "CaseSense")? {
            Some(element) => self.choice(element, &["CS", "CIS"])?.0 == "CIS",
            None => false,
        };
        let types = match self.one(&fields, "DFType")? {
            Some(element) => self.types(element, format)?,
            None => String::new(),
        };
        let default = match (self.text(&fields, "DefaultValue")?, initial) {
            (Some(one), Some(other)) if one != other => {
                return Err(place.error(
                    format!("DefaultValue is {one:?} but Value is {other:?}"),
                    "keep one of them, or make them equal",
                ));
            }
            (one, other) => match one.or(other) {
                Some(text) => Some(Self::default(place, format, &text)?),
                None => None,
            },
        };
        let runtime = match runtime {
            Some(element) => self.runtime(element, format)?,
            None => 0,
        };
        let title = self.text(&fields, "DFTitle")?.unwrap_or_default();
        let description = self.text(&fields, "Description")?.unwrap_or_default();
        let doc = match (title.as_str(), description.as_str()) {
            ("", text) | (text, "") => one_line(text),
            _ => format!("{}: {}", one_line(&title), one_line(&description)),
        };
        let properties = Properties {
            format,
            access,
            occurrence,
            permanent,
            case_insensitive,
            runtime,
            types,
            default,
        };
        Ok((properties, doc))
    }

    fn access(&mut self, element: Element<'d, 'x>) -> u8 {
        let fields = self.fields(element, &COMMANDS.map(|(name, _)| name));
        COMMANDS
            .iter()
            .filter(|(name, _)| fields.all(name).next().is_some())
            .fold(0, |bits, (_, bit)| bits | bit)
    }

    fn format(&mut self, element: Element<'d, 'x>) -> Result<Format, Error> {
        let (name, _) = self.choice(element, &FORMATS)?;
        Format::from_name(name.as_bytes()).ok_or_else(|| {
            self.place(element).error(
                format!("{name} is no format"),
                "use one of the eleven formats",
            )
        })
    }

    fn occurrence(&mut self, element: Element<'d, 'x>) -> Result<Occurrence, Error> {
        let (name, count) = self.choice(
            element,
            &[
                "One",
                "ZeroOrOne",
                "ZeroOrMore",
                "OneOrMore",
                "ZeroOrN",
                "OneOrN",
            ],
        )?;
        let required = name.starts_with("One");
        let max = match name {
            "One" | "ZeroOrOne" => 1,
            "ZeroOrMore" | "OneOrMore" => 0,
            _ => match text(count).parse::<u32>() {
                // No tree holds 65,536 nodes: the largest number means no bound.
                Ok(65_536) => 0,
                Ok(number @ 1..65_536) => {
                    if number == 1 {
                        let what = format!(
                            "{name} of 1 says no more than the plain form; 2 to 65536 are meant"
                        );
                        self.notes.push(self.place(count).note(what));
                    }
                    u16::try_from(number).unwrap_or(0)
                }
                _ => {
                    return Err(self.place(count).error(
                        format!("{name} holds {:?}", text(count)),
                        "write a number from 2 to 65536",
                    ));
                }
            },
        };
        Ok(Occurrence { required, max })
    }

    /// MIME types of a leaf or MO identifier of an interior node.
    fn types(&mut self, element: Element<'d, 'x>, format: Format) -> Result<String, Error> {
        let fields = self.fields(element, &["MIME", "DDFName"]);
        let names: Vec<String> = fields
            .all("DDFName")
            .map(text)
            .filter(|name| !name.is_empty())
            .collect();
        let mimes: Vec<String> = fields
            .all("MIME")
            .map(text)
            .filter(|mime| !mime.is_empty())
            .collect();
        if format == Format::Node {
            // Published DDFs put the identifier of an object into MIME as often as into DDFName.
            let mut all = names
                .into_iter()
                .chain(mimes.into_iter().filter(|mime| is_object_name(mime)));
            let first = all.next().unwrap_or_default();
            return match all.next() {
                Some(second) if second != first => Err(self.place(element).error(
                    format!("the object has two identifiers, {first:?} and {second:?}"),
                    "keep one DDFName",
                )),
                _ => Ok(first),
            };
        }
        if let Some(name) = names.first() {
            let what = format!("DDFName {name:?} on a leaf has no meaning; skipped");
            self.notes.push(self.place(element).note(what));
        }
        if let Some(odd) = mimes
            .iter()
            .find(|mime| !mime.contains('/') || mime.contains(char::is_whitespace))
        {
            return Err(self.place(element).error(
                format!("{odd:?} is no MIME type"),
                "write for example <MIME>text/plain</MIME>",
            ));
        }
        match mimes.as_slice() {
            [one] if one == "text/plain" => Ok(String::new()),
            _ => Ok(mimes.join("\n")),
        }
    }

    fn default(place: &Place, format: Format, text: &str) -> Result<Vec<u8>, Error> {
        value::octets(format, text).map_err(|fix| {
            place.error(
                format!(
                    "the default {text:?} is no value of format {}",
                    format.name()
                ),
                fix,
            )
        })
    }

    /// Optional run-time properties the node has.
    fn runtime(&mut self, element: Element<'d, 'x>, format: Format) -> Result<u8, Error> {
        let place = self.place(element);
        let fields = self.fields(
            element,
            &[
                "ACL", "Format", "Name", "Size", "Title", "TStamp", "Type", "VerNo",
            ],
        );
        for name in ["ACL", "Format", "Name", "Type"] {
            if self.one(&fields, name)?.is_none() {
                return Err(place.error(
                    format!("RTProperties leaves out {name}, which every node has"),
                    format!("add <{name}/>, or drop RTProperties if no optional property is meant"),
                ));
            }
        }
        if let Some(stated) = self.one(&fields, "Format")?
            && stated.has_children()
            && stated.first_element_child().is_some()
        {
            let runtime = self.format(stated)?;
            if runtime != format {
                return Err(self.place(stated).error(
                    format!(
                        "Format is {} but DFFormat is {}",
                        runtime.name(),
                        format.name()
                    ),
                    "make them equal",
                ));
            }
        }
        for name in ["ACL", "Title"] {
            if let Some(given) = self.one(&fields, name)?
                && !text(given).is_empty()
            {
                let what = format!(
                    "the {name} given here is not part of the tables; set it when the device is made"
                );
                self.notes.push(self.place(given).note(what));
            }
        }
        let mut found = 0;
        for (name, flag) in [
            ("Size", flags::HAS_SIZE),
            ("Title", flags::HAS_TITLE),
            ("TStamp", flags::HAS_TSTAMP),
            ("VerNo", flags::HAS_VERNO),
        ] {
            if let Some(stated) = self.one(&fields, name)? {
                if name == "Size" && format == Format::Node {
                    return Err(self.place(stated).error(
                        "an interior node cannot have Size",
                        "remove <Size/> from its RTProperties",
                    ));
                }
                found |= flag;
            }
        }
        Ok(found)
    }
}
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether the type of an interior node names an object: a URN or a reversed domain name with version and path.
/// Anything else is a MIME type, of which an interior node has none.
fn is_object_name(text: &str) -> bool {
    text.starts_with("urn:") || text.matches('/').count() > 1
}
