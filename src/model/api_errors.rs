//! Every error that the API answers with: the one table from which the API makes its problems and the page
//! *Errors* is printed. A code never changes its meaning.
//!
//! To add one: a constant and its place in [`ERRORS`]; what the ledger refuses keeps the ledger's own code.

use crate::model::Problem;

/// One kind of error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorKind {
    /// Its name for programs.
    pub code: &'static str,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// Its heading.
    pub title: &'static str,
    /// When it comes and what to do, for those who write programs.
    pub meaning: &'static str,
}

impl ErrorKind {
    /// A problem of this kind.
    pub fn problem(&self, detail: impl Into<String>) -> Problem {
        Problem::new(self.status, self.code, self.title, detail)
    }
}

const fn kind(
    code: &'static str,
    status: u16,
    title: &'static str,
    meaning: &'static str,
) -> ErrorKind {
    ErrorKind { code, status, title, meaning }
}

const KEY_TITLE: &str = "This API key opens nothing";
const CHECK_TITLE: &str = "Please check what you entered";
const CONFLICT_TITLE: &str = "That no longer fits";

pub const KEY_MISSING: ErrorKind = kind(
    "api_key_missing",
    401,
    "An API key is needed",
    "Send the header Authorization: Bearer scrip_… with every request.",
);
pub const KEY_MALFORMED: ErrorKind = kind(
    "api_key_malformed",
    401,
    KEY_TITLE,
    "What was sent is cut off or mistyped: its own checksum does not fit. Copy the whole secret.",
);
pub const KEY_UNKNOWN: ErrorKind = kind(
    "api_key_unknown",
    401,
    KEY_TITLE,
    "It has the form of a key, but there is none with this secret. Perhaps it is of another installation.",
);
pub const KEY_REVOKED: ErrorKind = kind(
    "api_key_revoked",
    401,
    KEY_TITLE,
    "Somebody has ended this key for good. Make another one.",
);
pub const KEY_ROTATED: ErrorKind = kind(
    "api_key_rotated",
    401,
    KEY_TITLE,
    "The key has a newer secret, and the time in which both worked is over. Use the newer one.",
);
pub const SCOPE_MISSING: ErrorKind = kind(
    "scope_missing",
    403,
    "Not allowed",
    "The key lacks the scope that this route needs; `numbers.scope` names it. Make a key that has it.",
);
pub const SECOND_PERSON: ErrorKind = kind(
    "second_person_needed",
    403,
    "Not allowed",
    "More than one person of the staff may give alone in a day. Ask for it in the staff console.",
);
pub const DEPARTMENT_FIXED: ErrorKind = kind(
    "department_fixed",
    403,
    "Not allowed",
    "The key is charged to one department, and another one was named. Leave `department` out.",
);
pub const NOT_FOUND: ErrorKind = kind(
    "not_found",
    404,
    "Not found",
    "There is no such thing, or it belongs to another organisation. Check the id.",
);
pub const METHOD: ErrorKind = kind(
    "method_not_allowed",
    405,
    "Not this way",
    "The address is right and the method is not; the header `Allow` names those that are.",
);
pub const TOO_SLOW: ErrorKind = kind(
    "too_slow",
    408,
    "That took too long",
    "The body did not arrive in time. Nothing was done; send it again.",
);
pub const TOO_LARGE: ErrorKind =
    kind("too_large", 413, "Too large", "The body is larger than 64 kB. Nothing was done.");
pub const NOT_JSON: ErrorKind =
    kind("not_json", 415, "JSON is needed", "A body has the content type application/json.");
pub const UNREADABLE: ErrorKind = kind(
    "unreadable",
    422,
    "That could not be read",
    "The body is no JSON at all: `detail` says at which place.",
);
pub const INVALID: ErrorKind = kind(
    "invalid",
    422,
    CHECK_TITLE,
    "A field is missing, wrong or not known; `fields` names each with what would be right.",
);
pub const IDEMPOTENCY_KEY_MISSING: ErrorKind = kind(
    "idempotency_key_missing",
    400,
    "An idempotency key is needed",
    "Every write carries the header Idempotency-Key: 1 to 200 printable characters that are new for \
     each new request, and the same when the same request is sent again.",
);
pub const IDEMPOTENCY_KEY_REUSED: ErrorKind = kind(
    "idempotency_key_reused",
    422,
    "This key was used for something else",
    "The same Idempotency-Key came before with another content. Use a new key for a new request.",
);
pub const TOO_MANY: ErrorKind = kind(
    "too_many",
    429,
    "Too many tries",
    "The key has used up its rate. Wait as many seconds as `Retry-After` says.",
);
pub const INTERNAL: ErrorKind = kind(
    "internal",
    500,
    "Something went wrong here",
    "A fault on our side, logged under `reference`. Send the same request again with the same \
     Idempotency-Key: it is done once.",
);
pub const UNAVAILABLE: ErrorKind = kind(
    "unavailable",
    503,
    "Not available right now",
    "The ledger cannot be reached. Send the same request again with the same Idempotency-Key after \
     `Retry-After` seconds: it is done once.",
);
pub const BUSY: ErrorKind = kind(
    "busy",
    503,
    "Busy right now",
    "Too much is waiting to be booked. Nothing was done; try again after `Retry-After` seconds.",
);

/// Every error, by status.
pub const ERRORS: [ErrorKind; 44] = [
    IDEMPOTENCY_KEY_MISSING,
    KEY_MISSING,
    KEY_MALFORMED,
    KEY_UNKNOWN,
    KEY_REVOKED,
    KEY_ROTATED,
    kind(
        "insufficient_credits",
        402,
        "Not enough credits",
        "The organisation's credits do not cover it. `numbers` has asked, available and shortfall; \
         `links.buy` is where to buy. Or park the hold: it is made when credits come.",
    ),
    kind(
        "earmarked",
        402,
        "Set aside for others",
        "There are credits, but they are set aside for another department, member or key.",
    ),
    kind(
        "budget_exceeded",
        402,
        "Over the limit",
        "A limit refuses it: `numbers.subject` says whose, with limit, used, held, asked and left.",
    ),
    kind(
        "debt_limit_reached",
        402,
        "Over the limit",
        "More was used than was held and is available, and no more may be owed.",
    ),
    SCOPE_MISSING,
    SECOND_PERSON,
    DEPARTMENT_FIXED,
    NOT_FOUND,
    kind("hold_not_found", 404, "Not found", "There is no hold with this id here."),
    kind("lot_not_found", 404, "Not found", "There is no lot with this id here."),
    kind("budget_not_found", 404, "Not found", "There is no such limit here."),
    kind(
        "nothing_to_reverse",
        404,
        "Not found",
        "No usage of this organisation was booked by that transaction.",
    ),
    METHOD,
    TOO_SLOW,
    kind(
        "hold_already_settled",
        409,
        CONFLICT_TITLE,
        "The hold was settled and cannot be released or extended. Reverse the usage instead.",
    ),
    kind(
        "hold_already_released",
        409,
        CONFLICT_TITLE,
        "The hold was released and cannot be settled or extended. Charge the usage instead.",
    ),
    kind(
        "over_settle_refused",
        409,
        CONFLICT_TITLE,
        "More was used than was held, and the hold's over_settle is refuse.",
    ),
    kind(
        "deadline_not_later",
        409,
        CONFLICT_TITLE,
        "An extension would not let the hold stand longer than it does.",
    ),
    kind(
        "reversal_too_large",
        409,
        CONFLICT_TITLE,
        "More would be given back than is left of that usage.",
    ),
    kind("hold_exists", 409, CONFLICT_TITLE, "There is a hold with this id already."),
    kind("lot_exists", 409, CONFLICT_TITLE, "There is a lot with this id already."),
    kind(
        "changed_meanwhile",
        409,
        CONFLICT_TITLE,
        "Something changed while the request was on its way. Read again, then repeat it.",
    ),
    kind(
        "hold_not_parked",
        409,
        CONFLICT_TITLE,
        "The hold no longer waits: it was admitted, cancelled, or its time to wait is over.",
    ),
    kind(
        "quote_expired",
        409,
        CONFLICT_TITLE,
        "The quote is no longer binding. Ask for a new one.",
    ),
    TOO_LARGE,
    NOT_JSON,
    UNREADABLE,
    INVALID,
    IDEMPOTENCY_KEY_REUSED,
    kind("amount_not_positive", 422, CHECK_TITLE, "The amount must be more than 0."),
    kind("amount_negative", 422, CHECK_TITLE, "The amount must not be less than 0."),
    kind("amount_overflow", 422, CHECK_TITLE, "More credits than can be counted."),
    kind("hold_deadline_in_past", 422, CHECK_TITLE, "The hold would not stand for a moment."),
    kind(
        "expires_before_effective",
        422,
        CHECK_TITLE,
        "The credits would expire before they may be spent.",
    ),
    TOO_MANY,
    INTERNAL,
    UNAVAILABLE,
    BUSY,
];

/// The kind of that code.
pub fn find(code: &str) -> Option<&'static ErrorKind> {
    static KINDS: [ErrorKind; ERRORS.len()] = ERRORS;
    KINDS.iter().find(|kind| kind.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Credits;
    use crate::ledger::refusal::Refusal;

    #[test]
    fn every_code_stands_once_and_the_statuses_rise() {
        for kind in &ERRORS {
            assert_eq!(
                ERRORS.iter().filter(|one| one.code == kind.code).count(),
                1,
                "{}",
                kind.code
            );
        }
        let by_status = ERRORS.windows(2).filter(|pair| pair[0].status > pair[1].status);
        assert_eq!(by_status.count(), 0);
    }

    #[test]
    fn the_ledgers_own_refusals_stand_with_their_status_and_heading() {
        let none = Credits::ZERO;
        let refusals = [
            Refusal::InsufficientCredits { asked: none, available: none, shortfall: none },
            Refusal::AmountNotPositive { amount: none },
            Refusal::AmountNegative { amount: none },
            Refusal::HoldNotFound { hold: "hold_1".parse().unwrap() },
        ];
        for problem in refusals.map(Problem::from) {
            let kind = find(&problem.code).unwrap();
            assert_eq!((kind.status, kind.title), (problem.status, problem.title.as_str()));
        }
    }
}
