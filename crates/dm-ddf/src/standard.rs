//! The standard management objects that every DM client has, DevInfo, DevDetail and DMAcc, and the Inbox.

use crate::error::Error;
use crate::model::Model;

/// Identifier up to its version, file name, text.
const OBJECTS: [(&str, &str, &str); 4] = [
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

/// The DDFs of DevInfo, DevDetail, DMAcc and the Inbox as this project describes them (`OBJ-C-001`).
///
/// # Errors
/// None in a released version: the texts are part of this crate.
pub fn standard() -> Result<Vec<Model>, Error> {
    OBJECTS
        .iter()
        .map(|(_, name, text)| Model::parse(name, text))
        .collect()
}

/// The given DDFs with those standard objects before them that they do not describe themselves.
///
/// A device that needs its own DMAcc, for instance at another place, describes it with its identifier in `DDFName`; the
/// one of this crate is then left out. Nodes below `Ext` need no such thing: a `Path` of `./DevInfo/Ext` adds to the
/// object.
///
/// # Errors
/// None in a released version, as for [`standard`].
pub fn with_standard(models: Vec<Model>) -> Result<Vec<Model>, Error> {
    let mut all = Vec::new();
    for (identifier, name, text) in OBJECTS {
        if !models
            .iter()
            .any(|model| model.describes_object(identifier))
        {
            all.push(Model::parse(name, text)?);
        }
    }
    all.extend(models);
    Ok(all)
}
