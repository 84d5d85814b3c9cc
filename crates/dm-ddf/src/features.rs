//! Which parts of the DDF language a file uses, and how often.

use std::collections::BTreeMap;

use roxmltree::{Document, Node as Element};

/// How often each part is used, in the order of names.
pub(crate) type Features = BTreeMap<String, usize>;

/// Elements whose children are what they say.
const CHOICES: [&str; 5] = ["AccessType", "CaseSense", "DFFormat", "Occurrence", "Scope"];
/// Elements that may be left out of `DFProperties`.
const OPTIONAL: [&str; 3] = ["CaseSense", "Occurrence", "Scope"];
/// Elements of which it matters whether they hold anything.
const TEXTS: [&str; 6] = [
    "DDFName",
    "DefaultValue",
    "MIME",
    "NodeName",
    "Path",
    "Value",
];
/// Elements that are only counted; what is not known here is told with what it stands in.
const PLAIN: [&str; 8] = [
    "DFProperties",
    "DFTitle",
    "DFType",
    "Description",
    "Man",
    "MgmtTree",
    "Mod",
    "RTProperties",
];
/// Elements whose content is a text, whatever it looks like.
const VALUES: [&str; 3] = ["DefaultValue", "Description", "Value"];

pub(crate) fn count(document: &Document<'_>) -> Features {
    let mut found = Features::new();
    let root = document.root_element();
    let space = root.tag_name().namespace();
    let mut note = |what: String| *found.entry(what).or_insert(0) += 1;
    if document.input_text().contains("<!DOCTYPE") {
        note("document type declaration".to_owned());
    }
    note(format!("name space {}", space.unwrap_or("none")));
    for element in root.descendants().filter(Element::is_element) {
        let name = element.tag_name().name();
        let mut around = element.ancestors().skip(1);
        if let Some(value) = around.find(|above| VALUES.contains(&above.tag_name().name())) {
            note(format!("markup in {}", value.tag_name().name()));
            continue;
        }
        if element.tag_name().namespace() != space {
            note(format!(
                "elements of name space {}",
                element.tag_name().namespace().unwrap_or("none")
            ));
            continue;
        }
        let parent = element.parent_element();
        let parent = parent.map_or("", |parent| parent.tag_name().name());
        let text = super::read::text(element);
        if CHOICES.contains(&parent) {
            note(format!("{parent}: {name}"));
        } else if CHOICES.contains(&name) {
            if !element.children().any(|child| child.is_element()) {
                note(format!("{name}: none"));
            }
        } else if name == "VerDTD" {
            note(format!("VerDTD {text}"));
        } else if name == "Node" {
            note(format!("Node in {parent}"));
        } else if TEXTS.contains(&name) {
            note(match text.as_str() {
                "" => format!("{name}, empty"),
                "*" | "." => format!("{name} {text}"),
                _ => name.to_owned(),
            });
        } else if PLAIN.contains(&name) {
            note(name.to_owned());
        } else {
            note(format!("{name} in {parent}"));
        }
        if name == "DFProperties" {
            let has = |wanted: &str| {
                element
                    .children()
                    .any(|child| child.tag_name().name() == wanted)
            };
            for wanted in OPTIONAL.into_iter().filter(|wanted| !has(wanted)) {
                note(format!("{wanted} left out"));
            }
        }
        if name == "DFType" {
            let mimes = element
                .children()
                .filter(|child| child.tag_name().name() == "MIME");
            if mimes.count() > 1 {
                note("several MIME".to_owned());
            }
        }
    }
    found
}
