//! The shapes that common placements use, for images and videos alike.

/// A shape by its proportion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// How people name it: "9:16".
    pub ratio: &'static str,
    /// Where it is used.
    pub used_for: &'static str,
    /// Width of the proportion.
    width: u64,
    /// Height of the proportion.
    height: u64,
    /// Smallest width and height that placements recommend for an image of this shape, in pixels.
    pub least: (u32, u32),
}

impl Shape {
    /// Whether the player lays its controls over the top and bottom.
    pub fn is_full_screen(&self) -> bool {
        self.ratio == "9:16"
    }
}

const fn shape(
    ratio: &'static str,
    used_for: &'static str,
    (width, height): (u64, u64),
    least: (u32, u32),
) -> Shape {
    Shape { ratio, used_for, width, height, least }
}

/// The shapes, the commonest first.
pub const SHAPES: [Shape; 7] = [
    shape("1:1", "square feed posts", (1, 1), (600, 600)),
    shape("4:5", "upright feed posts", (4, 5), (600, 750)),
    shape("9:16", "stories and reels", (9, 16), (720, 1_280)),
    shape("16:9", "video players and wide banners", (16, 9), (1_280, 720)),
    shape("1.91:1", "link previews", (191, 100), (600, 314)),
    shape("2:3", "pins", (2, 3), (600, 900)),
    shape("3:4", "upright photos", (3, 4), (600, 800)),
];

/// Standard display banners: exact sizes in pixels.
const BANNERS: [(u32, u32); 9] = [
    (300, 250),
    (728, 90),
    (160, 600),
    (300, 600),
    (320, 50),
    (320, 100),
    (970, 250),
    (970, 90),
    (336, 280),
];

/// How far a proportion may be off, in thousandths.
const TOLERANCE_THOUSANDTHS: u64 = 15;

/// The shape of this width and height, if a common placement uses it.
pub fn shape_of(width: u32, height: u32) -> Option<&'static Shape> {
    SHAPES.iter().find(|shape| {
        let ours = u64::from(width) * shape.height;
        let theirs = u64::from(height) * shape.width;
        theirs > 0 && ours.abs_diff(theirs) * 1_000 <= theirs * TOLERANCE_THOUSANDTHS
    })
}

/// Whether these are the exact dimensions of a standard display banner.
pub fn is_banner(width: u32, height: u32) -> bool {
    BANNERS.contains(&(width, height))
}

/// The shape in words: "1:1, square feed posts", or the proportion with two decimals.
pub fn shape_phrase(width: u32, height: u32) -> String {
    if is_banner(width, height) {
        return "standard display banner".to_owned();
    }
    match shape_of(width, height) {
        Some(shape) => format!("{}, {}", shape.ratio, shape.used_for),
        None => {
            let hundredths = u64::from(width) * 100 / u64::from(height.max(1));
            format!("{}.{:02}:1", hundredths / 100, hundredths % 100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_shapes_are_named_with_a_little_tolerance() {
        for (width, height, ratio) in [
            (1080, 1080, "1:1"),
            (1080, 1350, "4:5"),
            (1080, 1920, "9:16"),
            (1920, 1080, "16:9"),
            (1200, 628, "1.91:1"),
            (1085, 1080, "1:1"),
        ] {
            assert_eq!(shape_of(width, height).map(|shape| shape.ratio), Some(ratio));
        }
        assert_eq!(shape_of(1000, 170), None);
        assert_eq!(shape_phrase(1000, 170), "5.88:1");
        assert_eq!(shape_phrase(728, 90), "standard display banner");
    }

    #[test]
    fn a_side_of_nothing_has_no_shape() {
        assert_eq!(shape_of(0, 0), None);
        assert_eq!(shape_of(10, 0), None);
    }
}
