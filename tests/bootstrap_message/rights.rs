//! What a new server may do at first: this project's profile of DM 1.3.

use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, InitialRight, Origin, Profile};
use dm_tree::{Principal, Verb};

use crate::device::furnished;
use crate::{DMACC, SECURED, account, inbox, interior, leaf, least, message, object};

/// A tree where nobody may anything but the device's own server.
fn closed() -> dm_tree::Tree<'static> {
    let mut tree = furnished();
    tree.factory().acl(".", "Add=*&Get=home.example").unwrap();
    tree.factory()
        .acl("./DevInfo", "Get=home.example&Replace=home.example")
        .unwrap();
    tree
}

/// What a server may do with `./Secret`, DevInfo, DevDetail and the account of another.
fn rights(tree: &mut dm_tree::Tree<'_>, server: &str) -> Vec<String> {
    let who = Principal::dangerous_assume(server.as_bytes());
    let verbs = [
        Verb::Add,
        Verb::Delete,
        Verb::Exec,
        Verb::Get,
        Verb::Replace,
    ];
    ["./Secret", "./DevInfo", "./DevDetail", "./DMAcc/home"]
        .iter()
        .map(|uri| {
            let node = tree.local().find(uri).unwrap();
            let may = verbs
                .iter()
                .filter(|verb| tree.authorise(&who, **verb, node).is_ok());
            may.map(|verb| format!("{verb:?} ")).collect()
        })
        .collect()
}

/// D13-C-078: a new server begins with what the policy gives it, once; the rights of the others stay as they are.
#[test]
fn a_new_server_has_the_rights_of_the_policy() {
    let bytes = message(&inbox(&account("n", "srv", "https://srv/")));
    let all = "Add Delete Exec Get Replace ";
    let some = "Add Get Replace ";
    for (given, expected) in [
        (&[][..], ["Add ", "", "Add ", "Add "]),
        (InitialRight::of(Origin::SmartCard), [all, "", all, all]),
        (InitialRight::of(SECURED), [some, "", some, some]),
        (
            InitialRight::of(Origin::Push {
                sec: None,
                mac: b"",
            }),
            // Who may add to DevDetail by the root's ACL may that still.
            ["Add ", "Get ", "Add Get ", "Add "],
        ),
    ] {
        let mut policy = BootstrapPolicy::DEFAULT;
        policy.rights = given;
        let mut tree = closed();
        let boot = Bootstrap::open(Profile::Message, &bytes, SECURED, policy).unwrap();
        boot.apply(&mut tree, &mut [0; 512], &mut |_| {}).unwrap();
        assert_eq!(rights(&mut tree, "srv"), expected);
        let own = ["Add Get ", "Get Replace ", "Add Get ", "Add Get "];
        assert_eq!(rights(&mut tree, "home.example"), own);
        assert_eq!(rights(&mut tree, "other"), ["Add ", "", "Add ", "Add "]);
        // They are not given again.
        tree.factory().acl(".", "Add=*&Get=home.example").unwrap();
        tree.factory().acl("./DevInfo", "Get=home.example").unwrap();
        tree.factory().acl("./DevDetail", "").unwrap();
        let again = message(&inbox(&account("n", "srv", "https://new/")));
        let boot = Bootstrap::open(Profile::Message, &again, SECURED, policy).unwrap();
        boot.apply(&mut tree, &mut [0; 512], &mut |_| {}).unwrap();
        assert_eq!(rights(&mut tree, "srv"), ["Add ", "", "Add ", "Add "]);
    }
}

/// D13-C-079: an account may name fewer rights than the policy gives, and gets no others by naming more.
#[test]
fn an_account_can_narrow_its_rights_and_never_widen_them() {
    let ask = |asked: &[(&str, &str)]| {
        let entries: String = asked
            .iter()
            .zip(1..)
            .map(|((id, verbs), n): (_, u32)| {
                interior(&n.to_string(), &(leaf("MOID", id) + &leaf("Cmd", verbs)))
            })
            .collect();
        let perm = interior("Ext", &interior("DM13P", &interior("Perm", &entries)));
        message(&inbox(&object(
            "n",
            DMACC,
            &(least("srv", "https://srv/") + &perm),
        )))
    };
    let info = "urn:oma:mo:oma-dm-devinfo:1.0";
    let detail = "urn:oma:mo:oma-dm-devdetail:1.0";
    for (asked, expected) in [
        (&[(info, "Get")][..], ["Add ", "Get ", "Add ", "Add "]),
        (
            &[(info, "Get+Replace"), (detail, "Exec+Get")],
            ["Add ", "Get ", "Add Get ", "Add "],
        ),
        (
            &[("", "Add+Delete+Exec+Get+Replace")],
            ["Add ", "", "Add ", "Add "],
        ),
        (
            &[("urn:example:mo:app:1.0", "Get"), (DMACC, "Replace")],
            ["Add ", "", "Add ", "Add "],
        ),
    ] {
        let mut policy = BootstrapPolicy::DEFAULT;
        policy.rights = InitialRight::of(Origin::Push {
            sec: None,
            mac: b"",
        });
        let mut tree = closed();
        let bytes = ask(asked);
        let boot = Bootstrap::open(Profile::Message, &bytes, SECURED, policy).unwrap();
        boot.apply(&mut tree, &mut [0; 512], &mut |_| {}).unwrap();
        assert_eq!(rights(&mut tree, "srv"), expected, "{asked:?}");
    }
}
