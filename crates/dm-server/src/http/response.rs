//! Responses onto a stream: with a length, or in chunks when the configuration says so.

use std::io::Write;

use super::Reply;
use crate::config::Http;

/// What the request allows the response to be.
#[derive(Clone, Copy)]
pub(super) struct Framing {
    /// The peer speaks HTTP/1.0: no chunks.
    pub(super) http_10: bool,
    /// The connection stays open.
    pub(super) keep_alive: bool,
}

/// Writes `reply` as one response.
pub(super) fn write<S: Write>(
    stream: &mut S,
    http: &Http,
    reply: &Reply,
    framing: Framing,
) -> std::io::Result<()> {
    let mut out = Vec::with_capacity(reply.body.len().saturating_add(256));
    write!(
        out,
        "HTTP/1.1 {} {}\r\n",
        reply.status,
        reason(reply.status)
    )?;
    write!(out, "Server: oma-dm\r\nCache-Control: no-store\r\n")?;
    if !reply.content_type.is_empty() {
        write!(out, "Content-Type: {}\r\n", reply.content_type)?;
    }
    if let Some(hmac) = &reply.hmac {
        write!(out, "x-syncml-hmac: {hmac}\r\n")?;
    }
    match reply.status {
        307 => write!(out, "Location: {}\r\n", http.path)?,
        405 => write!(out, "Allow: POST\r\n")?,
        _ => {}
    }
    let connection = if framing.keep_alive {
        "keep-alive"
    } else {
        "close"
    };
    write!(out, "Connection: {connection}\r\n")?;
    match http
        .chunk
        .filter(|&size| size > 0 && !framing.http_10 && !reply.body.is_empty())
    {
        Some(size) => {
            write!(out, "Transfer-Encoding: chunked\r\n\r\n")?;
            for chunk in reply.body.chunks(size) {
                write!(out, "{:x}\r\n", chunk.len())?;
                out.extend_from_slice(chunk);
                write!(out, "\r\n")?;
            }
            write!(out, "0\r\n\r\n")?;
        }
        None => {
            write!(out, "Content-Length: {}\r\n\r\n", reply.body.len())?;
            out.extend_from_slice(&reply.body);
        }
    }
    stream.write_all(&out)?;
    stream.flush()
}

/// The phrase behind a status code.
const fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        307 => "Temporary Redirect",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Content Too Large",
        415 => "Unsupported Media Type",
        431 => "Request Header Fields Too Large",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "Refused",
    }
}
