//! The built-in ad-compliance analysis: real work on real text, images and video.
//!
//! Pure functions over bytes: no database, no clock, no network, no files. The same bytes give the
//! same findings. Whoever calls them runs them on a thread that may be busy (decoding takes time)
//! and stores the [`Outcome`]. A file that cannot be read is an outcome too, never a panic.
//!
//! It does not look for what only a person can judge (whether a claim is true) and says so in its
//! advice; it never decides what is charged.
//!
//! To add a rule over words: a `[[phrases]]` in `rules.toml`. To add one that measures: a `[[measures]]`
//! there, its variant in [`rules::Measure`], and the line in `text`, `image` or `video` that sets it off.

mod guard;
pub mod image;
pub mod limits;
pub mod placement;
pub mod rules;
pub mod sniff;
pub mod text;
pub mod video;

pub use image::analyse_image;
pub use rules::Rules;
pub use sniff::{FileKind, sniff};
pub use text::analyse_text;
pub use video::analyse_video;

use crate::catalogue::AssetKind;
use crate::model::findings::{AssetProblem, AssetProblemCode, Fact, Outcome};

/// Analyses one asset of a kind that is already decided. `name` is how sentences call the file.
pub fn analyse(rules: &Rules, kind: AssetKind, name: &str, bytes: &[u8]) -> Outcome {
    match kind {
        AssetKind::Text => analyse_text(rules, decoded_text(name, bytes)?),
        AssetKind::Image => analyse_image(rules, name, bytes),
        AssetKind::Video => analyse_video(rules, name, bytes),
    }
}

fn decoded_text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, AssetProblem> {
    std::str::from_utf8(bytes).map_err(|_| {
        let sentence = format!("“{name}” is not text in UTF-8. Save it as UTF-8 and try again.");
        AssetProblem::new(AssetProblemCode::Broken, sentence)
    })
}

fn fact(label: &str, value: impl Into<String>) -> Fact {
    Fact { label: label.to_owned(), value: value.into() }
}
