//! The scenario format: what every key means, and how faults are told.

use super::*;

fn only_op(line: &str) -> Op {
    let config = Config::parse(&format!("[[package]]\nops = [ {line} ]")).unwrap();
    assert_eq!(config.packages[0].ops.len(), 1);
    config.packages[0].ops[0].clone()
}

fn fault(text: &str) -> (usize, String) {
    let error = Config::parse(text).unwrap_err();
    (error.line, error.message)
}

#[test]
fn every_operation_reads_as_its_builder_writes_it() {
    let cases = [
        (r#"{ get = "./A" }"#, Op::get("./A")),
        (r#"{ get = "./A", value = "x" }"#, Op::get("./A").value("x")),
        (
            r#"{ get = ["./A", "./B"], value = ["x", 5] }"#,
            Op::get("./A").value("x").and(Op::get("./B").value("5")),
        ),
        (r#"{ add = "./A", format = "node" }"#, Op::add_node("./A")),
        (
            r#"{ add = "./A", value = true, format = "bool" }"#,
            Op::add("./A", "true").format("bool"),
        ),
        (
            r#"{ replace = "./A", value = 15, format = "int", expect = 404 }"#,
            Op::replace("./A", "15").format("int").expect(404),
        ),
        (
            r#"{ replace = "./A", bytes = "AAH/" }"#,
            Op::replace("./A", "").bytes(&[0, 1, 255]),
        ),
        (
            r#"{ replace = "./A", fill = 3, size = 9 }"#,
            Op::replace("./A", "abc").size(9),
        ),
        (
            r#"{ delete = ["./A", "./B"], expect = [200, 404] }"#,
            Op::delete("./A")
                .and(Op::delete("./B"))
                .expect(200)
                .expect(404),
        ),
        (r#"{ copy = "./A", from = "./B" }"#, Op::copy("./B", "./A")),
        (
            r#"{ exec = "./A", value = "now", correlator = "c1" }"#,
            Op::exec("./A").value("now").correlator("c1"),
        ),
        (
            r#"{ alert = 1101, items = ["MAXDT=9", "Sure?"] }"#,
            Op::alert(1101, &["MAXDT=9", "Sure?"]),
        ),
        (
            r#"{ sequence = [ { get = "./A" } ] }"#,
            Op::sequence([Op::get("./A")]),
        ),
        (
            r#"{ atomic = [ { delete = "./A" } ], expect = 507 }"#,
            Op::atomic([Op::delete("./A")]).expect(507),
        ),
    ];
    for (text, op) in cases {
        assert_eq!(only_op(text), op, "{text}");
    }
}

#[test]
fn the_sections_fill_the_configuration() {
    let config = Config::parse(
        r#"
        [server]
        id = "srv"
        uri = "https://dm.example.org/"
        user = "name"
        secret = "s"
        auth = "md5"
        per_message = true
        versions = ["DM/1.2"]
        nonces = ["AAECAwQFBgcICQoLDA0ODw=="]
        max_msg_size = 4096
        max_obj_size = 65536
        [[device]]
        user = "a"
        secret = "b"
        [[device]]
        id = "urn:x"
        user = "c"
        secret = "d"
        auth = "any"
        nonce = "Tm9uY2U="
        [http]
        path = "/srv"
        chunk = 100
        timeout = 5
        "#,
    )
    .unwrap();
    assert_eq!(config.server.user(), "name");
    assert_eq!(config.server.auth, Some(Scheme::Md5));
    assert_eq!(config.server.nonces, [(0..16).collect::<Vec<u8>>()]);
    assert_eq!(config.server.max_msg_size, Some(4096));
    assert_eq!(config.devices[0].auth, Some(Scheme::Md5));
    assert_eq!(config.devices[1].auth, None);
    assert_eq!(config.devices[1].nonce, b"Nonce");
    assert_eq!(config.http.path, "/srv");
    assert_eq!(config.http.timeout, Duration::from_secs(5));
}

#[test]
fn an_empty_scenario_is_a_server_that_closes_at_once() {
    let config = Config::parse("").unwrap();
    assert!(config.packages.is_empty() && config.devices.is_empty());
    assert_eq!(config.server.versions, ["DM/1.3", "DM/1.2"]);
}

#[test]
fn unknown_keys_are_named_with_their_line() {
    for (text, line, word) in [
        ("[server]\nid = \"a\"\nsecrets = \"b\"\n", 3, "secrets"),
        ("[servers]\n", 1, "servers"),
        (
            "[[device]]\nuser = \"a\"\nsecret = \"b\"\npassword = \"c\"\n",
            4,
            "password",
        ),
        (
            "[[package]]\nops = [\n  { get = \"./A\" },\n  { get = \"./B\", exepct = 404 },\n]\n",
            4,
            "exepct",
        ),
        ("[http]\npath = \"/dm\"\nport = 1\n", 3, "port"),
    ] {
        let (at, message) = fault(text);
        assert_eq!(at, line, "{message}");
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn operations_that_make_no_sense_are_refused_with_their_line() {
    for op in [
        r#"{ }"#,
        r#"{ get = "./A", delete = "./B" }"#,
        r#"{ delete = "./A", value = "x" }"#,
        r#"{ copy = "./A" }"#,
        r#"{ get = "./A", from = "./B" }"#,
        r#"{ get = "./A", items = ["x"] }"#,
        r#"{ get = "./A", correlator = "x" }"#,
        r#"{ get = "./A", fill = 3 }"#,
        r#"{ replace = ["./A", "./B"], value = "x" }"#,
        r#"{ replace = "./A", value = "x", fill = 3 }"#,
        r#"{ replace = "./A", bytes = "***" }"#,
        r#"{ get = "./A", expect = 7 }"#,
        r#"{ get = [["./A"]] }"#,
        r#"{ sequence = [ { } ] }"#,
        r#"{ other = "<Search>" }"#,
        r#"{ other = "no element" }"#,
        r#"{ get = "./A", other = "<Search/>" }"#,
        r#"{ get = "./A", piece = 3 }"#,
        r#"{ delete = "./A", insist = true }"#,
        r#"{ alert = 1101, bytes = "AA==" }"#,
    ] {
        let (line, message) = fault(&format!(
            "[[package]]\nops = [\n  {{ get = \"./ok\" }},\n  {op},\n]\n"
        ));
        assert_eq!(line, 4, "{op}: {message}");
    }
}

#[test]
fn wrong_values_are_refused_with_their_line() {
    for (text, line) in [
        ("[server]\nauth = \"md6\"\n", 2),
        ("[server]\nmax_msg_size = -1\n", 2),
        ("[server]\nnonces = [\"AA\",\n \"*\"]\n", 3),
        ("[http]\npath = \"dm\"\n", 2),
        ("[[device]]\nsecret = \"b\"\n", 1),
        ("[[package\n", 1),
        ("[expect]\nend = \"never\"\n", 2),
        ("[bench]\nafter = { \"./A\" = true }\n", 2),
        ("[[package]]\nproof = \"odd\"\n", 2),
        ("[[package]]\nrefuse = \"odd\"\n", 2),
        (
            "[[package]]\nold = true\nabort = true\nops = [\n{ get = \"./A\" }]\n",
            5,
        ),
    ] {
        assert_eq!(fault(text).0, line, "{text}");
    }
}

#[test]
fn a_missing_file_is_told_by_its_name() {
    let error = Config::load(Path::new("no-such-file.toml")).unwrap_err();
    assert_eq!(error.line, 0);
    assert!(error.to_string().contains("no-such-file.toml"));
}

#[test]
fn the_documented_scenario_is_one_and_names_every_key() {
    let text = include_str!("../../scenario.toml");
    let config = Config::parse(text).unwrap();
    assert_eq!(config.packages[1].ops.len(), 16);
    assert_eq!(config.packages.len(), 10);
    // Keys that are shown but not set are keys as well.
    let all: String = text
        .lines()
        .map(|line| {
            let key = line.strip_prefix("# ").filter(|rest| rest.contains(" = "));
            format!(
                "{}\n",
                key.map_or(line, |rest| rest.split("  ").next().unwrap())
            )
        })
        .collect();
    let config = Config::parse(&all.replace("\"...\"", "\"AA==\"")).unwrap();
    assert!(config.server.anonymous && config.server.per_message && config.http.resp_uri);
    assert_eq!(config.devices[0].server_nonce, [0]);
    let bench = &config.bench;
    assert_eq!(
        (bench.objects, bench.exec, bench.sessions, bench.large),
        (65536, Some(202), 2, 20000)
    );
    assert_eq!(bench.after["./Vendor/cfg/none"], None);
    assert_eq!(
        (bench.undoes, bench.needs.len(), bench.without.len()),
        (Some(false), 1, 1)
    );
    let [first, again] = bench.notified.as_slice() else {
        panic!("two notifications");
    };
    assert_eq!(
        (first.session, first.ui_mode, first.version),
        (4711, 3, Some(13))
    );
    assert!(first.by_user && first.is_13 && !first.refused && again.again && again.refused);
    assert_eq!(config.expect.begins, Some(1200));
    assert_eq!(config.expect.alerts.unwrap().len(), 1);
    assert_eq!(config.packages[0].expect, Some(200));
}

#[test]
fn trees_are_sent_by_add_and_replace_and_expected_of_get() {
    let op = |text: &str| Config::parse(&format!("[[package]]\nops = [ {text} ]"));
    let config = op(
        "{ replace = \"./A\", tree = [ { name = \"a\", object = \"x\", nodes = [ { name = \"b\", value = 7, format = \"int\" } ] }, { path = \"a\", name = \"c\", bytes = \"AAE=\" } ] }",
    )
    .unwrap();
    let crate::Value::Tree(nodes) = config.packages[0].ops[0].items[0].value.clone().unwrap()
    else {
        panic!("a tree");
    };
    assert_eq!(crate::tnds::line(&nodes), "a; a/b = 7; a/c = AAE=");
    assert_eq!(nodes[0].format.as_deref(), Some("node"));
    assert_eq!(nodes[0].nodes[0].format.as_deref(), Some("int"));
    let config = op("{ get = \"./A?list=TNDS\", tree = [ { name = \"A\" } ] }").unwrap();
    assert_eq!(config.packages[0].ops[0].values, ["A"]);
    for wrong in [
        "{ delete = \"./A\", tree = [] }",
        "{ exec = \"./A\", tree = [] }",
        "{ add = \"./A\", tree = [], value = 1 }",
        "{ add = \"./A\", tree = [ { value = 1, nodes = [] } ] }",
        "{ add = \"./A\", tree = [ { value = 1, bytes = \"AA==\" } ] }",
        "{ add = \"./A\", tree = [ { nmae = \"a\" } ] }",
    ] {
        assert_eq!(op(wrong).unwrap_err().line, 2, "{wrong}");
    }
}

#[test]
fn a_notification_that_is_none_is_told() {
    for wrong in ["ui = \"loud\"", "format = \"1.4\"", "sesion = 1"] {
        let text = format!("[bench]\nnotified = [ {{ {wrong} }} ]");
        assert_eq!(fault(&text).0, 2, "{wrong}");
    }
}
