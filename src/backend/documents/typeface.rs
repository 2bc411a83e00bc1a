//! Letters to glyphs: Inter in two weights, shaped with its kerning, and figures of equal width where
//! they are amounts.
//!
//! The files beside this one hold the Latin, Greek and Cyrillic letters of Inter. A letter that they do
//! not have becomes [`FALLBACK`]: an archive format has no place for a glyph that is not there. What the
//! text really was stays in the document for those who search or hear it.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use rustybuzz::{Direction, Feature, UnicodeBuffer, ttf_parser::Tag};

const REGULAR: &[u8] = include_bytes!("fonts/inter-400.ttf");
const STRONG: &[u8] = include_bytes!("fonts/inter-600.ttf");

/// What is printed for a letter that the typeface does not have.
pub const FALLBACK: char = '□';

/// How heavy a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Strong,
}

/// Both weights, ready to shape and to be put into a file.
pub struct Typeface {
    regular: Face,
    strong: Face,
}

struct Face {
    shaper: rustybuzz::Face<'static>,
    font: Font,
    units_per_em: f32,
}

/// A text as glyphs.
pub struct Shaped {
    pub glyphs: Vec<KrillaGlyph>,
    /// Its width in ems.
    pub width: f32,
}

/// The embedded files cannot be read, which a test excludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the typeface in this program cannot be read")]
pub struct NoTypeface;

impl Typeface {
    /// Reads the files in this program.
    ///
    /// # Errors
    /// They are damaged.
    pub fn load() -> Result<Self, NoTypeface> {
        Ok(Typeface { regular: Face::load(REGULAR)?, strong: Face::load(STRONG)? })
    }

    fn face(&self, weight: Weight) -> &Face {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Strong => &self.strong,
        }
    }

    /// The font as a file embeds it.
    pub fn font(&self, weight: Weight) -> Font {
        self.face(weight).font.clone()
    }

    /// The text with [`FALLBACK`] for each letter that is not there, and without what moves a cursor.
    pub fn covered(&self, text: &str) -> String {
        // Glyph 0 is the one that stands for what is not there.
        let covers = |letter: char| {
            self.regular.shaper.glyph_index(letter).is_some_and(|glyph| glyph.0 != 0)
        };
        text.chars()
            .filter(|letter| !is_invisible(*letter))
            .map(|letter| if letter.is_whitespace() || letter.is_control() { ' ' } else { letter })
            .map(|letter| if covers(letter) { letter } else { FALLBACK })
            .collect()
    }

    /// A covered text as glyphs, from left to right.
    pub fn shape(&self, text: &str, weight: Weight) -> Shaped {
        let face = self.face(weight);
        let mut buffer = UnicodeBuffer::new();
        buffer.push_str(text);
        buffer.guess_segment_properties();
        buffer.set_direction(Direction::LeftToRight);
        let output = rustybuzz::shape(&face.shaper, &features(text), buffer);
        let (infos, positions) = (output.glyph_infos(), output.glyph_positions());
        let starts: Vec<usize> = infos.iter().map(|info| info.cluster as usize).collect();
        let em = |units: i32| units as f32 / face.units_per_em;
        let glyphs: Vec<KrillaGlyph> = infos
            .iter()
            .zip(positions)
            .map(|(info, at)| {
                let start = info.cluster as usize;
                let end = starts.iter().copied().filter(|other| *other > start).min();
                KrillaGlyph::new(
                    GlyphId::new(info.glyph_id),
                    em(at.x_advance),
                    em(at.x_offset),
                    em(at.y_offset),
                    em(at.y_advance),
                    start..end.unwrap_or(text.len()),
                    None,
                )
            })
            .collect();
        Shaped { width: positions.iter().map(|at| em(at.x_advance)).sum(), glyphs }
    }

    /// How wide a text is, in the unit of `size`. What is not covered counts as what stands for it.
    pub fn width(&self, text: &str, weight: Weight, size: f32) -> f32 {
        self.shape(&self.covered(text), weight).width * size
    }
}

impl Face {
    fn load(bytes: &'static [u8]) -> Result<Self, NoTypeface> {
        let shaper = rustybuzz::Face::from_slice(bytes, 0).ok_or(NoTypeface)?;
        let font = Font::new(bytes.into(), 0).ok_or(NoTypeface)?;
        let units_per_em = font.units_per_em();
        Ok(Face { shaper, font, units_per_em })
    }
}

/// Amounts have figures of equal width, so that they stand one below the other; in words that would pull
/// hyphens apart.
fn features(text: &str) -> Vec<Feature> {
    let is_figure = !text.chars().any(char::is_alphabetic);
    is_figure.then(|| Feature::new(Tag::from_bytes(b"tnum"), 1, ..)).into_iter().collect()
}

/// What turns the writing direction or joins letters and is not seen itself.
fn is_invisible(letter: char) -> bool {
    matches!(letter,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_equally_wide_and_words_are_kerned() {
        let typeface = Typeface::load().unwrap();
        let width = |text| typeface.width(text, Weight::Regular, 10.0);
        assert!((width("1111") - width("8888")).abs() < 0.001);
        assert!(width("AVAVAV") < 6.0 * width("A").max(width("V")));
        assert!(typeface.width("Total", Weight::Strong, 10.0) > width("Total"));
    }

    #[test]
    fn a_letter_that_is_not_there_has_a_box_in_its_place_and_every_weight_has_the_box() {
        let typeface = Typeface::load().unwrap();
        assert_eq!(typeface.covered("Zoë Łoś Ωmega Ждан €−"), "Zoë Łoś Ωmega Ждан €−");
        assert_eq!(typeface.covered("山田\u{200f}\n😀\u{ffff}"), "□□ □□");
        for weight in [Weight::Regular, Weight::Strong] {
            let glyphs = typeface.shape("□ −", weight).glyphs;
            assert!(glyphs.iter().all(|glyph| glyph.glyph_id != GlyphId::new(0)));
        }
    }
}
