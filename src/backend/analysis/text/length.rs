//! Length against what common placements show of a text.

use crate::backend::analysis::rules::{Measure, Rules};
use crate::model::findings::Finding;

/// How many characters each placement shows before it cuts or refuses a text.
const PLACEMENTS: [(&str, usize); 5] = [
    ("feed ads before “see more”", 125),
    ("X posts", 280),
    ("LinkedIn sponsored posts", 600),
    ("Instagram captions", 2_200),
    ("LinkedIn posts", 3_000),
];

/// A finding that names the placements the text is too long for.
pub fn find(rules: &Rules, characters: usize) -> Option<Finding> {
    let passed: Vec<String> = PLACEMENTS
        .iter()
        .filter(|(_, limit)| characters > *limit)
        .map(|(name, limit)| format!("{name} ({limit})"))
        .collect();
    (!passed.is_empty()).then(|| {
        let detail = format!("{characters} characters; too long for {}.", passed.join(", "));
        rules.measured(Measure::TextTooLong, detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_inclusive() {
        let rules = Rules::built_in();
        assert!(find(&rules, 125).is_none());
        let detail = find(&rules, 281).and_then(|finding| finding.detail).expect("too long");
        assert_eq!(
            detail,
            "281 characters; too long for feed ads before “see more” (125), X posts (280)."
        );
    }
}
