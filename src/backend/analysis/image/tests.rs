//! Real images, made here, and every way in which a file can be broken.

use super::*;
use crate::model::findings::AssetProblemCode;
use image::{ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use proptest::prelude::*;
use std::io::Cursor;
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::built_in);

/// A bright picture with a dark chequered block, as sharp as text, in rows `from..to`.
fn picture(width: u32, height: u32, from: u32, to: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let in_block = (from..to).contains(&y) && x > width / 10 && x < width * 9 / 10;
        if in_block && (x / 6 + y / 6) % 2 == 0 { Rgb([20, 24, 60]) } else { Rgb([240, 236, 228]) }
    })
}

fn encoded(image: impl Into<DynamicImageOf>, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.into().0.write_to(&mut bytes, format).expect("encodes");
    bytes.into_inner()
}

struct DynamicImageOf(image::DynamicImage);

impl From<RgbImage> for DynamicImageOf {
    fn from(image: RgbImage) -> Self {
        DynamicImageOf(image.into())
    }
}

impl From<RgbaImage> for DynamicImageOf {
    fn from(image: RgbaImage) -> Self {
        DynamicImageOf(image.into())
    }
}

fn findings(bytes: &[u8]) -> Vec<String> {
    let outcome = analyse_image(&RULES, "ad.png", bytes).expect("a readable image");
    outcome.findings.into_iter().map(|finding| finding.rule).collect()
}

fn value(bytes: &[u8], label: &str) -> String {
    let outcome = analyse_image(&RULES, "ad.png", bytes).expect("a readable image");
    let fact = outcome.facts.into_iter().find(|fact| fact.label == label);
    fact.expect("the fact is there").value
}

fn problem(bytes: &[u8]) -> AssetProblemCode {
    analyse_image(&RULES, "ad.png", bytes).expect_err("a problem").code
}

#[test]
fn a_clean_square_has_nothing_against_it() {
    let square = encoded(picture(1080, 1080, 400, 700), ImageFormat::Png);
    assert_eq!(findings(&square), Vec::<String>::new());
    assert_eq!(value(&square, "Dimensions"), "1080 × 1080 pixels");
    assert_eq!(value(&square, "Shape"), "1:1, square feed posts");
    assert_eq!(value(&square, "Format"), "PNG");
}

#[test]
fn text_under_the_players_controls_is_found_in_a_story_and_not_elsewhere() {
    let under = encoded(picture(1080, 1920, 1600, 1900), ImageFormat::Jpeg);
    assert_eq!(findings(&under), ["image-unsafe-area"]);
    let above = encoded(picture(1080, 1920, 50, 200), ImageFormat::Jpeg);
    assert_eq!(findings(&above), ["image-unsafe-area"]);
    let inside = encoded(picture(1080, 1920, 600, 1200), ImageFormat::Jpeg);
    assert_eq!(findings(&inside), Vec::<String>::new());
}

#[test]
fn small_odd_and_blank_images_are_called_so() {
    assert_eq!(findings(&encoded(picture(300, 300, 100, 200), ImageFormat::Png)), ["image-small"]);
    assert_eq!(findings(&encoded(picture(900, 200, 80, 120), ImageFormat::Png)), ["image-aspect"]);
    let blank = RgbImage::from_pixel(1080, 1080, Rgb([200, 200, 200]));
    assert_eq!(findings(&encoded(blank, ImageFormat::Png)), ["image-blank"]);
}

#[test]
fn dark_pale_and_blurred_images_are_called_so() {
    let dark = RgbImage::from_fn(1080, 1080, |x, _| {
        if x / 8 % 12 == 0 { Rgb([120, 120, 120]) } else { Rgb([6, 6, 8]) }
    });
    assert!(findings(&encoded(dark, ImageFormat::Png)).contains(&"image-dark".to_owned()));
    let pale = RgbImage::from_fn(1080, 1080, |x, _| {
        if x / 40 % 2 == 0 { Rgb([210, 210, 210]) } else { Rgb([235, 235, 235]) }
    });
    assert_eq!(findings(&encoded(pale, ImageFormat::Png)), ["image-low-contrast"]);
    let sharp = picture(1080, 1080, 400, 700);
    let soft = image::imageops::fast_blur(&sharp, 14.0);
    assert_eq!(findings(&encoded(soft, ImageFormat::Png)), ["image-blurred"]);
}

#[test]
fn transparency_and_animation_are_seen() {
    let mut cut_out = RgbaImage::from_pixel(1080, 1080, Rgba([10, 20, 30, 255]));
    for (x, _, pixel) in cut_out.enumerate_pixels_mut() {
        pixel.0[3] = if x < 540 { 0 } else { 255 };
    }
    let cut_out = encoded(cut_out, ImageFormat::Png);
    assert!(findings(&cut_out).contains(&"image-transparent".to_owned()));
    assert_eq!(value(&cut_out, "Transparency"), "50.0 % of the picture");
    let animation = animated_gif();
    assert!(findings(&animation).contains(&"image-animated".to_owned()));
}

fn animated_gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    for level in [40, 220] {
        let frame = RgbaImage::from_pixel(300, 250, Rgba([level, level, level, 255]));
        encoder.encode_frame(image::Frame::new(frame)).expect("encodes");
    }
    drop(encoder);
    bytes
}

#[test]
fn what_is_no_image_is_refused_by_its_bytes() {
    assert_eq!(problem(b""), AssetProblemCode::Empty);
    assert_eq!(problem(b"just some words"), AssetProblemCode::NotSupported);
    assert_eq!(problem(b"%PDF-1.7 ..."), AssetProblemCode::NotSupported);
    assert_eq!(problem(&vec![0; MAX_IMAGE_BYTES + 1]), AssetProblemCode::TooLarge);
}

/// A PNG's header chunk that claims these dimensions, with a true checksum.
fn png_that_claims(width: u32, height: u32) -> Vec<u8> {
    let mut chunk = b"IHDR".to_vec();
    chunk.extend(width.to_be_bytes());
    chunk.extend(height.to_be_bytes());
    chunk.extend([8, 2, 0, 0, 0]);
    let checksum = checksum(&chunk).to_be_bytes();
    [b"\x89PNG\r\n\x1a\n\0\0\0\r".as_slice(), &chunk, &checksum, b"\0\0\0\0IDAT\x35\xaf\x06\x1e"]
        .concat()
}

/// The checksum that PNG asks for (CRC-32).
fn checksum(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _| {
            if sum & 1 == 1 { (sum >> 1) ^ 0xedb8_8320 } else { sum >> 1 }
        })
    })
}

#[test]
fn an_image_that_unpacks_to_a_giant_is_refused_before_it_is_unpacked() {
    assert_eq!(problem(&png_that_claims(60_000, 60_000)), AssetProblemCode::TooLarge);
    assert_eq!(problem(&png_that_claims(11_000, 11_000)), AssetProblemCode::TooLarge);
    assert_eq!(problem(&png_that_claims(12, 12)), AssetProblemCode::Broken);
}

#[test]
fn the_fixtures_for_the_browser_are_what_their_names_say() {
    let square = include_bytes!("../../../../tests/fixtures/banner-square.png");
    let story = include_bytes!("../../../../tests/fixtures/story.png");
    let broken = include_bytes!("../../../../tests/fixtures/broken.png");
    assert_eq!(findings(square), Vec::<String>::new());
    assert_eq!(value(square, "Dimensions"), "1080 × 1080 pixels");
    assert_eq!(findings(story), Vec::<String>::new());
    assert_eq!(value(story, "Shape"), "9:16, stories and reels");
    assert_eq!(problem(broken), AssetProblemCode::Broken);
}

#[test]
fn every_truncated_image_is_a_problem_or_still_an_image_and_never_a_panic() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
        let whole = encoded(picture(48, 48, 10, 30), format);
        for length in 0..whole.len() {
            let _ = decode::decode("ad.png", &whole[..length]).map(|picture| picture.size());
        }
        assert!(decode::decode("ad.png", &whole[..whole.len() / 3]).is_err(), "{format:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn random_bytes_behind_a_true_signature_never_panic(
        kind in 0usize..4,
        noise in proptest::collection::vec(any::<u8>(), 0..600),
    ) {
        let signatures: [&[u8]; 4] =
            [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"GIF89a", b"RIFF\x10\0\0\0WEBPVP8 "];
        let bytes = [signatures[kind], &noise].concat();
        prop_assert_eq!(
            analyse_image(&RULES, "ad", &bytes),
            analyse_image(&RULES, "ad", &bytes)
        );
    }

    #[test]
    fn a_flipped_byte_never_panics(place in 0usize..2_000, flip in 1u8..) {
        let mut bytes = encoded(picture(32, 32, 8, 20), ImageFormat::Png);
        let place = place % bytes.len();
        bytes[place] ^= flip;
        let _ = analyse_image(&RULES, "ad.png", &bytes).map(|findings| findings.summary);
    }
}
