//! `cargo xtask conformance`: which requirement is proved by which test.

use crate::requirements::{self, Citation, Requirement, citations, ids_in, parse, parse_reasons};
use crate::sources::{self, Source};
use crate::workspace::{Workspace, read, write};
use crate::{Context, Verb};
use std::collections::BTreeMap;
use std::fmt::Write as _;

pub(crate) const VERB: Verb = Verb {
    name: "conformance",
    summary: "docs/conformance.md from the citations of requirements by tests",
    switches: &[
        ("--check", "only compare with the committed file"),
        (
            "--prune",
            "first drop the lines of not-yet.tsv that a test now cites",
        ),
    ],
    details: "Every id of docs/requirements.tsv is either cited in a comment directly on a test\n\
              function, or proved by a script of tests/conformance, or listed with a reason in docs/not-yet.tsv; an unknown id, an id in both\n\
              places or in neither is an error.",
    run,
};

const REQUIREMENTS: &str = "docs/requirements.tsv";
const NOT_YET: &str = "docs/not-yet.tsv";
const TABLE: &str = "docs/conformance.md";

fn run(context: &mut Context) {
    if context.has("--check") {
        return check(context);
    }
    let prune = context.has("--prune");
    let workspace = &context.workspace;
    context.report.group("conformance", |steps| {
        if prune {
            steps.verify("prune", || drop_cited(workspace))?;
        }
        steps.verify("write", || {
            let matrix = Matrix::load(workspace)?;
            matrix.faults()?;
            write(&workspace.path(TABLE), &matrix.render())?;
            Ok(matrix.totals())
        })
    });
}

/// Fails on a wrong or missing citation and when the committed table is stale.
pub(crate) fn check(context: &mut Context) {
    let workspace = &context.workspace;
    context.report.group("conformance", |steps| {
        steps.verify("citations", || {
            let matrix = Matrix::load(workspace)?;
            matrix.faults()?;
            if read(&workspace.path(TABLE)).unwrap_or_default() == matrix.render() {
                Ok(matrix.totals())
            } else {
                Err(format!("{TABLE} is stale: run `cargo xtask conformance`"))
            }
        })
    });
}

/// Requirements, citations and reasons side by side.
struct Matrix {
    requirements: Vec<Requirement>,
    citations: BTreeMap<String, Vec<Citation>>,
    reasons: BTreeMap<String, String>,
    /// Ids in comments anywhere: where, and which.
    mentions: Vec<(String, String)>,
}

impl Matrix {
    fn load(workspace: &Workspace) -> Result<Self, String> {
        let sources: Vec<Source> = sources::rust(workspace)?
            .into_iter()
            .filter(|source| !source.name.starts_with("crates/xtask/"))
            .collect();
        let mut mentions = Vec::new();
        for source in &sources {
            for (index, line) in source.text.lines().enumerate() {
                if let Some((_, comment)) = line.split_once("//") {
                    for id in ids_in(comment) {
                        mentions.push((format!("{}:{}", source.name, index + 1), id));
                    }
                }
            }
        }
        let scripts = sources::scripts(workspace)?;
        for script in &scripts {
            for id in ids_in(&script.text) {
                mentions.push((script.name.clone(), id));
            }
        }
        let mut citations = citations(&sources);
        requirements::scripts(&scripts, &mut citations);
        Ok(Self {
            requirements: parse(&read(&workspace.path(REQUIREMENTS))?)?,
            citations,
            reasons: parse_reasons(&read(&workspace.path(NOT_YET))?)?,
            mentions,
        })
    }

    fn knows(&self, id: &str) -> bool {
        self.requirements
            .iter()
            .any(|requirement| requirement.id == id)
    }

    fn faults(&self) -> Result<(), String> {
        let mut faults = String::new();
        for (place, id) in &self.mentions {
            if !self.knows(id) {
                let _ = writeln!(faults, "{place}: no requirement {id}");
            }
        }
        for id in self.reasons.keys() {
            if !self.knows(id) {
                let _ = writeln!(faults, "{NOT_YET}: no requirement {id}");
            }
            if let Some([first, ..]) = self.citations.get(id).map(Vec::as_slice) {
                let _ = writeln!(
                    faults,
                    "{NOT_YET}: {id} is cited by {} ({}); `--prune` drops the line",
                    first.test, first.file
                );
            }
        }
        for requirement in &self.requirements {
            let id = &requirement.id;
            if !self.citations.contains_key(id) && !self.reasons.contains_key(id) {
                let _ = writeln!(faults, "{id}: neither cited by a test nor in {NOT_YET}");
            }
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(faults)
        }
    }

    fn tested<'m>(&'m self, file: &'m str) -> impl Iterator<Item = &'m Requirement> {
        self.requirements
            .iter()
            .filter(move |r| r.file == file && self.citations.contains_key(&r.id))
    }

    fn totals(&self) -> String {
        let tested = self
            .requirements
            .iter()
            .filter(|r| self.citations.contains_key(&r.id))
            .count();
        format!(
            "{tested} of {} requirements tested",
            self.requirements.len()
        )
    }

    /// The chapters in the order of the list.
    fn chapters(&self) -> Vec<&str> {
        let mut chapters: Vec<&str> = Vec::new();
        for requirement in &self.requirements {
            if chapters.last() != Some(&requirement.file.as_str()) {
                chapters.push(&requirement.file);
            }
        }
        chapters
    }

    fn render(&self) -> String {
        let mut text = String::from(
            "# Conformance\n\n\
             Written by `cargo xtask conformance` from the citations in the tests; do not edit.\n\n\
             The requirements are our own digest of OMA Device Management 1.2.1 and of what 1.3 adds\n\
             (`spec/`). The full text of the 1.3 technical specifications was not at hand; for those\n\
             requirements the label says how sure a statement is: C confirmed, D found in a draft,\n\
             I inferred, P a profile of this project (never to be taken for the standard).\n\n\
             | chapter | requirements | tested | not yet |\n|---|---:|---:|---:|\n",
        );
        for chapter in self.chapters() {
            let all = self.requirements.iter().filter(|r| r.file == chapter);
            let all = all.count();
            let tested = self.tested(chapter).count();
            let title = title(chapter);
            let _ = writeln!(
                text,
                "| [{title}](#{title}) | {all} | {tested} | {} |",
                all - tested
            );
        }
        let all = self.requirements.len();
        let tested = self
            .requirements
            .iter()
            .filter(|r| self.citations.contains_key(&r.id))
            .count();
        let _ = writeln!(text, "| all | {all} | {tested} | {} |", all - tested);
        for chapter in self.chapters() {
            self.render_chapter(&mut text, chapter);
        }
        text
    }

    fn render_chapter(&self, text: &mut String, chapter: &str) {
        let _ = write!(
            text,
            "\n## {}\n\nDigest: [spec/{chapter}](spec/{chapter})\n\n\
             | id | level | requirement | tests, or why not yet |\n|---|---|---|---|\n",
            title(chapter)
        );
        for requirement in self.requirements.iter().filter(|r| r.file == chapter) {
            let evidence = match self.citations.get(&requirement.id) {
                Some(citations) => listed(citations),
                None => {
                    let reason = self.reasons.get(&requirement.id);
                    format!("not yet: {}", reason.map_or("", String::as_str))
                }
            };
            let level = if requirement.label.is_empty() {
                requirement.level.clone()
            } else {
                format!("{} [{}]", requirement.level, requirement.label)
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                requirement.id,
                level.trim(),
                cell(&requirement.text),
                cell(&evidence)
            );
        }
    }
}

/// `file: test, test; file: test`, without the folders every path has.
fn listed(citations: &[Citation]) -> String {
    let mut by_file: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for citation in citations {
        by_file
            .entry(&citation.file)
            .or_default()
            .push(&citation.test);
    }
    let files: Vec<String> = by_file
        .into_iter()
        .map(|(file, tests)| {
            let file = file.strip_prefix("crates/").unwrap_or(file);
            // What a script is for stands in it.
            if file.ends_with(".toml") {
                return file.to_owned();
            }
            format!("{file}: {}", tests.join(", "))
        })
        .collect();
    files.join("; ")
}

fn title(chapter: &str) -> &str {
    chapter.strip_suffix(".md").unwrap_or(chapter)
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn drop_cited(workspace: &Workspace) -> Result<String, String> {
    let matrix = Matrix::load(workspace)?;
    let path = workspace.path(NOT_YET);
    let before = read(&path)?;
    let mut after = String::new();
    let mut dropped = 0_usize;
    for line in before.lines() {
        let id = line.split('\t').next().unwrap_or_default();
        if matrix.citations.contains_key(id) {
            dropped += 1;
        } else {
            after.push_str(line);
            after.push('\n');
        }
    }
    write(&path, &after)?;
    Ok(format!("{dropped} dropped"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(reasons: &str, cited: &[&str]) -> Matrix {
        let table = "id\tlevel\tlabel\tfile\ttext\nPRO-C-001\tMUST\t\tprotocol.md\ta|b\nD13-C-002\tMAY\tP\tdm13.md\tc\n";
        let citation = Citation {
            file: "crates/dm-core/src/a.rs".into(),
            test: "works".into(),
        };
        Matrix {
            requirements: parse(table).unwrap(),
            citations: cited
                .iter()
                .map(|id| ((*id).to_owned(), vec![citation.clone()]))
                .collect(),
            reasons: parse_reasons(reasons).unwrap(),
            mentions: cited
                .iter()
                .map(|id| ("a.rs:1".to_owned(), (*id).to_owned()))
                .collect(),
        }
    }

    #[test]
    fn every_id_is_cited_or_has_a_reason_but_not_both() {
        assert!(
            matrix("D13-C-002\tlater\n", &["PRO-C-001"])
                .faults()
                .is_ok()
        );
        let neither = matrix("", &["PRO-C-001"]).faults().unwrap_err();
        assert!(neither.starts_with("D13-C-002: neither"));
        let both = matrix("D13-C-002\tlater\n", &["PRO-C-001", "D13-C-002"]);
        assert!(both.faults().unwrap_err().contains("is cited by works"));
        let unknown = matrix("D13-C-002\tlater\n", &["PRO-C-001", "PRO-C-999"]);
        assert!(
            unknown
                .faults()
                .unwrap_err()
                .contains("no requirement PRO-C-999")
        );
    }

    #[test]
    fn the_table_shows_tests_reasons_and_labels() {
        let text = matrix("D13-C-002\tlater\n", &["PRO-C-001"]).render();
        assert!(text.contains("| PRO-C-001 | MUST | a\\|b | dm-core/src/a.rs: works |"));
        assert!(text.contains("| D13-C-002 | MAY [P] | c | not yet: later |"));
        assert!(text.contains("| all | 2 | 1 | 1 |"));
    }
}
