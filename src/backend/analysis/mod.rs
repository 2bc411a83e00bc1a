//! The built-in ad-compliance analysis: real work on real text, images and video.
