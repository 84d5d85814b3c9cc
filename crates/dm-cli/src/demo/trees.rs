//! The router's tree before and after.

use super::paint::{Ink, Paint};
use super::session::Session;
use crate::changes::{self, Change, Kind, cut};

/// Where values begin, and where a line ends.
const VALUES: usize = 36;
const WIDTH: usize = 100;

/// The whole tree.
pub(super) fn before(session: &Session, paint: Paint) -> String {
    let mut text = format!(
        "\n{}\n\n",
        paint.text(Ink::Title, "The router's tree before")
    );
    for change in changes::merge(&session.before, &session.before) {
        text.push_str(&line(&change, paint));
    }
    text
}

/// The tree with what has changed; what has not is told in one line where that says enough.
pub(super) fn after(session: &Session, paint: Paint) -> String {
    let title = paint.text(Ink::Title, "The router's tree after");
    let mut text = format!("\n{title}   + added   ~ changed   - removed\n\n");
    let merged = changes::merge(&session.before, &session.after);
    let mut rest = merged.as_slice();
    while let Some((change, behind)) = rest.split_first() {
        let depth = change.depth();
        let below = behind
            .iter()
            .take_while(|other| other.depth() > depth)
            .count();
        let (inside, after) = behind.split_at_checked(below).unwrap_or((behind, &[]));
        if below > 0
            && change.kind == Kind::Same
            && inside.iter().all(|other| other.kind == Kind::Same)
        {
            let nodes = if below == 1 {
                "1 node".to_owned()
            } else {
                format!("{below} nodes")
            };
            let name = format!(
                "  {:indent$}{}",
                "",
                name(change),
                indent = depth.saturating_mul(2)
            );
            text.push_str(&paint.text(Ink::Faint, &format!("{name:VALUES$}({nodes} as before)")));
            text.push('\n');
            rest = after;
        } else {
            text.push_str(&line(change, paint));
            rest = behind;
        }
    }
    text
}

fn name<'s>(change: &Change<'s>) -> &'s str {
    change.node().map_or("", |node| node.name())
}

fn line(change: &Change<'_>, paint: Paint) -> String {
    let indent = change.depth().saturating_mul(2);
    let mut line = format!("{} {:indent$}{}", change.kind.mark(), "", name(change));
    let room = WIDTH.saturating_sub(VALUES);
    let value = match (change.before, change.after) {
        (Some(before), Some(after)) if change.kind == Kind::Changed && !after.is_secret => {
            format!("{} (was {})", after.shown(40), before.shown(20))
        }
        _ => change
            .node()
            .filter(|node| node.is_leaf())
            .map_or_else(String::new, |node| node.shown(room)),
    };
    if !value.is_empty() {
        line = format!("{line:VALUES$}{}", cut(&value, room));
    }
    let ink = match change.kind {
        Kind::Same => Ink::Plain,
        Kind::Added => Ink::Good,
        Kind::Changed => Ink::Changed,
        Kind::Removed => Ink::Bad,
    };
    format!("{}\n", paint.text(ink, line.trim_end()))
}
