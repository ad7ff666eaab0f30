//! In which order accounts are worked on. Pure.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids::AccountId;

/// The seed where none is given: the same accounts go first each time.
pub const DEFAULT_SEED: u64 = 1;

/// The order of a run with waves: mixed, so that the first wave is of all kinds, and the same for the same seed.
///
/// An account's place hangs on its id and the seed alone, so that accounts that come or go move no other past another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub u64);

impl Seed {
    /// Puts `items` into their order.
    pub fn arrange<T>(self, items: &mut [T], id: impl Fn(&T) -> AccountId) {
        items.sort_by_cached_key(|item| {
            let id = id(item);
            (self.rank(id), id)
        });
    }

    fn rank(self, id: AccountId) -> [u8; 32] {
        Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(id.as_str()).finalize().into()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn arranged(seed: u64, mut numbers: Vec<u64>) -> Vec<u64> {
        Seed(seed).arrange(&mut numbers, |n| format!("{n:012}").parse().unwrap());
        numbers
    }

    #[test]
    fn the_order_is_the_seeds_for_ever() {
        // A release that changed it would give a resumed run other waves.
        assert_eq!(arranged(1, (0..8).collect()), [7, 6, 4, 2, 0, 1, 3, 5]);
        assert_eq!(arranged(1, (0..8).rev().collect()), [7, 6, 4, 2, 0, 1, 3, 5]);
        assert_ne!(arranged(1, (0..8).collect()), arranged(2, (0..8).collect()));
    }

    proptest! {
        #[test]
        fn accounts_that_go_move_no_other(
            seed in any::<u64>(),
            numbers in prop::collection::btree_set(0_u64..1_000, 1..50),
            gone in prop::collection::btree_set(0_u64..1_000, 0..50),
        ) {
            let all = arranged(seed, numbers.iter().copied().collect());
            let rest = arranged(seed, numbers.difference(&gone).copied().collect());
            let left: Vec<u64> = all.iter().copied().filter(|n| !gone.contains(n)).collect();
            prop_assert_eq!(rest, left);
            prop_assert_eq!(all.len(), numbers.len());
        }
    }
}
