use super::*;
use crate::backend::store::saved_card::Account;
use crate::backend::store::top_up::NewTopUp;
use crate::catalogue::parse::built_in;
use crate::ledger::time::DAY;
use crate::ledger::{Currency, Money, OrganisationId, PurchaseId, UserId};

/// 2026-11-28 12:00 UTC.
const NOON: Timestamp = Timestamp(1_795_867_200_000_000);

fn whole(count: i64) -> Credits {
    Credits::from_whole(count).unwrap()
}

fn money(minor: i64) -> Money {
    Money { minor, currency: Currency::parse("USD").unwrap() }
}

fn account() -> Account {
    Account {
        organisation: OrganisationId::parse("org_1").unwrap(),
        provider: "sandbox".into(),
        livemode: false,
    }
}

/// On: below 25 credits it buys the pack of 200 for 220.00, up to 500.00 a month.
pub fn settings() -> AutoTopUp {
    AutoTopUp {
        account: account(),
        is_on: true,
        threshold: whole(25),
        buys: Buys::Pack("pack-200".into()),
        cap: money(50_000),
        user: UserId::parse("usr_1").unwrap(),
        changed_at: Timestamp(0),
        version: 1,
        ended: None,
        resumed_at: Timestamp(0),
        look_at: Timestamp(0),
    }
}

fn card() -> SavedCard {
    SavedCard {
        account: account(),
        method_ref: "pm_1".into(),
        customer_ref: "cus_1".into(),
        brand: "visa".into(),
        last_four: "4242".into(),
        expires_month: 12,
        expires_year: 2034,
        fingerprint: "print".into(),
        consent: "consent_1".into(),
        saved_at: Timestamp(0),
    }
}

/// An attempt that began so many microseconds ago.
fn attempt(ago: i64, status: PurchaseStatus) -> TopUp {
    TopUp {
        frozen: NewTopUp {
            account: account(),
            number: 1,
            customer_ref: "cus_1".into(),
            method_ref: "pm_1".into(),
            fingerprint: "print".into(),
        },
        purchase: PurchaseId::parse("pur_1").unwrap(),
        begun_at: NOON.plus(-ago),
        payment_ref: None,
        decline_code: None,
        declined_at: None,
        needs_owner_at: None,
        status,
        credits: whole(200),
        price: money(22_000),
    }
}

fn declined(ago: i64) -> TopUp {
    let status = PurchaseStatus::Failed;
    TopUp { declined_at: Some(NOON.plus(-ago)), ..attempt(ago, status) }
}

fn waits_for_owner(ago: i64, status: PurchaseStatus) -> TopUp {
    TopUp { needs_owner_at: Some(NOON.plus(-ago)), ..attempt(ago, status) }
}

/// What is decided with 10 credits there, after changing one thing.
fn decided(attempts: &[TopUp], change: impl FnOnce(&mut Situation<'_>)) -> Decision {
    let (set, card, catalogue) = (settings(), card(), built_in());
    let mut here = Situation {
        set: &set,
        card: Some(&card),
        catalogue: &catalogue,
        available: whole(10),
        unlimited: false,
        recent: attempts,
        of_card: attempts,
        spent_minor: 0,
        next_month: NOON.plus(3 * DAY),
        now: NOON,
    };
    change(&mut here);
    decide(&here)
}

fn nothing(reason: Reason) -> Decision {
    Decision::Nothing(reason)
}

fn with(change: impl FnOnce(&mut AutoTopUp), attempts: &[TopUp]) -> Decision {
    let mut set = settings();
    change(&mut set);
    let (card, catalogue) = (card(), built_in());
    decide(&Situation {
        set: &set,
        card: Some(&card),
        catalogue: &catalogue,
        available: whole(10),
        unlimited: false,
        recent: attempts,
        of_card: attempts,
        spent_minor: 0,
        next_month: NOON.plus(3 * DAY),
        now: NOON,
    })
}

#[test]
fn below_the_threshold_it_buys_what_was_chosen() {
    let Decision::Charge(pack) = decided(&[], |_| {}) else { panic!("nothing bought") };
    assert_eq!((pack.code.as_str(), pack.price), ("pack-200", money(22_000)));
}

#[test]
fn off_is_off_and_an_unlimited_balance_is_never_low() {
    assert_eq!(with(|set| set.is_on = false, &[]), nothing(Reason::Off));
    assert_eq!(decided(&[], |here| here.unlimited = true), nothing(Reason::Unlimited));
}

#[test]
fn exactly_the_threshold_is_enough() {
    assert_eq!(decided(&[], |here| here.available = whole(25)), nothing(Reason::Enough));
    let just_below = |here: &mut Situation<'_>| here.available = Credits::from_micro(24_999_999);
    assert!(matches!(decided(&[], just_below), Decision::Charge(_)));
}

#[test]
fn without_a_good_card_it_turns_itself_off() {
    assert_eq!(decided(&[], |here| here.card = None), Decision::TurnOff(Ended::CardRemoved));
    let old = SavedCard { expires_month: 10, expires_year: 2026, ..card() };
    let seen = card_is_gone(Some(&old), NOON);
    assert_eq!(seen, Some(Ended::CardExpired));
    let last_month = SavedCard { expires_month: 11, expires_year: 2026, ..card() };
    assert_eq!(card_is_gone(Some(&last_month), NOON), None, "good to the end of the month");
}

#[test]
fn what_is_on_its_way_counts_as_there() {
    let processing = [attempt(MINUTE, PurchaseStatus::Processing)];
    assert_eq!(decided(&processing, |_| {}), nothing(Reason::Enough));
    let deep = decided(&processing, |here| here.available = whole(-300));
    assert!(matches!(deep, Decision::Charge(_)), "even that is not enough");
}

#[test]
fn an_unknown_outcome_stops_everything_until_it_is_known() {
    for status in [PurchaseStatus::Created, PurchaseStatus::Open, PurchaseStatus::Review] {
        let unknown = [attempt(2 * DAY, status)];
        let deep = decided(&unknown, |here| here.available = whole(-900));
        assert_eq!(deep, nothing(Reason::UnderWay), "{status}");
    }
}

#[test]
fn two_attempts_in_ten_minutes_and_no_third() {
    let credited = PurchaseStatus::Credited;
    let one = [attempt(9 * MINUTE, credited)];
    assert!(matches!(decided(&one, |_| {}), Decision::Charge(_)));
    let two = [attempt(MINUTE, credited), attempt(9 * MINUTE, credited)];
    let until = NOON.plus(MINUTE);
    assert_eq!(decided(&two, |_| {}), nothing(Reason::TooOften { until }));
    let later = [attempt(MINUTE, credited), attempt(10 * MINUTE, credited)];
    assert!(matches!(decided(&later, |_| {}), Decision::Charge(_)));
}

#[test]
fn after_a_decline_an_hour_passes() {
    let minutes = |ago: i64| decided(&[declined(ago * MINUTE)], |_| {});
    let until = NOON.plus(MINUTE);
    assert_eq!(minutes(59), nothing(Reason::AfterDecline { until }));
    assert!(matches!(minutes(60), Decision::Charge(_)));
}

#[test]
fn four_declines_in_a_row_stop_it_and_three_do_not() {
    let declines = |count: i64| (1..=count).map(|day| declined(day * DAY)).collect::<Vec<_>>();
    assert!(matches!(decided(&declines(3), |_| {}), Decision::Charge(_)));
    assert_eq!(decided(&declines(4), |_| {}), nothing(Reason::Stopped));
    let mut broken = declines(4);
    broken[2] = attempt(3 * DAY, PurchaseStatus::Credited);
    assert!(matches!(decided(&broken, |_| {}), Decision::Charge(_)), "not in a row");
    let mut unreached = declines(5);
    unreached[2] = attempt(3 * DAY, PurchaseStatus::Expired);
    assert_eq!(decided(&unreached, |_| {}), nothing(Reason::Stopped), "it says nothing");
}

#[test]
fn a_stopped_card_goes_on_when_someone_confirms_it() {
    let declines: Vec<TopUp> = (1..=4).map(|day| declined(day * DAY)).collect();
    let confirmed = with(|set| set.resumed_at = NOON.plus(-HOUR), &declines);
    assert!(matches!(confirmed, Decision::Charge(_)));
    let right_after = [declined(MINUTE)];
    let confirmed = with(|set| set.resumed_at = NOON.plus(-1), &right_after);
    assert!(matches!(confirmed, Decision::Charge(_)), "nor does the pause count any more");
}

#[test]
fn another_card_is_not_blamed_for_the_first() {
    let declines: Vec<TopUp> = (0..4).map(|hour| declined(hour * HOUR + 30 * MINUTE)).collect();
    assert!(matches!(decided(&declines, |here| here.of_card = &[]), Decision::Charge(_)));
}

#[test]
fn a_bank_that_wants_the_owner_is_not_asked_again_without_them() {
    let waiting = [waits_for_owner(DAY, PurchaseStatus::Expired)];
    assert_eq!(decided(&waiting, |_| {}), nothing(Reason::NeedsOwner));
    let open = [waits_for_owner(MINUTE, PurchaseStatus::Open)];
    assert_eq!(decided(&open, |_| {}), nothing(Reason::Enough), "it may still come");
    let deep = decided(&open, |here| here.available = whole(-900));
    assert_eq!(deep, nothing(Reason::NeedsOwner));
    let confirmed = [waits_for_owner(DAY, PurchaseStatus::Credited)];
    assert!(matches!(decided(&confirmed, |_| {}), Decision::Charge(_)));
}

#[test]
fn the_months_limit_is_never_passed_and_may_be_met() {
    let met = decided(&[], |here| here.spent_minor = 28_000);
    assert!(matches!(met, Decision::Charge(_)), "28,000 and 22,000 are the 50,000");
    let passed = decided(&[], |here| here.spent_minor = 28_001);
    let Decision::Nothing(Reason::CapReached { until, .. }) = passed else { panic!("{passed:?}") };
    assert_eq!(until, NOON.plus(3 * DAY));
}

#[test]
fn filling_up_buys_what_is_missing_within_what_is_sold() {
    let bought = |target: i64, available: i64| {
        let mut set = settings();
        set.buys = Buys::UpTo(whole(target));
        offer(&built_in(), &set.buys, whole(available)).map(|pack| (pack.credits, pack.price.minor))
    };
    assert_eq!(bought(150, 10), Some((whole(140), 16_800)));
    assert_eq!(bought(40, 10), Some((whole(50), 6_000)), "no fewer than are sold");
    assert_eq!(bought(9_000, 10), Some((whole(5_000), 600_000)), "no more than are sold");
}

#[test]
fn what_is_not_for_sale_any_more_is_not_bought() {
    let gone = with(|set| set.buys = Buys::Pack("pack-old".into()), &[]);
    assert_eq!(gone, nothing(Reason::NotForSale));
    let foreign = with(|set| set.cap.currency = Currency::parse("EUR").unwrap(), &[]);
    assert_eq!(foreign, nothing(Reason::NotForSale));
}
