//! The fence around parsers of hostile bytes: what they panic over becomes a broken file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::model::findings::{AssetProblem, AssetProblemCode};

/// Runs `parse` and answers with a problem should the library in it panic. Our own code does not;
/// this is for the decoders, whose input a stranger chooses.
pub fn guarded<T>(
    name: &str,
    parse: impl FnOnce() -> Result<T, AssetProblem>,
) -> Result<T, AssetProblem> {
    catch_unwind(AssertUnwindSafe(parse)).unwrap_or_else(|_| Err(broken(name)))
}

/// The problem of a file that has the right kind but cannot be read.
pub fn broken(name: &str) -> AssetProblem {
    AssetProblem::new(
        AssetProblemCode::Broken,
        format!("“{name}” is damaged or incomplete and cannot be read. Export it again."),
    )
}

/// The problem of a file with nothing in it.
pub fn empty(name: &str) -> AssetProblem {
    AssetProblem::new(AssetProblemCode::Empty, format!("“{name}” is empty. Choose the file again."))
}

/// The problem of a file that is larger than `limit` bytes.
pub fn too_large(name: &str, bytes: usize, limit: usize) -> AssetProblem {
    let (size, limit) = (size_phrase(bytes), size_phrase(limit));
    AssetProblem::new(
        AssetProblemCode::TooLarge,
        format!("“{name}” has {size}; the limit is {limit}. Export it smaller."),
    )
}

/// A file size for people, in decimal units: "812 bytes", "48.3 kB", "9.7 MB".
pub fn size_phrase(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parser_that_panics_gives_a_broken_file() {
        let outcome: Result<(), _> = guarded("a.png", || panic!("a decoder's bug"));
        assert_eq!(outcome.expect_err("a problem").code, AssetProblemCode::Broken);
    }

    #[test]
    fn sizes_are_in_decimal_units() {
        assert_eq!(size_phrase(999), "999 bytes");
        assert_eq!(size_phrase(48_390), "48.3 kB");
        assert_eq!(size_phrase(10_000_000), "10.0 MB");
    }
}
