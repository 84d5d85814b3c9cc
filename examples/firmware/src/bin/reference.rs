//! Runs the reference session in every encoding that is linked.

#![no_std]
#![no_main]

use firmware::session::{Broken, NO_NODES, Nodes, SCRIPTS, Statics};
use firmware::{board, measure, print, session};

static mut STATICS: Statics = Statics::new();
static mut NODES: Nodes = NO_NODES;

#[cfg_attr(not(cortex_a), cortex_m_rt::entry)]
#[cfg_attr(cortex_a, unsafe(no_mangle))]
fn main() -> ! {
    board::start_clock();
    let scale = measure::Scale::find();
    let (statics, nodes) = (&raw mut STATICS, &raw mut NODES);
    for script in SCRIPTS {
        // SAFETY: one thread, no interrupt; the session before, whose references these were, is over.
        let (statics, nodes) = unsafe { (&mut *statics, &mut *nodes) };
        if let Err(Broken(place)) = session::run(script, statics, nodes, scale) {
            print::text("broken at ");
            print::line(place);
            board::exit(1);
        }
    }
    board::exit(0)
}
