//! The standard management objects that every DM client has, DevInfo, DevDetail and DMAcc, and the Inbox.

use std::path::Path;

use crate::build;
use crate::compile::{Compiled, compile};
use crate::error::Error;
use crate::model::Model;
use crate::profile13;

/// Identifier up to its version, file name, text.
pub(crate) const OBJECTS: [(&str, &str, &str); 4] = [
    (
        "urn:oma:mo:oma-dm-devinfo:",
        "devinfo.ddf",
        include_str!("../ddf/devinfo.ddf"),
    ),
    (
        "urn:oma:mo:oma-dm-devdetail:",
        "devdetail.ddf",
        include_str!("../ddf/devdetail.ddf"),
    ),
    (
        "urn:oma:mo:oma-dm-dmacc:",
        "dmacc.ddf",
        include_str!("../ddf/dmacc.ddf"),
    ),
    (
        "urn:oma:mo:oma-dm-inbox:",
        "inbox.ddf",
        include_str!("../ddf/inbox.ddf"),
    ),
];

/// Which standard objects a device has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[non_exhaustive]
pub enum Standard {
    /// Those of DM 1.2, with the identifiers of version 1.0.
    #[default]
    Dm12,
    /// Those of DM 1.3 as this project reads it, for builds with the feature `profile13` of dm-core: DevInfo, DevDetail and
    /// DMAcc have the identifiers of version 1.1 (`D13-C-005`), and below `Ext/DM13P` stand the nodes of the profile
    /// (`D13-C-006`): what the client can do and what objects the device has (`D13-C-060` to `D13-C-062`), the link of the
    /// session (`D13-C-100`), what a bootstrap says of rights. Some
    /// 970 octets of flash and 29 node slots more than [`Dm12`](Self::Dm12), and a slot for each object of the device.
    Profile13,
}

impl Standard {
    /// The DDFs of DevInfo, DevDetail, DMAcc and the Inbox as this project describes them (`OBJ-C-001`).
    ///
    /// # Errors
    /// None in a released version: the texts are part of this crate.
    pub fn models(self) -> Result<Vec<Model>, Error> {
        self.with(Vec::new())
    }

    /// The given DDFs with those standard objects before them that they do not describe themselves.
    ///
    /// A device that needs its own DMAcc, for instance at another place, describes it with its identifier in `DDFName`; the
    /// one of this crate is then left out. Nodes below `Ext` need no such thing: a `Path` of `./DevInfo/Ext` adds to the
    /// object.
    ///
    /// # Errors
    /// None in a released version, as for [`models`](Self::models).
    pub fn with(self, models: Vec<Model>) -> Result<Vec<Model>, Error> {
        let mut all = Vec::new();
        for (identifier, name, text) in OBJECTS {
            if models
                .iter()
                .any(|model| model.describes_object(identifier))
            {
                continue;
            }
            match self {
                Self::Dm12 => all.push(Model::parse(name, text)?),
                Self::Profile13 => all.extend(profile13::object(identifier, name, text)?),
            }
        }
        all.extend(models);
        if self == Self::Profile13 {
            let list = profile13::objects(&all);
            all.push(list);
        }
        Ok(all)
    }

    /// Reads DDF files and compiles them together with the standard objects they do not describe themselves.
    ///
    /// # Errors
    /// A file cannot be read or compiled.
    pub fn compile_files<P: AsRef<Path>>(self, files: &[P]) -> Result<Compiled, Error> {
        let models = files
            .iter()
            .map(Model::read)
            .collect::<Result<Vec<_>, _>>()?;
        compile(&self.with(models)?)
    }

    /// As [`compile_to_out_dir`](crate::compile_to_out_dir), with these standard objects.
    ///
    /// # Errors
    /// A file cannot be read, compiled or written. The text names file, line and column; cargo shows it.
    pub fn compile_to_out_dir<P: AsRef<Path>>(self, files: &[P], name: &str) -> Result<(), Error> {
        build::to_out_dir(self, files, name)
    }
}

/// [`Standard::models`] of DM 1.2.
///
/// # Errors
/// None in a released version.
pub fn standard() -> Result<Vec<Model>, Error> {
    Standard::Dm12.models()
}

/// [`Standard::with`] of DM 1.2.
///
/// # Errors
/// None in a released version.
pub fn with_standard(models: Vec<Model>) -> Result<Vec<Model>, Error> {
    Standard::Dm12.with(models)
}
