use super::*;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\nrest";

fn upload(name: &str, content_type: &str, bytes: &[u8]) -> Upload {
    Upload::whole(name, content_type, bytes.to_vec())
}

fn submission(text: &str, files: Vec<Upload>) -> Submission {
    Submission {
        form_key: "key-1".into(),
        text: text.into(),
        files_seen: files.len() as u64,
        bytes_seen: files.iter().map(|file| file.size).sum(),
        files,
        ..Submission::default()
    }
}

fn refusal(submission: Submission) -> Problem {
    submission.prepare().expect_err("refused")
}

#[test]
fn a_text_and_two_images_are_three_assets() {
    let files = vec![upload("a.png", "image/png", PNG), upload("b.png", "image/png", PNG)];
    let prepared = submission("Buy tea", files).prepare().unwrap();
    assert_eq!(prepared.request(), AnalysisRequest { text: 1, image: 2, video: 0 });
    assert_eq!(prepared.title, None);
}

#[test]
fn a_text_of_blanks_is_no_asset() {
    let prepared = submission(" \n ", vec![upload("a.png", "", PNG)]).prepare().unwrap();
    assert_eq!(prepared.request(), AnalysisRequest { text: 0, image: 1, video: 0 });
}

#[test]
fn a_damaged_image_is_taken_for_what_its_name_says() {
    for (name, content_type) in [("broken.png", ""), ("upload", "image/jpeg")] {
        let files = vec![upload(name, content_type, b"not an image at all")];
        assert_eq!(submission("", files).prepare().unwrap().request().image, 1, "{name}");
    }
}

#[test]
fn a_file_that_is_not_analysed_is_named_with_what_would_be() {
    let cases: [(&str, &[u8], &str); 4] = [
        ("plan.pdf", b"%PDF-1.7", "“plan.pdf” is PDF"),
        ("notes.txt", b"words", "“notes.txt” is a text file"),
        ("data.bin", b"\xc3\x28\x00", "“data.bin” is of no known kind"),
        ("C:\\ads\\empty.png", b"", "“empty.png” is empty"),
    ];
    for (name, bytes, expected) in cases {
        let problem = refusal(submission("Buy tea", vec![upload(name, "", bytes)]));
        assert!(problem.detail.starts_with(expected), "{}", problem.detail);
        assert_eq!(problem.status, 422);
    }
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let mut form = submission("", vec![upload("plan.pdf", "", b"%PDF-1.7")]);
    form.title = "x".repeat(TITLE_CHARACTERS + 1);
    form.text = "y".repeat(MAX_TEXT_CHARACTERS + 1);
    let fields: Vec<_> = refusal(form).fields.into_iter().map(|wrong| wrong.field).collect();
    assert_eq!(fields, ["title", "text", "files"]);
}

#[test]
fn ten_thousand_files_are_refused_by_their_number() {
    let mut form = submission("", vec![upload("a.png", "", PNG)]);
    form.files_seen = 10_000;
    assert!(refusal(form).detail.starts_with("10000 assets are too many"));
}

#[test]
fn too_large_a_file_is_refused_with_its_limit_and_exactly_the_limit_passes() {
    let mut file = upload("a.png", "image/png", PNG);
    file.size = MAX_IMAGE_BYTES as u64;
    assert!(submission("", vec![file.clone()]).prepare().is_ok());
    file.size += 1;
    let problem = refusal(submission("", vec![file]));
    assert_eq!(problem.status, 413);
    assert!(problem.detail.contains("an image may have 10.0 MB"), "{}", problem.detail);
}

#[test]
fn too_much_together_is_refused_with_the_limit() {
    let mut form = submission("", vec![upload("a.png", "", PNG)]);
    form.bytes_seen = UPLOAD_BYTES as u64 + 1;
    assert_eq!(refusal(form).status, 413);
}

#[test]
fn a_form_without_a_proper_key_is_refused() {
    for key in ["", "a b", &"k".repeat(FORM_KEY_CHARACTERS + 1)] {
        let mut form = submission("Buy tea", Vec::new());
        form.form_key = key.into();
        assert!(refusal(form).message_for("form_key").is_some(), "{key}");
    }
}

#[test]
fn another_content_has_another_fingerprint() {
    let one = submission("Buy tea", Vec::new()).prepare().unwrap();
    let same = submission("Buy tea", Vec::new()).prepare().unwrap();
    let other = submission("Buy teas", Vec::new()).prepare().unwrap();
    assert_eq!(one.fingerprint, same.fingerprint);
    assert_ne!(one.fingerprint, other.fingerprint);
}
