//! Images: format, shape, size, transparency, and what the pixels say about legibility.

mod decode;
mod pixels;

use super::limits::MAX_IMAGE_BYTES;
use super::placement::{is_banner, shape_of, shape_phrase};
use super::rules::{Measure, Rules};
use super::{fact, guard};
use crate::model::findings::{AssetFindings, Fact, Finding, Outcome};
use crate::model::format::format_bytes;
use decode::Picture;
use pixels::Pixels;

/// File size from which some networks refuse an image, in bytes.
const HEAVY_BYTES: usize = 5_000_000;
/// File size from which networks refuse a display banner, in bytes.
const HEAVY_BANNER_BYTES: usize = 150_000;
/// Share of a band that strong edges may cover before the band counts as used, in thousandths.
const MAX_BAND_EDGES: u32 = 20;
/// Share of the outer margin that strong edges may cover, in thousandths.
const MAX_MARGIN_EDGES: u32 = 60;
/// Share of see-through pixels from which an image counts as transparent, in thousandths.
const MIN_TRANSPARENT: u32 = 5;
/// Mean brightness below which an image counts as dark, of 255.
const DARK_BELOW: u32 = 36;
/// Distance between dark and light below which there is nothing to see, of 255.
const BLANK_BELOW: u32 = 6;
/// Distance between dark and light below which contrast is low, of 255.
const LOW_CONTRAST_BELOW: u32 = 60;
/// Sharpest detail below which an image counts as blurred, of 1020.
const BLURRED_BELOW: u32 = 40;

/// Analyses an image file. `name` is how sentences call it.
pub fn analyse_image(rules: &Rules, name: &str, bytes: &[u8]) -> Outcome {
    if bytes.is_empty() {
        return Err(guard::empty(name));
    }
    if bytes.len() > MAX_IMAGE_BYTES {
        return Err(guard::too_large(name, bytes.len(), MAX_IMAGE_BYTES));
    }
    guard::guarded(name, || {
        let picture = decode::decode(name, bytes)?;
        let pixels = Pixels::measure(&picture.image);
        let facts = facts(&picture, &pixels, bytes.len());
        let file = file_findings(rules, &picture, bytes.len());
        let findings = file.into_iter().chain(pixel_findings(rules, &picture, &pixels));
        Ok(AssetFindings::new(facts, findings.collect()))
    })
}

fn facts(picture: &Picture, pixels: &Pixels, bytes: usize) -> Vec<Fact> {
    let (width, height) = picture.size();
    let transparency = match pixels.transparent_thousandths {
        0 => "none".to_owned(),
        share => format!("{} of the picture", percent(share)),
    };
    vec![
        fact("Format", picture.format),
        fact("Dimensions", format!("{width} × {height} pixels")),
        fact("Shape", shape_phrase(width, height)),
        fact("File size", format_bytes(bytes)),
        fact("Transparency", transparency),
        fact("Animation", if picture.is_animated { "yes" } else { "no" }),
        fact("Brightness", format!("{} of 255", pixels.mean)),
        fact("Contrast", format!("{} of 255", pixels.contrast)),
        fact("Sharpest detail", format!("{} of 1020", pixels.sharpest)),
        fact("Detail in the top 14 %", percent(pixels.top_edges)),
        fact("Detail in the bottom 20 %", percent(pixels.bottom_edges)),
    ]
}

fn percent(thousandths: u32) -> String {
    format!("{}.{} %", thousandths / 10, thousandths % 10)
}

/// What the file's own properties set off.
fn file_findings(rules: &Rules, picture: &Picture, bytes: usize) -> Vec<Finding> {
    let (width, height) = picture.size();
    let mut found = Vec::new();
    let banner = is_banner(width, height);
    let heavy = if banner { HEAVY_BANNER_BYTES } else { HEAVY_BYTES };
    match shape_of(width, height) {
        _ if banner => {}
        None => found.push(rules.measured(Measure::ImageAspect, shape_phrase(width, height))),
        Some(shape) if width < shape.least.0 || height < shape.least.1 => {
            let (least_width, least_height) = shape.least;
            let detail = format!(
                "{width} × {height} pixels; for {} at least {least_width} × {least_height}.",
                shape.ratio
            );
            found.push(rules.measured(Measure::ImageSmall, detail));
        }
        Some(_) => {}
    }
    if bytes > heavy {
        let (size, limit) = (format_bytes(bytes), format_bytes(heavy));
        found.push(rules.measured(Measure::ImageHeavy, format!("{size}; up to {limit} is safe.")));
    }
    if picture.is_animated {
        found.push(rules.measured(Measure::ImageAnimated, format!("{} file.", picture.format)));
    }
    found
}

/// What the pixels set off.
fn pixel_findings(rules: &Rules, picture: &Picture, pixels: &Pixels) -> Vec<Finding> {
    let mut found = Vec::new();
    if pixels.transparent_thousandths >= MIN_TRANSPARENT {
        let share = percent(pixels.transparent_thousandths);
        found.push(rules.measured(Measure::ImageTransparent, format!("{share} of the picture.")));
    }
    if let Some(finding) = legibility(rules, pixels) {
        found.push(finding);
    }
    if pixels.mean < DARK_BELOW && pixels.contrast >= BLANK_BELOW {
        let detail = format!("Mean brightness {} of 255.", pixels.mean);
        found.push(rules.measured(Measure::ImageDark, detail));
    }
    found.extend(layout(rules, picture, pixels));
    found
}

/// The gravest of: nothing to see, low contrast, blurred. Each explains the next.
fn legibility(rules: &Rules, pixels: &Pixels) -> Option<Finding> {
    let contrast = format!("Contrast {} of 255.", pixels.contrast);
    if pixels.contrast < BLANK_BELOW {
        Some(rules.measured(Measure::ImageBlank, contrast))
    } else if pixels.contrast < LOW_CONTRAST_BELOW {
        Some(rules.measured(Measure::ImageLowContrast, contrast))
    } else if pixels.sharpest < BLURRED_BELOW {
        let detail = format!("Sharpest detail {} of 1020.", pixels.sharpest);
        Some(rules.measured(Measure::ImageBlurred, detail))
    } else {
        None
    }
}

fn layout(rules: &Rules, picture: &Picture, pixels: &Pixels) -> Option<Finding> {
    let (width, height) = picture.size();
    let shape = shape_of(width, height)?;
    if shape.is_full_screen() {
        let (top, bottom) = (pixels.top_edges, pixels.bottom_edges);
        return (top > MAX_BAND_EDGES || bottom > MAX_BAND_EDGES).then(|| {
            let detail = format!(
                "Strong edges cover {} of the top 14 % and {} of the bottom 20 %.",
                percent(top),
                percent(bottom)
            );
            rules.measured(Measure::ImageUnsafeArea, detail)
        });
    }
    (pixels.margin_edges > MAX_MARGIN_EDGES).then(|| {
        let share = percent(pixels.margin_edges);
        let detail = format!("Strong edges cover {share} of the outer 5 %.");
        rules.measured(Measure::ImageCrowdedEdge, detail)
    })
}

#[cfg(test)]
mod tests;
