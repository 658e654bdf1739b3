//! Bytes that look random and are the same in every run.

use crate::encoding::base64url;
use std::cell::Cell;

/// SplitMix64: each output is a mix of a counter. Good enough to be unpredictable to the code under test, and nothing more.
#[derive(Debug)]
pub(super) struct Generator(Cell<u64>);

impl Generator {
    pub(super) const fn new(seed: u64) -> Self {
        Self(Cell::new(seed))
    }

    pub(super) fn next(&self) -> u64 {
        let state = self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0.set(state);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(super) fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        for chunk in bytes.chunks_mut(8) {
            chunk.iter_mut().zip(self.next().to_le_bytes()).for_each(|(byte, random)| *byte = random);
        }
        bytes
    }

    /// A number below `count`, which is not 0.
    pub(super) fn below(&self, count: usize) -> usize {
        let drawn = self.next() % u64::try_from(count.max(1)).unwrap_or(u64::MAX);
        usize::try_from(drawn).unwrap_or_default()
    }

    /// A text as servers make them for codes and tokens.
    pub(super) fn token(&self) -> String {
        base64url(&self.bytes::<32>())
    }

    /// Another generator, which goes its own way from here.
    pub(super) fn fork(&self) -> Self {
        Self::new(self.next())
    }
}
