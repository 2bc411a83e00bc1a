//! A file as an answer: whole, or piece after piece as it is made.

use std::fmt::Display;
use std::future::Future;

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use tokio_stream::wrappers::ReceiverStream;

use crate::backend::exports::ExportError;
use crate::backend::exports::csv::Csv;
use crate::backend::journal_export::JournalExport;
use crate::backend::store::StoreError;

/// Pieces that wait for a slow reader.
const WAITING_PIECES: usize = 2;

/// A file that is made piece after piece.
pub trait Pieces: Send + 'static {
    /// Why it could not be made to its end.
    type Error: std::error::Error + Send + Sync + 'static;

    /// The next piece; `None` after the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<String>, Self::Error>> + Send;
}

impl Pieces for Csv {
    type Error = ExportError;

    fn next(&mut self) -> impl Future<Output = Result<Option<String>, ExportError>> + Send {
        Csv::next(self)
    }
}

impl Pieces for JournalExport {
    type Error = StoreError;

    fn next(&mut self) -> impl Future<Output = Result<Option<String>, StoreError>> + Send {
        JournalExport::next(self)
    }
}

/// The answer that a browser saves under this name.
pub fn file(body: Body, media_type: &'static str, name: impl Display) -> Response {
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    answer
}

/// A body that is sent while it is made. What fails half-way breaks the answer off: the file then lacks
/// the line that every one of them ends with.
pub fn streamed(mut pieces: impl Pieces) -> Body {
    let (sender, receiver) = tokio::sync::mpsc::channel(WAITING_PIECES);
    tokio::spawn(async move {
        while let Some(piece) = pieces.next().await.transpose() {
            if let Err(error) = &piece {
                tracing::error!(%error, "a file broke off");
            }
            let over = piece.is_err();
            if sender.send(piece).await.is_err() || over {
                return;
            }
        }
    });
    Body::from_stream(ReceiverStream::new(receiver))
}
