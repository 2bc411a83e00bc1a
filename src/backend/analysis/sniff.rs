//! What a file is, by its first bytes: names and content types that a browser sends prove nothing.

use crate::catalogue::AssetKind;

/// A kind of file, as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Portable Network Graphics.
    Png,
    /// JPEG.
    Jpeg,
    /// Graphics Interchange Format.
    Gif,
    /// WebP.
    WebP,
    /// MP4, MOV and their relatives (ISO base media).
    Mp4,
    /// Text in UTF-8.
    Text,
    /// Something known that is not analysed, with its name.
    Refused(&'static str),
    /// Nothing known.
    Unknown,
}

impl FileKind {
    /// The kind of asset it is priced as; `None` for what is not analysed.
    pub fn asset(self) -> Option<AssetKind> {
        match self {
            FileKind::Png | FileKind::Jpeg | FileKind::Gif | FileKind::WebP => {
                Some(AssetKind::Image)
            }
            FileKind::Mp4 => Some(AssetKind::Video),
            FileKind::Text => Some(AssetKind::Text),
            FileKind::Refused(_) | FileKind::Unknown => None,
        }
    }

    /// The name people know it by.
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Png => "PNG",
            FileKind::Jpeg => "JPEG",
            FileKind::Gif => "GIF",
            FileKind::WebP => "WebP",
            FileKind::Mp4 => "MP4",
            FileKind::Text => "text",
            FileKind::Refused(name) => name,
            FileKind::Unknown => "an unknown kind of file",
        }
    }
}

/// First bytes of kinds that are recognised in order to say so, and not analysed.
const REFUSED: [(&[u8], &str); 11] = [
    (b"\x1a\x45\xdf\xa3", "WebM or Matroska"),
    (b"OggS", "Ogg"),
    (b"FLV\x01", "Flash video"),
    (b"%PDF-", "PDF"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\x01\0", "an icon"),
    (b"8BPS", "Photoshop"),
    (b"\0\0\x01\xba", "MPEG"),
];

/// What these bytes are.
pub fn sniff(bytes: &[u8]) -> FileKind {
    match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => FileKind::Png,
        [0xff, 0xd8, 0xff, ..] => FileKind::Jpeg,
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => FileKind::Gif,
        [b'R', b'I', b'F', b'F', _, _, _, _, rest @ ..] => riff(rest),
        [_, _, _, _, b'f', b't', b'y', b'p', brand @ ..] => iso_media(brand),
        [_, _, _, _, b'm', b'o', b'o', b'v', ..] => FileKind::Mp4,
        _ => other(bytes),
    }
}

fn riff(rest: &[u8]) -> FileKind {
    match rest.get(..4) {
        Some(b"WEBP") => FileKind::WebP,
        Some(b"AVI ") => FileKind::Refused("AVI"),
        _ => FileKind::Unknown,
    }
}

fn iso_media(brand: &[u8]) -> FileKind {
    match brand.get(..4) {
        Some(b"avif" | b"avis") => FileKind::Refused("AVIF"),
        Some(b"heic" | b"heix" | b"mif1" | b"msf1") => FileKind::Refused("HEIC"),
        Some(b"M4A ") => FileKind::Refused("sound only (M4A)"),
        _ => FileKind::Mp4,
    }
}

fn other(bytes: &[u8]) -> FileKind {
    if let Some((_, name)) = REFUSED.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return FileKind::Refused(name);
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if is_markup(text) => FileKind::Refused("SVG or HTML"),
        Ok(text) if !text.is_empty() && !text.contains('\0') => FileKind::Text,
        _ => FileKind::Unknown,
    }
}

fn is_markup(text: &str) -> bool {
    let start = text.trim_start_matches('\u{feff}').trim_start();
    ["<?xml", "<svg", "<!DOCTYPE", "<!doctype", "<html"].iter().any(|tag| start.starts_with(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_their_bytes_and_not_by_their_names() {
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\nrest"), FileKind::Png);
        assert_eq!(sniff(b"\xff\xd8\xff\xe0"), FileKind::Jpeg);
        assert_eq!(sniff(b"RIFF\0\0\0\0WEBPVP8 "), FileKind::WebP);
        assert_eq!(sniff(b"\0\0\0\x20ftypisom"), FileKind::Mp4);
        assert_eq!(sniff("Buy our tea — today".as_bytes()), FileKind::Text);
    }

    #[test]
    fn known_kinds_that_are_not_analysed_are_named() {
        assert_eq!(sniff(b"\x1a\x45\xdf\xa3\x01"), FileKind::Refused("WebM or Matroska"));
        assert_eq!(sniff(b"<svg xmlns='x'/>"), FileKind::Refused("SVG or HTML"));
        assert_eq!(sniff(b"%PDF-1.7"), FileKind::Refused("PDF"));
        assert_eq!(sniff(b""), FileKind::Unknown);
        assert_eq!(sniff(b"\xc3\x28\x00"), FileKind::Unknown);
        assert_eq!(sniff(b"\xc3\x28\x00").asset(), None);
    }
}
