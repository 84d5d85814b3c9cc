//! The model: a map from path to node, and the rules of each command as they are written down.

use std::collections::BTreeMap;

pub(crate) const DEVICE: &str = "
Fix node PR/G
  Leaf chr PRt/Gr default=first
  Dark chr PR/r
App node PRt/AGDr
  * node t/AGDr max=2
    Num int s/AGr
    Kept chr -/AG
    Sub node -/AGD
      * chr -/AGDr
      * int -/AGD
    Bare node -/G
Open node -/AGD
  Hard chr PR/G
Live node PR/G
  Set chr PR/Gr
";

/// One line of the description: pattern, format, permanent, AccessType, bound, Size, Title.
pub(crate) struct Rule {
    pub(crate) pattern: &'static str,
    pub(crate) format: &'static str,
    pub(crate) permanent: bool,
    pub(crate) access: &'static str,
    pub(crate) max: usize,
    pub(crate) size: bool,
    pub(crate) title: bool,
}

const fn rule(
    pattern: &'static str,
    format: &'static str,
    permanent: bool,
    access: &'static str,
    max: usize,
    size: bool,
    title: bool,
) -> Rule {
    Rule {
        pattern,
        format,
        permanent,
        access,
        max,
        size,
        title,
    }
}

pub(crate) const RULES: [Rule; 16] = [
    rule("Fix", "node", true, "G", 1, false, false),
    rule("Fix/Leaf", "chr", true, "Gr", 1, false, true),
    rule("Fix/Dark", "chr", true, "r", 1, false, false),
    rule("App", "node", true, "AGDr", 1, false, true),
    rule("App/*", "node", false, "AGDr", 2, false, true),
    rule("App/*/Num", "int", false, "AGr", 1, true, false),
    rule("App/*/Kept", "chr", false, "AG", 1, false, false),
    rule("App/*/Sub", "node", false, "AGD", 1, false, false),
    rule("App/*/Sub/*", "chr", false, "AGDr", 0, false, false),
    rule("App/*/Sub/*", "int", false, "AGD", 0, false, false),
    rule("App/*/Bare", "node", false, "G", 1, false, false),
    rule("Open", "node", false, "AGD", 1, false, false),
    rule("Open/Hard", "chr", true, "G", 1, false, false),
    rule("Live", "node", true, "G", 1, false, false),
    rule("Live/Set", "chr", true, "Gr", 1, false, false),
    rule("", "node", true, "AGr", 1, false, false),
];

#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Node {
    pub(crate) rule: usize,
    pub(crate) value: String,
    pub(crate) acl: String,
    pub(crate) title: String,
}

pub(crate) type Map = BTreeMap<String, Node>;

pub(crate) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

pub(crate) fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, path): (Vec<_>, Vec<_>) =
        (pattern.split('/').collect(), path.split('/').collect());
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(p, s)| p == s || *p == "*")
}

fn choose(path: &str, format: &str) -> Option<usize> {
    let fits = |i: &usize| {
        path.is_empty() == RULES[*i].pattern.is_empty() && matches(RULES[*i].pattern, path)
    };
    let named = (0..RULES.len())
        .filter(fits)
        .find(|i| name(RULES[*i].pattern) == name(path));
    let unnamed: Vec<usize> = (0..RULES.len())
        .filter(fits)
        .filter(|i| name(RULES[*i].pattern) == "*")
        .collect();
    named
        .or_else(|| unnamed.iter().copied().find(|i| RULES[*i].format == format))
        .or_else(|| {
            unnamed
                .iter()
                .copied()
                .find(|i| (RULES[*i].format == "node") == (format == "node"))
        })
}

/// What the tree should be.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Model {
    pub(crate) map: Map,
}

impl Model {
    pub(crate) fn new() -> Self {
        let mut map = Map::new();
        for path in ["", "Fix", "Fix/Leaf", "Fix/Dark", "App", "Live", "Live/Set"] {
            let rule = choose(path, "node").unwrap();
            let value = if path == "Fix/Leaf" { "first" } else { "" };
            map.insert(
                path.into(),
                Node {
                    rule,
                    value: value.into(),
                    acl: String::new(),
                    title: String::new(),
                },
            );
        }
        map.get_mut("").unwrap().acl = "Add=*&Get=*".into();
        Self { map }
    }

    pub(crate) fn effective<'m>(&'m self, path: &str) -> &'m str {
        let acl = &self.map[path].acl;
        if acl.is_empty() && !path.is_empty() {
            self.effective(parent(path))
        } else {
            acl
        }
    }

    pub(crate) fn may(&self, who: &str, verb: &str, path: &str) -> bool {
        self.effective(path)
            .split('&')
            .filter_map(|entry| entry.split_once('='))
            .any(|(command, ids)| {
                command == verb && ids.split('+').any(|id| id == "*" || id == who)
            })
    }

    pub(crate) fn children(&self, path: &str) -> Vec<&str> {
        self.map
            .keys()
            .filter(|key| !key.is_empty() && parent(key) == path)
            .map(|key| name(key))
            .collect()
    }

    pub(crate) fn subtree(&self, path: &str) -> Vec<String> {
        let below = format!("{path}/");
        self.map
            .keys()
            .filter(|key| *key == path || path.is_empty() || key.starts_with(&below))
            .cloned()
            .collect()
    }

    pub(crate) fn check(format: &str, value: &str) -> u16 {
        match format {
            "int"
                if value
                    .parse::<i64>()
                    .is_ok_and(|n| (-2_147_483_648..=4_294_967_295).contains(&n)) =>
            {
                200
            }
            "int" => 500,
            _ => 200,
        }
    }

    /// Path of a URI without query, or the status of a bad one.
    pub(crate) fn path(uri: &str) -> Result<String, u16> {
        if uri == "." {
            return Ok(String::new());
        }
        let path = uri.strip_prefix("./").unwrap_or(uri);
        if path
            .split('/')
            .any(|segment| segment.is_empty() || segment == "." || segment == "..")
        {
            return Err(404);
        }
        if path.split('/').any(|segment| segment.len() > 32) {
            return Err(414);
        }
        Ok(path.into())
    }

    pub(crate) fn add(&mut self, who: &str, uri: &str, format: &str, value: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        if self.map.contains_key(&path) {
            return 418;
        }
        let mut missing = vec![path.clone()];
        while !self.map.contains_key(parent(missing.last().unwrap())) {
            missing.push(parent(missing.last().unwrap()).into());
        }
        missing.reverse();
        let before = self.map.clone();
        for (i, path) in missing.iter().enumerate() {
            let last = i + 1 == missing.len();
            let format = if last { format } else { "node" };
            if let Err(code) =
                self.add_one(who, path, format, if last { value } else { "" }, i == 0)
            {
                self.map = before;
                return code;
            }
        }
        200
    }

    pub(crate) fn add_one(
        &mut self,
        who: &str,
        path: &str,
        format: &str,
        value: &str,
        first: bool,
    ) -> Result<(), u16> {
        if self.map.contains_key(path) {
            return Err(418);
        }
        let above = parent(path);
        if RULES[self.map[above].rule].format != "node" {
            return Err(405);
        }
        let meant = if format.is_empty() { "chr" } else { format };
        let chosen = choose(path, meant).ok_or(405u16)?;
        let rule = &RULES[chosen];
        let same = self
            .children(above)
            .iter()
            .filter(|child| self.map[&join(above, child)].rule == chosen)
            .count();
        if rule.permanent || !rule.access.contains('A') || (rule.max != 0 && same >= rule.max) {
            return Err(405);
        }
        if first && !self.may(who, "Add", above) {
            return Err(425);
        }
        if rule.format != format && !(format.is_empty() && rule.format != "node") {
            return Err(415);
        }
        match Self::check(rule.format, value) {
            200 => {}
            code => return Err(code),
        }
        let owned = first && rule.format == "node" && !self.may(who, "Replace", above);
        let acl = if owned {
            format!("Add={who}&Delete={who}&Replace={who}")
        } else {
            String::new()
        };
        self.map.insert(
            path.into(),
            Node {
                rule: chosen,
                value: value.into(),
                acl,
                title: String::new(),
            },
        );
        if path == "Open" {
            let hard = choose("Open/Hard", "chr").unwrap();
            self.map.insert(
                "Open/Hard".into(),
                Node {
                    rule: hard,
                    value: String::new(),
                    acl: String::new(),
                    title: String::new(),
                },
            );
        }
        Ok(())
    }

    pub(crate) fn replace(&mut self, who: &str, uri: &str, format: &str, value: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        let Some(node) = self.map.get(&path) else {
            return 404;
        };
        let rule = &RULES[node.rule];
        let other = !format.is_empty() && format != rule.format;
        if rule.format == "node" || (rule.permanent && other) || !rule.access.contains('r') {
            return 405;
        }
        if !self.may(who, "Replace", &path) {
            return 425;
        }
        if other {
            return 415;
        }
        let code = Self::check(rule.format, value);
        if code == 200 {
            self.map.get_mut(&path).unwrap().value = value.into();
        }
        code
    }

    pub(crate) fn property(&mut self, who: &str, uri: &str, property: &str, value: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        let Some(node) = self.map.get(&path) else {
            return 404;
        };
        let rule = &RULES[node.rule];
        let leaf = rule.format != "node";
        match property {
            "ACL" => {
                let by_parent = !path.is_empty() && self.may(who, "Replace", parent(&path));
                let by_node = (!leaf || path.is_empty()) && self.may(who, "Replace", &path);
                if !by_parent && !by_node {
                    return 425;
                }
                if value.contains("Bad") {
                    return 500;
                }
                if path.is_empty() && !value.contains("Add=*") {
                    return 405;
                }
                self.map.get_mut(&path).unwrap().acl = value.into();
                200
            }
            "Title" if !rule.title => 406,
            "Title" if !self.may(who, "Replace", &path) => 425,
            "Title" => {
                self.map.get_mut(&path).unwrap().title = value.into();
                200
            }
            "Name" => {
                if rule.permanent {
                    return 405;
                }
                if !self.may(who, "Replace", &path) {
                    return 425;
                }
                if value.is_empty() || value.contains('/') || value == "." {
                    return 500;
                }
                if value.len() > 32 {
                    return 414;
                }
                let new = join(parent(&path), value);
                if new != path && self.map.contains_key(&new) {
                    return 418;
                }
                if choose(&new, rule.format) != Some(node.rule) {
                    return 405;
                }
                for old in self.subtree(&path) {
                    let node = self.map.remove(&old).unwrap();
                    self.map
                        .insert(format!("{new}{}", &old[path.len()..]), node);
                }
                200
            }
            "Size" if !rule.size => 406,
            _ => 405,
        }
    }

    pub(crate) fn delete(&mut self, who: &str, uri: &str) -> u16 {
        let path = match Self::path(uri) {
            Ok(path) => path,
            Err(code) => return code,
        };
        let Some(node) = self.map.get(&path) else {
            return 404;
        };
        let subtree = self.subtree(&path);
        let permanent = path.is_empty()
            || subtree
                .iter()
                .any(|path| RULES[self.map[path].rule].permanent);
        if permanent || !RULES[node.rule].access.contains('D') {
            return 405;
        }
        if !self.may(who, "Delete", &path) {
            return 425;
        }
        for path in subtree {
            self.map.remove(&path);
        }
        200
    }

    /// Removes a server from every ACL.
    pub(crate) fn purge(&mut self, who: &str) {
        for (path, node) in &mut self.map {
            let entries = node.acl.split('&').filter_map(|entry| {
                let (command, ids) = entry.split_once('=')?;
                let left: Vec<&str> = ids.split('+').filter(|id| *id != who).collect();
                match (left.is_empty(), path.is_empty()) {
                    (true, true) => Some(format!("{command}=*")),
                    (true, false) => None,
                    _ => Some(format!("{command}={}", left.join("+"))),
                }
            });
            node.acl = entries.collect::<Vec<_>>().join("&");
        }
    }

    /// The paths of a structural query: nodes that may not be read hide what is below them.
    pub(crate) fn list(&self, who: &str, uri: &str) -> Result<Vec<String>, u16> {
        let top = Self::path(uri)?;
        let reads = |path: &str| {
            RULES[self.map[path].rule].access.contains('G') && self.may(who, "Get", path)
        };
        let node = self.map.get(&top).ok_or(404u16)?;
        if !RULES[node.rule].access.contains('G') {
            return Err(405);
        }
        if !self.may(who, "Get", &top) {
            return Err(425);
        }
        let mut seen = self.subtree(&top);
        seen.retain(|path| {
            let mut at = path.as_str();
            while at != top && reads(at) {
                at = parent(at);
            }
            at == top
        });
        Ok(seen)
    }

    pub(crate) fn get(&self, who: &str, uri: &str, property: &str) -> Result<String, u16> {
        let path = Self::path(uri)?;
        let node = self.map.get(&path).ok_or(404u16)?;
        let rule = &RULES[node.rule];
        if (property == "Title" && !rule.title) || (property == "Size" && !rule.size) {
            return Err(406);
        }
        if !rule.access.contains('G') {
            return Err(405);
        }
        if !self.may(who, "Get", &path) {
            return Err(425);
        }
        Ok(match property {
            "ACL" => node.acl.clone(),
            "Title" => node.title.clone(),
            "Name" if path.is_empty() => ".".into(),
            "Name" => name(&path).into(),
            "Size" => node.value.len().to_string(),
            _ if rule.format == "node" => {
                let mut children = self.children(&path);
                children.sort_unstable();
                children.join("/")
            }
            _ => node.value.clone(),
        })
    }
}

pub(crate) fn join(parent: &str, name: &str) -> String {
    if parent.is_empty() {
        name.into()
    } else {
        format!("{parent}/{name}")
    }
}
