//! What a seed decides.

/// SplitMix64, with the draws that a life needs.
#[derive(Clone, Debug)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        // Neighbouring seeds are neighbouring states: the first draws go apart only after a turn.
        let mut dice = Self(seed.wrapping_mul(0xd134_2543_de82_ef95) ^ 0x5851_f42d_4c95_7f2d);
        dice.draw();
        dice
    }

    fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Other dice, which go their own way from here.
    pub(crate) fn fork(&mut self) -> Self {
        Self::new(self.draw())
    }

    /// From `low` to `high`, both of them included.
    pub(crate) fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.draw() % (high - low + 1)
    }

    /// As [`between`](Self::between), but small numbers are as likely as large ones: the logarithm is even.
    pub(crate) fn of_any_size(&mut self, low: u64, high: u64) -> u64 {
        let doublings = (high / low.max(1)).max(1).ilog2();
        let top = (low.max(1) << self.between(0, doublings.into())).saturating_mul(2).min(high);
        self.between(low, top.max(low))
    }

    /// True once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.draw().is_multiple_of(times)
    }

    /// From 0 up to 1.
    #[expect(clippy::cast_precision_loss, reason = "53 bits of a draw")]
    pub(crate) fn fraction(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of several; `None` of none.
    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.draw() % from.len().max(1) as u64).ok()?)
    }

    /// One of several, of which there is at least one.
    pub(crate) fn one_of<T: Copy + Default, const N: usize>(&mut self, from: [T; N]) -> T {
        self.pick(&from).copied().unwrap_or_default()
    }
}
