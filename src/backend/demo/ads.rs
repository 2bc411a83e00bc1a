//! The advertisements that the demo's people have analysed: written for Scrip, some of them with the
//! faults that the analysis is there to find.

/// One advertisement: its title, its text, and how many pictures go with it.
pub struct Ad {
    pub title: &'static str,
    pub text: &'static str,
    pub images: u32,
}

const fn ad(title: &'static str, images: u32, text: &'static str) -> Ad {
    Ad { title, text, images }
}

/// All of them; the demo walks through them again and again.
pub const ADS: [Ad; 20] = [
    ad(
        "Autumn sale, display set",
        2,
        "Jackets for wet mornings, now 20 % off until 31 October. Made in Portugal from recycled wool. Free returns within 30 days; terms on our site.",
    ),
    ad(
        "Podcast read, take 2",
        0,
        "I have slept on the Halden mattress for a month and I like it. Try it at home for 100 nights. If you don't like it, they collect it. #ad",
    ),
    ad(
        "Running shoe teaser",
        1,
        "ONLY TODAY!!! The BEST running shoe in the world!!! Everybody who wears it runs faster. Hurry, just 3 pairs left!!!",
    ),
    ad(
        "Loyalty letter",
        0,
        "Dear member, your points are worth a coffee this week. Show this letter at any counter. One cup each, until Sunday.",
    ),
    ad(
        "Night cream launch",
        3,
        "Clinically proven to erase wrinkles overnight. Doctors hate this one weird trick. Before and after pictures inside.",
    ),
    ad(
        "City bikes, spring",
        2,
        "A bike that folds in eight seconds and weighs nine kilos. Test rides on Saturdays at the harbour. From €49 a month; 24 months, deposit €99.",
    ),
    ad(
        "Savings account, banner",
        1,
        "Guaranteed returns of 12 % a year with no risk at all. Open your account in five minutes and watch your money grow.",
    ),
    ad(
        "Tea subscription",
        1,
        "Four teas a month, chosen by people who taste for a living. Cancel whenever you like. First box £6, then £14 a month.",
    ),
    ad(
        "Back to school",
        2,
        "Rucksacks with two straps, three pockets and a name tag that stays on. Reflective on all sides. In six colours.",
    ),
    ad(
        "Fitness app, story",
        1,
        "Are you overweight and depressed? Lose 10 kilos in two weeks with our app, or do nothing and stay that way.",
    ),
    ad(
        "Museum late opening",
        1,
        "The museum is open until ten on Thursdays. Tickets are half price after six. The café serves soup.",
    ),
    ad(
        "Crypto wallet, video script",
        0,
        "Turn 100 into 10,000. Our users get rich while they sleep. Sign up now, this offer ends in one hour.",
    ),
    ad(
        "Garden furniture",
        2,
        "Acacia wood from certified forests. Four chairs and a table, delivered and assembled. Ten-year warranty on the frame.",
    ),
    ad(
        "Language course",
        0,
        "Speak your first ten sentences of Spanish after the first evening. Small groups, real teachers, no homework on Fridays.",
    ),
    ad(
        "Energy drink, reel",
        1,
        "FREE energy for everyone! Boosts your immune system and cures tiredness for good. Limited time only!",
    ),
    ad(
        "Train tickets, winter",
        1,
        "Berlin to Prague from €24.90, four hours, no transfer. Seats are limited at this price; book by 15 December.",
    ),
    ad(
        "Oat drink, poster",
        2,
        "Made from Swedish oats, water and a pinch of salt. Contains gluten. 1.5 g fat per 100 ml.",
    ),
    ad(
        "Consumer loan, search ad",
        0,
        "Borrow up to 20,000 today. Instant approval, no questions asked, bad credit welcome.",
    ),
    ad(
        "Book fair",
        1,
        "Two hundred publishers, three halls, one weekend. Children under twelve come in for nothing. Readings every hour.",
    ),
    ad(
        "Hearing aid, letter",
        1,
        "Hear birds again. Our smallest hearing aid weighs two grams. Ask your doctor whether it suits you; results differ from person to person.",
    ),
];
