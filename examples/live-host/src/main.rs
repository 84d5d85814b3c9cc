//! The far end of `examples/firmware/src/bin/live.rs`: a DM server on the device's serial line, and a power supply that
//! fails.
//!
//! `live-host IMAGE DIRECTORY [--tls]` runs the image on an emulated Cortex-M4 whose UART is a TCP connection to the
//! reference server, and whose flash is a file in DIRECTORY. The device leaves the factory, then loses power at several
//! places in the middle of a session, and is switched on again each time. What has to hold, and is checked: it starts with the
//! values from before or from after the server's Atomic, never with one of each; the next session runs to its end
//! with credentials made of what the flash kept; and the values are then those of the server.
//!
//! Scripts of `tests/conformance` named behind that are played to the device as it left the factory, and have to go as they say.

#![forbid(unsafe_code)]
// A host program: `std` is there, and naming `core` or `alloc` instead would say nothing.
#![allow(clippy::std_instead_of_core, clippy::std_instead_of_alloc)]

use std::error::Error;
use std::fs;
use std::io::Read;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use dm_server::{Config, Device, End, Handle, Op, Package, Scheme, Secret, Server, Tls};

type Check<T = ()> = Result<T, Box<dyn Error>>;

/// Octets of the flash: `host::FLASH` of the firmware.
const FLASH: usize = 4 * 4096;
/// How the emulator ends when the power fails: `host::POWER_FAILED` of the firmware.
const POWER_FAILED: i32 = 77;
/// The name in the device's account and in the server's certificate.
const HOST: &str = "dm.example.org";
/// Longest life of a device.
const LIFE: Duration = Duration::from_secs(60);
/// What the firmware says about a session.
const SENT: &str = "messages sent: ";
/// Lives that are cut short.
const CUTS: u32 = 6;

fn main() -> Check {
    let mut args = std::env::args_os().skip(1);
    let (Some(image), Some(dir)) = (args.next(), args.next()) else {
        return Err("usage: live-host IMAGE DIRECTORY [--tls] [SCRIPT...]".into());
    };
    let (switches, scripts): (Vec<_>, Vec<_>) = args.partition(|arg| arg == "--tls");
    let bench = Bench {
        image: fs::canonicalize(PathBuf::from(image))?,
        dir: PathBuf::from(dir),
        tls: !switches.is_empty(),
        scripts: scripts.into_iter().map(PathBuf::from).collect(),
    };
    fs::create_dir_all(&bench.dir)?;
    bench.run()
}

/// The device and where its flash is.
struct Bench {
    image: PathBuf,
    dir: PathBuf,
    tls: bool,
    scripts: Vec<PathBuf>,
}

/// What a life left behind.
struct Life {
    code: Option<i32>,
    output: String,
    /// What the emulator says.
    trouble: String,
}

impl Bench {
    fn run(&self) -> Check {
        fs::write(self.dir.join("flash.bin"), [0xFF; FLASH])?;
        let tls = self.certificate()?;
        let server = Server::bind("127.0.0.1:0", scenario(tls.clone()))?.spawn();
        let life = self.live(server.addr(), &["factory=1"])?;
        expect(&life, 0, "before: none none ")?;
        let whole = fs::read(self.dir.join("flash.bin"))?;

        for script in &self.scripts {
            fs::write(self.dir.join("flash.bin"), &whole)?;
            self.play(script, tls.clone())?;
        }
        fs::write(self.dir.join("flash.bin"), &whole)?;

        // How much of the flash a session changes when the power does not fail.
        server.set_script(script(0));
        let life = self.live(server.addr(), &[])?;
        expect(&life, 0, "after: apn0 host0 ")?;
        let burnt = life.number("octets of flash changed: ")?;
        println!("a session changes {burnt} octets of the flash");
        self.closed(&server)?;

        // The nonces were kept: nobody challenges anybody. With the flash of yesterday the server has to.
        let kept = self.live(server.addr(), &[])?;
        expect(&kept, 0, "before: apn0 host0 ")?;
        self.closed(&server)?;
        fs::write(self.dir.join("flash.bin"), &whole)?;
        let lost = self.live(server.addr(), &[])?;
        expect(&lost, 0, "before: none none ")?;
        let sent = (kept.number(SENT)?, lost.number(SENT)?);
        if sent.0 != 3 || sent.1 <= 3 {
            let told: String = server
                .transcripts()
                .iter()
                .map(ToString::to_string)
                .collect();
            return Err(format!("{sent:?} messages with nonces kept and lost: {told}").into());
        }

        let mut restarts = (0, 0);
        for cut in 1..=CUTS {
            fs::write(self.dir.join("flash.bin"), &whole)?;
            server.set_script(script(cut));
            let fuel = burnt * cut / (CUTS + 2);
            let life = self.live(server.addr(), &[&format!("fuel={fuel}")])?;
            expect(&life, POWER_FAILED, "before: none none ")?;

            let life = self.live(server.addr(), &[])?;
            let after = format!("apn{cut} host{cut} ");
            expect(&life, 0, &format!("after: {after}"))?;
            print!(
                "after {fuel} octets the power failed, then\n{}",
                life.output
            );
            if life.output.contains("before: none none \n") {
                restarts.0 += 1;
            } else if life.output.contains(&format!("before: {after}\n")) {
                restarts.1 += 1;
            } else {
                return Err(format!("half an Atomic after {fuel} octets:\n{}", life.output).into());
            }
            self.closed(&server)?;
        }
        let (old, new) = restarts;
        println!(
            "{CUTS} power failures: {old} restarts before the server's Atomic, {new} after it"
        );
        if old == 0 || new == 0 {
            return Err("the failures were all on one side of the Atomic".into());
        }
        Ok(())
    }

    /// Plays a conformance script, with the account that the device has instead of that of its bench.
    fn play(&self, script: &Path, tls: Option<Tls>) -> Check {
        let mut config = Config::load(script)?;
        let own = scenario(tls);
        config.server.id = own.server.id;
        config.server.secret = own.server.secret;
        config.server.auth = own.server.auth;
        config.server.anonymous = false;
        config.devices = own.devices;
        config.http.tls = own.http.tls;
        config.expect.alerts.get_or_insert_default();
        for package in &mut config.packages {
            // A server that proved itself is told so.
            package.expect = package.expect.filter(|code| *code != 200);
        }
        let title = config.about.title.clone();
        let server = Server::bind("127.0.0.1:0", config)?.spawn();
        let life = self.live(server.addr(), &[])?;
        let transcripts = server.stop();
        let last = transcripts.last().ok_or("no session")?;
        if last.is_clean() {
            println!("as it says: {title}");
            return Ok(());
        }
        Err(format!("{}: {last}{}", script.display(), life.output).into())
    }

    /// The last session came to its end, and everything in it was as it should be.
    fn closed(&self, server: &Handle) -> Check {
        let transcripts = server.transcripts();
        let last = transcripts.last().ok_or("no session")?;
        if last.end == End::Closed && last.is_clean() {
            Ok(())
        } else {
            Err(format!("{last}").into())
        }
    }

    /// A certificate for the server, by an issuer whose own the device finds beside its flash.
    fn certificate(&self) -> Check<Option<Tls>> {
        if !self.tls {
            return Ok(None);
        }
        let mut params = rcgen::CertificateParams::new([])?;
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate()?;
        let own = params.self_signed(&key)?;
        fs::write(self.dir.join("issuer.der"), own.der())?;
        let issuer = rcgen::Issuer::new(params, key);
        let key = rcgen::KeyPair::generate()?;
        let leaf = rcgen::CertificateParams::new([HOST.to_owned()])?.signed_by(&key, &issuer)?;
        let pem = (leaf.pem(), key.serialize_pem());
        Ok(Some(Tls::from_pem(pem.0.as_bytes(), pem.1.as_bytes())?))
    }

    /// Switches the device on, with its serial line connected to `server`, and waits until it is off.
    fn live(&self, server: SocketAddr, orders: &[&str]) -> Check<Life> {
        let mut semihosting = String::from("enable=on,target=native,chardev=out,arg=live");
        for order in orders {
            semihosting = format!("{semihosting},arg={order}");
        }
        let child = Command::new("qemu-system-arm")
            .args(["-machine", "mps2-an386", "-nographic", "-nic", "none"])
            .args([
                "-monitor",
                "none",
                "-serial",
                &format!("tcp:{server},nodelay=on"),
            ])
            .args(["-chardev", "stdio,id=out"])
            .args(["-semihosting-config", &semihosting, "-kernel"])
            .arg(&self.image)
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        wait(child)
    }
}

impl Life {
    /// The number on the line that begins so.
    fn number(&self, name: &str) -> Check<u32> {
        let line = self.output.lines().find_map(|line| line.strip_prefix(name));
        Ok(line.ok_or("a line is missing")?.parse()?)
    }
}

/// Waits for the end of a life, but not for ever.
fn wait(mut child: Child) -> Check<Life> {
    let output = drain(child.stdout.take());
    let trouble = drain(child.stderr.take());
    let since = Instant::now();
    let code = loop {
        if let Some(status) = child.try_wait()? {
            break status.code();
        }
        if since.elapsed() > LIFE {
            child.kill()?;
            child.wait()?;
            break None;
        }
        thread::sleep(Duration::from_millis(5));
    };
    Ok(Life {
        code,
        output: output.join().map_err(|_| "no output")?,
        trouble: trouble.join().map_err(|_| "no output")?,
    })
}

/// Reads a pipe on a thread of its own, so that a full one never stops the program.
fn drain(pipe: Option<impl Read + Send + 'static>) -> JoinHandle<String> {
    thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut pipe) = pipe {
            let _ = pipe.read_to_string(&mut text);
        }
        text
    })
}

/// A life ended as it was meant to, and said so.
fn expect(life: &Life, code: i32, line: &str) -> Check {
    if life.code == Some(code) && life.output.lines().any(|it| it == line) {
        return Ok(());
    }
    let Life {
        code: seen,
        output,
        trouble,
    } = life;
    Err(format!("expected {code} and {line:?}, seen {seen:?}:\n{output}{trouble}").into())
}

/// The server and the account of the device, digests on both sides.
fn scenario(tls: Option<Tls>) -> Config {
    let mut config = Config::default();
    config.server.id = "srv".to_owned();
    config.server.secret = Secret::new("server-secret");
    config.server.auth = Some(Scheme::Md5);
    config.devices = vec![Device::new("device-7", "device-secret")];
    config.http.tls = tls;
    config
}

/// Two values set together, then looked at.
fn script(number: u32) -> Vec<Package> {
    let (apn, host) = (format!("apn{number}"), format!("host{number}"));
    vec![
        Package::new([Op::atomic([
            Op::replace("./Vendor/cfg/apn", apn.as_str()),
            Op::replace("./Vendor/cfg/host", host.as_str()),
        ])]),
        Package::new([Op::get("./Vendor/cfg/apn"), Op::get("./Vendor/cfg/host")]),
    ]
}
