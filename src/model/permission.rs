//! Roles × actions: the one table. The server checks by it, pages hide by it, the members page prints
//! it, and a test walks it. What a person may do is decided nowhere else.
//!
//! To add an action: one variant of [`Action`] and one row of [`TABLE`]; the compiler and a test
//! insist on both.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What someone is in one organisation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Spends credits and sees the balance, prices and their own usage.
    Member,
    /// Also buys credits, reads the team's usage and invites members.
    Admin,
    /// Also manages departments, roles and memberships.
    Superadmin,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: [Role; 3] = [Role::Superadmin, Role::Admin, Role::Member];

    /// The name as stored and sent: `superadmin`, `admin` or `member`.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Superadmin => "superadmin",
            Role::Admin => "admin",
            Role::Member => "member",
        }
    }

    /// The role with its article, for sentences: "an admin".
    pub fn with_article(self) -> &'static str {
        match self {
            Role::Superadmin => "a superadmin",
            Role::Admin => "an admin",
            Role::Member => "a member",
        }
    }

    /// Whether someone in this role may give `other` to somebody, by invitation or by change.
    ///
    /// An admin invites members and no more, so that nobody can lift themselves through a friend.
    pub fn may_grant(self, other: Role) -> bool {
        match self {
            Role::Superadmin => true,
            Role::Admin => other == Role::Member,
            Role::Member => false,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// A text that names no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is superadmin, admin or member")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Role::ALL.into_iter().find(|role| role.as_str() == text).ok_or(UnknownRole)
    }
}

/// Everything that a signed-in person may want to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    ViewBalance,
    ViewCredits,
    ViewBilling,
    RunAnalysis,
    ViewOwnReports,
    ViewAllReports,
    ViewTeam,
    ViewMembers,
    InviteMembers,
    BuyCredits,
    ManageAutoTopUp,
    RedeemCodes,
    ViewPayments,
    EditBillingDetails,
    ReadJournal,
    ManageDepartments,
    ChangeRoles,
    ChangeDepartments,
    RemoveMembers,
    ManageApiKeys,
    ManageWebhooks,
    ReadInbox,
    ManageAlerts,
    SetSpendingOrder,
    AskAdmins,
    AnswerAsks,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The action.
    pub action: Action,
    /// What it is, for people, as the end of "may …".
    pub description: &'static str,
    /// Who may.
    pub roles: &'static [Role],
}

const EVERYONE: &[Role] = &[Role::Superadmin, Role::Admin, Role::Member];
const ADMINS: &[Role] = &[Role::Superadmin, Role::Admin];
const SUPERADMINS: &[Role] = &[Role::Superadmin];

const fn rule(action: Action, description: &'static str, roles: &'static [Role]) -> Rule {
    Rule { action, description, roles }
}

/// Who may do what.
pub const TABLE: [Rule; 26] = [
    rule(Action::ViewBalance, "see the organisation's balance", EVERYONE),
    rule(Action::ViewCredits, "see the usage and purchase history in credits", EVERYONE),
    rule(Action::ViewBilling, "see the balance by source and its spending order", EVERYONE),
    rule(Action::RunAnalysis, "run an analysis and spend credits on it", EVERYONE),
    rule(Action::ViewOwnReports, "see their own reports", EVERYONE),
    rule(Action::ViewAllReports, "see everyone's reports", ADMINS),
    rule(Action::ViewTeam, "see the team's allowance, departments and consumption", ADMINS),
    rule(Action::ViewMembers, "see who belongs to the organisation", ADMINS),
    rule(Action::InviteMembers, "invite people, and resend or revoke invitations", ADMINS),
    rule(Action::BuyCredits, "buy credits", ADMINS),
    rule(
        Action::ManageAutoTopUp,
        "save a card and let it buy credits by itself when few are left",
        ADMINS,
    ),
    rule(Action::RedeemCodes, "redeem codes and invite other organisations", ADMINS),
    rule(
        Action::ViewPayments,
        "see payments, invoices and what was paid for credits, and recheck a payment",
        ADMINS,
    ),
    rule(Action::EditBillingDetails, "change who is billed and where", ADMINS),
    rule(Action::ReadJournal, "download the journal, in which everything stands", ADMINS),
    rule(Action::ManageDepartments, "create departments and set their allotments", SUPERADMINS),
    rule(Action::ChangeRoles, "change someone's role", SUPERADMINS),
    rule(Action::ChangeDepartments, "move someone to another department", SUPERADMINS),
    rule(Action::RemoveMembers, "remove someone from the organisation", SUPERADMINS),
    rule(
        Action::ManageApiKeys,
        "make, rotate and revoke API keys, and set what each may spend",
        ADMINS,
    ),
    rule(
        Action::ManageWebhooks,
        "choose what programs are told by webhook, and see what was sent",
        ADMINS,
    ),
    rule(Action::ReadInbox, "read what they are told, and choose what of it by mail", EVERYONE),
    rule(
        Action::ManageAlerts,
        "set what the organisation is told of, and send a test letter",
        ADMINS,
    ),
    rule(Action::SetSpendingOrder, "choose which credits are spent first", ADMINS),
    rule(Action::AskAdmins, "ask the admins for credits, or to look at the balance", EVERYONE),
    rule(Action::AnswerAsks, "answer what members ask for", ADMINS),
];

impl Action {
    /// The row of the table that decides on this action.
    pub fn rule(self) -> &'static Rule {
        const ROWS: &[Rule] = &TABLE;
        ROWS.iter()
            .find(|rule| rule.action == self)
            .expect("every action has its row; a test walks all of them")
    }

    /// What the action is, for people, as the end of "may …".
    pub fn description(self) -> &'static str {
        self.rule().description
    }

    /// Who may, for a sentence: "an admin or a superadmin".
    pub fn who_may(self) -> String {
        let names: Vec<_> =
            self.rule().roles.iter().rev().map(|role| role.with_article()).collect();
        names.join(" or ")
    }
}

/// Whether `role` may do `action`.
pub fn may(role: Role, action: Action) -> bool {
    action.rule().roles.contains(&role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_has_exactly_one_row() {
        for rule in &TABLE {
            let rows = TABLE.iter().filter(|other| other.action == rule.action).count();
            assert_eq!(rows, 1, "{:?}", rule.action);
        }
        assert_eq!(Action::AnswerAsks as usize + 1, TABLE.len(), "an action lacks its row");
    }

    #[test]
    fn a_superadmin_may_do_everything() {
        assert!(TABLE.iter().all(|rule| may(Role::Superadmin, rule.action)));
    }

    #[test]
    fn whatever_a_member_may_do_an_admin_may_do() {
        let member_rules = TABLE.iter().filter(|rule| may(Role::Member, rule.action));
        assert!(member_rules.into_iter().all(|rule| may(Role::Admin, rule.action)));
    }

    #[test]
    fn a_member_spends_but_never_buys_nor_sees_the_team() {
        assert!(may(Role::Member, Action::RunAnalysis));
        for action in [
            Action::BuyCredits,
            Action::ManageAutoTopUp,
            Action::ViewTeam,
            Action::ViewMembers,
            Action::ViewAllReports,
        ] {
            assert!(!may(Role::Member, action), "{action:?}");
        }
    }

    #[test]
    fn an_admin_buys_and_invites_members_but_manages_neither_departments_nor_roles() {
        assert!(may(Role::Admin, Action::BuyCredits) && may(Role::Admin, Action::InviteMembers));
        assert!(
            !may(Role::Admin, Action::ManageDepartments) && !may(Role::Admin, Action::ChangeRoles)
        );
        assert!(Role::Admin.may_grant(Role::Member));
        assert!(!Role::Admin.may_grant(Role::Admin) && !Role::Admin.may_grant(Role::Superadmin));
    }

    #[test]
    fn the_people_to_ask_are_named_from_the_lowest_role_up() {
        assert_eq!(Action::BuyCredits.who_may(), "an admin or a superadmin");
        assert_eq!(Action::ChangeRoles.who_may(), "a superadmin");
    }

    #[test]
    fn a_role_reads_back_from_its_own_name_and_from_nothing_else() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert_eq!("Owner".parse::<Role>(), Err(UnknownRole));
    }
}
