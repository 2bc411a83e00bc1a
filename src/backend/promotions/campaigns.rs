//! Campaigns, as staff make and end them.

use super::PromotionError;
use crate::backend::staff::log;
use crate::backend::staff::requests::{checked_form_key, used_form_key};
use crate::backend::state::Backend;
use crate::backend::store::StoreError;
use crate::backend::store::campaign::{self, Campaign};
use crate::backend::store::staff_log::Deed;
use crate::backend::zone::Zone;
use crate::ledger::{Timestamp, UserId};
use crate::model::format::credits_phrase;
use crate::model::promotions::CampaignAsked;
use crate::model::{FieldProblem, Problem};

use super::redeem::{CODE_LETTERS, INVITATION, normalised};

/// The longest name, in characters.
const LONGEST_NAME: usize = 80;
/// The most days that credits may be valid, and the most uses.
const MOST_DAYS: i64 = 3_650;
const MOST_USES: i64 = 1_000_000;

/// Makes a campaign; the same form makes one.
///
/// # Errors
/// A field is wrong, the code is taken, or the database failed.
pub async fn create(
    backend: &Backend,
    staff: &UserId,
    asked: &CampaignAsked,
    form_key: &str,
    zone: Zone,
) -> Result<(), PromotionError> {
    let (db, now) = (&backend.db, backend.now());
    let key = checked_form_key(form_key)?;
    let wanted = read(asked, staff, key, zone, now)?;
    if let Some(made) = campaign::by_form(db, key).await? {
        let same = made.code == wanted.code && made.credits == wanted.credits;
        return if same { Ok(()) } else { Err(used_form_key().into()) };
    }
    match campaign::insert(db, &wanted).await {
        Ok(()) => {}
        Err(StoreError::Conflict { .. }) => {
            let made = campaign::by_form(db, key).await?;
            if made.is_some_and(|made| made.code == wanted.code) {
                return Ok(());
            }
            let taken = format!("There is a campaign with the code {} already.", wanted.code);
            return Err(Problem::invalid_field("code", taken).into());
        }
        Err(broken) => return Err(broken.into()),
    }
    let became = match wanted.most_uses {
        Some(most) => format!("{} for each of {most}", credits_phrase(wanted.credits)),
        None => format!("{} for everybody", credits_phrase(wanted.credits)),
    };
    let deed = deed(&wanted, staff, "begun", "Began the campaign", now);
    log::write(db, &Deed { became: Some(became), ..deed }).await?;
    Ok(())
}

/// Switches a campaign off for good. What was redeemed stays.
///
/// # Errors
/// There is none, or the database failed.
pub async fn end(backend: &Backend, staff: &UserId, code: &str) -> Result<(), PromotionError> {
    let (db, now) = (&backend.db, backend.now());
    let found = campaign::find(db, &normalised(code)).await?;
    let found = found.ok_or_else(|| PromotionError::missing("campaign"))?;
    if campaign::end(db, &found.code, staff, now).await? {
        let deed = deed(&found, staff, "ended", "Ended the campaign", now);
        let was = Some(format!("Redeemed {} times", found.uses));
        log::write(db, &Deed { was, ..deed }).await?;
    }
    Ok(())
}

fn deed(campaign: &Campaign, staff: &UserId, step: &str, action: &str, at: Timestamp) -> Deed {
    Deed {
        id: format!("campaign:{}:{step}", campaign.code),
        at,
        staff: staff.clone(),
        organisation: None,
        action: format!("{action} {}", campaign.code),
        address: Some("/admin/promotions".to_owned()),
        reason: Some(campaign.name.clone()),
        was: None,
        became: None,
    }
}

/// What was typed, as a campaign; every wrong field is named at once.
fn read(
    asked: &CampaignAsked,
    staff: &UserId,
    form_key: &str,
    zone: Zone,
    now: Timestamp,
) -> Result<Campaign, Problem> {
    let mut wrong = Vec::new();
    let code = normalised(&asked.code);
    if !is_code(&code) {
        let words = "Use 4 to 40 letters, digits and hyphens, such as SPRING-27.";
        wrong.push(FieldProblem::new("code", words));
    } else if code.starts_with(INVITATION) {
        let words = format!("Codes that begin with {INVITATION} are invitations.");
        wrong.push(FieldProblem::new("code", words));
    }
    let name = asked.name.trim();
    let letters = name.chars().count();
    if letters == 0 || letters > LONGEST_NAME || name.chars().any(char::is_control) {
        let words = format!("Say in one line of at most {LONGEST_NAME} characters what it is for.");
        wrong.push(FieldProblem::new("name", words));
    }
    let credits = crate::backend::staff::forms::amount("credits", &asked.credits);
    let credits = match credits {
        Ok(credits) if credits.is_positive() => credits,
        Ok(_) => {
            wrong.push(FieldProblem::new("credits", "Write a number of credits above 0."));
            crate::ledger::Credits::ZERO
        }
        Err(problem) => {
            wrong.extend(problem.fields);
            crate::ledger::Credits::ZERO
        }
    };
    let mut counted = |field: &str, text: &str, most: i64| match text.trim() {
        "" => None,
        text => {
            let read = text.replace(',', "").parse().ok().filter(|it| (1..=most).contains(it));
            if read.is_none() {
                let words = format!("Write a whole number from 1 to {most}, or nothing.");
                wrong.push(FieldProblem::new(field, words));
            }
            read
        }
    };
    let valid_days = counted("valid_days", &asked.valid_days, MOST_DAYS);
    let most_uses = counted("most_uses", &asked.most_uses, MOST_USES);
    let mut day = |field: &str, text: &str, read: fn(Zone, &str) -> Option<Timestamp>| {
        let text = text.trim();
        let found = read(zone, text);
        if found.is_none() && !text.is_empty() {
            wrong.push(FieldProblem::new(field, "Write a day such as 2027-12-31, or nothing."));
        }
        found
    };
    let valid_from = day("valid_from", &asked.valid_from, Zone::start_of_day).unwrap_or(now);
    let valid_until = day("valid_until", &asked.valid_until, Zone::end_of_day);
    if valid_until.is_some_and(|until| until <= now.max(valid_from)) {
        let words = "This day is over before the code may be redeemed: choose a later one.";
        wrong.push(FieldProblem::new("valid_until", words));
    }
    if !wrong.is_empty() {
        return Err(Problem::invalid(wrong));
    }
    Ok(Campaign {
        code,
        form_key: form_key.to_owned(),
        name: name.to_owned(),
        credits,
        valid_days,
        most_uses,
        uses: 0,
        valid_from,
        valid_until,
        created_by: staff.clone(),
        created_at: now,
        ended_at: None,
    })
}

fn is_code(code: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-';
    CODE_LETTERS.contains(&code.len()) && code.bytes().all(letter)
}
