//! What the pixels say, in whole numbers only: the same bytes give the same figures everywhere.
//!
//! Everything is measured on a copy whose longer side is at most [`WORK_SIDE`], so that a figure
//! means the same for a small and a large export of one picture.

use image::{DynamicImage, RgbaImage};

/// Longer side of the copy that is measured, in pixels.
const WORK_SIDE: u32 = 720;
/// Brightness step across a pixel from which it counts as a strong edge, of 255.
const STRONG_EDGE: u32 = 56;
/// Below this opacity a pixel counts as see-through, of 255.
const OPAQUE_FROM: u8 = 250;
/// Height of the top band that players cover, in hundredths of the height.
const TOP_BAND: usize = 14;
/// Height of the bottom band that players cover, in hundredths of the height.
const BOTTOM_BAND: usize = 20;
/// Width of the margin that placements may crop, in hundredths of the side.
const MARGIN: usize = 5;

/// The figures of one picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pixels {
    /// Mean brightness, of 255.
    pub mean: u32,
    /// Distance between the darkest and the lightest parts (the outermost half percent left out).
    pub contrast: u32,
    /// The strongest small detail (Laplacian, all but the topmost thousandth), of 1020.
    pub sharpest: u32,
    /// Share of see-through pixels, in thousandths.
    pub transparent_thousandths: u32,
    /// Share of strong edges in the top band, in thousandths.
    pub top_edges: u32,
    /// Share of strong edges in the bottom band, in thousandths.
    pub bottom_edges: u32,
    /// Share of strong edges in the outer margin, in thousandths.
    pub margin_edges: u32,
}

impl Pixels {
    /// Measures a picture.
    pub fn measure(image: &DynamicImage) -> Self {
        let copy = work_copy(image);
        let grey = Grey::of(&copy);
        let histogram = grey.histogram();
        let see_through = copy.pixels().filter(|pixel| pixel.0[3] < OPAQUE_FROM).count();
        let darkest = quantile(&histogram, 5);
        let (height, width) = (grey.height, grey.width);
        let top = height * TOP_BAND / 100;
        let bottom = height - height * BOTTOM_BAND / 100;
        let (across, down) = (width * MARGIN / 100, height * MARGIN / 100);
        let in_margin = |x: usize, y: usize| {
            x < across || x >= width - across || y < down || y >= height - down
        };
        Pixels {
            mean: grey.mean(),
            contrast: quantile(&histogram, 995).saturating_sub(darkest),
            sharpest: grey.sharpest(),
            transparent_thousandths: thousandths(see_through, grey.levels.len()),
            top_edges: grey.edges(|_, y| y < top),
            bottom_edges: grey.edges(|_, y| y >= bottom),
            margin_edges: grey.edges(in_margin),
        }
    }
}

fn work_copy(image: &DynamicImage) -> RgbaImage {
    if image.width().max(image.height()) > WORK_SIDE {
        image.thumbnail(WORK_SIDE, WORK_SIDE).to_rgba8()
    } else {
        image.to_rgba8()
    }
}

/// Brightness of every pixel over a white ground, row by row.
struct Grey {
    width: usize,
    height: usize,
    levels: Vec<u8>,
}

impl Grey {
    fn of(copy: &RgbaImage) -> Self {
        let levels = copy.pixels().map(|pixel| brightness(pixel.0)).collect();
        Grey { width: copy.width() as usize, height: copy.height() as usize, levels }
    }

    fn at(&self, x: usize, y: usize) -> i32 {
        i32::from(self.levels[y * self.width + x])
    }

    fn mean(&self) -> u32 {
        let sum: u64 = self.levels.iter().map(|level| u64::from(*level)).sum();
        u32::try_from(sum / (self.levels.len() as u64).max(1)).unwrap_or(255)
    }

    fn histogram(&self) -> Vec<usize> {
        let mut histogram = vec![0; 256];
        for level in &self.levels {
            histogram[usize::from(*level)] += 1;
        }
        histogram
    }

    /// Every pixel that has neighbours on all sides.
    fn inner(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let columns = 1..self.width.saturating_sub(1);
        (1..self.height.saturating_sub(1)).flat_map(move |y| columns.clone().map(move |x| (x, y)))
    }

    /// Difference of a pixel from its four neighbours, of 1020.
    fn laplacian(&self, x: usize, y: usize) -> u32 {
        let around = self.at(x - 1, y) + self.at(x + 1, y) + self.at(x, y - 1) + self.at(x, y + 1);
        (4 * self.at(x, y) - around).unsigned_abs()
    }

    /// Brightness step across a pixel (central differences), of 255.
    fn step(&self, x: usize, y: usize) -> u32 {
        let across = (self.at(x + 1, y) - self.at(x - 1, y)).unsigned_abs();
        let down = (self.at(x, y + 1) - self.at(x, y - 1)).unsigned_abs();
        across.max(down)
    }

    fn sharpest(&self) -> u32 {
        let mut histogram = vec![0; 1021];
        for (x, y) in self.inner() {
            histogram[self.laplacian(x, y) as usize] += 1;
        }
        quantile(&histogram, 999)
    }

    /// Share of strong edges among the pixels that `belongs` picks, in thousandths.
    fn edges(&self, belongs: impl Fn(usize, usize) -> bool) -> u32 {
        let (mut strong, mut all) = (0, 0);
        for (x, y) in self.inner().filter(|(x, y)| belongs(*x, *y)) {
            strong += usize::from(self.step(x, y) >= STRONG_EDGE);
            all += 1;
        }
        thousandths(strong, all)
    }
}

/// Rec. 601 brightness in whole numbers, laid over white where the pixel is see-through.
fn brightness([red, green, blue, alpha]: [u8; 4]) -> u8 {
    let grey = (u32::from(red) * 299 + u32::from(green) * 587 + u32::from(blue) * 114) / 1_000;
    let alpha = u32::from(alpha);
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(255)
}

/// The value below which this many thousandths of all counts lie.
fn quantile(histogram: &[usize], wanted_thousandths: usize) -> u32 {
    let total: usize = histogram.iter().sum();
    let wanted = total * wanted_thousandths / 1_000;
    let mut seen = 0;
    let place = histogram.iter().position(|count| {
        seen += count;
        seen > wanted
    });
    place.and_then(|place| u32::try_from(place).ok()).unwrap_or(0)
}

fn thousandths(part: usize, whole: usize) -> u32 {
    (part * 1_000).checked_div(whole).and_then(|share| u32::try_from(share).ok()).unwrap_or(0)
}
