//! Attribute tokens of client provisioning documents. Bootstrap, section 2.3.

use super::STR_T;
use crate::Attribute;

/// Attribute names that are tokens of their own.
const VERSION: &[u8] = b"version";
const TYPE: &[u8] = b"type";
const NAME: &[u8] = b"name";
const VALUE: &[u8] = b"value";

/// Texts which tokens from `first` on stand for; an empty one is a token that is not used.
struct Row {
    page: u8,
    first: u8,
    attribute: &'static [u8],
    texts: &'static str,
}

/// Attribute start tokens: the attribute, and the value or its begin.
#[rustfmt::skip]
const STARTS: [Row; 15] = [
    Row { page: 0, first: 0x05, attribute: NAME, texts: "" },
    Row { page: 0, first: 0x06, attribute: VALUE, texts: "" },
    Row { page: 0, first: 0x07, attribute: NAME, texts: "NAME NAP-ADDRESS NAP-ADDRTYPE CALLTYPE VALIDUNTIL AUTHTYPE AUTHNAME AUTHSECRET LINGER BEARER NAPID COUNTRY NETWORK INTERNET PROXY-ID PROXY-PROVIDER-ID DOMAIN PROVURL PXAUTH-TYPE PXAUTH-ID PXAUTH-PW STARTPAGE BASAUTH-ID BASAUTH-PW PUSHENABLED PXADDR PXADDRTYPE TO-NAPID PORTNBR SERVICE LINKSPEED DNLINKSPEED LOCAL-ADDR LOCAL-ADDRTYPE CONTEXT-ALLOW TRUST MASTER SID SOC WSP-VERSION PHYSICAL-PROXY-ID CLIENT-ID DELIVERY-ERR-SDU DELIVERY-ORDER TRAFFIC-CLASS MAX-SDU-SIZE MAX-BITRATE-UPLINK MAX-BITRATE-DNLINK RESIDUAL-BER SDU-ERROR-RATIO TRAFFIC-HANDL-PRIO TRANSFER-DELAY GUARANTEED-BITRATE-UPLINK GUARANTEED-BITRATE-DNLINK PXADDR-FQDN PROXY-PW PPGAUTH-TYPE" },
    Row { page: 0, first: 0x45, attribute: VERSION, texts: " 1.0" },
    Row { page: 0, first: 0x47, attribute: NAME, texts: "PULLENABLED DNS-ADDR MAX-NUM-RETRY FIRST-RETRY-TIMEOUT REREG-THRESHOLD T-BIT" },
    Row { page: 0, first: 0x4E, attribute: NAME, texts: "AUTH-ENTITY SPI" },
    Row { page: 0, first: 0x50, attribute: TYPE, texts: " PXLOGICAL PXPHYSICAL PORT VALIDITY NAPDEF BOOTSTRAP VENDORCONFIG CLIENTIDENTITY PXAUTHINFO NAPAUTHINFO ACCESS" },
    Row { page: 1, first: 0x05, attribute: NAME, texts: "" },
    Row { page: 1, first: 0x06, attribute: VALUE, texts: "" },
    Row { page: 1, first: 0x07, attribute: NAME, texts: "NAME" },
    Row { page: 1, first: 0x14, attribute: NAME, texts: "INTERNET" },
    Row { page: 1, first: 0x1C, attribute: NAME, texts: "STARTPAGE" },
    Row { page: 1, first: 0x22, attribute: NAME, texts: "TO-NAPID PORTNBR SERVICE" },
    Row { page: 1, first: 0x2E, attribute: NAME, texts: "AACCEPT AAUTHDATA AAUTHLEVEL AAUTHNAME AAUTHSECRET AAUTHTYPE ADDR ADDRTYPE APPID APROTOCOL PROVIDER-ID TO-PROXY URI RULE" },
    Row { page: 1, first: 0x50, attribute: TYPE, texts: "   PORT  APPLICATION APPADDR APPAUTH CLIENTIDENTITY RESOURCE" },
];

/// Attribute value tokens. Page 1 has those of both tables of OMA (BOOT-C-012): 80 to 83 of the
/// first, 90 to 93 of the later one.
#[rustfmt::skip]
const VALUES: [Row; 11] = [
    Row { page: 0, first: 0x85, attribute: VALUE, texts: "IPV4 IPV6 E164 ALPHA APN SCODE TETRA-ITSI MAN" },
    Row { page: 0, first: 0x90, attribute: VALUE, texts: "ANALOG-MODEM V.120 V.110 X.31 BIT-TRANSPARENT DIRECT-ASYNCHRONOUS-DATA-SERVICE" },
    Row { page: 0, first: 0x9A, attribute: VALUE, texts: "PAP CHAP HTTP-BASIC HTTP-DIGEST WTLS-SS MD5" },
    Row { page: 0, first: 0xA2, attribute: VALUE, texts: "GSM-USSD GSM-SMS ANSI-136-GUTS IS-95-CDMA-SMS IS-95-CDMA-CSD IS-95-CDMA-PACKET ANSI-136-CSD ANSI-136-GPRS GSM-CSD GSM-GPRS AMPS-CDPD PDC-CSD PDC-PACKET IDEN-SMS IDEN-CSD IDEN-PACKET FLEX/REFLEX PHS-SMS PHS-CSD TETRA-SDS TETRA-PACKET ANSI-136-GHOST MOBITEX-MPAK CDMA2000-1X-SIMPLE-IP CDMA2000-1X-MOBILE-IP" },
    Row { page: 0, first: 0xC5, attribute: VALUE, texts: "AUTOBAUDING" },
    Row { page: 0, first: 0xCA, attribute: VALUE, texts: "CL-WSP CO-WSP CL-SEC-WSP CO-SEC-WSP CL-SEC-WTA CO-SEC-WTA OTA-HTTP-TO OTA-HTTP-TLS-TO OTA-HTTP-PO OTA-HTTP-TLS-PO" },
    Row { page: 0, first: 0xE0, attribute: VALUE, texts: "AAA HA" },
    Row { page: 1, first: 0x80, attribute: VALUE, texts: ", HTTP- BASIC DIGEST" },
    Row { page: 1, first: 0x86, attribute: VALUE, texts: "IPV6 E164 ALPHA" },
    Row { page: 1, first: 0x8D, attribute: VALUE, texts: "APPSRV OBEX" },
    Row { page: 1, first: 0x90, attribute: VALUE, texts: ", HTTP- BASIC DIGEST" },
];

/// Splitting octets links no panic, splitting a `str` does.
fn texts(row: &Row) -> impl Iterator<Item = &'static [u8]> {
    row.texts.as_bytes().split(|octet| *octet == b' ')
}

/// The attribute and the text a token stands for.
fn find(rows: &'static [Row], page: u8, token: u8) -> Option<(&'static [u8], &'static [u8])> {
    rows.iter().filter(|row| row.page == page).find_map(|row| {
        let text = texts(row).nth(usize::from(token.checked_sub(row.first)?))?;
        Some((row.attribute, text))
    })
}

/// The attribute a start token stands for, and its value or the begin of it.
pub(super) fn start(page: u8, token: u8) -> Option<(&'static [u8], &'static [u8])> {
    find(&STARTS, page, token)
}

/// The text a value token stands for, or the begin of the value in a start token; empty: none.
pub(super) fn text(page: u8, token: u8) -> &'static [u8] {
    let rows: &[Row] = if token < 0x80 { &STARTS } else { &VALUES };
    find(rows, page, token).map_or(&[], |(_, text)| text)
}

/// Whether an octet that is a global token stands for a value: the first table of OMA for page 1
/// uses them so. There are no extensions in these documents, and a string table reference needs a
/// string table.
pub(super) fn is_value(page: u8, octet: u8, has_no_table: bool) -> bool {
    page == 1
        && match octet {
            STR_T => has_no_table,
            _ => (0x80..STR_T).contains(&octet),
        }
}

/// Whether there is a token for the attribute whatever its value is.
pub(crate) fn has(attribute: &[u8]) -> bool {
    [VERSION, TYPE, NAME, VALUE].contains(&attribute)
}

/// The page and token for an attribute, preferably of `page`, and whether the token says the whole
/// value.
pub(super) fn token(page: u8, attribute: &Attribute<'_>) -> Option<(u8, u8, bool)> {
    let on = |page, whole: bool| {
        STARTS
            .iter()
            .filter(|row| row.page == page && row.attribute == attribute.name)
            .find_map(|row| {
                let at = texts(row)
                    .position(|text| text.is_empty() != whole && (!whole || attribute.is(text)))?;
                Some((page, row.first.wrapping_add(at as u8), whole))
            })
    };
    let other = page ^ 1;
    on(page, true)
        .or_else(|| on(other, true))
        .or_else(|| on(page, false))
        .or_else(|| on(other, false))
}
