//! How much of anything the analysis takes. Those that people hear of beforehand stand with the views.

pub use crate::model::asset_limits::{MAX_IMAGE_BYTES, MAX_TEXT_CHARACTERS, MAX_VIDEO_BYTES};

/// Longest side of an image, in pixels.
pub const MAX_IMAGE_SIDE: u32 = 12_000;
/// Most pixels in an image (40 megapixels): decoding takes four bytes for each.
pub const MAX_IMAGE_PIXELS: u64 = 40_000_000;
/// Most memory that decoding one image may take, in bytes.
pub const MAX_DECODE_BYTES: u64 = 256 * 1024 * 1024;
/// Most places in the text that one finding names.
pub const MAX_EXCERPTS: usize = 5;
/// Words of context before and after a place in the text, in characters.
pub const EXCERPT_CONTEXT: usize = 40;
/// Longest piece of text that an excerpt repeats, in characters.
pub const MAX_EXCERPT_CHARACTERS: usize = 120;
