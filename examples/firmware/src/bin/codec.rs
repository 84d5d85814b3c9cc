//! What the codec alone takes: built once for each part of it, and compared with the image that has
//! none of it (`cargo xtask size`).
//!
//! Every image holds the same messages and the compiler's memory functions, so that the difference
//! of two images is the part that only one of them has.

#![no_std]
#![no_main]

use core::hint::black_box;
use dm_wbxml::{Encoding, MAX_DEPTH};
use firmware::{board, measure, print};

/// A message to walk over, and one that nests as deeply as a message may.
struct Input {
    name: &'static str,
    encoding: Encoding,
    message: &'static [u8],
    deep: &'static [u8],
}

const INPUTS: [Input; 2] = [
    Input {
        name: "wbxml",
        encoding: Encoding::Wbxml,
        message: include_bytes!(
            "../../../../tests/corpus/reference-session/m2-server-10get-5replace.wbxml"
        ),
        deep: &DEEP_WBXML,
    },
    Input {
        name: "xml",
        encoding: Encoding::Xml,
        message: include_bytes!(
            "../../../../tests/corpus/reference-session/m2-server-10get-5replace.xml"
        ),
        deep: &DEEP_XML,
    },
];

/// Sequences between `SyncBody` and `Replace`, below which are `Item`, `Target` and `LocURI`.
const CONTAINERS: usize = MAX_DEPTH - 6;

/// Octets one behind the other.
struct Built<const N: usize> {
    octets: [u8; N],
    len: usize,
}

impl<const N: usize> Built<N> {
    const fn with(mut self, part: &[u8]) -> Self {
        let mut at = 0;
        while at < part.len() {
            self.octets[self.len] = part[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    /// `open` around an identifier for each container, `inner`, and as many times `close`.
    const fn nested(self, open: [&[u8]; 2], inner: &[u8], close: &[u8]) -> Self {
        let mut built = self;
        let mut at = 0;
        while at < CONTAINERS {
            // Two digits that rise.
            let digits = [b'1' + (at / 10) as u8, b'0' + (at % 10) as u8];
            built = built.with(open[0]).with(&digits).with(open[1]);
            at += 1;
        }
        built = built.with(inner);
        while at > 0 {
            built = built.with(close);
            at -= 1;
        }
        built
    }

    const fn octets<const LEN: usize>(&self) -> [u8; LEN] {
        assert!(self.len == LEN);
        let mut octets = [0; LEN];
        let mut at = 0;
        while at < LEN {
            octets[at] = self.octets[at];
            at += 1;
        }
        octets
    }
}

const fn deep_wbxml() -> Built<4096> {
    Built {
        octets: [0; 4096],
        len: 0,
    }
    // SyncML, SyncHdr with MsgID 1, SyncBody.
    .with(&[0x02, 0xA4, 0x01, 0x6A, 0x00, 0x6D, 0x6C])
    .with(&[0x5B, 0x03, b'1', 0x00, 0x01, 0x01, 0x6B])
    .nested(
        // Sequence, CmdID.
        [&[0x64, 0x4B, 0x03], &[0x00, 0x01]],
        // Replace, CmdID 99, Item, Target, LocURI.
        b"\x60\x4B\x0399\x00\x01\x54\x6E\x57\x03./A\x00\x01\x01\x01\x01",
        &[0x01],
    )
    .with(&[0x01, 0x01])
}

const fn deep_xml() -> Built<4096> {
    Built {
        octets: [0; 4096],
        len: 0,
    }
    .with(b"<SyncML><SyncHdr><MsgID>1</MsgID></SyncHdr><SyncBody>")
    .nested(
        [b"<Sequence><CmdID>", b"</CmdID>"],
        b"<Replace><CmdID>99</CmdID><Item><Target><LocURI>./A</LocURI></Target></Item></Replace>",
        b"</Sequence>",
    )
    .with(b"</SyncBody></SyncML>")
}

static DEEP_WBXML: [u8; deep_wbxml().len] = deep_wbxml().octets();
static DEEP_XML: [u8; deep_xml().len] = deep_xml().octets();

#[cfg_attr(not(cortex_a), cortex_m_rt::entry)]
#[cfg_attr(cortex_a, unsafe(no_mangle))]
fn main() -> ! {
    board::start_clock();
    let scale = measure::Scale::find();
    let mut out = [0; 4096];
    memory_functions();
    for input in &INPUTS {
        let sum = |octets: &[u8]| {
            octets
                .iter()
                .fold(0, |sum: u32, octet| sum + u32::from(*octet))
        };
        print::text(input.name);
        print::figure(" inputs", sum(input.message) + sum(input.deep));
        if !parts::run(input, scale, &mut out) {
            print::line("broken");
            board::exit(1);
        }
    }
    board::exit(0)
}

/// What is printed besides the names of the inputs. Every image holds all of it.
#[cfg_attr(not(feature = "codec-write"), allow(dead_code))]
struct Words {
    measured: &'static str,
    check: &'static str,
    views: &'static str,
    write: &'static str,
    check_stack: &'static str,
    views_stack: &'static str,
    seen: &'static str,
    written: &'static str,
}

static WORDS: Words = Words {
    measured: "measured ",
    check: " check instructions",
    views: " views instructions",
    write: " views and write instructions",
    check_stack: " check stack",
    views_stack: " views stack",
    seen: "seen",
    written: "written",
};

/// One figure that was measured with an input.
#[inline(never)]
fn figure(input: &Input, what: &str, value: u32) {
    print::text(WORDS.measured);
    print::text(input.name);
    print::figure(what, value);
}

unsafe extern "C" {
    fn memcpy();
    fn memmove();
    fn memset();
    fn memcmp();
}

/// Links what every program has: copy, move, fill, compare.
fn memory_functions() {
    let all: [unsafe extern "C" fn(); 4] = [memcpy, memmove, memset, memcmp];
    black_box(all);
}

#[cfg(not(feature = "codec-read"))]
mod parts {
    use super::{Input, WORDS, figure};
    use core::hint::black_box;
    use firmware::measure::Scale;

    pub(super) fn run(input: &Input, scale: Scale, out: &mut [u8]) -> bool {
        black_box((input.encoding, scale, out, figure as fn(&Input, &str, u32)));
        black_box(&WORDS);
        true
    }
}

#[cfg(feature = "codec-read")]
mod parts {
    use super::{Input, WORDS, figure};
    use core::hint::black_box;
    use dm_wbxml::{Body, Digest, Encoding, Error, Event, Item, Limits, Message, Part, Reader};
    use dm_wbxml::{SyncHdr, Text, check};
    use firmware::measure::{Scale, Stack};
    use firmware::{board, print};

    /// Everything with one input; false when something is wrong.
    pub(super) fn run(input: &Input, scale: Scale, out: &mut [u8]) -> bool {
        let Input {
            encoding, message, ..
        } = *input;
        if !encoding.is_supported() {
            return check(message, encoding, &Limits::default()).is_err();
        }
        black_box(&WORDS);
        let figure = |what: &str, value: u32| figure(input, what, value);
        let start = board::ticks();
        let checked = check(black_box(message), encoding, &Limits::default());
        let took = board::ticks_since(start);
        let Ok(digest) = checked else { return false };
        figure(WORDS.check, scale.instructions(took));

        let start = board::ticks();
        let mut seen = Seen::default();
        let sound = views(message, &digest, out, &mut seen);
        let took = board::ticks_since(start);
        if sound.is_err() {
            return false;
        }
        print::figure(WORDS.seen, seen.sum);
        figure(WORDS.views, scale.instructions(took));

        let stack = Stack::paint();
        let sound = check(input.deep, encoding, &Limits::default());
        figure(WORDS.check_stack, stack.peak());
        let Ok(deep) = sound else { return false };
        let stack = Stack::paint();
        let sound = views(input.deep, &deep, out, &mut seen).is_ok() && deep.fault.is_none();
        figure(WORDS.views_stack, stack.peak());
        sound && events(message, encoding, out).is_ok() && more(input, &digest, out, scale)
    }

    /// What was seen, and whether there is more.
    #[derive(Default)]
    struct Seen {
        sum: u32,
        more: bool,
    }

    /// Every part and item by its views, each text in one run; sums up their lengths.
    #[inline(never)]
    fn views(bytes: &[u8], digest: &Digest, out: &mut [u8], seen: &mut Seen) -> Result<(), Error> {
        let message = Message::new(bytes, digest);
        header(&message, out, seen)?;
        body(&message, out, seen)
    }

    #[inline(never)]
    fn header(message: &Message<'_>, out: &mut [u8], seen: &mut Seen) -> Result<(), Error> {
        let mut header = SyncHdr::default();
        message.header_into(&mut header)?;
        seen.sum += run_of(Some(&header.msg_id), out);
        Ok(())
    }

    #[inline(never)]
    fn body(message: &Message<'_>, out: &mut [u8], seen: &mut Seen) -> Result<(), Error> {
        let mut body = message.body();
        loop {
            part(&mut body, out, seen)?;
            if !seen.more {
                return Ok(());
            }
            while seen.more {
                item(&mut body, out, seen)?;
            }
        }
    }

    #[inline(never)]
    fn part(body: &mut Body<'_>, out: &mut [u8], seen: &mut Seen) -> Result<(), Error> {
        let mut part = Part::Done;
        body.next_into(&mut part)?;
        seen.more = !matches!(part, Part::Done);
        seen.sum += match part {
            Part::Status(status) => u32::from(status.code),
            Part::Command(ref command) | Part::Open(ref command) => {
                run_of(Some(&command.cmd_id), out)
            }
            Part::Close | Part::Final | Part::Done => 0,
        };
        Ok(())
    }

    #[inline(never)]
    fn item(body: &mut Body<'_>, out: &mut [u8], seen: &mut Seen) -> Result<(), Error> {
        let mut item = Item::default();
        seen.more = body.item_into(&mut item)?;
        seen.sum += item.meta.size.unwrap_or(0);
        for text in [&item.target, &item.source, &item.data, &item.meta.mime] {
            seen.sum += run_of(text.as_ref(), out);
        }
        Ok(())
    }

    /// The length of a text in one run.
    #[inline(never)]
    fn run_of(text: Option<&Text<'_>>, out: &mut [u8]) -> u32 {
        let run = text.and_then(|text| text.flatten(out).map(<[u8]>::len));
        run.unwrap_or(0) as u32
    }

    /// Every event, as a serialised tree is read.
    #[inline(never)]
    fn events(bytes: &[u8], encoding: Encoding, out: &mut [u8]) -> Result<u32, Error> {
        let mut reader = Reader::new(bytes, encoding)?;
        let mut sum = 0;
        loop {
            match reader.next()? {
                Event::Start(tag) => {
                    sum += u32::from(tag.token());
                    #[cfg(feature = "codec-attributes")]
                    while let Some(attribute) = reader.attribute()? {
                        sum += attribute.value(out).map_or(0, <[u8]>::len) as u32;
                    }
                }
                Event::Text(text) => sum += run_of(Some(&text), out),
                Event::End => {}
                Event::Done => return Ok(sum),
            }
        }
    }

    #[cfg(not(feature = "codec-write"))]
    fn more(_: &Input, digest: &Digest, _: &mut [u8], _: Scale) -> bool {
        digest.fault.is_none()
    }

    #[cfg(feature = "codec-write")]
    fn more(input: &Input, digest: &Digest, out: &mut [u8], scale: Scale) -> bool {
        let mut counted = 0;
        for _ in 0..2 {
            let start = board::ticks();
            let written = writing::again(&Message::new(input.message, digest), input.encoding, out);
            let took = board::ticks_since(start);
            let Ok(len) = written else { return false };
            if counted != 0 {
                figure(input, WORDS.write, scale.instructions(took));
                print::figure(WORDS.written, len);
            }
            counted = len;
        }
        writing::rest(input.encoding, out)
    }

    #[cfg(feature = "codec-write")]
    mod writing {
        use dm_wbxml::{Encoding, Error, Item, Message, Part, SyncHdr, Writer, tag};

        /// Writes the message again; gives its length.
        #[inline(never)]
        pub(super) fn again(
            message: &Message<'_>,
            encoding: Encoding,
            out: &mut [u8],
        ) -> Result<u32, Error> {
            let mut writer = Writer::new(out, encoding);
            let mut header = SyncHdr::default();
            message.header_into(&mut header)?;
            writer.begin_message(&header);
            let mut body = message.body();
            let mut code = None;
            let mut part = Part::Done;
            loop {
                body.next_into(&mut part)?;
                let end = match part {
                    Part::Status(ref status) => {
                        code = Some(writer.begin_status(status));
                        tag::STATUS
                    }
                    Part::Command(ref command) => {
                        writer.begin_command(command);
                        command.tag
                    }
                    Part::Open(_) | Part::Close | Part::Final => continue,
                    Part::Done => break,
                };
                loop {
                    let mut item = Item::default();
                    if !body.item_into(&mut item)? {
                        break;
                    }
                    writer.item(&item);
                }
                writer.end(end);
            }
            writer.end_message(true);
            if let Some(code) = code {
                writer.patch_code(code, 500);
            }
            Ok(writer.position() as u32)
        }

        /// What a client writes besides: data in pieces, taken back when it does not fit.
        #[inline(never)]
        pub(super) fn rest(encoding: Encoding, out: &mut [u8]) -> bool {
            let mut writer = Writer::new(out, encoding);
            let mark = writer.mark();
            writer.start(tag::DATA);
            writer.begin_text();
            writer.put_text(b"in ");
            writer.put_text(b"pieces & more");
            writer.end_text();
            writer.opaque(b"\x00\x01\x02\x03");
            writer.end(tag::DATA);
            writer.number(tag::MAX_MSG_SIZE, 4096);
            let whole = !writer.overflowed();
            writer.roll_back(mark);
            whole && writer.position() == 0
        }
    }
}
