//! The flash store on a flash that is strict and loses power.

#![cfg(feature = "store-flash")]
// A test fails by panicking, also in the functions it calls.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::indexing_slicing)]

mod cuts;
mod failures;
mod images;
mod model;
mod nor;
mod region;
mod wear;

/// How much of the long tests is done, 1 being the ordinary share.
fn budget() -> f64 {
    std::env::var("OMA_DM_TEST_BUDGET")
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(1.0)
}

/// Random numbers that are the same in every run.
pub(crate) struct Random(pub u64);

impl Random {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }

    pub(crate) fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.below(256) as u8).collect()
    }
}
