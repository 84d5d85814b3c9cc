//! The server behind a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use dm_server::{Config, End, Handle, Op, Package, Server};

use crate::device::*;

fn serve(scenario: &str) -> Handle {
    Server::bind("127.0.0.1:0", Config::parse(scenario).unwrap())
        .unwrap()
        .spawn()
}

/// A response: status line, header lines in lower case, body.
struct Response {
    status: String,
    headers: Vec<String>,
    body: String,
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    fn open(handle: &Handle) -> Self {
        let stream = TcpStream::connect(handle.addr()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self(BufReader::new(stream))
    }

    fn send(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    fn post(&mut self, path: &str, message: &str) -> Response {
        let head = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {XML}; charset=utf-8\r\nContent-Length: {}\r\n\r\n",
            message.len()
        );
        self.send(head.as_bytes());
        self.send(message.as_bytes());
        self.response()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn response(&mut self) -> Response {
        let status = self.line();
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            if line.is_empty() {
                break;
            }
            headers.push(line.to_lowercase());
        }
        let mut body = Vec::new();
        if headers
            .iter()
            .any(|line| line == "transfer-encoding: chunked")
        {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).unwrap();
                let mut chunk = vec![0; size];
                self.0.read_exact(&mut chunk).unwrap();
                body.extend(chunk);
                self.line();
                if size == 0 {
                    break;
                }
            }
        } else {
            let length = headers
                .iter()
                .find_map(|line| line.strip_prefix("content-length: "))
                .unwrap();
            body = vec![0; length.parse().unwrap()];
            self.0.read_exact(&mut body).unwrap();
        }
        Response {
            status,
            headers,
            body: String::from_utf8(body).unwrap(),
        }
    }
}

/// A whole session of one Get over `connection`.
fn play(connection: &mut Connection, device: &mut Device, path: &str) -> String {
    let first = connection.post(path, &device.message(&package_1(1201), true));
    assert_eq!(first.status, "HTTP/1.1 200 OK", "{}", first.body);
    assert!(first.headers.contains(&format!("content-type: {XML}")));
    device.server_msg = 1;
    let close = connection.post(
        path,
        &device.message(&answers(&first.body, &[("./A", "x")]), true),
    );
    assert!(is_final(&close.body) && commands(&close.body).is_empty());
    first.body
}

const ONE_GET: &str = "[server]\nanonymous = true\n[[package]]\nops = [{ get = \"./A\" }]\n";

#[test]
fn a_session_runs_over_one_connection() {
    let handle = serve(ONE_GET);
    assert_eq!(handle.url(), format!("http://{}/dm", handle.addr()));
    let mut connection = Connection::open(&handle);
    play(&mut connection, &mut Device::new(OPEN), "/dm");
    assert!(handle.wait(1, Duration::from_secs(5)));
    let transcripts = handle.stop();
    assert!(transcripts[0].is_clean(), "{}", transcripts[0]);
}

#[test]
fn a_session_runs_over_a_connection_for_each_message() {
    let handle = serve(ONE_GET);
    let mut device = Device::new(OPEN);
    let first = Connection::open(&handle).post("/dm", &device.message(&package_1(1201), true));
    device.server_msg = 1;
    Connection::open(&handle).post("/dm", &device.message(&answers(&first.body, &[]), true));
    assert!(handle.stop()[0].is_clean());
}

#[test]
fn answers_come_in_chunks_when_configured() {
    let handle = serve(&format!("{ONE_GET}[http]\nchunk = 7\npath = \"/srv/dm\"\n"));
    let mut connection = Connection::open(&handle);
    play(&mut connection, &mut Device::new(OPEN), "/srv/dm");
    assert!(handle.stop()[0].is_clean());
}

#[test]
fn the_address_in_resp_uri_has_to_be_used() {
    let scenario = format!("{ONE_GET}[http]\nresp_uri = true\n");
    let handle = serve(&scenario);
    let mut device = Device::new(OPEN);
    let mut connection = Connection::open(&handle);
    let first = connection.post("/dm", &device.message(&package_1(1201), true));
    let resp_uri = field(&first.body, "RespURI");
    assert_eq!(resp_uri, format!("{}?further", handle.url()));
    device.server_msg = 1;
    connection.post(
        "/dm?further",
        &device.message(&answers(&first.body, &[]), true),
    );
    assert!(handle.stop()[0].is_clean());

    let handle = serve(&scenario);
    play(
        &mut Connection::open(&handle),
        &mut Device::new(OPEN),
        "/dm",
    );
    assert_eq!(handle.stop()[0].faults[0].rule, "PRO-C-022");
}

#[test]
fn many_devices_at_the_same_time() {
    let handle = serve(ONE_GET);
    thread::scope(|scope| {
        for number in 0..8 {
            let handle = &handle;
            scope.spawn(move || {
                let mut connection = Connection::open(handle);
                for round in 0..5 {
                    let mut device = Device {
                        session: format!("{number}{round}"),
                        ..Device::new(OPEN)
                    };
                    play(&mut connection, &mut device, "/dm");
                }
            });
        }
    });
    assert!(handle.wait(40, Duration::ZERO));
    let transcripts = handle.stop();
    assert_eq!(
        transcripts
            .iter()
            .filter(|transcript| transcript.is_clean())
            .count(),
        40
    );
}

#[test]
fn wrong_requests_are_refused_and_the_server_lives_on() {
    let handle = serve(&format!("{ONE_GET}[http]\nmax_body = 5000\n"));
    for (request, code) in [
        ("GET /dm HTTP/1.1\r\n\r\n".to_owned(), "405"),
        (
            "POST /other HTTP/1.1\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "404",
        ),
        ("POST /dm HTTP/1.1\r\n\r\n".to_owned(), "411"),
        (
            "POST /dm HTTP/1.1\r\nContent-Type: text/html\r\nContent-Length: 0\r\n\r\n".to_owned(),
            "415",
        ),
        (
            format!("POST /dm HTTP/1.1\r\nContent-Type: {XML}\r\nContent-Length: 5\r\n\r\nhello"),
            "400",
        ),
        (
            format!(
                "POST /dm HTTP/1.1\r\nContent-Type: {XML}\r\nContent-Length: 5001\r\n\r\n{}",
                "x".repeat(5001)
            ),
            "413",
        ),
        ("POST\r\n\r\n".to_owned(), "400"),
    ] {
        let mut connection = Connection::open(&handle);
        connection.send(request.as_bytes());
        let status = connection.response().status;
        assert!(
            status.starts_with(&format!("HTTP/1.1 {code} ")),
            "{request}: {status}"
        );
    }
    play(
        &mut Connection::open(&handle),
        &mut Device::new(OPEN),
        "/dm",
    );
    assert_eq!(handle.stop().len(), 1);
}

#[test]
fn stopping_does_not_wait_for_idle_connections() {
    let handle = serve(ONE_GET);
    let mut connections: Vec<Connection> = (0..3).map(|_| Connection::open(&handle)).collect();
    connections[0].send(b"POST /dm HTTP/1.1\r\nContent-Le");
    play(&mut connections[1], &mut Device::new(OPEN), "/dm");
    let since = Instant::now();
    let _ = handle.stop();
    assert!(
        since.elapsed() < Duration::from_secs(3),
        "{:?}",
        since.elapsed()
    );
    let mut rest = Vec::new();
    connections[2].0.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty(), "the connection is closed");
}

#[test]
fn a_slow_request_is_given_up() {
    let handle = serve(&format!("{ONE_GET}[http]\ntimeout = 1\n"));
    let mut connection = Connection::open(&handle);
    connection.send(b"POST /dm HTTP/1.1\r\n");
    let since = Instant::now();
    assert!(connection.response().status.starts_with("HTTP/1.1 408"));
    assert!(since.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let handle = serve(&format!("{ONE_GET}[http]\ntimeout = 1\n"));
    let mut connection = Connection::open(&handle);
    let mut rest = Vec::new();
    connection.0.read_to_end(&mut rest).unwrap();
    assert!(rest.is_empty());
}

#[test]
fn the_script_can_be_changed_between_sessions() {
    let handle = serve(OPEN);
    handle.set_script([Package::new([Op::get("./Other")])]);
    let first = play(
        &mut Connection::open(&handle),
        &mut Device::new(OPEN),
        "/dm",
    );
    assert_eq!(commands(&first)[0].uris, ["./Other"]);
    assert_eq!(handle.transcripts()[0].end, End::Closed);
}

#[test]
fn waiting_for_a_session_that_does_not_come_ends() {
    assert!(!serve(OPEN).wait(1, Duration::from_millis(20)));
}
