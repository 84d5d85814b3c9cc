//! Where nonces come from: a fixed list first, for tests that compare bytes, then unpredictable octets.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};

/// The source of the nonces this server issues, 16 octets each unless a list says otherwise.
#[derive(Debug)]
pub(crate) struct Nonces {
    fixed: VecDeque<Vec<u8>>,
    issued: u64,
    keys: [RandomState; 2],
}

impl Nonces {
    /// Issues `fixed` in order, then random ones.
    pub(crate) fn new(fixed: &[Vec<u8>]) -> Self {
        Self {
            fixed: fixed.iter().cloned().collect(),
            issued: 0,
            // Keyed hashing with keys the operating system drew: unpredictable without another dependency.
            keys: [RandomState::new(), RandomState::new()],
        }
    }

    /// The next nonce; never the same octets twice, but for entries repeated in the fixed list.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        if let Some(nonce) = self.fixed.pop_front() {
            return nonce;
        }
        self.issued = self.issued.wrapping_add(1);
        let mut nonce = Vec::with_capacity(16);
        for key in &self.keys {
            let mut hasher = key.build_hasher();
            hasher.write_u64(self.issued);
            nonce.extend_from_slice(&hasher.finish().to_be_bytes());
        }
        nonce
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_fixed_list_comes_first_and_in_order() {
        let mut nonces = Nonces::new(&[b"one".to_vec(), b"two".to_vec()]);
        assert_eq!(nonces.next(), b"one");
        assert_eq!(nonces.next(), b"two");
        assert_eq!(nonces.next().len(), 16);
    }

    #[test]
    fn random_nonces_differ_within_and_between_servers() {
        let mut seen = HashSet::new();
        for _ in 0..50 {
            let mut nonces = Nonces::new(&[]);
            assert!(seen.insert(nonces.next()));
            assert!(seen.insert(nonces.next()));
        }
    }
}
