//! What the reference session costs on each emulated machine, and what a whole device takes beside it.

use crate::image::{self, MACHINES};
use crate::report::{Check, Steps, Stop};
use crate::size::Row;
use crate::workspace::Workspace;
use crate::{profile, qemu};
use std::fmt::Write as _;

/// The features that fit into the smallest machine.
const FEATURES: &str = "wbxml,md5";

/// Figures of each machine, as the table has them.
const FIGURES: &[&str] = &[
    "flash",
    "static RAM",
    "wbxml session instructions",
    "wbxml session stack",
];

/// Images of a device with transport and flash: the features of `live.rs` beside [`FEATURES`], and what they are.
const DEVICES: &[(&str, &str)] = &[
    ("live", "HTTP, values in flash"),
    ("tls", "the same over TLS 1.3"),
];

/// Libraries below this are one line.
const SMALL: u64 = 1000;

/// Runs the reference image on each machine, and builds the devices for the Cortex-M4. What the Cortex-M4 did with it
/// stands in `rows` already.
pub(crate) fn measure(steps: &mut Steps, workspace: &Workspace, rows: &mut Vec<Row>) -> Check {
    for machine in MACHINES {
        if machine.name == image::CORTEX_M4.name {
            let seen = rows.iter().filter(|row| row.image == FEATURES);
            let figures: Vec<Row> = FIGURES
                .iter()
                .filter_map(|figure| seen.clone().find(|row| row.figure == *figure))
                .map(|seen| row(machine.name, &seen.figure, seen.value))
                .collect();
            rows.extend(figures);
            continue;
        }
        let elf = image::build(steps, workspace, machine.target, FEATURES, "reference")?;
        let sizes = image::sizes(&elf).map_err(Stop::Missing)?;
        let mut figures = vec![
            ("flash".to_owned(), sizes.flash),
            ("static RAM".to_owned(), sizes.ram),
        ];
        figures.extend(qemu::figures(image::emulator(machine, &elf))?);
        for (figure, value) in figures {
            if FIGURES.contains(&figure.as_str()) {
                rows.push(row(machine.name, &figure, value));
            }
        }
    }
    for (feature, _) in DEVICES {
        let features = format!("{FEATURES},{feature}");
        let target = image::CORTEX_M4.target;
        let elf = image::build(steps, workspace, target, &features, "live")?;
        let sizes = image::sizes(&elf).map_err(Stop::Missing)?;
        rows.push(row(feature, "flash", sizes.flash));
        rows.push(row(feature, "static RAM", sizes.ram));
        let code = profile::bytes(&elf).map_err(Stop::Missing)?;
        let mut small = 0;
        for (krate, bytes) in profile::by_crate(&code) {
            if bytes < SMALL {
                small += bytes;
            } else {
                rows.push(row(feature, &format!("code of {krate}"), bytes));
            }
        }
        rows.push(row(feature, "code of others", small));
    }
    Ok(())
}

fn row(image: &str, figure: &str, value: u64) -> Row {
    Row {
        image: image.to_owned(),
        figure: figure.to_owned(),
        value,
    }
}

/// The part of the page that shows them.
pub(crate) fn page(rows: &[Row]) -> String {
    let number = |image: &str, figure: &str| {
        rows.iter()
            .find(|row| row.image == image && row.figure == figure)
            .map_or_else(|| "-".to_owned(), |row| row.value.to_string())
    };
    let mut text = format!(
        "\n## The reference session on each machine\n\n\
         The image with `{FEATURES}` for each target, run by QEMU. A tick of the clock is 40 instructions on an385,\n\
         an386 and an500, 62.5 on microbit, 50 on an505 and 16 on virt.\n\n\
         | machine | target |"
    );
    for figure in FIGURES {
        let _ = write!(text, " {figure} |");
    }
    text.push_str("\n|---|---|");
    text.push_str(&"---:|".repeat(FIGURES.len()));
    text.push('\n');
    for machine in MACHINES {
        let _ = write!(text, "| {} | {} |", machine.name, machine.target);
        for figure in FIGURES {
            let _ = write!(text, " {} |", number(machine.name, figure));
        }
        text.push('\n');
    }
    text.push_str(
        "\n## A device with transport and flash\n\n\
         `examples/firmware/src/bin/live.rs` on Cortex-M4: the engine with Atomic, the HTTP client over a serial line, the\n\
         flash store, and with TLS embedded-tls with verified certificates and two record buffers of 18.3 KiB. It runs in\n\
         `cargo xtask qemu`. The calls to the emulator's host (`semihosting`, `firmware`) are no part of a product.\n\n\
         | figure |",
    );
    for (_, what) in DEVICES {
        let _ = write!(text, " {what} |");
    }
    text.push_str("\n|---|");
    text.push_str(&"---:|".repeat(DEVICES.len()));
    text.push('\n');
    let mut figures: Vec<&str> = Vec::new();
    for row in rows {
        let is_device = DEVICES.iter().any(|(feature, _)| *feature == row.image);
        if is_device && !figures.contains(&row.figure.as_str()) {
            figures.push(&row.figure);
        }
    }
    for figure in figures {
        let _ = write!(text, "| {figure} |");
        for (feature, _) in DEVICES {
            let _ = write!(text, " {} |", number(feature, figure));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_a_line_for_each_machine_and_each_figure() {
        let rows = [
            row("microbit", "flash", 71),
            row("live", "code of dm-bindings", 72),
            row("tls", "code of embedded-tls", 73),
        ];
        let text = page(&rows);
        assert!(text.contains("| microbit | thumbv6m-none-eabi | 71 | - | - | - |\n"));
        assert!(text.contains("| code of dm-bindings | 72 | - |\n"));
        assert!(text.contains("| code of embedded-tls | - | 73 |\n"));
    }
}
