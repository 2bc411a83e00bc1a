//! What alerts say. Pure.

use super::watches::balance_kind;
use crate::ledger::{Budget, Credits};
use crate::model::Moment;
use crate::model::alerts::{AlertKind, RuleKind};
use crate::model::format::{count_phrase, credits_phrase, format_credits};

/// Where more credits come from.
pub const BUY: (&str, &str) = ("/credits/buy", "Buy credits");
const BILLING: (&str, &str) = ("/settings/billing", "See where the balance comes from");
const USAGE: (&str, &str) = ("/credits", "See the usage");

/// What is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub kind: AlertKind,
    pub title: String,
    pub detail: String,
    pub cure: Option<(&'static str, &'static str)>,
}

/// A balance fell below one of its levels.
pub fn balance(
    rule: RuleKind,
    level: i64,
    is_last: bool,
    left: Credits,
    base: Option<Credits>,
) -> Said {
    let kind = balance_kind(level, is_last);
    let title = match kind {
        AlertKind::OutOfCredits => "No credits are left",
        AlertKind::CreditsCritical => "Credits are nearly gone",
        _ => "Credits are running low",
    };
    let phrase = credits_phrase(left);
    let detail = match (rule, base) {
        _ if kind == AlertKind::OutOfCredits => {
            "Nothing is left to spend: work that costs credits is refused until more come in."
                .to_owned()
        }
        (RuleKind::BalancePercent, Some(base)) => {
            format!("{phrase} left: below {level} % of {}.", format_credits(base))
        }
        _ => format!("{phrase} left: fewer than {}.", format_credits(Credits::from_micro(level))),
    };
    Said { kind, title: title.to_owned(), detail, cure: Some(BUY) }
}

/// A department's allotment (`name`), or one's own cap, is nearly used.
pub fn budget(level: i64, budget: &Budget, name: Option<&str>) -> Said {
    let whose = name.map_or_else(|| "your limit".to_owned(), |name| format!("{name}'s allotment"));
    let (left, limit) = (credits_phrase(budget.left()), format_credits(budget.limit));
    let (title, detail) = match level {
        0 => (
            format!("Nothing is left of {whose}"),
            format!("All of {limit} is used or held: more work on it is refused."),
        ),
        _ => (
            format!("Little is left of {whose}"),
            format!("{left} of {limit} left: below {level} %."),
        ),
    };
    let cure = name.map(|_| ("/team/departments", "See the departments"));
    let title = capitalised(&title);
    Said { kind: AlertKind::BudgetLow, title, detail, cure }
}

/// At this pace the balance lasts for days only.
pub fn forecast(days: i64, left: Credits) -> Said {
    let lasts = match u64::try_from(days).unwrap_or_default() {
        0 => "less than a day".to_owned(),
        days => count_phrase(days, "day", "days"),
    };
    let detail = format!(
        "At the pace of the last 28 days the {} that are left last {lasts}.",
        credits_phrase(left)
    );
    Said {
        kind: AlertKind::RunsOut,
        title: format!("Credits last {lasts}"),
        detail,
        cure: Some(BUY),
    }
}

/// One's own usage has reached a level.
pub fn own_usage(used: Credits, month: &str) -> Said {
    Said {
        kind: AlertKind::OwnUsage,
        title: format!("You have used {} in {month}", credits_phrase(used)),
        detail: "You wanted to be told. Nothing is stopped by it.".to_owned(),
        cure: Some(USAGE),
    }
}

/// Far more than usual is used today.
pub fn spike(today: Credits, usual: Credits) -> Said {
    let detail = format!(
        "{} so far today; an average day of the {} before used {}.",
        credits_phrase(today),
        super::decide::SPIKE_LOOKS_BACK,
        format_credits(usual)
    );
    let title = "Today uses far more than usual".to_owned();
    Said { kind: AlertKind::Spike, title, detail, cure: Some(USAGE) }
}

/// Credits expire soon and would not all be used by then.
pub fn expiry(credits: Credits, unused: Credits, at: &Moment) -> Said {
    let all = unused >= credits;
    let outlook = if all {
        "all of them".to_owned()
    } else {
        format!("about {}", credits_phrase(whole(unused)))
    };
    Said {
        kind: AlertKind::Expiry,
        title: format!("{} expire on {}", credits_phrase(credits), at.day),
        detail: format!("At the pace of the last 28 days {outlook} would lapse unused."),
        cure: Some(BILLING),
    }
}

/// A forecast is no figure of the ledger: whole credits are exact enough.
fn whole(credits: Credits) -> Credits {
    const WHOLE: i64 = crate::ledger::credits::MICRO_PER_CREDIT;
    Credits::from_micro(credits.micro() / WHOLE * WHOLE)
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next().map_or_else(String::new, |first| first.to_uppercase().chain(rest).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole_credits(count: i64) -> Credits {
        Credits::from_whole(count).unwrap()
    }

    #[test]
    fn a_low_balance_names_the_level_that_it_fell_below() {
        let base = Some(whole_credits(1000));
        let says =
            |rule, level, left| balance(rule, level, false, whole_credits(left), base).detail;
        assert_eq!(
            says(RuleKind::BalancePercent, 20, 199),
            "199 credits left: below 20 % of 1,000."
        );
        assert_eq!(
            says(RuleKind::BalanceCredits, 25_000_000, 24),
            "24 credits left: fewer than 25."
        );
        assert_eq!(says(RuleKind::BalanceCredits, 2_000_000, 1), "1 credit left: fewer than 2.");
    }

    #[test]
    fn the_last_of_several_levels_is_worse_than_the_others_and_nothing_is_worst() {
        let kind = |level, is_last| {
            balance(RuleKind::BalanceCredits, level, is_last, Credits::ZERO, None).kind
        };
        assert_eq!(kind(100, false), AlertKind::CreditsLow);
        assert_eq!(kind(10, true), AlertKind::CreditsCritical);
        assert_eq!(kind(0, true), AlertKind::OutOfCredits);
    }

    #[test]
    fn a_forecast_of_less_than_a_day_says_so() {
        assert_eq!(forecast(0, whole_credits(3)).title, "Credits last less than a day");
        assert_eq!(forecast(1, whole_credits(3)).title, "Credits last 1 day");
    }
}
