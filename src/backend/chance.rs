//! Dice that fall the same way every time: for the demo, which everybody shall see alike, and for the
//! simulator, whose failures shall come again. No secret is made with them.

/// A linear congruential generator (the constants are Knuth's MMIX ones).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// Dice that begin at `seed`.
    pub fn new(seed: u64) -> Self {
        Chance(seed)
    }

    /// Dice of their own for each path of numbers, such as seed, client and step.
    pub fn at(path: &[u64]) -> Self {
        Chance(path.iter().fold(0, |mixed, number| scattered(mixed ^ scattered(*number))))
    }

    /// A number from 0 up to, but not, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end.max(1)
    }

    /// One of these.
    ///
    /// # Panics
    /// There are none.
    pub fn one_of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// True this many times in a hundred.
    pub fn percent(&mut self, times: u64) -> bool {
        self.below(100) < times
    }
}

/// Spreads numbers that lie close together (the finaliser of SplitMix64).
fn scattered(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_path_gives_the_same_dice_and_another_gives_others() {
        let falls = |path: &[u64]| {
            let mut dice = Chance::at(path);
            [0; 8].map(|_| dice.below(1000))
        };
        assert_eq!(falls(&[1, 2, 3]), falls(&[1, 2, 3]));
        assert_ne!(falls(&[1, 2, 3]), falls(&[1, 2, 4]));
        assert_ne!(falls(&[1, 2]), falls(&[2, 1]));
    }
}
