//! `dm bootstrap make`.

use dm_bindings::push::{Kind, Push, Sec};
use dm_core::bootstrap::mac;
use dm_wbxml::{Encoding, Reader, Vocabulary};

use super::Order;
use crate::console;
use crate::convert;
use crate::failure::Failure;
use crate::push::{Pieces, hex};

pub(super) fn run(order: Order) -> Result<(), Failure> {
    let sec = order.secrets.method()?;
    if sec.is_some() && order.delivery.is_bare() {
        return Err(Failure::usage("a bare document has no place for a MAC"));
    }
    let input = Pieces::read(&order.files, order.hex)?;
    let document =
        wbxml(input.last()).map_err(|why| Failure::failed(format!("{}: {why}", input.name)))?;
    let mut digits = String::new();
    if let Some(sec) = sec {
        let made = mac(sec, &document, &order.secrets.network, &order.secrets.pin);
        let made = made.map_err(|why| Failure::usage(why.to_string()))?;
        match sec {
            Sec::UserPinMac => tell_pin(&order.secrets.pin, &made)?,
            _ => digits = hex(&made).to_uppercase(),
        }
    }
    order.delivery.put(&Push {
        kind: Kind::Provisioning,
        sec,
        mac: digits.as_bytes(),
        body: &document,
    })
}

/// The document as it is pushed. One in WBXML stays octet by octet as it is.
fn wbxml(bytes: &[u8]) -> Result<Vec<u8>, convert::Refusal> {
    let encoding = Encoding::detect(bytes);
    if Reader::new(bytes, encoding)?.document().vocabulary() != Vocabulary::Provisioning {
        return Err(convert::Refusal {
            offset: 0,
            what: "no client provisioning document".to_owned(),
        });
    }
    let converted = convert::convert(bytes, Encoding::Wbxml, false)?;
    Ok(match encoding {
        Encoding::Wbxml => bytes.to_vec(),
        _ => converted,
    })
}

/// The PIN whose second half is the beginning of the MAC, in decimal digits.
fn tell_pin(half: &[u8], mac: &[u8]) -> Result<(), Failure> {
    let Some(mac) = mac.get(..half.len()) else {
        return Err(Failure::usage("the half of a PIN has 20 digits at most"));
    };
    let digits: String = mac.iter().map(|octet| (octet % 10).to_string()).collect();
    let half = String::from_utf8_lossy(half);
    console::error(&format!("PIN to type: {half}{digits}"));
    Ok(())
}
