//! What a person cares about: which sentences are objected to, and which are left alone.

use super::*;
use crate::model::findings::Severity;
use proptest::prelude::*;
use std::sync::LazyLock;

static RULES: LazyLock<Rules> = LazyLock::new(Rules::built_in);

fn found(text: &str) -> Vec<String> {
    let outcome = analyse_text(&RULES, text).expect("a readable text");
    outcome.findings.into_iter().map(|finding| finding.rule).collect()
}

fn assert_found(text: &str, rule: &str) {
    assert!(found(text).iter().any(|id| id == rule), "{rule} in {text:?}: {:?}", found(text));
}

fn assert_silent(text: &str, rule: &str) {
    assert!(!found(text).iter().any(|id| id == rule), "{rule} in {text:?}");
}

#[test]
fn forbidden_claims_are_found() {
    for (text, rule) in [
        ("Our tea cures diabetes.", "health-cure"),
        ("Lose 10 kg in two weeks", "health-rapid-weight-loss"),
        ("Guaranteed income from home.", "money-guaranteed-income"),
        ("Earn $5,000 a week with us", "money-guaranteed-income"),
        ("A risk-free investment.", "money-risk-free"),
        ("Are you depressed?", "people-personal-attribute"),
        ("Struggling with your debt? Call us.", "people-personal-attribute"),
        ("You have won a phone", "pressure-false-alarm"),
        ("Kids: ask your mum to buy it", "pressure-children"),
        ("New vape flavours", "goods-tobacco"),
        ("No credit checks.", "money-no-checks"),
        ("Obsessed with my new cream, use my code ANNA", "disclosure-missing"),
        ("Hello [Insert company name]", "disclosure-placeholder"),
    ] {
        assert_found(text, rule);
    }
}

#[test]
fn restricted_claims_are_found() {
    for (text, rule) in [
        ("The best coffee in town", "claim-superlative"),
        ("We are #1 in shoes", "claim-superlative"),
        ("Before and after pictures", "health-before-after"),
        ("Hurry, only 3 left", "pressure-scarcity"),
        ("Last chance: act now", "pressure-urgency"),
        ("Get a free mug with every purchase", "offer-free-with-condition"),
        ("Shoes from $49", "offer-price-from"),
        ("Win a holiday in our prize draw", "offer-missing-terms"),
        ("Buy bitcoin in one minute", "money-investment-warning"),
        ("Borrow up to $5,000", "money-credit-apr"),
        ("Craft beer for the weekend", "goods-alcohol"),
        ("Free spins at our casino", "goods-gambling"),
        ("An eco-friendly bottle", "claim-environment"),
        ("Thanks to them for the shoes #gifted", "disclosure-unclear"),
    ] {
        assert_found(text, rule);
    }
}

#[test]
fn the_notice_that_cures_a_rule_makes_it_silent() {
    for (text, rule) in [
        ("Buy bitcoin in one minute. Your capital is at risk.", "money-investment-warning"),
        ("Borrow up to $5,000. Representative example: 9.9 % APR", "money-credit-apr"),
        ("Craft beer for the weekend. 18+", "goods-alcohol"),
        ("Free spins at our casino. Gamble responsibly.", "goods-gambling"),
        ("Win a holiday in our prize draw. T&Cs apply.", "offer-missing-terms"),
        ("The best coffee in town, voted by 2,310 guests", "claim-superlative"),
        ("#ad Use my code ANNA", "disclosure-missing"),
        ("Vape no more: we help you quit smoking", "goods-tobacco"),
        ("Shoes from $49 including VAT", "offer-price-from"),
    ] {
        assert_silent(text, rule);
    }
}

#[test]
fn innocent_sentences_are_left_alone() {
    for text in [
        "Fresh bread from our own oven, every morning from seven.",
        "Feel free to visit our shop in Mill Lane. We are open until six.",
        "Sugar-free lemonade, made in small batches.",
        "A secure form keeps your order safe.",
        "Learn to paint with watercolours on six quiet evenings.",
    ] {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn exceptions_are_not_counted() {
    assert_silent("Dress the salad with wine vinegar.", "goods-alcohol");
    assert_silent("We teach cryptography to engineers.", "money-investment-warning");
    assert_silent("Book one of our time slots.", "goods-gambling");
    assert_silent("Start investing from £25 a quarter.", "offer-price-from");
    assert_found("Wine vinegar and wine", "goods-alcohol");
}

#[test]
fn shouting_is_measured() {
    assert_found("BUY THE NEW SHOES IN OUR SHOP TODAY", "text-capitals");
    assert_found("New shoes!! Come and see", "text-exclamation");
    assert_found("New shoes 🔥🔥🔥 in the shop", "text-emoji-run");
    assert_found("Get it F R E E in the shop", "text-symbols");
    assert_found("Shoes shoes shoes for everyone", "text-repeats");
    assert_silent("NASA and ESA astronauts wear our watches in orbit, every day.", "text-capitals");
    assert_silent("New shoes 🔥 in the shop!", "text-emoji-run");
}

#[test]
fn a_finding_points_at_the_words() {
    let outcome =
        analyse_text(&RULES, "Grüße! Our tea cures diabetes for good.").expect("readable");
    let finding = outcome.findings.iter().find(|finding| finding.rule == "health-cure");
    let excerpt = &finding.expect("it is found").excerpts[0];
    assert_eq!(excerpt.offset, 15);
    assert!(excerpt.found.starts_with("cures"));
    assert!(excerpt.before.ends_with("Our tea "));
    assert_eq!(finding.map(|finding| finding.severity), Some(Severity::Violation));
}

#[test]
fn empty_and_endless_texts_are_problems_with_a_cure() {
    let empty = analyse_text(&RULES, " \n\t ").expect_err("empty");
    assert_eq!(empty.code, AssetProblemCode::Empty);
    let endless = analyse_text(&RULES, &"a".repeat(MAX_TEXT_CHARACTERS + 1)).expect_err("too long");
    assert!(endless.sentence.contains("the limit is 20000"), "{}", endless.sentence);
    assert!(analyse_text(&RULES, &"a".repeat(MAX_TEXT_CHARACTERS)).is_ok());
}

#[test]
fn the_longest_text_full_of_matches_is_analysed_in_a_moment() {
    let text = "free! cures cancer, the best! ".repeat(MAX_TEXT_CHARACTERS / 30);
    let outcome = analyse_text(&RULES, &text).expect("readable");
    assert!(outcome.findings.iter().all(|finding| finding.excerpts.len() <= 5));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_text_is_analysed_and_always_the_same_way(text in "\\PC{0,400}") {
        let first = analyse_text(&RULES, &text);
        prop_assert_eq!(first, analyse_text(&RULES, &text));
    }
}
