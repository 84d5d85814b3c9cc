//! What each element of a DDF becomes in the tables (tree digest, section 9).

mod support;

use dm_ddf::Model;
use dm_tree::schema::{access, flags};
use dm_tree::{DescId, Format};
use support::{at, chr, compile, ddf, interior, leaf, node};

const CHR: &str = "<DFFormat><chr/></DFFormat>";
const NODE: &str = "<DFFormat><node/></DFFormat>";

#[test]
fn man_and_mod_are_kept_for_people() {
    let text = "<MgmtTree><VerDTD>1.2</VerDTD><Man> Example </Man><Mod>E-1</Mod>".to_owned()
        + &chr("A")
        + "</MgmtTree>";
    let model = Model::parse("a.ddf", &text).unwrap();
    assert_eq!(
        (model.name(), model.man(), model.device()),
        ("a.ddf", Some("Example"), Some("E-1"))
    );
}

/// TREE-C-077
#[test]
fn ddf_of_version_1_2_is_taken_and_1_1_2_with_a_note() {
    let text = |version: &str| format!("<MgmtTree>{version}{}</MgmtTree>", chr("A"));
    assert!(Model::parse("a.ddf", &text("<VerDTD> 1.2 </VerDTD>")).is_ok());
    let old = Model::parse("a.ddf", &text("<VerDTD>1.1.2</VerDTD>")).unwrap();
    assert_eq!(
        old.notes()[0].to_string(),
        "a.ddf:1:1: VerDTD is \"1.1.2\"; read as DDF 1.2"
    );
    for version in ["<VerDTD>1.3</VerDTD>", "<VerDTD/>", ""] {
        let why = Model::parse("a.ddf", &text(version)).unwrap_err();
        assert!(why.what.contains("VerDTD"), "{why}");
    }
}

#[test]
fn each_command_of_access_type_is_one_bit() {
    for (name, bit) in [
        ("Add", access::ADD),
        ("Copy", access::COPY),
        ("Delete", access::DELETE),
        ("Exec", access::EXEC),
        ("Get", access::GET),
        ("Replace", access::REPLACE),
    ] {
        let text = format!(
            "<Node><NodeName>A</NodeName><DFProperties>{CHR}<AccessType><{name}/></AccessType></DFProperties></Node>"
        );
        assert_eq!(at(&compile(&text).unwrap(), "./A").access, bit, "{name}");
    }
}

#[test]
fn an_empty_access_type_gives_servers_nothing() {
    let text = format!(
        "<Node><NodeName>A</NodeName><DFProperties>{CHR}<AccessType/></DFProperties></Node>"
    );
    assert_eq!(at(&compile(&text).unwrap(), "./A").access, 0);
}

#[test]
fn all_formats_are_known() {
    for (name, format) in [
        ("b64", Format::B64),
        ("bin", Format::Bin),
        ("bool", Format::Bool),
        ("chr", Format::Chr),
        ("int", Format::Int),
        ("node", Format::Node),
        ("null", Format::Null),
        ("xml", Format::Xml),
        ("date", Format::Date),
        ("time", Format::Time),
        ("float", Format::Float),
    ] {
        assert_eq!(
            leaf(&format!("<DFFormat><{name}/></DFFormat>")).format(),
            format
        );
    }
}

#[test]
fn occurrence_gives_least_and_most() {
    for (text, required, max) in [
        ("", true, 1),
        ("<Occurrence><One/></Occurrence>", true, 1),
        ("<Occurrence><ZeroOrOne/></Occurrence>", false, 1),
        ("<Occurrence><ZeroOrMore/></Occurrence>", false, 0),
        ("<Occurrence><OneOrMore/></Occurrence>", true, 0),
        ("<Occurrence><ZeroOrN>3</ZeroOrN></Occurrence>", false, 3),
        (
            "<Occurrence><OneOrN> 65535 </OneOrN></Occurrence>",
            true,
            65_535,
        ),
        ("<Occurrence><OneOrN>65536</OneOrN></Occurrence>", true, 0),
    ] {
        let desc = leaf(&format!("{CHR}{text}"));
        assert_eq!(
            (desc.has(flags::REQUIRED), desc.max),
            (required, max),
            "{text}"
        );
    }
}

#[test]
fn scope_is_dynamic_unless_it_says_permanent() {
    for (text, permanent) in [
        ("", false),
        ("<Scope><Dynamic/></Scope>", false),
        ("<Scope><Permanent/></Scope>", true),
    ] {
        assert_eq!(
            leaf(&format!("{CHR}{text}")).has(flags::PERMANENT),
            permanent,
            "{text}"
        );
    }
}

#[test]
fn case_sense_is_exact_unless_it_says_otherwise() {
    for (text, any_case) in [
        ("", false),
        ("<CaseSense><CS/></CaseSense>", false),
        ("<CaseSense><CIS/></CaseSense>", true),
    ] {
        assert_eq!(
            leaf(&format!("{CHR}{text}")).has(flags::CASE_INSENSITIVE),
            any_case,
            "{text}"
        );
    }
}

#[test]
fn mime_types_of_a_leaf_are_joined_and_plain_text_alone_costs_nothing() {
    for (text, mime) in [
        ("", ""),
        ("<DFType><MIME>text/plain</MIME></DFType>", ""),
        ("<DFType><DDFName/></DFType>", ""),
        ("<DFType><MIME>text/xml</MIME></DFType>", "text/xml"),
        (
            "<DFType><MIME>text/plain</MIME><MIME>image/png</MIME></DFType>",
            "text/plain\nimage/png",
        ),
    ] {
        let compiled = compile(&node("A", &format!("{CHR}{text}"), "")).unwrap();
        assert_eq!(compiled.schema().mime(DescId(1)), mime.as_bytes(), "{text}");
    }
}

#[test]
fn the_identifier_of_an_object_is_taken_from_ddf_name_or_mime() {
    for (text, name) in [
        ("<DDFName>urn:oma:mo:x:1.0</DDFName>", "urn:oma:mo:x:1.0"),
        (
            "<MIME>com.example/1.0/Thing</MIME>",
            "com.example/1.0/Thing",
        ),
        (
            "<DDFName></DDFName><MIME>com.example/1.0/Thing</MIME>",
            "com.example/1.0/Thing",
        ),
        ("<MIME>text/plain</MIME>", ""),
        ("<MIME/>", ""),
        ("<DDFName/>", ""),
    ] {
        let compiled = compile(&node("A", &format!("{NODE}<DFType>{text}</DFType>"), "")).unwrap();
        assert_eq!(compiled.schema().mime(DescId(1)), name.as_bytes(), "{text}");
    }
}

#[test]
fn defaults_are_stored_as_the_device_stores_values() {
    for (format, text, octets) in [
        ("chr", " two  words ", b"two  words".as_slice()),
        ("chr", "", b""),
        ("chr", "<![CDATA[<&>]]>", b"<&>"),
        ("int", "-7", b"-7"),
        ("bool", "TRUE", b"true"),
        ("bool", "0", b"false"),
        ("bin", "AAEC\n/w==", &[0, 1, 2, 255]),
        ("b64", "SGk=", b"Hi"),
        ("null", "", b""),
    ] {
        let properties =
            format!("<DFFormat><{format}/></DFFormat><DefaultValue>{text}</DefaultValue>");
        let compiled = compile(&node("A", &properties, "")).unwrap();
        assert_eq!(
            compiled.schema().default_value(DescId(1)),
            Some(octets),
            "{format} {text}"
        );
    }
    let compiled = compile(&chr("A")).unwrap();
    assert_eq!(compiled.schema().default_value(DescId(1)), None);
}

#[test]
fn value_is_a_default_too() {
    let compiled = compile(&node("A", CHR, "<Value>7</Value>")).unwrap();
    assert_eq!(
        compiled.schema().default_value(DescId(1)),
        Some(b"7".as_slice())
    );
    let both = format!("{CHR}<DefaultValue>7</DefaultValue>");
    assert!(compile(&node("A", &both, "<Value>7</Value>")).is_ok());
    assert!(compile(&node("A", &both, "<Value>8</Value>")).is_err());
}

/// TREE-C-082
#[test]
fn optional_properties_exist_only_where_rt_properties_lists_them() {
    let optional = flags::HAS_SIZE | flags::HAS_TITLE | flags::HAS_TSTAMP | flags::HAS_VERNO;
    assert_eq!(leaf(CHR).flags & optional, 0);
    let mandatory = "<ACL/><Format/><Name/><Type><MIME>text/plain</MIME></Type>";
    for (listed, found) in [
        ("", 0),
        ("<Size/>", flags::HAS_SIZE),
        ("<Title/>", flags::HAS_TITLE),
        ("<TStamp/>", flags::HAS_TSTAMP),
        ("<VerNo/>", flags::HAS_VERNO),
        ("<Size/><Title/><TStamp/><VerNo/>", optional),
    ] {
        let text = node(
            "A",
            CHR,
            &format!("<RTProperties>{mandatory}{listed}</RTProperties>"),
        );
        assert_eq!(
            at(&compile(&text).unwrap(), "./A").flags & optional,
            found,
            "{listed}"
        );
    }
}

/// TREE-C-078
#[test]
fn rt_properties_have_to_list_every_mandatory_property() {
    let all = ["<ACL/>", "<Format/>", "<Name/>", "<Type/>"];
    assert!(
        compile(&node(
            "A",
            CHR,
            &format!("<RTProperties>{}</RTProperties>", all.concat())
        ))
        .is_ok()
    );
    for gone in all {
        let rest: String = all.iter().copied().filter(|name| *name != gone).collect();
        let why = compile(&node(
            "A",
            CHR,
            &format!("<RTProperties>{rest}<Title/></RTProperties>"),
        ))
        .unwrap_err();
        assert!(
            why.what.contains(gone.trim_matches(['<', '/', '>'])),
            "{gone}: {why}"
        );
    }
}

/// TREE-C-014
#[test]
fn an_interior_node_with_size_is_refused() {
    let properties = "<RTProperties><ACL/><Format/><Name/><Size/><Type/></RTProperties>";
    assert!(
        compile(&node("A", NODE, properties))
            .unwrap_err()
            .what
            .contains("Size")
    );
}

#[test]
fn empty_names_and_stars_are_chosen_at_creation() {
    for name in ["", "*", " "] {
        let compiled = compile(&node(
            name,
            &format!("{CHR}<Occurrence><ZeroOrMore/></Occurrence>"),
            "",
        ))
        .unwrap();
        assert_eq!(compiled.nodes[1].name_len, 0);
        assert!(compiled.notes().is_empty());
    }
}

#[test]
fn other_name_spaces_are_skipped_and_unknown_elements_noted() {
    let text = "<m:MgmtTree xmlns:m='syncml:dmddf1.2' xmlns:v='http://example.test/v'>\n<m:VerDTD>1.2</m:VerDTD>\n\
                <v:Extra><m:Node/></v:Extra>\n<m:Node><m:NodeName>A</m:NodeName><m:Colour>red</m:Colour><m:DFProperties>\
                <m:AccessType><v:Admin/><m:Get/></m:AccessType><v:Range>1-5</v:Range>\
                <m:DFFormat><m:int/></m:DFFormat></m:DFProperties></m:Node></m:MgmtTree>";
    let model = Model::parse("a.ddf", text).unwrap();
    let notes: Vec<String> = model.notes().iter().map(ToString::to_string).collect();
    assert_eq!(
        notes,
        ["a.ddf:4:35: Colour has no meaning inside Node; skipped"]
    );
    let compiled = dm_ddf::compile(&[model]).unwrap();
    assert_eq!(compiled.nodes.len(), 2);
    assert_eq!(at(&compiled, "./A").access, access::GET);
    assert_eq!(at(&compiled, "./A").format(), Format::Int);
}

#[test]
fn a_document_type_declaration_may_be_there() {
    let text = "<?xml version='1.0'?>\n<!DOCTYPE MgmtTree PUBLIC '-//OMA//DTD-DM-DDF 1.2//EN' 'dm_ddf-v1_2.dtd' \
                [<?oma-dm-ddf-ver supported-versions='1.2'?>]>"
        .to_owned()
        + &ddf(&chr("A"));
    assert!(Model::parse("a.ddf", &text).is_ok());
}

#[test]
fn the_root_may_be_described() {
    let text = interior(".", &chr("A"));
    let compiled = compile(&text).unwrap();
    assert_eq!(compiled.nodes.len(), 2);
    assert!(at(&compiled, ".").has(flags::PERMANENT));
    assert!(compile(&chr(".")).is_err());
}

#[test]
fn the_order_of_elements_does_not_matter() {
    let one = "<Node><DFProperties><CaseSense><CIS/></CaseSense><DFType><MIME>text/xml</MIME></DFType><DFFormat><chr/>\
               </DFFormat><AccessType><Replace/><Add/></AccessType></DFProperties><NodeName>A</NodeName></Node>";
    let two = "<Node><NodeName>A</NodeName><DFProperties><AccessType><Add/><Replace/></AccessType><DFFormat><chr/>\
               </DFFormat><DFType><MIME>text/xml</MIME></DFType><CaseSense><CIS/></CaseSense></DFProperties></Node>";
    assert_eq!(compile(one).unwrap().nodes, compile(two).unwrap().nodes);
}

#[test]
fn a_file_says_what_it_uses_of_the_language() {
    let text = "<MgmtTree xmlns=\"syncml:dmddf1.2\" xmlns:v=\"urn:v\"><VerDTD>1.2</VerDTD><Node><NodeName/>\
        <Path>./V</Path><DFProperties><AccessType><Get/><Add/></AccessType><DefaultValue>a<b/></DefaultValue>\
        <DFFormat><chr/></DFFormat><Scope><Dynamic/></Scope><DFType><MIME>text/plain</MIME><MIME>text/xml</MIME></DFType>\
        <v:More><v:Still/></v:More></DFProperties></Node></MgmtTree>";
    let model = Model::parse("a.ddf", text).unwrap();
    let found: Vec<String> = model
        .features()
        .map(|(what, count)| format!("{what} {count}"))
        .collect();
    assert_eq!(
        found,
        [
            "AccessType: Add 1",
            "AccessType: Get 1",
            "CaseSense left out 1",
            "DFFormat: chr 1",
            "DFProperties 1",
            "DFType 1",
            "DefaultValue 1",
            "MIME 2",
            "MgmtTree 1",
            "Node in MgmtTree 1",
            "NodeName, empty 1",
            "Occurrence left out 1",
            "Path 1",
            "Scope: Dynamic 1",
            "VerDTD 1.2 1",
            "elements of name space urn:v 2",
            "markup in DefaultValue 1",
            "name space syncml:dmddf1.2 1",
            "several MIME 1",
        ]
    );
}
