//! What an admin may change: switch it on with its terms, off, and on again after a rest.

use super::TOPIC;
use super::decide::{card_is_gone, offer};
use crate::backend::notices;
use crate::backend::payments::{PaymentError, Payments};
use crate::backend::store::auto_top_up::{self, AutoTopUp, Buys};
use crate::backend::store::saved_card::{self, Account};
use crate::catalogue::{Catalogue, OWN_AMOUNT_CODE, OwnAmount, price};
use crate::ledger::{Credits, Money, OrganisationId, Timestamp, UserId};
use crate::model::auto_top_up::{TopUpChoice, UP_TO_CODE};
use crate::model::format::{credits_phrase, format_credits, format_money};
use crate::model::{FieldProblem, Problem};

/// The largest threshold and target, in credits: beyond it something was mistyped.
const MOST_CREDITS: i64 = 1_000_000_000;
/// The largest monthly limit, in minor units.
const MOST_CAP: i64 = 100_000_000_000;

/// What was typed, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// It buys when less than this is available.
    pub threshold: Credits,
    /// What it buys.
    pub buys: Buys,
    /// The most it may spend in a month.
    pub cap: Money,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum SettingError {
    /// A *no* for the page.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// Something gave no answer.
    #[error(transparent)]
    Payment(#[from] PaymentError),
}

impl From<Problem> for SettingError {
    fn from(problem: Problem) -> Self {
        SettingError::Refused(Box::new(problem))
    }
}

/// Reads what was typed. Pure.
///
/// # Errors
/// Every field that is wrong, with what would be right.
pub fn read(catalogue: &Catalogue, typed: &TopUpChoice) -> Result<Terms, Vec<FieldProblem>> {
    let threshold = read_threshold(&typed.threshold);
    let buys = read_buys(catalogue, typed, threshold.as_ref().ok().copied());
    let cap = read_cap(catalogue, &typed.cap);
    match (threshold, buys, cap) {
        (Ok(threshold), Ok(buys), Ok(cap)) => {
            let terms = Terms { threshold, buys, cap };
            match too_small_a_cap(catalogue, &terms) {
                Some(problem) => Err(vec![problem]),
                None => Ok(terms),
            }
        }
        (threshold, buys, cap) => {
            Err([threshold.err(), buys.err(), cap.err()].into_iter().flatten().collect())
        }
    }
}

fn whole(field: &str, typed: &str) -> Result<Credits, FieldProblem> {
    let digits: String = typed.chars().filter(|it| !it.is_whitespace() && *it != ',').collect();
    let wrong = |message: String| FieldProblem::new(field, message);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(wrong("Write a whole number of credits, such as 100.".to_owned()));
    }
    let count = digits.parse::<i64>().ok().filter(|count| (1..=MOST_CREDITS).contains(count));
    let credits = count.and_then(Credits::from_whole);
    credits.ok_or_else(|| wrong(format!("Write 1 to {MOST_CREDITS} credits.")))
}

fn read_threshold(typed: &str) -> Result<Credits, FieldProblem> {
    whole("threshold", typed)
}

fn read_buys(
    catalogue: &Catalogue,
    typed: &TopUpChoice,
    threshold: Option<Credits>,
) -> Result<Buys, FieldProblem> {
    match (typed.buys.as_str(), catalogue.own_amount) {
        (OWN_AMOUNT_CODE, Some(own)) => match own.read(&typed.credits) {
            Ok(credits) => Ok(Buys::Own(credits)),
            Err(refusal) => Err(FieldProblem::new("credits", refusal.to_string())),
        },
        (UP_TO_CODE, Some(own)) => read_target(&own, &typed.credits, threshold),
        (code, _) => match catalogue.pack(code) {
            Some(pack) => Ok(Buys::Pack(pack.code.clone())),
            None => Err(FieldProblem::new("buys", "Choose what is to be bought.")),
        },
    }
}

/// A target is filled in one purchase, so it must be within reach of one.
fn read_target(
    own: &OwnAmount,
    typed: &str,
    threshold: Option<Credits>,
) -> Result<Buys, FieldProblem> {
    let target = whole("credits", typed)?;
    if threshold.is_some_and(|threshold| target <= threshold) {
        let sentence = "The balance to fill up to must be more than the balance at which it buys.";
        return Err(FieldProblem::new("credits", sentence));
    }
    if target > own.maximum {
        let most = format_credits(own.maximum);
        let sentence = format!("One purchase brings at most {most} credits: fill up to no more.");
        return Err(FieldProblem::new("credits", sentence));
    }
    Ok(Buys::UpTo(target))
}

fn read_cap(catalogue: &Catalogue, typed: &str) -> Result<Money, FieldProblem> {
    let digits: String = typed.chars().filter(|it| !it.is_whitespace() && *it != ',').collect();
    let wrong = |sentence: String| FieldProblem::new("cap", sentence);
    if digits.is_empty() {
        return Err(wrong(
            "Write the most that may be spent in a month. There must be a limit.".into(),
        ));
    }
    let cap =
        price::parse_money(&digits, catalogue.currency).map_err(|no| wrong(no.to_string()))?;
    if !(1..=MOST_CAP).contains(&cap.minor) {
        return Err(wrong("Write an amount above zero that you would really pay.".to_owned()));
    }
    Ok(cap)
}

/// A limit below one purchase would never let it buy anything.
fn too_small_a_cap(catalogue: &Catalogue, terms: &Terms) -> Option<FieldProblem> {
    let one = offer(catalogue, &terms.buys, terms.threshold)?;
    (one.price.minor > terms.cap.minor).then(|| {
        let sentence = format!(
            "One purchase costs {} or more, so with this limit nothing would ever be bought.",
            format_money(&one.price)
        );
        FieldProblem::new("cap", sentence)
    })
}

/// What it does, as a sentence.
pub fn in_words(catalogue: &Catalogue, terms: &Terms) -> String {
    let what = match &terms.buys {
        Buys::Pack(code) => match catalogue.pack(code) {
            Some(pack) => format!(
                "“{}” ({} for {}) is bought",
                pack.name,
                credits_phrase(pack.credits),
                format_money(&pack.price)
            ),
            None => "nothing is bought, because the pack is not for sale any more".to_owned(),
        },
        Buys::Own(credits) => {
            let pack = offer(catalogue, &terms.buys, Credits::ZERO);
            let cost = pack.map(|pack| format!(" for {}", format_money(&pack.price)));
            format!("{}{} are bought", credits_phrase(*credits), cost.unwrap_or_default())
        }
        Buys::UpTo(target) => {
            format!("as many are bought as fill the balance up to {}", format_credits(*target))
        }
    };
    format!(
        "When fewer than {} are available, {what} with the saved card, for at most {} in a calendar month.",
        credits_phrase(terms.threshold),
        format_money(&terms.cap)
    )
}

impl Payments {
    /// Switches it on with these terms, which were read from a form made at `version`.
    ///
    /// # Errors
    /// There is no good card, somebody changed it meanwhile, or the database failed.
    pub async fn switch_on_top_up(
        &self,
        organisation: &OrganisationId,
        user: &UserId,
        terms: Terms,
        version: i64,
        now: Timestamp,
    ) -> Result<(), SettingError> {
        if let Some(sentence) = self.why_not_by_itself() {
            let no = Problem::conflict("auto_top_up_not_offered", sentence);
            return Err(no.with_cure("Buy credits when the balance warns you.").into());
        }
        let account = self.account(organisation);
        let card = saved_card::find(&self.db, &account).await.map_err(PaymentError::from)?;
        if card_is_gone(card.as_ref(), now).is_some() {
            let no =
                Problem::conflict("no_saved_card", "There is no saved card that is still good.");
            return Err(no.with_cure("Save a card first; what you typed is kept.").into());
        }
        let set = new_settings(account, user, terms, version, now);
        let changed = auto_top_up::switch_on(&self.db, &set).await.map_err(PaymentError::from)?;
        if !changed {
            let no = Problem::conflict(
                "auto_top_up_changed",
                "Somebody else has changed auto top-up since this page was opened.",
            );
            let cure = "Open the billing page again: it shows what is set now. Nothing of yours was saved.";
            return Err(no.with_cure(cure).into());
        }
        self.cured(organisation, now).await.map_err(PaymentError::from)?;
        self.after_change(organisation).await?;
        Ok(())
    }

    /// Switches it off. What is on its way still arrives.
    ///
    /// # Errors
    /// The database failed.
    pub async fn switch_off_top_up(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        auto_top_up::switch_off(&self.db, &self.account(organisation), None, now).await?;
        self.cured(organisation, now).await?;
        self.after_change(organisation).await
    }

    /// Confirms the card after a rest: it may be charged again.
    ///
    /// # Errors
    /// The database failed.
    pub async fn resume_top_up(
        &self,
        organisation: &OrganisationId,
        now: Timestamp,
    ) -> Result<(), PaymentError> {
        auto_top_up::resume(&self.db, &self.account(organisation), now).await?;
        notices::close_topic(&self.db, &self.live, organisation, TOPIC, now).await?;
        self.after_change(organisation).await
    }

    /// The job looks at once, and rings for the new threshold from now on.
    async fn after_change(&self, organisation: &OrganisationId) -> Result<(), PaymentError> {
        self.watch_balances().await?;
        self.live.low_water().ring();
        self.live.notify(organisation, TOPIC);
        Ok(())
    }
}

pub(super) fn new_settings(
    account: Account,
    user: &UserId,
    terms: Terms,
    version: i64,
    now: Timestamp,
) -> AutoTopUp {
    AutoTopUp {
        account,
        is_on: true,
        threshold: terms.threshold,
        buys: terms.buys,
        cap: terms.cap,
        user: user.clone(),
        changed_at: now,
        version,
        ended: None,
        resumed_at: Timestamp(0),
        look_at: Timestamp(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::parse::built_in;

    fn choice(threshold: &str, buys: &str, credits: &str, cap: &str) -> TopUpChoice {
        TopUpChoice {
            threshold: threshold.into(),
            buys: buys.into(),
            credits: credits.into(),
            cap: cap.into(),
        }
    }

    fn wrong(threshold: &str, buys: &str, credits: &str, cap: &str) -> Vec<String> {
        let refused = read(&built_in(), &choice(threshold, buys, credits, cap)).unwrap_err();
        refused.into_iter().map(|one| one.field).collect()
    }

    fn words(threshold: &str, buys: &str, credits: &str, cap: &str) -> String {
        let terms = read(&built_in(), &choice(threshold, buys, credits, cap)).unwrap();
        in_words(&built_in(), &terms)
    }

    #[test]
    fn what_is_set_reads_as_a_sentence() {
        assert_eq!(
            words("25", "pack-200", "", "500"),
            "When fewer than 25 credits are available, “Team” (200 credits for $220.00) is bought with \
             the saved card, for at most $500.00 in a calendar month."
        );
        assert!(
            words("25", "own-amount", "75", "500").contains("75 credits for $90.00 are bought")
        );
        assert!(words("25", "up-to", "150", "1,500.50").contains("fill the balance up to 150"));
    }

    #[test]
    fn every_field_that_is_wrong_is_told_at_once() {
        assert_eq!(wrong("", "", "", ""), ["threshold", "buys", "cap"]);
        assert_eq!(wrong("0", "own-amount", "12.5", "-3"), ["threshold", "credits", "cap"]);
        assert_eq!(wrong("25", "pack-unknown", "", "500"), ["buys"]);
    }

    #[test]
    fn there_is_no_auto_top_up_without_a_limit_that_lets_it_buy() {
        assert_eq!(wrong("25", "pack-200", "", ""), ["cap"]);
        assert_eq!(wrong("25", "pack-200", "", "219.99"), ["cap"]);
        assert!(read(&built_in(), &choice("25", "pack-200", "", "220")).is_ok());
    }

    #[test]
    fn a_target_lies_above_the_threshold_and_within_one_purchase() {
        assert_eq!(wrong("200", "up-to", "200", "5000"), ["credits"]);
        assert_eq!(wrong("25", "up-to", "5001", "50000"), ["credits"]);
        assert!(read(&built_in(), &choice("25", "up-to", "5000", "50000")).is_ok());
    }
}
