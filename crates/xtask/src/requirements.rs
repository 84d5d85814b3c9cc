//! The requirement list, and who cites it.

use crate::sources::Source;
use std::collections::BTreeMap;

/// One row of `docs/requirements.tsv`.
pub(crate) struct Requirement {
    pub(crate) id: String,
    pub(crate) level: String,
    /// How sure the statement is (C, D, I, P), for what DM 1.3 added.
    pub(crate) label: String,
    /// The digest in `docs/spec` that explains it.
    pub(crate) file: String,
    pub(crate) text: String,
}

/// Reads the list; the first line names the columns.
pub(crate) fn parse(table: &str) -> Result<Vec<Requirement>, String> {
    table
        .lines()
        .enumerate()
        .skip(1)
        .map(|(index, line)| {
            let fields: Vec<&str> = line.split('\t').collect();
            match fields.as_slice() {
                [id, level, label, file, text] if is_id(id) => Ok(Requirement {
                    id: (*id).to_owned(),
                    level: (*level).to_owned(),
                    label: (*label).to_owned(),
                    file: (*file).to_owned(),
                    text: (*text).to_owned(),
                }),
                _ => Err(format!("line {}: not five fields with an id", index + 1)),
            }
        })
        .collect()
}

/// Reads `id<TAB>reason` lines; `#` begins a comment line.
pub(crate) fn parse_reasons(table: &str) -> Result<BTreeMap<String, String>, String> {
    let mut reasons = BTreeMap::new();
    for line in table.lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (id, reason) = line
            .split_once('\t')
            .filter(|(id, reason)| is_id(id) && !reason.trim().is_empty())
            .ok_or_else(|| format!("not `id<TAB>reason`: {line}"))?;
        if reasons.insert(id.to_owned(), reason.to_owned()).is_some() {
            return Err(format!("{id} is listed twice"));
        }
    }
    Ok(reasons)
}

/// A test function that cites a requirement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Citation {
    pub(crate) file: String,
    pub(crate) test: String,
}

/// Ids with the tests whose own comments name them.
pub(crate) fn citations(sources: &[Source]) -> BTreeMap<String, Vec<Citation>> {
    let mut found: BTreeMap<String, Vec<Citation>> = BTreeMap::new();
    for source in sources {
        for (test, ids) in test_comments(&source.text) {
            for id in ids {
                let list = found.entry(id).or_default();
                let citation = Citation {
                    file: source.name.clone(),
                    test: test.clone(),
                };
                if !list.contains(&citation) {
                    list.push(citation);
                }
            }
        }
    }
    found
}

/// Adds the requirements that the conformance scripts prove: `proves` and `about` of each.
pub(crate) fn scripts(sources: &[Source], found: &mut BTreeMap<String, Vec<Citation>>) {
    for source in sources {
        let line = |key: &str| {
            let mut lines = source.text.lines();
            lines
                .find_map(|line| line.strip_prefix(key))
                .unwrap_or_default()
        };
        let citation = Citation {
            file: source.name.clone(),
            test: line("about = ").trim_matches('"').to_owned(),
        };
        for id in ids_in(line("proves = ")) {
            let list = found.entry(id).or_default();
            if !list.contains(&citation) {
                list.push(citation.clone());
            }
        }
    }
}

/// Every test function with the ids in the comments directly above it.
fn test_comments(text: &str) -> Vec<(String, Vec<String>)> {
    let mut tests = Vec::new();
    let mut ids = Vec::new();
    let mut is_test = false;
    let mut in_attribute = false;
    for line in text.lines() {
        let line = line.trim();
        if in_attribute {
            in_attribute = !line.ends_with(']');
        } else if line.starts_with("//") && !line.starts_with("//!") {
            ids.extend(ids_in(line));
        } else if line.starts_with("#[") {
            is_test |= line.starts_with("#[test]");
            in_attribute = !line.contains(']');
            if let Some((_, comment)) = line.split_once("//") {
                ids.extend(ids_in(comment));
            }
        } else {
            if is_test && let Some(name) = function_name(line) {
                tests.push((name.to_owned(), core::mem::take(&mut ids)));
            }
            ids.clear();
            is_test = false;
        }
    }
    tests
}

fn function_name(line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix("pub ")
        .unwrap_or(line)
        .strip_prefix("fn ")?;
    rest.split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .next()
}

/// The requirement ids in a text, in order.
pub(crate) fn ids_in(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| is_id(word))
        .map(str::to_owned)
        .collect()
}

/// `PRO-C-012`: capitals and digits, `C`, three digits.
fn is_id(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    match parts.as_slice() {
        [chapter, "C", number] => {
            chapter.starts_with(|c: char| c.is_ascii_uppercase())
                && chapter
                    .chars()
                    .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
                && number.len() == 3
                && number.chars().all(|c| c.is_ascii_digit())
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "\
//! PRO-C-001 in a module comment cites nothing.

/// PRO-C-002 on a plain function cites nothing.
fn helper() {}

/// Answers 404.
///
/// PRO-C-003, D13-C-004
#[test]
fn missing_leaf_answers_404() {
    // PRO-C-005 inside a body cites nothing.
}

#[test]
// REP-C-006
#[should_panic(
    expected = \"x\"
)]
fn attribute_over_lines() {}

proptest! {
    #[test] // REP-C-007
    fn property(a in 0..9) {}
}

#[test]
fn cites_nothing() {}
";

    #[test]
    fn only_comments_on_test_functions_cite() {
        let source = Source {
            name: "a.rs".into(),
            text: CODE.into(),
        };
        let found = citations(&[source]);
        let pairs: Vec<(&str, &str)> = found
            .iter()
            .flat_map(|(id, list)| list.iter().map(|c| (id.as_str(), c.test.as_str())))
            .collect();
        assert_eq!(
            pairs,
            [
                ("D13-C-004", "missing_leaf_answers_404"),
                ("PRO-C-003", "missing_leaf_answers_404"),
                ("REP-C-006", "attribute_over_lines"),
                ("REP-C-007", "property"),
            ]
        );
    }

    #[test]
    fn a_script_names_what_it_proves() {
        let script = Source {
            name: "tests/conformance/scripts/a.toml".into(),
            text: "about = \"Add\"\nproves = [\"PRO-C-040\"]\n# PRO-C-041\n".into(),
        };
        let mut found = BTreeMap::new();
        scripts(&[script], &mut found);
        let citation = Citation {
            file: "tests/conformance/scripts/a.toml".into(),
            test: "Add".into(),
        };
        assert_eq!(
            found,
            BTreeMap::from([("PRO-C-040".into(), vec![citation])])
        );
    }

    #[test]
    fn ids_need_their_exact_form() {
        assert_eq!(
            ids_in("(PRO-C-012), TREE-C-1 pro-c-012 X-C-999/"),
            ["PRO-C-012", "X-C-999"]
        );
        assert!(ids_in("PRO-C-0123 PRO-D-012 APRO-C-").is_empty());
    }

    #[test]
    fn a_reason_is_given_once() {
        assert!(parse_reasons("PRO-C-001\twhy\nPRO-C-001\tagain\n").is_err());
        assert!(parse_reasons("PRO-C-001\t \n").is_err());
        let reasons = parse_reasons("# note\nPRO-C-001\tno transport yet\n").unwrap();
        assert_eq!(reasons.len(), 1);
    }
}
