//! The subset of XML 1.0 that SyncML needs: no document type definitions, no entities but the five
//! predefined ones and character references (REP-C-039).

mod lexer;
pub(crate) mod pieces;
pub(crate) mod prolog;
pub(crate) mod reader;
pub(crate) mod scan;
pub(crate) mod writer;
