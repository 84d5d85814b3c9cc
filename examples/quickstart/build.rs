//! Makes the schema from the device description.

fn main() -> Result<(), dm_ddf::Error> {
    dm_ddf::compile_to_out_dir(&["lamp.ddf"], "device.rs")
}
