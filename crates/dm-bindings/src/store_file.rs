//! A [`Store`] in one file of a host (`std`).
//!
//! Every write makes the file anew under another name, waits until it is on the disk, and gives it the name of the old one:
//! a power failure, a killed process or a full disk leaves either the old file or the new one. That suits a command line
//! tool and tests, not a device: a write costs the length of the whole file and two waits for the disk.
//!
//! | in the file | octets |
//! |---|---|
//! | `oma-dm store` and the number of the format | 13 |
//! | each record, in the order of keys: key, length, octets | 8 and the record |
//! | CRC-32 of all that | 4 |
//!
//! Numbers are little-endian. One process at a time may have the file open.

use core::fmt;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use dm_tree::{Key, Store, StoreError};

const MAGIC: &[u8; 12] = b"oma-dm store";
const FORMAT: u8 = 1;

/// Why a file cannot be opened as a store.
#[derive(Debug)]
#[non_exhaustive]
pub enum OpenError {
    /// The file cannot be read.
    Io(io::Error),
    /// Not a store, or a damaged one.
    Corrupt,
    /// Written by another release, in this format, which this one does not read.
    Version(u8),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(why) => why.fmt(f),
            Self::Corrupt => f.write_str("not an intact store"),
            Self::Version(number) => write!(f, "written in format {number}, not {FORMAT}"),
        }
    }
}

impl core::error::Error for OpenError {}

/// Records in a file; see the [module](self).
///
/// ```
/// use dm_bindings::store_file::FileStore;
/// use dm_tree::{Key, Store};
///
/// # let path = std::env::temp_dir().join(format!("store-file-doc-{}", std::process::id()));
/// let mut store = FileStore::open(&path).unwrap();
/// store.write(Key(1), &[b"internet", b".example"]).unwrap();
///
/// let mut value = [0; 32];
/// assert_eq!(FileStore::open(&path).unwrap().read(Key(1), &mut value), Ok(Some(16)));
/// # std::fs::remove_file(path).unwrap();
/// ```
#[derive(Debug)]
pub struct FileStore {
    path: PathBuf,
    records: BTreeMap<u32, Vec<u8>>,
}

impl FileStore {
    /// Opens the store in the file; where there is none, an empty one, whose file the first write makes. What an
    /// interrupted write has left beside the file is removed by the next write.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing is written.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, OpenError> {
        let path = path.into();
        let records = match fs::read(&path) {
            Ok(bytes) => parse(&bytes)?,
            Err(why) if why.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(why) => return Err(OpenError::Io(why)),
        };
        Ok(Self { path, records })
    }

    /// Whether there is no record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Writes all records to the disk.
    fn save(&self) -> Result<(), StoreError> {
        let mut bytes = MAGIC.to_vec();
        bytes.push(FORMAT);
        for (key, record) in &self.records {
            let length = u32::try_from(record.len()).map_err(|_| StoreError::Full)?;
            bytes.extend(key.to_le_bytes());
            bytes.extend(length.to_le_bytes());
            bytes.extend(record);
        }
        bytes.extend(crc(&bytes).to_le_bytes());
        replace(&self.path, &bytes).map_err(|why| match why.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                StoreError::Full
            }
            _ => StoreError::Failed,
        })
    }

    /// Puts one record in, or takes it out, on the disk first.
    fn change(&mut self, key: Key, record: Option<Vec<u8>>) -> Result<(), StoreError> {
        let put = |records: &mut BTreeMap<u32, Vec<u8>>, record| match record {
            Some(record) => records.insert(key.0, record),
            None => records.remove(&key.0),
        };
        let old = put(&mut self.records, record);
        let saved = self.save();
        if saved.is_err() {
            put(&mut self.records, old);
        }
        saved
    }
}

impl Store for FileStore {
    fn read(&mut self, key: Key, buf: &mut [u8]) -> Result<Option<usize>, StoreError> {
        let Some(record) = self.records.get(&key.0) else {
            return Ok(None);
        };
        let length = record.len();
        let place = buf.get_mut(..length).ok_or(StoreError::TooLarge(length))?;
        place.copy_from_slice(record);
        Ok(Some(length))
    }

    fn scan(&mut self, each: &mut dyn FnMut(Key, Option<&[u8]>)) -> Result<bool, StoreError> {
        for (key, record) in &self.records {
            each(Key(*key), Some(record));
        }
        Ok(true)
    }

    fn write(&mut self, key: Key, parts: &[&[u8]]) -> Result<(), StoreError> {
        self.change(key, Some(parts.concat()))
    }

    fn erase(&mut self, key: Key) -> Result<(), StoreError> {
        if !self.records.contains_key(&key.0) {
            return Ok(());
        }
        self.change(key, None)
    }
}

/// Makes `bytes` the file, old or new at every moment.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = beside(path);
    let written = (|| {
        let mut file = File::create(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        // It holds nothing that anybody reads.
        let _ = fs::remove_file(&new);
        return written;
    }
    // The new name is on the disk when the folder is. Where folders cannot be opened, the system sees to that.
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    if cfg!(unix) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Where the new file is made: in the same folder, so that it can take the name of the old one.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    path.with_file_name(name)
}

fn parse(bytes: &[u8]) -> Result<BTreeMap<u32, Vec<u8>>, OpenError> {
    let (body, sum) = bytes.split_last_chunk().ok_or(OpenError::Corrupt)?;
    let rest = body.strip_prefix(MAGIC).ok_or(OpenError::Corrupt)?;
    let (format, mut rest) = rest.split_first().ok_or(OpenError::Corrupt)?;
    if *format != FORMAT {
        return Err(OpenError::Version(*format));
    }
    if crc(body) != u32::from_le_bytes(*sum) {
        return Err(OpenError::Corrupt);
    }
    let mut records = BTreeMap::new();
    while !rest.is_empty() {
        let (key, after) = rest.split_first_chunk().ok_or(OpenError::Corrupt)?;
        let (length, after) = after.split_first_chunk().ok_or(OpenError::Corrupt)?;
        let length = usize::try_from(u32::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let (record, after) = after.split_at_checked(length).ok_or(OpenError::Corrupt)?;
        records.insert(u32::from_le_bytes(*key), record.to_vec());
        rest = after;
    }
    Ok(records)
}

/// The CRC-32 of Ethernet.
fn crc(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg());
        }
    }
    !crc
}
