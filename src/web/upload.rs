//! Reads the form of a new analysis with its files, and never more of it than is allowed.
//!
//! What is too large or too many is counted and dropped, not kept: the whole form is still read to its
//! end, so that the browser gets an answer instead of a broken connection. Of whoever could not pay for
//! anything only the first bytes of each file are kept, enough to say what it would cost.

use std::time::Duration;

use multer::{Field, Multipart};
use server_fn::codec::MultipartData;
use sha2::{Digest, Sha256};

use crate::backend::reports::{Submission, Upload};
use crate::catalogue::quote::MAX_ASSETS_PER_ANALYSIS;
use crate::model::Problem;
use crate::model::asset_limits::MAX_VIDEO_BYTES;
use crate::model::reports::UPLOAD_BYTES;
use crate::web::security::within;

/// Most bytes of a body that are read at all: an upload well over its limit still gets its answer.
pub const BODY_BYTES: usize = 3 * UPLOAD_BYTES;
/// How long an upload may be on its way, from its first byte to its last: the largest one that is read
/// at all needs 4 Mbit/s for it. A slower one is refused with 408, and nothing of it is kept.
pub const UPLOAD_TIME: Duration = Duration::from_secs(600);
/// How long one small file may be on its way.
pub const FILE_TIME: Duration = Duration::from_secs(60);
/// First bytes of a file that tell what it is.
const HEAD_BYTES: usize = 16 * 1024;
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

/// How much of the files is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// All that is within the limits.
    Files,
    /// The first bytes of each: nothing of it can be paid for.
    Heads,
}

/// The form as it arrived within `time`.
///
/// # Errors
/// It is cut off, takes too long or is no form of this kind, or a text field is beyond all measure.
pub async fn read(
    data: MultipartData,
    keep: Keep,
    time: Duration,
) -> Result<(Submission, Intent), Problem> {
    let parts = data.into_inner().ok_or_else(unreadable)?;
    within(time, form(parts, keep)).await?
}

/// The first file of a form, with its name, as it arrived within [`FILE_TIME`].
///
/// # Errors
/// It is cut off, takes too long, is too large, or there is none.
pub async fn read_file(
    data: MultipartData,
    field_name: &str,
    most_bytes: usize,
) -> Result<(String, Vec<u8>), Problem> {
    let parts = data.into_inner().ok_or_else(unreadable)?;
    within(FILE_TIME, one_file(parts, field_name, most_bytes)).await?
}

async fn one_file(
    mut parts: Multipart<'static>,
    field_name: &str,
    most_bytes: usize,
) -> Result<(String, Vec<u8>), Problem> {
    while let Some(mut field) = next(&mut parts).await? {
        if field.name() != Some(field_name) {
            continue;
        }
        let (name, mut bytes) = (field.file_name().unwrap_or_default().to_owned(), Vec::new());
        while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
            if bytes.len() + chunk.len() > most_bytes {
                let most = format!("The file has more than {} kB.", most_bytes / 1024);
                return Err(Problem::invalid_field(field_name, most)
                    .with_cure("Split it into several files."));
            }
            bytes.extend_from_slice(&chunk);
        }
        if bytes.is_empty() {
            break;
        }
        return Ok((name, bytes));
    }
    Err(Problem::invalid_field(field_name, "Choose a file."))
}

async fn form(mut parts: Multipart<'static>, keep: Keep) -> Result<(Submission, Intent), Problem> {
    let heads_only = keep == Keep::Heads;
    let mut submission = Submission { heads_only, ..Submission::default() };
    let mut intent = Intent::Start;
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
    let most = if submission.heads_only { HEAD_BYTES } else { MAX_VIDEO_BYTES };
    let (mut size, mut bytes, mut digest) = (0, Vec::new(), Sha256::new());
    while let Some(chunk) = field.chunk().await.map_err(|_| unreadable())? {
        size += chunk.len() as u64;
        submission.bytes_seen += chunk.len() as u64;
        digest.update(&chunk);
        if submission.bytes_seen <= UPLOAD_BYTES as u64 {
            let room = most.saturating_sub(bytes.len());
            bytes.extend_from_slice(&chunk[..room.min(chunk.len())]);
        }
    }
    let upload = Upload { name, content_type, size, bytes, digest: digest.finalize().into() };
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

#[cfg(test)]
mod tests {
    use super::*;

    fn body(parts: &[&'static str]) -> MultipartData {
        let parts: Vec<_> = parts.iter().map(|part| Ok::<_, std::io::Error>(*part)).collect();
        MultipartData::Server(Multipart::new(tokio_stream::iter(parts), "x"))
    }

    const FILE: &str =
        "--x\r\ncontent-disposition: form-data; name=\"files\"; filename=\"a.png\"\r\n\r\n";

    async fn files(keep: Keep) -> Submission {
        let large = "b".repeat(HEAD_BYTES).leak();
        let data = body(&[FILE, "\u{89}PNG", large, "\r\n--x--\r\n"]);
        read(data, keep, UPLOAD_TIME).await.unwrap().0
    }

    #[tokio::test]
    async fn of_whoever_cannot_pay_only_the_heads_are_kept_and_the_whole_is_known() {
        let (whole, heads) = (files(Keep::Files).await, files(Keep::Heads).await);
        assert_eq!(whole.files[0].bytes.len() as u64, whole.files[0].size);
        assert_eq!(heads.files[0].bytes.len(), HEAD_BYTES);
        assert_eq!(heads.files[0].bytes, whole.files[0].bytes[..HEAD_BYTES]);
        assert_eq!(heads.files[0].digest, whole.files[0].digest);
        assert_eq!((heads.bytes_seen, heads.heads_only), (whole.bytes_seen, true));
    }

    #[tokio::test]
    async fn an_upload_that_never_ends_is_refused_when_its_time_is_over() {
        let endless = tokio_stream::pending::<std::io::Result<&str>>();
        let data = MultipartData::Server(Multipart::new(endless, "x"));
        let problem = read(data, Keep::Files, Duration::ZERO).await.unwrap_err();
        assert_eq!((problem.status, problem.code.as_str()), (408, "too_slow"));
    }
}
