//! The lines of a statement: what each is, and whether all of them hold together.

use super::credits::Credits;

/// What a line of a statement is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LineKind {
    /// What was owned when the period began.
    Opening,
    /// All that came in, corrections apart.
    CameIn,
    /// Of it, what one source gave.
    CameInFrom,
    /// All that was used.
    Used,
    /// Of it, what one operation used and one department paid.
    UsedFor,
    /// What lapsed.
    Lapsed,
    /// What was taken out because its money went back.
    Withdrawn,
    /// By how much grants were corrected.
    Corrected,
    /// What was used or withdrawn and no lot paid; less than nothing where more was paid later.
    Owed,
    /// What is owned at the end.
    Closing,
    /// Of it, what open holds have set aside.
    Held,
    /// Of it, what may not be spent until a dispute ends.
    Frozen,
    /// Of it, what may be spent only later.
    Later,
    /// Of it, what may be spent.
    Available,
}

impl LineKind {
    /// Every kind, in the order of a statement.
    pub const ALL: [LineKind; 14] = [
        LineKind::Opening,
        LineKind::CameIn,
        LineKind::CameInFrom,
        LineKind::Used,
        LineKind::UsedFor,
        LineKind::Lapsed,
        LineKind::Withdrawn,
        LineKind::Corrected,
        LineKind::Owed,
        LineKind::Closing,
        LineKind::Held,
        LineKind::Frozen,
        LineKind::Later,
        LineKind::Available,
    ];

    /// The name in files.
    pub const fn code(self) -> &'static str {
        match self {
            LineKind::Opening => "opening",
            LineKind::CameIn => "came in",
            LineKind::CameInFrom => "came in from",
            LineKind::Used => "used",
            LineKind::UsedFor => "used for",
            LineKind::Lapsed => "lapsed",
            LineKind::Withdrawn => "withdrawn",
            LineKind::Corrected => "corrected",
            LineKind::Owed => "owed",
            LineKind::Closing => "closing",
            LineKind::Held => "held",
            LineKind::Frozen => "frozen",
            LineKind::Later => "later",
            LineKind::Available => "available",
        }
    }

    /// The kind of that name.
    pub fn from_code(code: &str) -> Option<LineKind> {
        LineKind::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether the closing balance is the opening one and the sum of these lines.
    pub const fn moves_the_balance(self) -> bool {
        use LineKind as Kind;
        matches!(
            self,
            Kind::CameIn
                | Kind::Used
                | Kind::Lapsed
                | Kind::Withdrawn
                | Kind::Corrected
                | Kind::Owed
        )
    }

    /// Whether the line is a part of the closing balance.
    pub const fn is_of_the_closing(self) -> bool {
        use LineKind as Kind;
        matches!(self, Kind::Held | Kind::Frozen | Kind::Later | Kind::Available)
    }
}

/// One line: what it moves the balance by (what left is less than nothing), or how much there is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// What it is.
    pub kind: LineKind,
    /// The source or the operation; empty where the line has none.
    pub part: String,
    /// The department; empty where the line has none.
    pub department: String,
    /// How much.
    pub credits: Credits,
    /// In how many transactions, for usage.
    pub transactions: Option<u64>,
}

impl StatementLine {
    /// A line without parts.
    pub(super) fn plain(kind: LineKind, credits: Credits) -> StatementLine {
        let (part, department) = (String::new(), String::new());
        StatementLine { kind, part, department, credits, transactions: None }
    }

    /// What one source gave.
    pub(super) fn from(part: &str, credits: Credits) -> StatementLine {
        StatementLine { part: part.to_owned(), ..Self::plain(LineKind::CameInFrom, credits) }
    }
}

/// Where the lines of a statement do not come to what one of them states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is stated as {stated}, and the lines come to {found}", .kind.code())]
pub struct DoesNotAddUp {
    /// The line.
    pub kind: LineKind,
    /// What it states.
    pub stated: Credits,
    /// What the other lines come to.
    pub found: Credits,
}

/// Whether the lines come to the closing balance, their parts to them, and what is beside it to it.
///
/// # Errors
/// The first line that the others do not come to.
pub fn check_sums(lines: &[StatementLine]) -> Result<(), DoesNotAddUp> {
    use LineKind as Kind;
    let of = |wanted: &dyn Fn(Kind) -> bool| {
        let wanted = lines.iter().filter(|line| wanted(line.kind)).map(|line| line.credits);
        Credits::checked_sum(wanted).unwrap_or(Credits::MAX)
    };
    let all = |kind: Kind| of(&|one| one == kind);
    let balance = of(&|kind| kind == Kind::Opening || kind.moves_the_balance());
    let checks = [
        (Kind::CameIn, all(Kind::CameInFrom)),
        (Kind::Used, all(Kind::UsedFor)),
        (Kind::Closing, balance),
        (Kind::Closing, of(&Kind::is_of_the_closing)),
    ];
    for (kind, found) in checks {
        let stated = all(kind);
        if stated != found {
            return Err(DoesNotAddUp { kind, stated, found });
        }
    }
    Ok(())
}
