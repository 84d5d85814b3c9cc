//! The standard management objects, for devices that need no description of their own.

/// DevInfo, DevDetail and DMAcc as constant tables, made from the DDF files in `ddf/`.
pub mod standard;
