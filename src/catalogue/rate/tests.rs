//! The shipped cards price what people know of them, and every wrong input is told at once.

use proptest::prelude::*;

use super::*;
use crate::catalogue::parse::{self, from_toml};
use crate::catalogue::{Catalogue, Operation, QuoteRefusal};

fn card(name: &str) -> Catalogue {
    let text = parse::shipped(name).expect("it ships");
    from_toml(name, text).unwrap_or_else(|error| panic!("{error}"))
}

fn priced(card: &Catalogue, operation: &str, inputs: &[(&str, &str)]) -> String {
    let request = QuoteRequest::of(operation, inputs.iter().copied());
    match quote_operation(card, &request) {
        Ok(quote) => words::range(quote.least, quote.most),
        Err(refusal) => refusal.to_string(),
    }
}

#[test]
fn chat_costs_by_all_of_its_tokens_and_by_model() {
    let suite = card("ai-suite");
    let chat = |model, tokens_in, tokens_out| {
        let inputs = [("model", model), ("tokens_in", tokens_in), ("tokens_out", tokens_out)];
        priced(&suite, "chat", &inputs)
    };
    assert_eq!(chat("standard", "1500", "500"), "4 credits");
    assert_eq!(chat("small", "1500", "500"), "1 credit");
    assert_eq!(chat("large", "1500", "500"), "20 credits");
    assert_eq!(chat("standard", "1", "0"), "0.01 credits", "rounded up once, to a hundredth");
    assert_eq!(chat("standard", "2000", "0"), chat("standard", "0", "2000"), "in and out alike");
}

#[test]
fn a_long_conversation_reads_all_turns_before_each_turn() {
    let suite = card("ai-suite");
    let conversation = |turns| {
        let inputs =
            [("model", "standard"), ("turns", turns), ("question", "150"), ("answer", "350")];
        priced(&suite, "conversation", &inputs)
    };
    assert_eq!(conversation("1"), "1 credit", "500 tokens");
    assert_eq!(conversation("10"), "55 credits", "500 × 55 tokens");
}

#[test]
fn a_generation_costs_by_output_model_length_and_resolution() {
    let canvas = card("canvas");
    let video = |model, seconds, resolution| {
        let inputs = [
            ("output", "video"),
            ("model", model),
            ("seconds", seconds),
            ("resolution", resolution),
        ];
        priced(&canvas, "generation", &inputs)
    };
    assert_eq!(video("draft", "5", "720p"), "20 credits");
    assert_eq!(video("premium", "5", "720p"), "125 credits");
    assert_eq!(video("draft", "10", "720p"), "40 credits");
    assert_eq!(video("draft", "5", "1080p"), "30 credits");
    let image = [("output", "image"), ("model", "draft"), ("images", "1"), ("resolution", "720p")];
    assert_eq!(priced(&canvas, "generation", &image), "2 credits");
}

#[test]
fn inputs_that_do_not_apply_are_ignored_and_those_that_do_are_needed() {
    let canvas = card("canvas");
    let with = |more: &[(&str, &str)]| {
        let inputs = [&[("output", "text"), ("model", "draft"), ("words", "1000")], more].concat();
        priced(&canvas, "generation", &inputs)
    };
    assert_eq!(with(&[("seconds", "5"), ("resolution", "nonsense")]), "1 credit");
    let refused = priced(&canvas, "generation", &[("output", "video"), ("model", "draft")]);
    assert!(refused.contains("Resolution is missing") && refused.contains("Length is missing"));
}

#[test]
fn a_campaign_is_estimated_from_platforms_weeks_posts_and_complexity() {
    let campaigns = card("campaigns");
    let campaign = |platforms, weeks, posts, complexity| {
        let inputs = [
            ("platforms", platforms),
            ("weeks", weeks),
            ("posts_a_week", posts),
            ("complexity", complexity),
        ];
        priced(&campaigns, "campaign", &inputs)
    };
    assert_eq!(campaign("1", "1", "8", "standard"), "10–20 credits", "one platform, a week");
    assert_eq!(campaign("2", "2", "7", "standard"), "30–60 credits", "several, two weeks");
    assert_eq!(campaign("4", "4", "3", "complex"), "50–150 credits", "a full one, a month");
}

#[test]
fn what_is_free_costs_nothing_and_what_is_unknown_is_not_for_sale() {
    let campaigns = card("campaigns");
    assert_eq!(priced(&campaigns, "publishing", &[]), "0 credits");
    let refused = priced(&campaigns, "levitation", &[]);
    assert!(refused.contains("no price for “levitation”"), "{refused}");
}

#[test]
fn every_wrong_input_is_told_at_once_with_its_cure() {
    let canvas = card("canvas");
    let inputs = [("output", "video"), ("model", "huge"), ("seconds", "900"), ("colour", "red")];
    let request = QuoteRequest::of("generation", inputs);
    let refusal = quote_operation(&canvas, &request).expect_err("refused");
    let told: Vec<(&str, &str)> =
        refusal.faults().iter().map(|fault| (fault.field.as_str(), fault.cure.as_str())).collect();
    assert_eq!(
        told,
        [
            ("colour", "Its inputs are output, model, resolution, images, seconds, words."),
            ("model", "Choose one of draft, standard, premium."),
            ("resolution", "Choose one of 720p, 1080p, 4k."),
            ("seconds", "The most is 60 seconds."),
        ]
    );
}

#[test]
fn numbers_are_read_as_json_sends_them_and_never_through_a_float() {
    let read = |json: &str| serde_json::from_str::<QuoteRequest>(json);
    let request =
        read(r#"{"operation":"analysis","inputs":{"text":1,"image":"2"}}"#).expect("read");
    assert_eq!(request, QuoteRequest::of("analysis", [("text", "1"), ("image", "2")]));
    let refused = read(r#"{"operation":"analysis","inputs":{"text":1.5}}"#).expect_err("a float");
    assert!(refused.to_string().contains("write decimals as text"), "{refused}");
    assert!(read(r#"{"operation":"analysis","input":{}}"#).is_err(), "a misspelt member");
}

#[test]
fn a_minimum_is_a_line_of_its_own_so_that_the_lines_add_up() {
    let mut suite = card("ai-suite");
    suite.operations[0].minimum = "2".parse().expect("credits");
    let inputs = [("model", "small"), ("tokens_in", "1000"), ("tokens_out", "0")];
    let quote = quote_operation(&suite, &QuoteRequest::of("chat", inputs)).expect("a quote");
    let lines: Vec<_> =
        quote.lines.iter().map(|line| (line.label.as_str(), line.most.to_string())).collect();
    assert_eq!(lines, [("Tokens in and out", "0.5".into()), ("Up to the minimum", "1.5".into())]);
    assert_eq!(quote.most.to_string(), "2");
}

#[test]
fn a_line_says_how_it_comes_about() {
    let campaigns = card("campaigns");
    let inputs =
        [("platforms", "2"), ("weeks", "4"), ("posts_a_week", "3"), ("complexity", "complex")];
    let quote = quote_operation(&campaigns, &QuoteRequest::of("campaign", inputs)).expect("priced");
    let how: Vec<&str> = quote.lines.iter().map(|line| line.how.as_str()).collect();
    assert_eq!(how, ["2–6 credits", "2 platforms × 4 weeks × 3 posts a week × 1–3 credits"]);
    let canvas = card("canvas");
    let inputs =
        [("output", "video"), ("model", "draft"), ("seconds", "5"), ("resolution", "1080p")];
    let quote = quote_operation(&canvas, &QuoteRequest::of("generation", inputs)).expect("priced");
    assert_eq!(quote.lines[0].how, "5 seconds × 4 credits × 1.5 for 1080p");
}

#[test]
fn the_selector_prices_every_model_for_the_settings_made() {
    let canvas = card("canvas");
    let generation = canvas.operation("generation").expect("on the card");
    let inputs = QuoteRequest::of(
        "generation",
        [("output", "video"), ("model", "draft"), ("seconds", "5"), ("resolution", "720p")],
    )
    .inputs;
    let choice = generation.compared().expect("models are compared");
    let offers = compare(generation, choice, canvas.rate_card.rounding, &inputs);
    let shown: Vec<_> = offers
        .iter()
        .map(|offer| {
            let quote = offer.quote.as_ref().expect("priced");
            let affordable = offer.is_affordable("60".parse().expect("credits"));
            (offer.value.code.as_str(), quote.most.to_string(), affordable)
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("draft", "20".into(), Some(true)),
            ("standard", "50".into(), Some(true)),
            ("premium", "125".into(), Some(false)),
        ]
    );
}

#[test]
fn a_price_beyond_every_balance_is_refused_and_never_wraps() {
    let mut suite = card("ai-suite");
    let chat = &mut suite.operations[0];
    chat.charges[0].per = 1;
    chat.charges[0].price = Price::Flat(PriceRange::exact(crate::ledger::Credits::MAX));
    let inputs = [("model", "small"), ("tokens_in", "1000000"), ("tokens_out", "0")];
    let refusal = quote_operation(&suite, &QuoteRequest::of("chat", inputs));
    assert_eq!(refusal, Err(QuoteRefusal::TooDear));
}

#[test]
fn the_card_is_read_in_words() {
    let canvas = card("canvas");
    let rows = canvas.operation("generation").expect("on the card").price_rows();
    let rows: Vec<String> =
        rows.iter().map(|row| format!("{}: {}", row.label, row.price)).collect();
    assert_eq!(rows[0], "Images, Draft: 2 credits for each image (Output: Image)");
    assert_eq!(rows[6], "Text, Draft: 1 credit per 1,000 words (Output: Text)");
    assert_eq!(rows[9], "Resolution: 720p × 1, 1080p × 1.5, 4K × 3");
    assert_eq!(rows.len(), 10, "{rows:#?}");
}

#[test]
fn every_form_starts_with_a_price() {
    for name in parse::SHIPPED.map(|(name, _)| name) {
        let card = card(name);
        for operation in &card.operations {
            let request =
                QuoteRequest { operation: operation.code.clone(), inputs: operation.start() };
            let quote = quote_operation(&card, &request);
            assert!(quote.is_ok(), "{name}, {}: {quote:?}", operation.code);
        }
    }
}

/// An operation's inputs, each right for its input or some text.
fn inputs_of(operation: &Operation) -> BoxedStrategy<Vec<(String, String)>> {
    let mut fields: Vec<BoxedStrategy<(String, String)>> = Vec::new();
    for choice in &operation.choices {
        let (name, codes) = (choice.name.clone(), choice.values.clone());
        let value = proptest::sample::select(codes).prop_map(|value| value.code);
        fields.push(value.prop_map(move |code| (name.clone(), code)).boxed());
    }
    for quantity in &operation.quantities {
        let name = quantity.name.clone();
        let value = (0u32..2_000).prop_map(|number| number.to_string());
        fields.push(value.prop_map(move |number| (name.clone(), number)).boxed());
    }
    fields.boxed()
}

proptest! {
    #[test]
    fn a_quote_is_the_sum_of_its_lines_in_order_and_survives_its_way_to_the_browser(
        (code, inputs) in {
            let codes: Vec<_> = card("canvas").operations.into_iter()
                .chain(card("campaigns").operations).chain(card("ai-suite").operations).collect();
            proptest::sample::select(codes).prop_flat_map(|operation| {
                let inputs = inputs_of(&operation);
                inputs.prop_map(move |inputs| (operation.clone(), inputs))
            })
        }
    ) {
        let request = QuoteRequest::of(code.code.clone(), inputs);
        let rounding = Rounding::default();
        let there = code.quote(rounding, &request.inputs);
        // The browser has the operation as JSON and quotes with this very code.
        let json = serde_json::to_string(&code).expect("JSON");
        let sent: Operation = serde_json::from_str(&json).expect("read back");
        prop_assert_eq!(&sent.quote(rounding, &request.inputs), &there);
        if let Ok(quote) = there {
            let sum = |of: fn(&RateLine) -> crate::ledger::Credits| -> i64 {
                quote.lines.iter().map(|line| of(line).micro()).sum()
            };
            prop_assert_eq!(sum(|line| line.least), quote.least.micro());
            prop_assert_eq!(sum(|line| line.most), quote.most.micro());
            prop_assert!(quote.least <= quote.most);
        }
    }

    #[test]
    fn no_text_whatever_makes_the_card_panic(
        operation in ".{0,12}",
        inputs in proptest::collection::btree_map(".{0,8}|model|tokens_in|turns", ".{0,12}", 0..6),
    ) {
        let suite = card("ai-suite");
        for operation in [operation.as_str(), "chat", "conversation"] {
            let request = QuoteRequest::of(operation, inputs.clone());
            if let Err(refusal) = quote_operation(&suite, &request) {
                prop_assert!(!refusal.to_string().is_empty());
            }
        }
    }
}
