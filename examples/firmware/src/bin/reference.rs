//! probe
#![no_std]
#![no_main]
use firmware::{board, measure, print};

#[cfg_attr(not(cortex_a), cortex_m_rt::entry)]
#[cfg_attr(cortex_a, unsafe(no_mangle))]
fn main() -> ! {
    board::start_clock();
    print::figure("scale", measure::instructions_per_tick());
    let s = measure::Stack::paint();
    let t = board::ticks();
    let x = deep(100);
    let t = board::ticks().wrapping_sub(t);
    print::figure("x", x);
    print::figure("ticks", t);
    print::figure("stack", s.peak());
    print::figure("max", u32::MAX);
    print::figure("zero", 0);
    board::exit(0)
}

#[inline(never)]
fn deep(n: u32) -> u32 {
    let a = [n; 32];
    core::hint::black_box(&a).iter().fold(0, |a, b| a ^ b) + if n > 0 { deep(n - 1) } else { 0 }
}
