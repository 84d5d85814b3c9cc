//! The notifications of the shared corpus: what is one is read, everything else is ignored, as its manifest says.

use dm_bindings::push::{Inbox, Invoked, Kind, PORT, Push};
use dm_core::{NoticeRules, Notification, Policy, Rejected};
use dm_server::UiMode;
use dm_tests::{Keeper, Phone};

/// The files of the corpus's folder `notification` with what the manifest says of them; none, and it is said, without the
/// corpus.
fn files() -> Vec<(String, Vec<u8>, String)> {
    let shared = std::env::var_os("OMA_DM_SHARED").map_or_else(
        || std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        std::path::PathBuf::from,
    );
    let corpus = shared.join("corpus");
    let Ok(manifest) = std::fs::read_to_string(corpus.join("MANIFEST.tsv")) else {
        assert!(
            std::env::var_os("OMA_DM_NO_SKIPS").is_none_or(|value| value != "1"),
            "skipped: no corpus at {}",
            corpus.display()
        );
        eprintln!("SKIPPED notifications: no corpus at {}", corpus.display());
        return Vec::new();
    };
    manifest
        .lines()
        .filter(|line| line.starts_with("notification/"))
        .map(|line| {
            let mut columns = line.split('\t');
            let name = columns.next().unwrap();
            let octets = std::fs::read(corpus.join(name)).unwrap();
            (
                name.to_owned(),
                octets,
                columns.next_back().unwrap().to_owned(),
            )
        })
        .collect()
}

/// A device whose only account is this server's, with a secret that is not its own.
fn device(server_id: &str) -> Phone {
    let mut rules = NoticeRules::default();
    rules.lenient_version = true;
    let mut phone = Phone::on(&Keeper::default(), Policy::default(), rules);
    phone.set("./DMAcc/a/ServerID", server_id.as_bytes());
    phone
}

/// NOT-C-001, NOT-C-018: a push that a real server made, octet by octet as the manifest tells it; without its secret it gets as
/// far as the digest.
#[test]
fn the_notification_of_a_real_server_is_read() {
    for (name, octets, note) in files() {
        if !note.contains("real OMA DM 1.x Package 0") {
            continue;
        }
        let push = Push::datagram(PORT, &octets).unwrap();
        assert_eq!(push.kind, Kind::Notification, "{name}");
        let read = dm_server::Notification::read(push.kind.code(), push.body).unwrap();
        let it = read.notification;
        assert_eq!((it.server_id.as_str(), it.session_id), ("sprint", 0x66E9));
        assert_eq!(
            (it.version, it.ui_mode, it.by_user),
            (11, UiMode::Informative, false)
        );
        assert!(it.vendor.is_empty());
        let mut phone = Phone::new();
        let told = Notification::V1_2(push.body);
        let now = phone.moment();
        let why = phone
            .client
            .notified(&mut phone.tree, told, &now)
            .unwrap_err();
        assert_eq!(why, Rejected::UnknownServer);
        assert_eq!(
            device("sprint").told(push.body).unwrap_err(),
            Rejected::Digest
        );
    }
}

/// NOT-C-004, BIND-C-065, BIND-C-066: service indications, e-mail notices and the notification of data synchronisation are none of
/// ours, by whatever door they come.
#[test]
fn everything_else_of_the_corpus_is_ignored() {
    let mut seen = 0;
    for (name, octets, note) in files() {
        if note.contains("real OMA DM 1.x Package 0") {
            continue;
        }
        seen += 1;
        let mut inbox = Inbox::new(&mut []);
        assert!(Push::datagram(PORT, &octets).is_err(), "{name}");
        assert!(Push::put(&octets).is_err(), "{name}");
        assert!(Invoked::read(&octets).is_err(), "{name}");
        assert!(inbox.sms(b"1", &octets, 0).is_err(), "{name}");
        for media in [
            "text/vnd.wap.si",
            "application/vnd.wap.sic",
            "application/vnd.wap.emn+wbxml",
        ] {
            assert!(Push::typed(media.as_bytes(), &octets).is_err(), "{name}");
        }
        // Even under a media type of ours it proves nothing.
        for server in ["sprint", "PC Suite Data Sync"] {
            let why = device(server).told(&octets).unwrap_err();
            let expected = if name.contains("SAN02") {
                // Its version is 1.2 of another notification, and its session has no id.
                matches!(why, Rejected::Malformed)
            } else {
                matches!(
                    why,
                    Rejected::Version(_) | Rejected::Malformed | Rejected::UnknownServer
                )
            };
            assert!(expected, "{name}: {why}");
        }
        if name.contains("SAN02") {
            assert_eq!(
                Phone::new().told(&octets).unwrap_err(),
                Rejected::Version(12)
            );
        }
    }
    assert!(seen == 0 || seen > 10, "{seen}");
}
