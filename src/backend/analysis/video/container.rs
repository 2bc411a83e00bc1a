//! What an MP4 or MOV says about itself: its boxes, read without touching the pictures.
//!
//! The outermost boxes are walked here, which shows truncated files and where the index stands; the
//! index itself is read by `mp4parse`.

use std::io::Cursor;
use std::ops::Range;

use mp4parse::{CodecType, MediaContext, SampleEntry, Track, TrackHeaderBox, TrackType, read_mp4};

/// The figures of one video file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Film {
    /// Width and height in pixels, as people see the video.
    pub size: (u32, u32),
    /// Length in milliseconds; `None` where the file does not say.
    pub milliseconds: Option<u64>,
    /// Number of pictures; `None` where the file does not say.
    pub pictures: Option<u64>,
    /// Name of the picture codec.
    pub codec: &'static str,
    /// Name of the sound codec; `None` without a sound track.
    pub sound: Option<&'static str>,
    /// Whether the index stands before the media, so that a player may start at once.
    pub starts_fast: bool,
}

/// Why a file gives no [`Film`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// Its boxes do not fit together, or it ends before they do.
    Broken,
    /// It has no pictures.
    NoPictures,
    /// It may only be played with a key.
    Encrypted,
}

/// Most outermost boxes of a file that is not nonsense. Fragmented files have two a second.
const MAX_BOXES: usize = 20_000;

/// Reads the container.
pub fn read(bytes: &[u8]) -> Result<Film, Unreadable> {
    let boxes = outer_boxes(bytes).ok_or(Unreadable::Broken)?;
    let place = |name: &[u8; 4]| boxes.iter().position(|outer| outer.name == *name);
    let index = place(b"moov").ok_or(Unreadable::Broken)?;
    let media = place(b"mdat").or(place(b"moof")).ok_or(Unreadable::Broken)?;
    let index_bytes = &bytes[boxes[index].range.clone()];
    let context = read_mp4(&mut Cursor::new(index_bytes)).map_err(|_| Unreadable::Broken)?;
    let tracks: &[Track] = &context.tracks;
    let pictures = tracks.iter().find(|track| track.track_type == TrackType::Video);
    let pictures = pictures.ok_or(Unreadable::NoPictures)?;
    let codec = picture_codec(pictures, index_bytes);
    if codec == ENCRYPTED {
        return Err(Unreadable::Encrypted);
    }
    let sound = tracks.iter().find(|track| track.track_type == TrackType::Audio);
    Ok(Film {
        size: size_of(pictures).ok_or(Unreadable::Broken)?,
        milliseconds: milliseconds(&context, pictures),
        pictures: picture_count(pictures),
        codec,
        sound: sound.map(|track| sound_codec(codec_of(track))),
        starts_fast: index < media,
    })
}

/// What an encrypted track is called.
const ENCRYPTED: &str = "encrypted";

/// One outermost box: its name and the bytes it takes, header included.
struct OuterBox {
    name: [u8; 4],
    range: Range<usize>,
}

/// The outermost boxes; `None` where one of them goes beyond the end of the file.
fn outer_boxes(bytes: &[u8]) -> Option<Vec<OuterBox>> {
    let mut boxes = Vec::new();
    let mut start = 0;
    while start < bytes.len() && boxes.len() < MAX_BOXES {
        let rest = &bytes[start..];
        let name = *rest.get(4..)?.first_chunk::<4>()?;
        let length = match u32::from_be_bytes(*rest.first_chunk::<4>()?) {
            0 => rest.len(),
            1 => usize::try_from(u64::from_be_bytes(*rest.get(8..)?.first_chunk::<8>()?)).ok()?,
            length => usize::try_from(length).ok()?,
        };
        if length < 8 || length > rest.len() {
            return None;
        }
        boxes.push(OuterBox { name, range: start..start + length });
        start += length;
    }
    Some(boxes)
}

fn codec_of(track: &Track) -> CodecType {
    match track.stsd.as_ref().and_then(|description| description.descriptions.first()) {
        Some(SampleEntry::Video(entry)) => entry.codec_type,
        Some(SampleEntry::Audio(entry)) => entry.codec_type,
        _ => CodecType::Unknown,
    }
}

fn picture_codec(track: &Track, index: &[u8]) -> &'static str {
    match codec_of(track) {
        CodecType::H264 => "H.264",
        CodecType::AV1 => "AV1",
        CodecType::VP9 => "VP9",
        CodecType::VP8 => "VP8",
        CodecType::MP4V => "MPEG-4 Part 2",
        CodecType::H263 => "H.263",
        CodecType::EncryptedVideo => ENCRYPTED,
        _ => named_in(index),
    }
}

/// Codecs that the parser does not know, by the four letters that the index must contain.
fn named_in(index: &[u8]) -> &'static str {
    const OTHERS: [(&[u8; 4], &str); 6] = [
        (b"hvc1", "HEVC"),
        (b"hev1", "HEVC"),
        (b"apcn", "ProRes"),
        (b"apch", "ProRes"),
        (b"ap4h", "ProRes"),
        (b"jpeg", "Motion JPEG"),
    ];
    let has = |letters: &[u8; 4]| index.windows(4).any(|window| window == letters);
    OTHERS.iter().find(|(letters, _)| has(letters)).map_or("unknown", |(_, name)| name)
}

fn sound_codec(codec: CodecType) -> &'static str {
    match codec {
        CodecType::AAC => "AAC",
        CodecType::MP3 => "MP3",
        CodecType::Opus => "Opus",
        CodecType::FLAC => "FLAC",
        CodecType::ALAC => "ALAC",
        CodecType::LPCM => "PCM",
        _ => "unknown codec",
    }
}

fn size_of(track: &Track) -> Option<(u32, u32)> {
    let coded = match track.stsd.as_ref().and_then(|stsd| stsd.descriptions.first()) {
        Some(SampleEntry::Video(entry)) => Some((u32::from(entry.width), u32::from(entry.height))),
        _ => track.tkhd.as_ref().map(|header| (header.width >> 16, header.height >> 16)),
    };
    let (width, height) = coded.filter(|(width, height)| *width > 0 && *height > 0)?;
    let turned = track.tkhd.as_ref().is_some_and(is_turned);
    Some(if turned { (height, width) } else { (width, height) })
}

/// Whether the track is shown turned by a quarter, as phones record upright video.
fn is_turned(header: &TrackHeaderBox) -> bool {
    header.matrix.a == 0 && header.matrix.d == 0 && header.matrix.b != 0
}

fn milliseconds(context: &MediaContext, track: &Track) -> Option<u64> {
    let of_media = track.duration.as_ref().zip(track.timescale.as_ref());
    let of_movie = track.tkhd.as_ref().zip(context.timescale.as_ref());
    let (units, per_second) = of_media
        .map(|(duration, scale)| (duration.0, scale.0))
        .filter(|(units, _)| *units > 0)
        .or(of_movie.map(|(header, scale)| (header.duration, scale.0)))?;
    units.checked_mul(1_000)?.checked_div(per_second).filter(|length| *length > 0)
}

fn picture_count(track: &Track) -> Option<u64> {
    let runs = &track.stts.as_ref()?.samples;
    let count: u64 = runs.iter().map(|run| u64::from(run.sample_count)).sum();
    Some(count).filter(|count| *count > 0)
}
