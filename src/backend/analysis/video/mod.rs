//! Videos: length, resolution, shape, codec, sound and size, from the container alone.
//!
//! The pictures are not decoded and the sound is not heard; the findings say so where it matters.

mod container;

use super::limits::MAX_VIDEO_BYTES;
use super::placement::{shape_of, shape_phrase};
use super::rules::{Measure, Rules};
use super::sniff::{FileKind, sniff};
use super::{fact, guard};
use crate::model::findings::{
    AssetFindings, AssetProblem, AssetProblemCode, Fact, Finding, Outcome,
};
use crate::model::format::format_bytes;
use container::{Film, Unreadable};

/// Shortest length that placements accept, in milliseconds.
const MIN_MILLISECONDS: u64 = 1_000;
/// How long placements let a video be, in seconds.
const LONGEST: [(&str, u64); 5] = [
    ("one story card", 60),
    ("short-form feeds", 90),
    ("X posts", 140),
    ("LinkedIn ads", 1_800),
    ("Instagram feed", 3_600),
];
/// Fewest pixels that the shorter side should have.
const MIN_SHORT_SIDE: u32 = 720;
/// Kilobits a second below which video of at least 720 lines is strongly compressed.
const LOW_KILOBITS: u64 = 250;
/// Kilobits a second above which an upload is larger than any placement can use.
const HIGH_KILOBITS: u64 = 25_000;

/// Analyses a video file. `name` is how sentences call it.
pub fn analyse_video(rules: &Rules, name: &str, bytes: &[u8]) -> Outcome {
    if bytes.is_empty() {
        return Err(guard::empty(name));
    }
    if bytes.len() > MAX_VIDEO_BYTES {
        return Err(guard::too_large(name, bytes.len(), MAX_VIDEO_BYTES));
    }
    let kind = sniff(bytes);
    if kind != FileKind::Mp4 {
        return Err(not_a_video(name, kind));
    }
    guard::guarded(name, || {
        let film = container::read(bytes).map_err(|error| explained(name, error))?;
        let rate = kilobits(&film, bytes.len());
        Ok(AssetFindings::new(facts(&film, rate, bytes.len()), findings(rules, &film, rate)))
    })
}

fn not_a_video(name: &str, kind: FileKind) -> AssetProblem {
    AssetProblem::new(
        AssetProblemCode::NotSupported,
        format!(
            "“{name}” is {}, not a video that can be analysed. Export it as MP4 (H.264).",
            kind.name()
        ),
    )
}

fn explained(name: &str, error: Unreadable) -> AssetProblem {
    match error {
        Unreadable::Broken => guard::broken(name),
        Unreadable::NoPictures => AssetProblem::new(
            AssetProblemCode::NotSupported,
            format!("“{name}” has no pictures. Export it as MP4 with a video track."),
        ),
        Unreadable::Encrypted => AssetProblem::new(
            AssetProblemCode::NotSupported,
            format!("“{name}” is encrypted. Export it without copy protection."),
        ),
    }
}

/// Bits a millisecond are kilobits a second.
fn kilobits(film: &Film, bytes: usize) -> Option<u64> {
    (bytes as u64 * 8).checked_div(film.milliseconds?)
}

fn facts(film: &Film, rate: Option<u64>, bytes: usize) -> Vec<Fact> {
    let (width, height) = film.size;
    let unknown = || "not stated in the file".to_owned();
    let rate = rate.map_or_else(unknown, |rate| format!("{rate} kbit/s"));
    vec![
        fact("Length", film.milliseconds.map_or_else(unknown, seconds_phrase)),
        fact("Resolution", format!("{width} × {height} pixels")),
        fact("Shape", shape_phrase(width, height)),
        fact("Pictures a second", picture_rate(film).unwrap_or_else(unknown)),
        fact("Codec", film.codec),
        fact("Sound", film.sound.unwrap_or("none")),
        fact("File size", format_bytes(bytes)),
        fact("Bit rate", rate),
    ]
}

fn seconds_phrase(milliseconds: u64) -> String {
    format!("{}.{} seconds", milliseconds / 1_000, milliseconds % 1_000 / 100)
}

fn picture_rate(film: &Film) -> Option<String> {
    let hundredths = film.pictures?.checked_mul(100_000)?.checked_div(film.milliseconds?)?;
    Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
}

fn findings(rules: &Rules, film: &Film, rate: Option<u64>) -> Vec<Finding> {
    let sound = match film.sound {
        Some(codec) => rules.measured(Measure::VideoWithSound, format!("{codec} sound track.")),
        None => rules.measure(Measure::VideoSilent).finding(None, Vec::new()),
    };
    let starts_slow = (!film.starts_fast)
        .then(|| rules.measure(Measure::VideoSlowStart).finding(None, Vec::new()));
    let codec = (film.codec != "H.264")
        .then(|| rules.measured(Measure::VideoCodec, format!("Codec: {}.", film.codec)));
    [length(rules, film), codec, bit_rate(rules, film, rate), starts_slow, Some(sound)]
        .into_iter()
        .flatten()
        .chain(frame(rules, film))
        .collect()
}

fn length(rules: &Rules, film: &Film) -> Option<Finding> {
    let milliseconds = film.milliseconds?;
    let length = seconds_phrase(milliseconds);
    if milliseconds < MIN_MILLISECONDS {
        return Some(rules.measured(Measure::VideoTooShort, format!("{length}.")));
    }
    let passed: Vec<String> = LONGEST
        .iter()
        .filter(|(_, seconds)| milliseconds > seconds * 1_000)
        .map(|(name, seconds)| format!("{name} ({seconds} seconds)"))
        .collect();
    (!passed.is_empty()).then(|| {
        let detail = format!("{length}; too long for {}.", passed.join(", "));
        rules.measured(Measure::VideoTooLong, detail)
    })
}

fn frame(rules: &Rules, film: &Film) -> Vec<Finding> {
    let (width, height) = film.size;
    let mut found = Vec::new();
    if width.min(height) < MIN_SHORT_SIDE {
        let detail = format!("{width} × {height} pixels.");
        found.push(rules.measured(Measure::VideoSmall, detail));
    }
    if shape_of(width, height).is_none() {
        found.push(rules.measured(Measure::VideoAspect, shape_phrase(width, height)));
    }
    found
}

fn bit_rate(rules: &Rules, film: &Film, rate: Option<u64>) -> Option<Finding> {
    let rate = rate?;
    let detail = format!("{rate} kbit/s.");
    let (width, height) = film.size;
    if rate < LOW_KILOBITS && width.min(height) >= MIN_SHORT_SIDE {
        Some(rules.measured(Measure::VideoLowBitrate, detail))
    } else if rate > HIGH_KILOBITS {
        Some(rules.measured(Measure::VideoHeavy, detail))
    } else {
        None
    }
}

#[cfg(test)]
mod tests;
