//! What someone hands in, checked: a title, a text, files. Everything that can be refused without
//! asking the ledger is refused here, before anything is written.

use sha2::{Digest, Sha256};

use crate::backend::analysis::{FileKind, sniff};
use crate::catalogue::quote::MAX_ASSETS_PER_ANALYSIS;
use crate::catalogue::{AnalysisRequest, AssetKind};
use crate::model::asset_limits::{MAX_IMAGE_BYTES, MAX_TEXT_CHARACTERS, MAX_VIDEO_BYTES};
use crate::model::format::format_bytes;
use crate::model::reports::{ANALYSED_KINDS, TITLE_CHARACTERS, UPLOAD_BYTES, claimed_kind};
use crate::model::{FieldProblem, Problem};

/// Longest key of a form, in characters.
const FORM_KEY_CHARACTERS: usize = 64;
/// Longest name of a file that is kept, in characters; the rest is left out.
const FILE_NAME_CHARACTERS: usize = 120;
/// How the pasted text is called among the assets.
const TEXT_NAME: &str = "Ad text";

/// A form as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// The form's key: the same form starts one analysis, however often it is sent.
    pub form_key: String,
    /// What its author calls it; empty for the usual title.
    pub title: String,
    /// The ad's text; empty when there is none.
    pub text: String,
    /// The files, as many of them as were kept.
    pub files: Vec<Upload>,
    /// How many files arrived, also those that were not kept because they are too many.
    pub files_seen: u64,
    /// Bytes that arrived in files, also those that were not kept.
    pub bytes_seen: u64,
    /// The total that the page showed.
    pub quoted: String,
    /// Whether only the first bytes of each file were kept: enough to price it, too little to analyse.
    pub heads_only: bool,
}

/// A file as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its name on the sender's side.
    pub name: String,
    /// What the sender says it is, such as `image/png`.
    pub content_type: String,
    /// How large it is; larger than `bytes` when it was too large to keep.
    pub size: u64,
    /// Its bytes, or the first of them where the rest was not kept.
    pub bytes: Vec<u8>,
    /// SHA-256 of all its bytes, also of those that were not kept.
    pub digest: [u8; 32],
}

impl Upload {
    /// A file with all its bytes.
    pub fn whole(name: &str, content_type: &str, bytes: Vec<u8>) -> Upload {
        Upload {
            name: name.to_owned(),
            content_type: content_type.to_owned(),
            size: bytes.len() as u64,
            digest: Sha256::digest(&bytes).into(),
            bytes,
        }
    }
}

/// A submission that can be priced and analysed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The title, where one was typed.
    pub title: Option<String>,
    /// Kind, name and bytes of each asset.
    pub assets: Vec<(AssetKind, String, Vec<u8>)>,
    /// Hash of title, text and files.
    pub fingerprint: String,
}

impl Prepared {
    /// How many assets of each kind.
    pub fn request(&self) -> AnalysisRequest {
        let count = |wanted| {
            let found = self.assets.iter().filter(|(kind, _, _)| *kind == wanted).count();
            u32::try_from(found).unwrap_or(u32::MAX)
        };
        AnalysisRequest {
            text: count(AssetKind::Text),
            image: count(AssetKind::Image),
            video: count(AssetKind::Video),
        }
    }
}

impl Submission {
    /// What was typed, to show it again on the form's page; files cannot be, so they are counted.
    pub fn typed(&self) -> Vec<(String, String)> {
        let count = |wanted: AssetKind| {
            let kinds = self.files.iter().filter_map(|file| kind_of(file).ok());
            kinds.filter(|kind| *kind == wanted).count().to_string()
        };
        let field = |name: &str, value: String| (name.to_owned(), value);
        vec![
            field("title", self.title.clone()),
            field("text", self.text.clone()),
            field("images", count(AssetKind::Image)),
            field("videos", count(AssetKind::Video)),
        ]
    }

    /// Checks everything, or says all that is wrong with it at once.
    pub fn prepare(self) -> Result<Prepared, Problem> {
        self.refuse_too_much()?;
        let mut wrong = Vec::new();
        let title = self.title.trim();
        check_title(title, &mut wrong);
        check_text(&self.text, &mut wrong);
        let fingerprint = self.fingerprint();
        let title = (!title.is_empty()).then(|| title.to_owned());
        let mut assets = Vec::with_capacity(self.files.len() + 1);
        if !self.text.trim().is_empty() {
            assets.push((AssetKind::Text, TEXT_NAME.to_owned(), self.text.into_bytes()));
        }
        for file in self.files {
            match kind_of(&file) {
                Ok(kind) => assets.push((kind, shown_name(&file.name), file.bytes)),
                Err(message) => wrong.push(FieldProblem::new("files", message)),
            }
        }
        if wrong.is_empty() {
            Ok(Prepared { title, assets, fingerprint })
        } else {
            Err(Problem::invalid(wrong))
        }
    }

    fn refuse_too_much(&self) -> Result<(), Problem> {
        let key = self.form_key.as_str();
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_".contains(letter);
        if !(1..=FORM_KEY_CHARACTERS).contains(&key.len()) || !key.chars().all(plain) {
            let message = "This form has lost its key. Load the page again and send it once more.";
            return Err(Problem::invalid_field("form_key", message));
        }
        let assets = self.files_seen + u64::from(!self.text.trim().is_empty());
        if assets > u64::from(MAX_ASSETS_PER_ANALYSIS) {
            let message = format!(
                "{assets} assets are too many for one analysis: it takes {MAX_ASSETS_PER_ANALYSIS}. Leave some out or run several analyses."
            );
            return Err(Problem::invalid_field("files", message));
        }
        if self.bytes_seen > UPLOAD_BYTES as u64 {
            let (size, limit) = (shown_size(self.bytes_seen), format_bytes(UPLOAD_BYTES));
            return Err(too_large(format!(
                "The files together have {size}; one analysis takes {limit}. Leave some out or run several analyses."
            )));
        }
        self.files.iter().try_for_each(refuse_too_large)
    }

    fn fingerprint(&self) -> String {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(self.title.trim().as_bytes());
        part(self.text.as_bytes());
        for file in &self.files {
            part(file.name.as_bytes());
            part(&file.digest);
        }
        hex::encode(hash.finalize())
    }
}

fn check_title(title: &str, wrong: &mut Vec<FieldProblem>) {
    if title.chars().count() > TITLE_CHARACTERS {
        let message = format!("A title has at most {TITLE_CHARACTERS} characters.");
        wrong.push(FieldProblem::new("title", message));
    } else if title.chars().any(char::is_control) {
        wrong.push(FieldProblem::new("title", "A title is one line of ordinary characters."));
    }
}

fn check_text(text: &str, wrong: &mut Vec<FieldProblem>) {
    let characters = text.chars().count();
    if characters > MAX_TEXT_CHARACTERS {
        let message = format!(
            "The text has {characters} characters; the limit is {MAX_TEXT_CHARACTERS}. Split it into several analyses."
        );
        wrong.push(FieldProblem::new("text", message));
    }
}

fn refuse_too_large(file: &Upload) -> Result<(), Problem> {
    let (noun, limit) = match kind_of(file) {
        Ok(AssetKind::Image) => ("an image", MAX_IMAGE_BYTES),
        _ => ("a video", MAX_VIDEO_BYTES),
    };
    if file.size <= limit as u64 {
        return Ok(());
    }
    let (name, size, limit) = (shown_name(&file.name), shown_size(file.size), format_bytes(limit));
    Err(too_large(format!("“{name}” has {size}; {noun} may have {limit}. Export it smaller.")))
}

fn shown_size(bytes: u64) -> String {
    format_bytes(usize::try_from(bytes).unwrap_or(usize::MAX))
}

fn too_large(message: String) -> Problem {
    let mut problem = Problem::too_large(message.clone());
    problem.fields.push(FieldProblem::new("files", message));
    problem
}

/// What a file is priced and analysed as: by its bytes; a damaged one by its name or what the sender
/// says, so that it is tried, fails and gives its credit back.
fn kind_of(file: &Upload) -> Result<AssetKind, String> {
    let name = shown_name(&file.name);
    if file.size == 0 {
        return Err(format!("“{name}” is empty. Choose the file again."));
    }
    let found = sniff(&file.bytes);
    match (found.asset(), found) {
        (Some(kind @ (AssetKind::Image | AssetKind::Video)), _) => Ok(kind),
        (_, FileKind::Refused(what)) => {
            Err(format!("“{name}” is {what}, which is not analysed. Send {ANALYSED_KINDS}."))
        }
        (is_text, _) => claimed_kind(&file.name, &file.content_type).ok_or_else(|| match is_text {
            Some(_) => format!("“{name}” is a text file. Paste its words into the text field."),
            None => format!("“{name}” is of no known kind. Send {ANALYSED_KINDS}."),
        }),
    }
}

/// The last part of a file's name, without control characters and not too long.
fn shown_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String =
        last.chars().filter(|letter| !letter.is_control()).take(FILE_NAME_CHARACTERS).collect();
    if shown.trim().is_empty() { "a file without a name".to_owned() } else { shown }
}

#[cfg(test)]
mod tests;
