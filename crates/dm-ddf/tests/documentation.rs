//! What the documentation of a tree says.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking, also in the functions it calls"
)]

mod support;

use dm_ddf::{Compiled, Model, compile, standard};
use dm_tree::DescId;
use support::{chr, compile as compile_nodes, interior, node};

/// A tree that has all there is to say: an object in an object, defaults, properties, and text that Markdown would take
/// for its own.
const DDF: &str = r#"<MgmtTree xmlns="syncml:dmddf1.2">
  <VerDTD>1.2</VerDTD><Man>Example Lamps</Man><Mod>E_27</Mod>
  <Node><NodeName>Lamp</NodeName>
    <DFProperties><AccessType><Get/></AccessType><Description>Light &lt;and&gt; shade | both.</Description>
      <DFFormat><node/></DFFormat><Scope><Permanent/></Scope>
      <DFType><DDFName>urn:example:mo:lamp:1.0</DDFName></DFType></DFProperties>
    <Node><NodeName>On</NodeName>
      <RTProperties><ACL/><Format/><Name/><Size/><TStamp/><Type/></RTProperties>
      <DFProperties><AccessType><Get/><Replace/></AccessType><DefaultValue>TRUE</DefaultValue>
        <DFTitle>Switch</DFTitle><Description>Whether
          it is lit.</Description><DFFormat><bool/></DFFormat>
        <Scope><Permanent/></Scope><CaseSense><CIS/></CaseSense></DFProperties></Node>
    <Node><NodeName>Logo</NodeName>
      <DFProperties><AccessType/><DefaultValue>AP8=</DefaultValue><DFFormat><bin/></DFFormat>
        <Occurrence><ZeroOrOne/></Occurrence>
        <DFType><MIME>image/png</MIME><MIME>image/gif</MIME></DFType></DFProperties></Node>
    <Node><NodeName>Scenes</NodeName>
      <DFProperties><AccessType><Get/></AccessType><DFFormat><node/></DFFormat></DFProperties>
      <Node><NodeName/>
        <DFProperties><AccessType><Add/><Get/></AccessType><Description>One scene.</Description><DFFormat><node/></DFFormat>
          <Occurrence><ZeroOrN>9</ZeroOrN></Occurrence>
          <DFType><DDFName>urn:example:mo:scene:1.0</DDFName></DFType></DFProperties>
        <Node><NodeName>Rule</NodeName>
          <DFProperties><AccessType><Get/></AccessType><DefaultValue>a|b `c`</DefaultValue>
            <Description>See http://example.test/a_b.</Description><DFFormat><chr/></DFFormat></DFProperties></Node>
        <Node><NodeName>Note</NodeName>
          <DFProperties><AccessType><Get/></AccessType><DefaultValue/><DFFormat><chr/></DFFormat></DFProperties></Node>
      </Node></Node>
    <Node><NodeName>Last</NodeName>
      <DFProperties><AccessType><Get/></AccessType><DFFormat><date/></DFFormat></DFProperties></Node></Node>
  <Node><NodeName>Serial</NodeName>
    <DFProperties><AccessType><Get/></AccessType><DFFormat><chr/></DFFormat></DFProperties></Node>
</MgmtTree>"#;

const EXPECTED: &str = r#"# Management tree

Example Lamps E\_27: 10 nodes, SIZE bytes of tables.

A `*` in a URI is a name that is chosen when the node is created. Access lists the commands that servers may use,
occurrence how many such nodes there are below one parent.

| object | identifier | nodes |
| --- | --- | --- |
| `.` |  | 2 |
| `./Lamp` | `urn:example:mo:lamp:1.0` | 5 |
| `./Lamp/Scenes/*` | `urn:example:mo:scene:1.0` | 3 |

## `.`

| URI | format | access | occurrence | scope | type | default | description |
| --- | --- | --- | --- | --- | --- | --- | --- |
| `.` | node | Get | 1 | permanent |  |  |  |
| `./Lamp` | node | Get | 1 | permanent | `urn:example:mo:lamp:1.0` |  | Light \<and\> shade \| both. See its own table. |
| `./Serial` | chr | Get | 1 | dynamic | `text/plain` |  |  |

## `./Lamp`

| URI | format | access | occurrence | scope | type | default | description |
| --- | --- | --- | --- | --- | --- | --- | --- |
| `./Lamp` | node | Get | 1 | permanent | `urn:example:mo:lamp:1.0` |  | Light \<and\> shade \| both. |
| `./Lamp/On` | bool | Get, Replace | 1 | permanent | `text/plain` | `true` | Switch: Whether it is lit. The letter case of the name does not matter. Has Size, TStamp. |
| `./Lamp/Logo` | bin | - | 0..1 | dynamic | `image/png`, `image/gif` | `AP8=` in Base64 |  |
| `./Lamp/Scenes` | node | Get | 1 | dynamic |  |  |  |
| `./Lamp/Scenes/*` | node | Add, Get | 0..9 | dynamic | `urn:example:mo:scene:1.0` |  | One scene. See its own table. |
| `./Lamp/Last` | date | Get | 1 | dynamic | `text/plain` |  |  |

## `./Lamp/Scenes/*`

| URI | format | access | occurrence | scope | type | default | description |
| --- | --- | --- | --- | --- | --- | --- | --- |
| `./Lamp/Scenes/*` | node | Add, Get | 0..9 | dynamic | `urn:example:mo:scene:1.0` |  | One scene. |
| `./Lamp/Scenes/*/Rule` | chr | Get | 1 | dynamic | `text/plain` | `` a\|b `c` `` | See `http://example.test/a_b.` |
| `./Lamp/Scenes/*/Note` | chr | Get | 1 | dynamic | `text/plain` | empty |  |
"#;

#[test]
fn each_object_has_a_table_with_all_that_is_known_of_its_nodes() {
    let model = Model::parse("lamp.ddf", DDF).unwrap();
    let compiled = compile(&[model]).unwrap();
    let expected = EXPECTED.replace("SIZE", &compiled.size().to_string());
    assert_eq!(compiled.to_markdown(), expected);
}

#[test]
fn the_first_file_that_names_a_device_gives_the_title() {
    let mut models = standard().unwrap();
    assert!(!models.iter().any(|model| model.man().is_some()));
    let untitled = compile(&models).unwrap().to_markdown();
    assert!(
        untitled.starts_with("# Management tree\n\n54 nodes, "),
        "{untitled}"
    );
    models.push(Model::parse("lamp.ddf", DDF).unwrap());
    let titled = compile(&models).unwrap().to_markdown();
    assert!(
        titled.starts_with("# Management tree\n\nExample Lamps E\\_27: 63 nodes, "),
        "{titled}"
    );
}

/// The cells of a table row. A bar behind a backslash is part of a cell.
fn cells(row: &str) -> Vec<String> {
    let inner = row
        .strip_prefix("| ")
        .and_then(|row| row.strip_suffix(" |"));
    let mut cells = vec![String::new()];
    let mut letters = inner.expect("bars around a row").chars();
    while let Some(letter) = letters.next() {
        let cell = cells.last_mut().expect("a cell");
        match letter {
            '|' => cells.push(String::new()),
            '\\' => cell.extend(letters.next()),
            _ => cell.push(letter),
        }
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

/// The tables hold every node once, but the roots of objects inside others twice; the first table says how many.
fn check(name: &str, compiled: &Compiled) {
    let text = compiled.to_markdown();
    let mut sections = text.split("\n## ");
    let head = sections.next().unwrap_or_default();
    let rows = |section: &str| -> Vec<Vec<String>> {
        let lines = section.lines().filter(|line| line.starts_with('|'));
        lines.skip(2).map(cells).collect()
    };
    let listed = rows(head);
    let counted: usize = listed
        .iter()
        .map(|row| row[2].parse::<usize>().expect("a number"))
        .sum();
    assert_eq!(counted, compiled.nodes.len(), "{name}");
    let mut uris = Vec::new();
    for (section, object) in sections.zip(&listed) {
        let rows = rows(section);
        assert_eq!(rows[0][0], object[0], "{name}");
        for row in &rows {
            assert_eq!(row.len(), 8, "{name}: {row:?}");
            if !row[7].ends_with("See its own table.") {
                uris.push(row[0].trim_matches('`').to_owned());
            }
        }
    }
    let ids = (0..).map(DescId).take(compiled.nodes.len());
    let mut expected: Vec<String> = ids.map(|id| compiled.uri(id)).collect();
    uris.sort();
    expected.sort();
    assert_eq!(uris, expected, "{name}");
}

#[test]
fn every_node_has_its_row() {
    check("standard", &compile(&standard().unwrap()).unwrap());
    check(
        "lamp",
        &compile(&[Model::parse("lamp.ddf", DDF).unwrap()]).unwrap(),
    );
    let odd = "<DFFormat><chr/></DFFormat><DefaultValue>| \\| ``</DefaultValue><Description>a \\ | b</Description>";
    let tree = interior("a", &(node("b", odd, "") + &chr("c"))) + &chr("d");
    check("odd", &compile_nodes(&tree).unwrap());
}

#[test]
fn every_node_of_the_corpus_has_its_row() {
    let mut checked = 0;
    let files = support::corpus_files();
    for (name, text) in &files {
        check(
            name,
            &compile(&[Model::parse(name, text).unwrap()]).unwrap(),
        );
        checked += 1;
    }
    println!("{checked} of {} files documented", files.len());
    assert!(files.is_empty() || checked == 49, "{checked}");
}
