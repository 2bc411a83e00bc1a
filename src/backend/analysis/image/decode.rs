//! From bytes to pixels, within limits: dimensions are checked before anything is decoded.

use std::io::Cursor;

use image::codecs::gif::GifDecoder;
use image::codecs::png::PngDecoder;
use image::codecs::webp::WebPDecoder;
use image::{
    AnimationDecoder, DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
};

use crate::backend::analysis::guard;
use crate::backend::analysis::limits::{MAX_DECODE_BYTES, MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE};
use crate::backend::analysis::sniff::{FileKind, sniff};
use crate::model::findings::{AssetProblem, AssetProblemCode};

/// A decoded image, the right way up.
pub struct Picture {
    /// The format's name.
    pub format: &'static str,
    /// Its pixels; the first frame of an animation.
    pub image: DynamicImage,
    /// Whether there is more than one frame.
    pub is_animated: bool,
}

impl Picture {
    /// Width and height in pixels, as people see the image.
    pub fn size(&self) -> (u32, u32) {
        (self.image.width(), self.image.height())
    }
}

/// Decodes an image of one of the accepted formats.
pub fn decode(name: &str, bytes: &[u8]) -> Result<Picture, AssetProblem> {
    let kind = sniff(bytes);
    let format = accepted(kind).ok_or_else(|| not_an_image(name, kind))?;
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits());
    let mut decoder = reader.into_decoder().map_err(|error| explained(name, &error))?;
    let (width, height) = decoder.dimensions();
    check_size(name, width, height, decoder.total_bytes())?;
    let orientation = decoder.orientation().map_err(|error| explained(name, &error))?;
    let mut image = DynamicImage::from_decoder(decoder).map_err(|error| explained(name, &error))?;
    image.apply_orientation(orientation);
    Ok(Picture { format: kind.name(), image, is_animated: is_animated(format, bytes) })
}

fn accepted(kind: FileKind) -> Option<ImageFormat> {
    match kind {
        FileKind::Png => Some(ImageFormat::Png),
        FileKind::Jpeg => Some(ImageFormat::Jpeg),
        FileKind::Gif => Some(ImageFormat::Gif),
        FileKind::WebP => Some(ImageFormat::WebP),
        _ => None,
    }
}

fn not_an_image(name: &str, kind: FileKind) -> AssetProblem {
    AssetProblem::new(
        AssetProblemCode::NotSupported,
        format!(
            "“{name}” is {}, not an image that can be analysed. Use PNG, JPEG, GIF or WebP.",
            kind.name()
        ),
    )
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_IMAGE_SIDE);
    limits.max_image_height = Some(MAX_IMAGE_SIDE);
    limits.max_alloc = Some(MAX_DECODE_BYTES);
    limits
}

fn check_size(name: &str, width: u32, height: u32, decoded: u64) -> Result<(), AssetProblem> {
    let pixels = u64::from(width) * u64::from(height);
    if pixels == 0 {
        return Err(guard::broken(name));
    }
    if pixels > MAX_IMAGE_PIXELS || decoded > MAX_DECODE_BYTES {
        return Err(too_many_pixels(name, &format!("{width} × {height} pixels are")));
    }
    Ok(())
}

fn too_many_pixels(name: &str, subject: &str) -> AssetProblem {
    let megapixels = MAX_IMAGE_PIXELS / 1_000_000;
    AssetProblem::new(
        AssetProblemCode::TooLarge,
        format!(
            "“{name}”: {subject} too many. The limit is {megapixels} megapixels and {MAX_IMAGE_SIDE} pixels a side. Export it smaller."
        ),
    )
}

fn explained(name: &str, error: &ImageError) -> AssetProblem {
    match error {
        ImageError::Limits(_) => too_many_pixels(name, "its pixels are"),
        ImageError::Unsupported(_) => AssetProblem::new(
            AssetProblemCode::NotSupported,
            format!(
                "“{name}” uses a variant of its format that cannot be read. Export it as an ordinary PNG or JPEG."
            ),
        ),
        _ => guard::broken(name),
    }
}

/// Whether a file that was already decoded has a second frame.
fn is_animated(format: ImageFormat, bytes: &[u8]) -> bool {
    let reader = Cursor::new(bytes);
    match format {
        ImageFormat::Gif => GifDecoder::new(reader).is_ok_and(|mut decoder| {
            let limited = decoder.set_limits(limits()).is_ok();
            limited && decoder.into_frames().take(2).filter(Result::is_ok).count() > 1
        }),
        ImageFormat::Png => {
            PngDecoder::new(reader).is_ok_and(|decoder| decoder.is_apng().unwrap_or(false))
        }
        ImageFormat::WebP => WebPDecoder::new(reader).is_ok_and(|decoder| decoder.has_animation()),
        _ => false,
    }
}
