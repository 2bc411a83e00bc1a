//! The one error shape that crosses the wire: RFC 9457 problem details, for the REST API
//! (`application/problem+json`), for server functions and for the pages that show a *no*.
//!
//! A problem says what is wrong (`detail`) and what would cure it (`cure`). It never carries the text
//! of a database driver or a library: what broke inside is logged once under `reference`, and the
//! person sees only that reference. New kinds of problem: one constructor here, with its status.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use server_fn::codec::JsonEncoding;
use server_fn::error::{FromServerFnError, ServerFnErrorErr};

use crate::ledger::refusal::Refusal;

/// The media type of a problem in an HTTP answer.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Prefix of the `type` member: the rest is the problem's stable code.
const TYPE_PREFIX: &str = "urn:scrip:problem:";

/// What went wrong, in a shape that programs and people can both use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// RFC 9457 `type`: a URN that ends in `code`.
    #[serde(rename = "type")]
    kind: String,
    /// Stable, machine-readable name such as `insufficient_credits`.
    pub code: String,
    /// Short heading, the same for every problem of this code.
    pub title: String,
    /// What is wrong this time, as a sentence for the person.
    pub detail: String,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// What would make the same request pass.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cure: Option<String>,
    /// The fields of the form or body that are wrong, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldProblem>,
    /// What to quote when asking for help: the log holds the rest under it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The figures of the refusal, for example `shortfall`, as decimal strings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub numbers: BTreeMap<String, String>,
    /// Where to go on, by name: `buy` is the page that sells credits.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<String, String>,
    /// Whole seconds to wait before trying again; the answer repeats it as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u64>,
    /// What an upload's form had in its text fields, so that its page can show them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub typed: Vec<(String, String)>,
}

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldProblem {
    /// The field's name in the form or body.
    pub field: String,
    /// What is wrong with it and what would be right.
    pub message: String,
}

impl FieldProblem {
    /// A message about one field.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        FieldProblem { field: field.into(), message: message.into() }
    }
}

impl Problem {
    /// A problem of any kind; prefer the named constructors below.
    pub fn new(status: u16, code: &str, title: &str, detail: impl Into<String>) -> Self {
        Problem {
            kind: format!("{TYPE_PREFIX}{code}"),
            code: code.to_owned(),
            title: title.to_owned(),
            detail: detail.into(),
            status,
            cure: None,
            fields: Vec::new(),
            reference: None,
            numbers: BTreeMap::new(),
            links: BTreeMap::new(),
            retry_after: None,
            typed: Vec::new(),
        }
    }

    /// 401: nobody is signed in, or the session has ended.
    pub fn unauthenticated() -> Self {
        Self::new(
            401,
            "unauthenticated",
            "Please sign in",
            "You are not signed in, or your session has ended.",
        )
        .with_cure("Sign in and try again.")
    }

    /// 403: known, but not allowed; `ask` says who could do it or permit it.
    pub fn forbidden(detail: impl Into<String>, ask: impl Into<String>) -> Self {
        Self::new(403, "forbidden", "Not allowed", detail).with_cure(ask)
    }

    /// 404: `what` (for example "report") is not there, or not there for this organisation.
    pub fn not_found(what: &str) -> Self {
        Self::new(404, "not_found", "Not found", format!("There is no such {what}."))
            .with_cure("Check the address, or start from the list.")
    }

    /// 422: the fields named are wrong.
    pub fn invalid(fields: Vec<FieldProblem>) -> Self {
        let detail = match fields.as_slice() {
            [only] => only.message.clone(),
            several => format!("{} fields need another look.", several.len()),
        };
        Problem { fields, ..Self::new(422, "invalid", "Please check what you entered", detail) }
    }

    /// 422 for a single field.
    pub fn invalid_field(field: &str, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldProblem::new(field, message)])
    }

    /// 409: it does not fit the state of things now.
    pub fn conflict(code: &str, detail: impl Into<String>) -> Self {
        Self::new(409, code, "That no longer fits", detail)
    }

    /// 413: larger than the limit named.
    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(413, "too_large", "Too large", detail)
    }

    /// 429: too often; `retry_after` in whole seconds.
    pub fn too_many(detail: impl Into<String>, retry_after: u64) -> Self {
        let cure = format!("Try again in {}.", duration_in_words(retry_after));
        Problem {
            retry_after: Some(retry_after),
            ..Self::new(429, "too_many", "Too many tries", detail)
        }
        .with_cure(cure)
    }

    /// 402: the credits (or a budget) do not cover it.
    pub fn insufficient(code: &str, detail: impl Into<String>) -> Self {
        Self::new(402, code, "Not enough credits", detail)
    }

    /// 503: it cannot be done right now; nothing was changed.
    pub fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(503, "unavailable", "Not available right now", detail)
            .with_cure("Nothing was charged. Try again in a moment.")
    }

    /// 503: too much waits already; `retry_after` in whole seconds. Nothing was changed.
    pub fn busy(retry_after: u64) -> Self {
        let wait = duration_in_words(retry_after);
        Problem {
            retry_after: Some(retry_after),
            ..Self::new(503, "busy", "Busy right now", "Too much is being booked at the moment.")
        }
        .with_cure(format!("Nothing was charged. Try again in {wait}."))
    }

    /// 500: something broke and is in the log under `reference`.
    pub fn internal(reference: impl Into<String>) -> Self {
        let mut problem = Self::new(
            500,
            "internal",
            "Something went wrong here",
            "This is a fault on our side. It has been logged.",
        )
        .with_cure(
            "Try again; if it stays, quote the reference to whoever runs this installation.",
        );
        problem.reference = Some(reference.into());
        problem
    }

    /// The same problem with what would cure it.
    pub fn with_cure(mut self, cure: impl Into<String>) -> Self {
        self.cure = Some(cure.into());
        self
    }

    /// The same problem with one more figure, for example `("shortfall", "2")`.
    pub fn with_number(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.numbers.insert(name.to_owned(), value.to_string());
        self
    }

    /// The same problem with the fields that are wrong.
    pub fn with_fields(mut self, fields: Vec<FieldProblem>) -> Self {
        self.fields = fields;
        self
    }

    /// The same problem with where to go on, for example `("buy", "https://…/credits/buy")`.
    pub fn with_link(mut self, name: &str, address: impl Into<String>) -> Self {
        self.links.insert(name.to_owned(), address.into());
        self
    }

    /// The same problem with what was typed into the form's text fields.
    pub fn with_typed(mut self, typed: Vec<(String, String)>) -> Self {
        self.typed = typed;
        self
    }

    /// The message for one field, when that field is wrong.
    pub fn message_for(&self, field: &str) -> Option<&str> {
        self.fields.iter().find(|wrong| wrong.field == field).map(|wrong| wrong.message.as_str())
    }
}

/// "40 seconds", "3 minutes": rounded up, so that the wait is never understated.
fn duration_in_words(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..=90 => (seconds.max(1), "second"),
        91..=5400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3600), "hour"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

impl From<Refusal> for Problem {
    /// A *no* of the ledger with its figures, its code and its cure.
    fn from(refusal: Refusal) -> Self {
        let (status, title) = match &refusal {
            Refusal::InsufficientCredits { .. } => (402, "Not enough credits"),
            Refusal::Earmarked { .. } => (402, "Set aside for others"),
            Refusal::BudgetExceeded { .. } | Refusal::DebtLimitReached { .. } => {
                (402, "Over the limit")
            }
            Refusal::LotNotFound { .. }
            | Refusal::HoldNotFound { .. }
            | Refusal::NothingToReverse { .. }
            | Refusal::BudgetNotFound { .. } => (404, "Not found"),
            Refusal::LotExists { .. }
            | Refusal::HoldExists { .. }
            | Refusal::LotNotExpired { .. }
            | Refusal::NothingToExpire { .. }
            | Refusal::HoldAlreadySettled { .. }
            | Refusal::HoldAlreadyReleased { .. }
            | Refusal::OverSettleRefused { .. }
            | Refusal::DeadlineNotLater { .. }
            | Refusal::EarmarkTooLarge { .. }
            | Refusal::ReversalTooLarge { .. }
            | Refusal::RevocationTooLarge { .. }
            | Refusal::FreezeTooLarge { .. }
            | Refusal::NotFrozen { .. }
            | Refusal::AdjustmentTooLarge { .. }
            | Refusal::BudgetLeftTooSmall { .. }
            | Refusal::BudgetsNotAlike => (409, "That no longer fits"),
            Refusal::AmountNotPositive { .. }
            | Refusal::AmountNegative { .. }
            | Refusal::AmountOverflow { .. }
            | Refusal::ExpiresBeforeEffective { .. }
            | Refusal::HoldDeadlineInPast { .. }
            | Refusal::WindowEmpty { .. }
            | Refusal::UnlimitedWithAmount { .. }
            | Refusal::NothingToChange
            | Refusal::CalendarUnsound
            | Refusal::PlanUnsound { .. } => (422, "Please check what you entered"),
        };
        let problem = Problem::new(status, refusal.code(), title, refusal.to_string());
        Problem { numbers: figures(&refusal), ..problem.with_cure(refusal.cure()) }
    }
}

/// The members of a refusal's wire form that are plain values, without its code.
fn figures(refusal: &Refusal) -> BTreeMap<String, String> {
    let Ok(serde_json::Value::Object(members)) = serde_json::to_value(refusal) else {
        return BTreeMap::new();
    };
    let plain = members.into_iter().filter_map(|(name, value)| match value {
        serde_json::Value::String(text) => Some((name, text)),
        serde_json::Value::Number(number) => Some((name, number.to_string())),
        _ => None,
    });
    plain.filter(|(name, _)| name != "code").collect()
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.title, self.detail)
    }
}

impl std::error::Error for Problem {}

impl FromServerFnError for Problem {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            // A body that cannot be read as text is the sender's fault too.
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Deserialization(_) => Problem::new(
                422,
                "unreadable",
                "That could not be read",
                "A value is missing or has the wrong form.",
            )
            .with_cure("Check the fields and send the form again."),
            ServerFnErrorErr::Request(_) => {
                Problem::unavailable("The server could not be reached.")
            }
            _ => Problem::new(
                500,
                "internal",
                "Something went wrong here",
                "The request could not be completed.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_travels_as_rfc_9457_json_and_comes_back_the_same() {
        let problem = Problem::insufficient("insufficient_credits", "3 asked, 1 left.")
            .with_number("shortfall", 2)
            .with_cure("Buy credits.");
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "urn:scrip:problem:insufficient_credits");
        assert_eq!(json["status"], 402);
        assert_eq!(json["numbers"]["shortfall"], "2");
        assert!(json.get("fields").is_none());
        assert_eq!(Problem::de(problem.ser()), problem);
    }

    #[test]
    fn a_wait_is_told_in_words_and_never_understated() {
        let cure = |seconds| Problem::too_many("Too many.", seconds).cure.unwrap();
        assert_eq!(cure(1), "Try again in 1 second.");
        assert_eq!(cure(121), "Try again in 3 minutes.");
        assert_eq!(cure(7201), "Try again in 3 hours.");
    }

    #[test]
    fn an_argument_that_cannot_be_read_is_the_senders_fault_and_leaks_nothing() {
        let problem = Problem::from_server_fn_error(ServerFnErrorErr::Args("serde: x".into()));
        assert_eq!(problem.status, 422);
        assert!(!problem.detail.contains("serde"));
    }

    #[test]
    fn a_refusal_of_the_ledger_keeps_its_figures_and_its_cure() {
        let problem = Problem::from(Refusal::InsufficientCredits {
            asked: "3".parse().unwrap(),
            available: "2.5".parse().unwrap(),
            shortfall: "0.5".parse().unwrap(),
        });
        assert_eq!((problem.status, problem.code.as_str()), (402, "insufficient_credits"));
        assert_eq!(problem.numbers["shortfall"], "0.5");
        assert!(!problem.numbers.contains_key("code"));
        assert!(problem.cure.unwrap().contains("0.5"));
    }

    #[test]
    fn a_single_wrong_field_is_named_in_the_detail_itself() {
        let problem = Problem::invalid_field("email", "This is not a mail address.");
        assert_eq!(problem.detail, "This is not a mail address.");
        assert_eq!(problem.message_for("email"), Some("This is not a mail address."));
        assert_eq!(problem.message_for("name"), None);
    }
}
