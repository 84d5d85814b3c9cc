//! Where things are in this repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Crates that firmware links, lowest first.
pub(crate) const FIRMWARE_CRATES: &[&str] =
    &["dm-wbxml", "dm-tree", "dm-core", "dm-bindings", "dm-ffi"];

/// Targets that the firmware crates must build for.
pub(crate) const TARGETS: &[&str] = &[
    "thumbv6m-none-eabi",
    "thumbv7m-none-eabi",
    "thumbv7em-none-eabihf",
    "thumbv8m.main-none-eabihf",
    "armv7a-none-eabi",
];

/// The target of every size figure.
pub(crate) const CORTEX_M4: &str = "thumbv7em-none-eabihf";

/// Features that need an operating system.
const HOST_FEATURES: &[&str] = &["default", "std"];

/// Paths of the repository.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
}

impl Workspace {
    pub(crate) fn locate() -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let root = here.ancestors().nth(2).unwrap_or(here).to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) => PathBuf::from(dir),
            None => root.join("target"),
        };
        Self { root, target }
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// The firmware keeps its build results away from those of the host.
    pub(crate) fn firmware_target(&self) -> PathBuf {
        self.target.join("firmware")
    }

    /// The folder with shared test material, when there is one.
    pub(crate) fn shared(&self) -> Option<PathBuf> {
        let dir = match std::env::var_os("OMA_DM_SHARED") {
            Some(dir) => PathBuf::from(dir),
            None => self.root.parent()?.join("shared"),
        };
        dir.is_dir().then_some(dir)
    }

    /// The features of a firmware crate that build without an operating system.
    pub(crate) fn bare_features(&self, name: &str) -> Result<Vec<String>, String> {
        let manifest = read(&self.path(&format!("crates/{name}/Cargo.toml")))?;
        Ok(section_keys(&manifest, "features")
            .into_iter()
            .filter(|feature| !HOST_FEATURES.contains(&feature.as_str()))
            .collect())
    }

    /// `crate/feature` for every bare feature of every firmware crate, joined for cargo.
    pub(crate) fn all_bare_features(&self) -> Result<String, String> {
        let mut all = Vec::new();
        for name in FIRMWARE_CRATES {
            for feature in self.bare_features(name)? {
                all.push(format!("{name}/{feature}"));
            }
        }
        Ok(all.join(","))
    }
}

/// The keys of one table of a manifest.
fn section_keys(manifest: &str, section: &str) -> Vec<String> {
    let header = format!("[{section}]");
    manifest
        .lines()
        .skip_while(|line| line.trim() != header)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.split_once('='))
        .map(|(key, _)| key.trim().trim_matches('"').to_owned())
        .filter(|key| !key.is_empty() && !key.starts_with('#'))
        .collect()
}

pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_manifest_table() {
        let manifest = "[package]\nname = \"a\"\n\n[features]\ndefault = []\nmd5 = [\"dep:md-5\"]\n# note\n\n[dependencies]\nlog = \"1\"\n";
        assert_eq!(section_keys(manifest, "features"), ["default", "md5"]);
        assert_eq!(section_keys(manifest, "dependencies"), ["log"]);
        assert!(section_keys(manifest, "lints").is_empty());
    }
}
