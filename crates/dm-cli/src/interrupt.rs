//! Ctrl-C: what runs ends in order instead of being killed.

use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// Whether the user has asked for the end. Clones are one.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    came: Condvar,
}

#[derive(Default)]
struct State {
    came: bool,
    /// The connection that somebody may be waiting at.
    stream: Option<TcpStream>,
}

impl Interrupt {
    /// Listens to Ctrl-C from now on. Once in a program.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let interrupt = Self::default();
        let own = interrupt.clone();
        ctrlc::set_handler(move || own.set()).map_err(|why| Failure::failed(why.to_string()))?;
        Ok(interrupt)
    }

    fn set(&self) {
        let mut state = self.state();
        state.came = true;
        if let Some(stream) = state.stream.take() {
            // One that is gone already needs no shutting down.
            let _ = stream.shutdown(Shutdown::Both);
        }
        self.0.came.notify_all();
    }

    pub(crate) fn came(&self) -> bool {
        self.state().came
    }

    /// Lets the interrupt end whatever waits at this connection, instead of the one before.
    pub(crate) fn guard(&self, stream: &TcpStream) {
        self.state().stream = stream.try_clone().ok();
    }

    /// Waits for so long, or until the interrupt comes.
    pub(crate) fn sleep(&self, time: Duration) {
        let since = Instant::now();
        let mut state = self.state();
        while !state.came {
            let left = time.saturating_sub(since.elapsed());
            if left.is_zero() {
                return;
            }
            let waited = self.0.came.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::net::TcpListener;

    #[test]
    fn an_interrupt_ends_a_sleep_and_a_read() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let interrupt = Interrupt::default();
        interrupt.guard(&stream);
        assert!(!interrupt.came());
        interrupt.sleep(Duration::from_millis(1));
        let other = interrupt.clone();
        let setter = std::thread::spawn(move || other.set());
        assert_eq!(stream.read(&mut [0; 1]).unwrap_or(0), 0);
        interrupt.sleep(Duration::from_secs(3600));
        assert!(interrupt.came());
        setter.join().unwrap();
    }
}
