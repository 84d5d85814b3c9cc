//! A device whose tree is kept in a file.

use std::path::{Path, PathBuf};

use dm_bindings::store_file::FileStore;
use dm_tree::Tree;

use crate::device::Device;
use crate::failure::Failure;

/// Where the store of a device is unless another place is named.
pub(crate) fn usual_path(device: &Path) -> PathBuf {
    device.with_extension("store")
}

/// The tree in the store; where there is none, as it leaves the factory. Writes nothing.
pub(crate) fn open(device: &Device, path: &Path) -> Result<Tree<'static>, Failure> {
    if path.exists() {
        from_file(device, path)
    } else {
        device.open()
    }
}

/// The tree in the store, which is made first where there is none.
pub(crate) fn open_to_change(device: &Device, path: &Path) -> Result<Tree<'static>, Failure> {
    if !path.exists() {
        // Under another name until everything is in it: half a device is none.
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(".seed");
        let seed = path.with_file_name(name);
        let _ = std::fs::remove_file(&seed);
        device.seed(Box::leak(Box::new(store(&seed)?)))?;
        // A device without any value has no file.
        if seed.exists() {
            std::fs::rename(&seed, path)
                .map_err(|why| Failure::failed(format!("{}: {why}", path.display())))?;
        }
    }
    from_file(device, path)
}

fn from_file(device: &Device, path: &Path) -> Result<Tree<'static>, Failure> {
    device.reopen(
        Box::leak(Box::new(store(path)?)),
        &path.display().to_string(),
    )
}

fn store(path: &Path) -> Result<FileStore, Failure> {
    FileStore::open(path).map_err(|why| Failure::unreadable(path.display(), why))
}
