//! What may be sent for analysis: pages name these limits before anything is sent, and the server
//! keeps them.

/// Longest text, in characters. Landing pages fit; books do not.
pub const MAX_TEXT_CHARACTERS: usize = 20_000;
/// Largest image file, in bytes (10 MB).
pub const MAX_IMAGE_BYTES: usize = 10_000_000;
/// Largest video file, in bytes (50 MB).
pub const MAX_VIDEO_BYTES: usize = 50_000_000;

/// Image files that are analysed, for a file field's `accept`.
pub const ACCEPTED_IMAGES: &str = "image/png,image/jpeg,image/gif,image/webp";
/// Video files that are analysed, for a file field's `accept`.
pub const ACCEPTED_VIDEOS: &str = "video/mp4,video/quicktime";
