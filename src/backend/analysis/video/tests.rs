//! A real MP4 of our own, and every way in which it can be cut, turned or damaged.

use super::*;
use crate::model::findings::AssetProblemCode;
use proptest::prelude::*;
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::built_in);

/// Three seconds of 720 × 1280, H.264 with AAC; drawn and encoded for this project.
const SPOT: &[u8] = include_bytes!("../../../../tests/fixtures/spot.mp4");

fn problem(bytes: &[u8]) -> AssetProblem {
    analyse_video(&RULES, "spot.mp4", bytes).expect_err("a problem")
}

fn rules_found(bytes: &[u8]) -> Vec<String> {
    let outcome = analyse_video(&RULES, "spot.mp4", bytes).expect("a readable video");
    outcome.findings.into_iter().map(|finding| finding.rule).collect()
}

/// The fixture with its media before its index, as cameras write it.
fn index_last() -> Vec<u8> {
    let box_length = |start: usize| {
        let length = SPOT[start..].first_chunk::<4>().expect("a box header");
        u32::from_be_bytes(*length) as usize
    };
    let (mut start, mut index, mut rest) = (0, Vec::new(), Vec::new());
    while start < SPOT.len() {
        let whole = &SPOT[start..start + box_length(start)];
        if &whole[4..8] == b"moov" {
            index.extend(whole)
        } else {
            rest.extend(whole)
        }
        start += whole.len();
    }
    [rest, index].concat()
}

#[test]
fn a_real_video_tells_its_length_resolution_codec_and_sound() {
    let outcome = analyse_video(&RULES, "spot.mp4", SPOT).expect("a readable video");
    let facts: Vec<(&str, &str)> =
        outcome.facts.iter().map(|fact| (fact.label.as_str(), fact.value.as_str())).collect();
    for expected in [
        ("Length", "3.0 seconds"),
        ("Resolution", "720 × 1280 pixels"),
        ("Shape", "9:16, stories and reels"),
        ("Pictures a second", "8.00"),
        ("Codec", "H.264"),
        ("Sound", "AAC"),
    ] {
        assert!(facts.contains(&expected), "{expected:?} in {facts:?}");
    }
}

#[test]
fn a_small_file_is_called_strongly_compressed_and_sound_asks_for_captions() {
    assert_eq!(rules_found(SPOT), ["video-low-bitrate", "video-with-sound"]);
}

#[test]
fn an_index_at_the_end_starts_slowly() {
    let found = rules_found(&index_last());
    assert!(found.contains(&"video-slow-start".to_owned()), "{found:?}");
}

#[test]
fn long_short_small_and_silent_videos_are_called_so() {
    let film = Film {
        size: (640, 360),
        milliseconds: Some(100_000),
        pictures: Some(2_500),
        codec: "HEVC",
        sound: None,
        starts_fast: true,
    };
    let ids = |film: &Film, rate| -> Vec<String> {
        findings(&RULES, film, rate).into_iter().map(|finding| finding.rule).collect()
    };
    assert_eq!(
        ids(&film, Some(2_000)),
        ["video-too-long", "video-codec", "video-silent", "video-small"]
    );
    let short = Film { milliseconds: Some(400), size: (1080, 1920), ..film };
    assert_eq!(
        ids(&short, Some(40_000)),
        ["video-too-short", "video-codec", "video-heavy", "video-silent"]
    );
}

#[test]
fn other_containers_are_refused_by_name() {
    let webm = problem(b"\x1a\x45\xdf\xa3 and so on");
    assert_eq!(webm.code, AssetProblemCode::NotSupported);
    assert!(webm.sentence.contains("is WebM or Matroska, not a video"), "{}", webm.sentence);
    assert_eq!(problem(b"").code, AssetProblemCode::Empty);
    assert_eq!(problem(b"words").code, AssetProblemCode::NotSupported);
    assert_eq!(problem(&vec![0; MAX_VIDEO_BYTES + 1]).code, AssetProblemCode::TooLarge);
}

#[test]
fn every_truncated_video_is_a_problem() {
    for length in (1..SPOT.len()).step_by(7) {
        let code = problem(&SPOT[..length]).code;
        assert!(
            matches!(code, AssetProblemCode::Broken | AssetProblemCode::NotSupported),
            "{length}: {code:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_damaged_video_never_panics_and_always_says_the_same(
        places in proptest::collection::vec((0usize..6_000, any::<u8>()), 1..8),
    ) {
        let mut bytes = SPOT.to_vec();
        for (place, value) in places {
            let place = place % bytes.len();
            bytes[place] = value;
        }
        let first = analyse_video(&RULES, "spot.mp4", &bytes);
        prop_assert_eq!(first, analyse_video(&RULES, "spot.mp4", &bytes));
    }

    #[test]
    fn random_bytes_behind_a_true_signature_are_a_problem(
        noise in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let bytes = [b"\0\0\0\x10ftypisom\0\0\0\0".as_slice(), &noise].concat();
        prop_assert!(analyse_video(&RULES, "spot.mp4", &bytes).is_err());
    }
}
