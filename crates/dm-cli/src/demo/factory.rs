//! What comes before the first session of a router that has no account: a bootstrap and a notification, both as pushes.

use std::net::UdpSocket;

use base64ct::{Base64, Encoding as _};
use dm_bindings::push::{Kind, PORT, Push, Sec};
use dm_core::bootstrap::{Bootstrap, BootstrapPolicy, Origin, Profile, Refused, mac};
use dm_core::{Client, Encoding, Moment, Notification, Trigger};
use dm_server::{Config, Format, Handle, Notification as Package0, UiMode, send_push};
use dm_tree::Tree;

use super::session::{PATIENCE, failed};
use crate::convert;
use crate::failure::Failure;
use crate::push::hex;

/// What the user was told, on paper.
const PIN: &[u8] = b"2468";
/// What the user types first.
const WRONG_PIN: &[u8] = b"1111";
/// The nonce with which the server signs its first notification.
const SERVER_NONCE: &[u8] = b"from the factory";
/// SessionID of the notification.
const SESSION: u16 = 0x1F;

/// Who does a step, and what happens.
pub(super) type Step = (&'static str, String);

const ROUTER: &str = "router";
const SERVER: &str = "server";

/// A device file without its accounts.
pub(super) fn without_account(router: &str) -> &str {
    router.split_once("[[account]]").map_or(router, |cut| cut.0)
}

/// Makes the server ready for a router that knows it from a bootstrap only.
pub(super) fn prepare(config: &mut Config) {
    for device in &mut config.devices {
        device.server_nonce = SERVER_NONCE.to_vec();
    }
}

/// A router without account, and the port on which it waits for pushes.
pub(super) struct Factory<'c> {
    config: &'c Config,
    socket: UdpSocket,
    pub(super) steps: Vec<Step>,
}

impl<'c> Factory<'c> {
    pub(super) fn new(config: &'c Config) -> Result<Self, Failure> {
        let socket = UdpSocket::bind("127.0.0.1:0").map_err(failed)?;
        socket.set_read_timeout(Some(PATIENCE)).map_err(failed)?;
        Ok(Self {
            config,
            socket,
            steps: Vec::new(),
        })
    }

    fn step(&mut self, who: &'static str, what: impl Into<String>) {
        self.steps.push((who, what.into()));
    }

    fn receive(&self) -> Result<Vec<u8>, Failure> {
        let mut pdu = vec![0; 2048];
        let length = self.socket.recv(&mut pdu).map_err(failed)?;
        pdu.truncate(length);
        Ok(pdu)
    }

    /// The router is switched on, and gets its account.
    pub(super) fn bootstrap(
        &mut self,
        tree: &mut Tree<'_>,
        client: &mut Client<'_>,
        url: &str,
        now: &Moment,
    ) -> Result<(), Failure> {
        let trigger = Trigger::Client {
            server_id: None,
            session_id: None,
        };
        match client.start(tree, trigger, now) {
            Ok(_) => return Err(failed("a router without account began a session")),
            Err(_) => self.step(
                ROUTER,
                "is switched on: it has no account, so no session begins",
            ),
        }
        let pdu = self.provisioning(url)?;
        send_push(self.socket.local_addr().map_err(failed)?, &pdu).map_err(failed)?;
        let what = format!(
            "pushes a bootstrap, proved with a PIN (USERPIN): {} octets",
            pdu.len()
        );
        self.step(SERVER, what);
        let pdu = self.receive()?;
        let push = Push::datagram(PORT, &pdu).map_err(failed)?;
        let origin = Origin::Push {
            sec: push.sec,
            mac: push.mac,
        };
        let mut policy = BootstrapPolicy::DEFAULT;
        policy.push = true;
        let open = || Bootstrap::open(Profile::Provisioning, push.body, origin, policy);
        let mut bootstrap = open().map_err(failed)?;
        for pin in [WRONG_PIN, PIN] {
            let said = match bootstrap.prove(&[], pin) {
                Ok(()) => "the MAC is right".to_owned(),
                Err(why) => why.to_string(),
            };
            let pin = String::from_utf8_lossy(pin);
            self.step(ROUTER, format!("its user types {pin}: {said}"));
        }
        let mut work = vec![0; push.body.len()];
        let mut shown = Vec::new();
        bootstrap
            .changes(tree, &mut work, &mut |change| {
                let [id, name, addr] =
                    [change.server_id, change.name, change.addr].map(String::from_utf8_lossy);
                shown.push(format!("asks its user: {name} ({id}) at {addr}? yes"));
            })
            .map_err(failed)?;
        for line in shown {
            self.step(ROUTER, line);
        }
        bootstrap.agree();
        let mut accounts = 0;
        bootstrap
            .apply(tree, &mut work, &mut |_| accounts += 1)
            .map_err(failed)?;
        if accounts != 1 {
            return Err(failed("the document made other than one account"));
        }
        self.step(ROUTER, "has an account, and says nothing");
        // Whoever has recorded the push sends it again.
        let again = open().and_then(|mut bootstrap| {
            bootstrap.prove(&[], PIN)?;
            bootstrap.agree();
            bootstrap.apply(tree, &mut work, &mut |_| {})
        });
        match again {
            Err(why @ Refused::Replayed) => {
                self.step(ROUTER, format!("gets the same push again: {why}"));
                Ok(())
            }
            other => Err(failed(format!("the same push again: {other:?}"))),
        }
    }

    /// The push with the provisioning document.
    fn provisioning(&self, url: &str) -> Result<Vec<u8>, Failure> {
        let identity = &self.config.server;
        let device = self.config.devices.first();
        let device = device.ok_or_else(|| failed("the scenario has no device"))?;
        let parm = |name: &str, value: &str| {
            let value = value
                .replace('&', "&amp;")
                .replace('"', "&quot;")
                .replace('<', "&lt;");
            format!("<parm name=\"{name}\" value=\"{value}\"/>")
        };
        let block = |kind: &str, parms: &[String]| {
            let parms = parms.concat();
            format!("<characteristic type=\"{kind}\">{parms}</characteristic>")
        };
        let auth = |level: &str, name: &str, secret: &str, nonce: &[u8]| {
            let parms = [
                parm("AAUTHLEVEL", level),
                parm("AAUTHTYPE", "DIGEST"),
                parm("AAUTHNAME", name),
                parm("AAUTHSECRET", secret),
                parm("AAUTHDATA", &Base64::encode_string(nonce)),
            ];
            block("APPAUTH", &parms)
        };
        let application = [
            parm("APPID", "w7"),
            parm("PROVIDER-ID", &identity.id),
            parm("NAME", "Example Networks"),
            block("APPADDR", &[parm("ADDR", url)]),
            auth(
                "APPSRV",
                &device.user,
                device.secret.reveal(),
                &device.nonce,
            ),
            auth(
                "CLIENT",
                &identity.id,
                identity.secret.reveal(),
                SERVER_NONCE,
            ),
        ];
        let xml = format!(
            "<wap-provisioningdoc version=\"1.1\">{}</wap-provisioningdoc>",
            block("APPLICATION", &application)
        );
        let document = convert::convert(xml.as_bytes(), Encoding::Wbxml, false).map_err(failed)?;
        let sec = Sec::UserPin;
        let made = mac(Profile::Provisioning, sec, &document, &[], PIN).map_err(failed)?;
        let digits = hex(&made).to_uppercase();
        let push = Push {
            kind: Kind::Provisioning,
            sec: Some(sec),
            mac: digits.as_bytes(),
            body: &document,
        };
        let mut pdu = vec![0; document.len().saturating_add(128)];
        let length = push.write(1, &mut pdu);
        pdu.truncate(length.ok_or_else(|| failed("the document is too long"))?);
        Ok(pdu)
    }

    /// The server asks for a session; the push in which it does.
    pub(super) fn notify(&mut self, server: &Handle) -> Result<Vec<u8>, Failure> {
        let mut notification = Package0::new(Format::V1_2, &self.config.server.id, SESSION);
        notification.ui_mode = UiMode::Background;
        let to = self.socket.local_addr().map_err(failed)?;
        server.notify(to, None, &notification).map_err(failed)?;
        let pdu = self.receive()?;
        let what = format!(
            "pushes a notification for session {SESSION:X}: {} octets",
            pdu.len()
        );
        self.step(SERVER, what);
        Ok(pdu)
    }

    /// The trigger that the push is, once it is proved.
    pub(super) fn trigger<'p>(
        &mut self,
        tree: &mut Tree<'_>,
        client: &mut Client<'_>,
        pdu: &'p [u8],
        now: &Moment,
    ) -> Result<Trigger<'p>, Failure> {
        let push = Push::datagram(PORT, pdu).map_err(failed)?;
        if push.kind != Kind::Notification {
            return Err(failed("the push is no notification"));
        }
        let notification = Notification::V1_2(push.body);
        let trigger = client.notified(tree, notification, now).map_err(failed)?;
        self.step(
            ROUTER,
            "finds it signed with the server's secret, and begins the session",
        );
        match client.notified(tree, notification, now) {
            Ok(_) => Err(failed("a notification was accepted twice")),
            Err(why) => {
                self.step(ROUTER, format!("gets the same notification again: {why}"));
                Ok(trigger)
            }
        }
    }
}
