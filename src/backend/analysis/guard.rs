//! The fence around parsers of hostile bytes: what they panic over becomes a broken file.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::model::findings::{AssetProblem, AssetProblemCode};
use crate::model::format::format_bytes;

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
    let (size, limit) = (format_bytes(bytes), format_bytes(limit));
    AssetProblem::new(
        AssetProblemCode::TooLarge,
        format!("“{name}” has {size}; the limit is {limit}. Export it smaller."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parser_that_panics_gives_a_broken_file() {
        let outcome: Result<(), _> = guarded("a.png", || panic!("a decoder's bug"));
        assert_eq!(outcome.expect_err("a problem").code, AssetProblemCode::Broken);
    }
}
