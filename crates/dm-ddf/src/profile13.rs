//! What the standard objects of a device have more in DM 1.3, as this project reads it: not the standard.

use std::collections::BTreeSet;

use dm_tree::Format;

use crate::error::{Error, Place};
use crate::features::Features;
use crate::model::{Model, Node, Properties};

/// Objects that have version 1.1 in DM 1.3, with the nodes of the profile below their `Ext`.
const OBJECTS: [(&str, Option<(&str, &str)>); 3] = [
    ("urn:oma:mo:oma-dm-devinfo:", None),
    (
        "urn:oma:mo:oma-dm-devdetail:",
        Some(("devdetail-13.ddf", include_str!("../ddf/devdetail-13.ddf"))),
    ),
    (
        "urn:oma:mo:oma-dm-dmacc:",
        Some(("dmacc-13.ddf", include_str!("../ddf/dmacc-13.ddf"))),
    ),
];

/// Where the objects of the device are told.
const LIST: [&str; 4] = ["DevDetail", "Ext", "DM13P", "MO"];

/// The DDFs of an object that is described by `text` in DM 1.2.
pub(crate) fn object(identifier: &str, name: &str, text: &str) -> Result<Vec<Model>, Error> {
    let Some((_, more)) = OBJECTS.iter().find(|row| row.0 == identifier) else {
        return Ok(vec![Model::parse(name, text)?]);
    };
    // The nodes of the profile need one to stand below.
    let needs_ext = identifier == "urn:oma:mo:oma-dm-devdetail:";
    let [old, new] = ["1.0", "1.1"].map(|version| format!("{identifier}{version}"));
    let mut model = Model::parse(name, &text.replace(&old, &new))?;
    if needs_ext {
        require(&mut model.nodes, &LIST[..2]);
    }
    let mut models = vec![model];
    if let Some((name, text)) = more {
        models.push(Model::parse(name, text)?);
    }
    Ok(models)
}

/// Makes the node at this path one that is always there.
fn require(nodes: &mut [Node], path: &[&str]) {
    let Some((first, rest)) = path.split_first() else {
        return;
    };
    let node = nodes
        .iter_mut()
        .find(|node| node.name.as_deref() == Some(first));
    let Some(node) = node else { return };
    match &mut node.properties {
        Some(properties) if rest.is_empty() => properties.occurrence.required = true,
        _ => require(&mut node.children, rest),
    }
}

/// A leaf for each object that the device has, whether there is one of it or not, in the order of their identifiers
/// (`D13-C-062`).
pub(crate) fn objects(models: &[Model]) -> Model {
    let mut identifiers = BTreeSet::new();
    for model in models {
        collect(&model.nodes, &mut identifiers);
    }
    let place = Place::whole("the objects of the device");
    let nodes = (1..).zip(&identifiers).map(|(number, identifier)| Node {
        place: place.clone(),
        name: Some(i32::to_string(&number)),
        path: Some(LIST.iter().map(|name| Some((*name).to_owned())).collect()),
        properties: Some(Properties {
            format: Format::Chr,
            default: Some(identifier.as_bytes().to_vec()),
            ..Properties::implied()
        }),
        doc: "Identifier of an object that this device has.".to_owned(),
        children: Vec::new(),
    });
    Model {
        nodes: nodes.collect(),
        place: place.clone(),
        man: None,
        device: None,
        notes: Vec::new(),
        features: Features::default(),
    }
}

fn collect<'m>(nodes: &'m [Node], identifiers: &mut BTreeSet<&'m str>) {
    for node in nodes {
        if let Some(properties) = &node.properties
            && properties.format == Format::Node
            && !properties.types.is_empty()
        {
            identifiers.insert(&properties.types);
        }
        collect(&node.children, identifiers);
    }
}
