//! Octets written as text: what a capture tool shows, pasted.

use crate::console::Input;
use crate::failure::Failure;

/// The octets that the text in `input` spells.
pub(crate) fn decode(input: Input) -> Result<Input, Failure> {
    match octets(&input.bytes) {
        Ok(bytes) => Ok(Input { bytes, ..input }),
        Err(why) => Err(Failure::unreadable(input.name, why)),
    }
}

/// Reads hex digits, two for an octet. White space, commas and `0x` separate; offsets in front of a line and the text
/// column behind it, as dumps have them, are left out.
pub(crate) fn octets(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = core::str::from_utf8(text).map_err(|why| {
        let at = why.valid_up_to();
        format!("not hex text: octet {at} is no character (without --hex the octets are taken as they are)")
    })?;
    let mut octets = Vec::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        for group in groups(line, octets.len()) {
            let digits = group
                .strip_prefix("0x")
                .or_else(|| group.strip_prefix("0X"))
                .unwrap_or(group);
            let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
            for pair in pairs {
                let octet = core::str::from_utf8(pair)
                    .ok()
                    .filter(|pair| pair.bytes().all(|digit| digit.is_ascii_hexdigit()))
                    .and_then(|pair| u8::from_str_radix(pair, 16).ok());
                octets.push(octet.ok_or_else(|| format!("line {number}: {group:?} is no hex"))?);
            }
            if !rest.is_empty() || digits.is_empty() {
                return Err(format!(
                    "line {number}: {group:?} has not two digits for each octet"
                ));
            }
        }
    }
    Ok(octets)
}

/// The groups of digits in a line, before which `so_far` octets were read.
fn groups(line: &str, so_far: usize) -> impl Iterator<Item = &str> {
    // `hexdump -C` has its text between bars.
    let line = line.split('|').next().unwrap_or(line).trim();
    let digits = behind_offset(line, so_far).unwrap_or(line);
    digits
        .split(|letter: char| letter.is_whitespace() || letter == ',')
        .filter(|group| !group.is_empty())
}

/// The octets of a line of a dump, without the offset before and the text behind; `None`: it is no such line.
fn behind_offset(line: &str, so_far: usize) -> Option<&str> {
    let plain = line.strip_prefix("0x").unwrap_or(line);
    let end = plain.find(|letter: char| !letter.is_ascii_hexdigit());
    let (digits, behind) = plain.split_at_checked(end.unwrap_or(plain.len()))?;
    if let Some(behind) = behind.strip_prefix(':') {
        return (!digits.is_empty()).then(|| before_gap(behind.trim_start(), false));
    }
    // Without a colon it has to say the right number; `hexdump` ends with such a line that has nothing else.
    let is_place = usize::from_str_radix(digits, 16).is_ok_and(|place| place == so_far);
    let is_apart = behind.starts_with("  ") || (behind.is_empty() && so_far > 0);
    (digits.len() >= 4 && is_place && is_apart).then(|| before_gap(behind.trim_start(), true))
}

/// What stands before the first gap of two spaces; `halves`: one behind eight octets is none.
fn before_gap(line: &str, halves: bool) -> &str {
    const HALF: usize = "00 00 00 00 00 00 00 00".len();
    let mut gaps = line.match_indices("  ").map(|(at, _)| at);
    let end = gaps.find(|at| {
        let is_wider = line.get(*at..).is_some_and(|gap| gap.starts_with("   "));
        !halves || *at != HALF || is_wider
    });
    end.and_then(|end| line.get(..end)).unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OCTETS: [u8; 19] = [
        0x02, 0xA4, 0x01, 0x6A, 0x00, 0x6D, 0x6C, 0x71, 0x03, 0x31, 0x2E, 0x32, 0x00, 0x01, 0x72,
        0x03, 0xAB, 0xCD, 0xEF,
    ];

    #[test]
    fn digits_are_read_however_they_are_set_apart() {
        for text in [
            "02a4016a006d6c7103312e3200017203abcdef",
            "02A4 016A 006D 6C71 0331 2E32 0001 7203 ABCD EF",
            "  02 A4 01 6A 00 6D 6C 71\n\t03 31 2E 32\r\n\n 00 01 72 03   ab cd ef\n",
            "0x02, 0xA4, 0x01, 0x6A, 0x00, 0x6D, 0x6C, 0x71,\n0x03,0x31,0x2E,0x32,0x00,0x01,0x72,0x03,0xAB,0xCD,0xEF,",
            "0x02a4016a006d6c71 0X03312e3200017203abcdef",
        ] {
            assert_eq!(
                octets(text.as_bytes()).as_deref(),
                Ok(&OCTETS[..]),
                "{text}"
            );
        }
        assert_eq!(octets(b" \n"), Ok(Vec::new()));
    }

    #[test]
    fn offsets_and_text_of_dumps_are_left_out() {
        for (tool, text) in [
            (
                "plain",
                "0000: 02 A4 01 6A 00 6D 6C 71\n0008: 03 31 2E 32 00 01 72 03\n0010: AB CD EF\n",
            ),
            (
                "xxd",
                "00000000: 02a4 016a 006d 6c71 0331 2e32 0001 7203  ...j.mlq.1.2..r.\n\
                 00000010: abcd ef                                  ad: be  ef\n",
            ),
            (
                "hexdump -C",
                "00000000  02 a4 01 6a 00 6d 6c 71  03 31 2e 32 00 01 72 03  |...j.mlq.1.2..r.|\n\
                 00000010  ab cd ef                                          |ab |\n00000013\n",
            ),
            (
                "Wireshark",
                "0000   02 a4 01 6a 00 6d 6c 71 03 31 2e 32 00 01 72 03   ...j.mlq.1.2..r.\n\
                 0010   ab cd ef                                          ab\n",
            ),
            (
                "with a gap in the middle",
                "0000   02 a4 01 6a 00 6d 6c 71  03 31 2e 32 00 01 72 03   ...j.mlq .1.2..r.\n0010   ab cd ef   abc\n",
            ),
            (
                "tcpdump -X",
                "\t0x0000:  02a4 016a 006d 6c71 0331 2e32 0001 7203  ...j.mlq.1.2..r.\n\t0x0010:  abcd ef  ab\n",
            ),
        ] {
            assert_eq!(
                octets(text.as_bytes()).as_deref(),
                Ok(&OCTETS[..]),
                "{tool}"
            );
        }
        // Eight octets and their text.
        for text in [
            "0000: 30 31 32 33 34 35 36 37  01234567",
            "0000   30 31 32 33 34 35 36 37   01234567",
        ] {
            assert_eq!(octets(text.as_bytes()), Ok(b"01234567".to_vec()), "{text}");
        }
    }

    #[test]
    fn what_is_no_hex_is_named_with_its_line() {
        for (text, expected) in [
            (
                "02 A4\n01 6",
                "line 2: \"6\" has not two digits for each octet",
            ),
            ("02 A4 SyncML", "line 1: \"SyncML\" is no hex"),
            ("0x", "line 1: \"0x\" has not two digits for each octet"),
            ("+1", "line 1: \"+1\" is no hex"),
            ("02 é", "line 1: \"é\" is no hex"),
            // An offset that is not where it stands is no offset.
            (
                "02\n0007  A4 01 x",
                "line 2: \"x\" has not two digits for each octet",
            ),
        ] {
            assert_eq!(octets(text.as_bytes()), Err(expected.to_owned()), "{text}");
        }
        assert!(
            octets(b"02 \xFF")
                .unwrap_err()
                .starts_with("not hex text: octet 3")
        );
    }
}
