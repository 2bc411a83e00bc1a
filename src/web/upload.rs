//! Reads the form of a new analysis with its files, and never more of it than is allowed.
//!
//! What is too large or too many is counted and dropped, not kept: the whole form is still read to its
//! end, so that the browser gets an answer instead of a broken connection.

use multer::{Field, Multipart};
use server_fn::codec::MultipartData;

use crate::backend::reports::{Submission, Upload};
use crate::catalogue::quote::MAX_ASSETS_PER_ANALYSIS;
use crate::model::Problem;
use crate::model::asset_limits::MAX_VIDEO_BYTES;
use crate::model::reports::UPLOAD_BYTES;

/// Most bytes of a body that are read at all: an upload well over its limit still gets its answer.
pub const BODY_BYTES: usize = 3 * UPLOAD_BYTES;
/// Most bytes of one text field.
const FIELD_BYTES: usize = 256 * 1024;

/// What someone wants of the form they sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To start the analysis.
    Start,
    /// To see what it would cost.
    Quote,
}

/// The form as it arrived.
///
/// # Errors
/// It is cut off or is no form of this kind, or a text field is beyond all measure.
pub async fn read(data: MultipartData) -> Result<(Submission, Intent), Problem> {
    let mut parts = data.into_inner().ok_or_else(unreadable)?;
    let (mut submission, mut intent) = (Submission::default(), Intent::Start);
    while let Some(field) = next(&mut parts).await? {
        match field.name().unwrap_or_default().to_owned().as_str() {
            "files" => file(field, &mut submission).await?,
            "form_key" => submission.form_key = text(field).await?,
            "title" => submission.title = text(field).await?,
            "text" => submission.text = text(field).await?,
            "quoted" => submission.quoted = text(field).await?,
            "intent" if text(field).await? == "quote" => intent = Intent::Quote,
            _ => {}
        }
    }
    Ok((submission, intent))
}

async fn next(parts: &mut Multipart<'static>) -> Result<Option<Field<'static>>, Problem> {
    parts.next_field().await.map_err(|_| unreadable())
}

async fn text(mut field: Field<'static>) -> Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
        if bytes.len() + chunk.len() > FIELD_BYTES {
            return Err(Problem::too_large(
                "The text is far too long. Split it into several analyses.",
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    let text = String::from_utf8(bytes).map_err(|_| unreadable())?;
    if text.contains('\0') {
        return Err(unreadable());
    }
    // Browsers send line ends as two characters; people type one.
    Ok(text.replace("\r\n", "\n"))
}

async fn file(mut field: Field<'static>, submission: &mut Submission) -> Result<(), Problem> {
    let name = field.file_name().unwrap_or_default().to_owned();
    let content_type = field.content_type().map(ToString::to_string).unwrap_or_default();
    let mut upload = Upload { name, content_type, size: 0, bytes: Vec::new() };
    while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
        upload.size += chunk.len() as u64;
        submission.bytes_seen += chunk.len() as u64;
        let fits = upload.bytes.len() + chunk.len() <= MAX_VIDEO_BYTES;
        if fits && submission.bytes_seen <= UPLOAD_BYTES as u64 {
            upload.bytes.extend_from_slice(&chunk);
        }
    }
    // A file field that was left empty arrives as one empty file without a name.
    if upload.name.is_empty() && upload.size == 0 {
        return Ok(());
    }
    submission.files_seen += 1;
    if submission.files.len() < MAX_ASSETS_PER_ANALYSIS as usize {
        submission.files.push(upload);
    }
    Ok(())
}

fn unreadable() -> Problem {
    Problem::new(422, "unreadable", "That could not be read", "The form did not arrive whole.")
        .with_cure("Nothing was charged. Send it again.")
}
