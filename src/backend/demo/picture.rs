//! Pictures for the demo's advertisements, painted by arithmetic: soft bands and a sun.

use image::{ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// Width and height of the formats that the pictures take turns in, in pixels.
const FORMATS: [(u32, u32); 3] = [(600, 600), (480, 600), (764, 400)];

/// Two colours that go together: the sky's and the ground's.
const PALETTES: [([u8; 3], [u8; 3]); 4] = [
    ([244, 226, 198], [21, 94, 75]),
    ([206, 226, 239], [33, 62, 104]),
    ([250, 214, 196], [120, 45, 62]),
    ([226, 236, 208], [86, 96, 38]),
];

/// A PNG file's bytes; the same number gives the same picture.
pub fn png(number: u64) -> Result<Vec<u8>, image::ImageError> {
    let (width, height) = FORMATS[(number % 3) as usize];
    let (sky, ground) = PALETTES[(number / 3 % 4) as usize];
    let sun = (width / 4 + (number as u32 * 37) % (width / 2), height / 3, width / 9);
    let picture = RgbImage::from_fn(width, height, |x, y| {
        if distance_squared(x, y, sun.0, sun.1) < u64::from(sun.2) * u64::from(sun.2) {
            return Rgb([255, 251, 240]);
        }
        let ridge = height / 2 + (x * 7 + number as u32 * 53) % (width / 3) / 4;
        let band = if y > ridge { 255 } else { (y * 128 / height) as u16 };
        Rgb(std::array::from_fn(|channel| mix(sky[channel], ground[channel], band)))
    });
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

fn distance_squared(x: u32, y: u32, to_x: u32, to_y: u32) -> u64 {
    u64::from(x.abs_diff(to_x)).pow(2) + u64::from(y.abs_diff(to_y)).pow(2)
}

/// `share` of 255 parts of the second colour.
fn mix(first: u8, second: u8, share: u16) -> u8 {
    ((u16::from(first) * (255 - share) + u16::from(second) * share) / 255) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_real_image_and_the_same_every_time() {
        let bytes = png(5).expect("it can be written");
        let read = image::load_from_memory(&bytes).expect("it can be read");
        assert_eq!((read.width(), read.height()), FORMATS[2]);
        assert_eq!(bytes, png(5).expect("it can be written"));
    }
}
