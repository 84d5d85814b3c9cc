//! Where the code of an image is, module by module: what a budget would have to be saved from.

use crate::size::Row;
use crate::source_map::Owner;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// What the figures of this page are called in the table. They explain `own code`, which is compared, and are not
/// compared themselves: code that moves between modules is no growth.
const PREFIX: &str = "module ";

/// Modules below this are one line.
const SMALL: u64 = 200;

/// The rows of one image.
pub(crate) fn rows(image: &str, own: &[&str], code: &BTreeMap<Owner, u64>) -> Vec<Row> {
    let mut modules: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (owner, bytes) in code {
        if own.contains(&owner.krate.as_str()) {
            *modules
                .entry((owner.krate.as_str(), module(&owner.function)))
                .or_default() += bytes;
        }
    }
    let mut rows = Vec::new();
    for krate in own {
        let mut small = 0;
        for ((_, module), bytes) in modules.iter().filter(|((name, _), _)| name == krate) {
            if *bytes < SMALL {
                small += bytes;
            } else {
                rows.push(row(image, krate, module, *bytes));
            }
        }
        rows.push(row(image, krate, "others", small));
    }
    rows
}

fn row(image: &str, krate: &str, module: &str, bytes: u64) -> Row {
    Row {
        image: image.to_owned(),
        figure: format!("{PREFIX}{krate} {module}"),
        value: bytes,
    }
}

/// Whether a row belongs here.
pub(crate) fn holds(row: &Row) -> bool {
    row.figure.starts_with(PREFIX)
}

/// `account` of `dm_core::account::open` and of `<dm_core::account::Word as Trait>::read`.
fn module(function: &str) -> &str {
    let path = function.trim_start_matches(['<', '&']);
    let path = path.split([' ', '<', '>']).next().unwrap_or_default();
    let mut segments = path.split("::").skip(1);
    match (segments.next(), segments.next()) {
        (Some(module), Some(_)) => module,
        _ => "lib",
    }
}

/// The part of the page that shows them.
pub(crate) fn page(rows: &[Row], images: [(&str, &str); 2]) -> String {
    let mut text = String::from(
        "\n## Where the code is\n\n\
         Bytes of code of our crates by module, sub-modules included, for the image compared with the C client and for the full\n\
         client. Modules below 200 bytes are `others`.\n\n\
         | crate | module |",
    );
    for (name, _) in images {
        let _ = write!(text, " {name} |");
    }
    text.push_str("\n|---|---|---:|---:|\n");
    let mut modules: BTreeMap<&str, [Option<u64>; 2]> = BTreeMap::new();
    for row in rows {
        let Some(name) = row.figure.strip_prefix(PREFIX) else {
            continue;
        };
        for ((_, image), place) in images.iter().zip(modules.entry(name).or_default()) {
            if row.image == *image {
                *place = Some(row.value);
            }
        }
    }
    let mut modules: Vec<_> = modules.into_iter().collect();
    let krate = |name: &str| name.split(' ').next().unwrap_or_default().to_owned();
    modules.sort_by_key(|(name, [_, full])| (krate(name), std::cmp::Reverse(*full)));
    for (name, bytes) in modules {
        let _ = write!(text, "| {} |", name.replacen(' ', " | ", 1));
        for bytes in bytes {
            match bytes {
                Some(bytes) => drop(write!(text, " {bytes} |")),
                None => text.push_str(" - |"),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::module;

    #[test]
    fn a_function_belongs_to_the_first_module_of_its_path() {
        for (function, expected) in [
            ("dm_core::account::open", "account"),
            ("dm_core::exec::get::execute", "exec"),
            (
                "dm_core::take::<impl dm_core::client::Client>::inspect",
                "take",
            ),
            (
                "<dm_tree::ram_store::RamStore as dm_tree::store::Store>::write",
                "ram_store",
            ),
            ("dm_wbxml::check", "lib"),
        ] {
            assert_eq!(module(function), expected, "{function}");
        }
    }
}
