//! The clock and dice of a device that is played on this host.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::time::{Duration, Instant, SystemTime};

use dm_core::Moment;

/// How long a wait without a time limit lasts.
const PAUSE: Duration = Duration::from_millis(10);

/// Milliseconds since it was made, the time of day, and random octets.
pub(crate) struct Desk {
    since: Instant,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self {
            since: Instant::now(),
        }
    }

    fn ms(&self) -> u64 {
        u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    pub(crate) fn moment(&self) -> Moment {
        // The keys of a new RandomState come from the operating system.
        let [a, b] = [(); 2].map(|()| RandomState::new().build_hasher().finish().to_be_bytes());
        let mut random = [0; 16];
        for (to, from) in random.iter_mut().zip(a.into_iter().chain(b)) {
            *to = from;
        }
        let utc = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Moment {
            ms: self.ms(),
            utc: utc.ok().map(|since| since.as_secs()),
            random,
        }
    }

    /// The time until the clock shows `ms`.
    pub(crate) fn time_until(&self, ms: Option<u64>) -> Duration {
        ms.map_or(PAUSE, |ms| {
            Duration::from_millis(ms.saturating_sub(self.ms()))
        })
    }
}
