//! Who may do what, over every page and every server function: each is named in one of the two tables
//! here with the action that it needs, and `model::permission` says who may. A page or function that is
//! missing from its table fails the tests.

mod functions;
mod junk;
mod pages;
mod replays;
mod staff;
mod strangers;
mod top_ups;
mod webhooks;

use crate::support::database::TestDatabase;
use crate::support::premises::Premises;
use crate::support::visitor::{Page, Visitor, encoded, multipart};
use scrip::backend::store;
use scrip::ledger::Timestamp;
use scrip::ledger::id::DepartmentId;
use scrip::model::permission::{Action, Role, may};

/// Who gets in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Needs {
    /// Whoever comes.
    Nothing,
    /// A session.
    Session,
    /// A session of someone who may do this.
    To(Action),
    /// A session of those who run the installation; for everybody else it is not there.
    Staff,
}

impl Needs {
    fn lets_in(self, role: Role) -> bool {
        match self {
            Needs::Nothing | Needs::Session => true,
            Needs::To(action) => may(role, action),
            Needs::Staff => false,
        }
    }
}

use Needs::{Nothing, Session, Staff, To};

/// A server function, what it needs, and fields with which it succeeds; `{…}` is filled in by [`Stage`].
type Function = (&'static str, Needs, &'static [(&'static str, &'static str)]);

/// Every server function. Those that end something stand after those that need it.
const FUNCTIONS: [Function; 134] = [
    ("sign_in_options", Nothing, &[]),
    ("sign_in", Nothing, &[("email", "nobody@x.test"), ("password", "not that"), ("next", "/")]),
    ("sign_in_to_demo", Nothing, &[("email", "admin@example.com"), ("next", "/")]),
    ("setup_form", Nothing, &[("token", "none")]),
    (
        "complete_setup",
        Nothing,
        &[
            ("token", "none"),
            ("name", "Eve"),
            ("email", "eve@x.test"),
            ("password", "a lamp in the harbour"),
            ("organisation", "Evil"),
            ("time_zone", "UTC"),
        ],
    ),
    ("invitation_offer", Nothing, &[("token", "none")]),
    (
        "accept_as_new",
        Nothing,
        &[("token", "none"), ("name", "Eve"), ("password", "a lamp in the harbour")],
    ),
    ("accept_invitation", Nothing, &[("token", "none"), ("password", "a lamp in the harbour")]),
    ("choose_theme", Nothing, &[("theme", "dark")]),
    ("load_frame", Session, &[]),
    ("load_balance", To(Action::ViewBalance), &[]),
    ("session_list", Session, &[]),
    ("load_inbox", To(Action::ReadInbox), &[("before", "")]),
    ("mark_read", To(Action::ReadInbox), &[("id", "{notice}")]),
    ("mark_all_read", To(Action::ReadInbox), &[("shown_at", "1790000000000000")]),
    ("dismiss_banner", To(Action::ReadInbox), &[("id", "{notice}")]),
    ("load_alerts", To(Action::ReadInbox), &[("test", "")]),
    (
        "save_alert_rule",
        To(Action::ManageAlerts),
        &[
            ("kind", "forecast"),
            ("version", "0"),
            ("levels", "7"),
            ("mail", "yes"),
            ("in_app", "yes"),
        ],
    ),
    (
        "save_own_alert_rule",
        To(Action::ReadInbox),
        &[
            ("kind", "own_usage"),
            ("version", "0"),
            ("levels", "50"),
            ("mail", "yes"),
            ("in_app", "yes"),
        ],
    ),
    ("choose_alert_mail", To(Action::ReadInbox), &[("choice", "urgent")]),
    ("send_test_mail", To(Action::ManageAlerts), &[("form_key", "{key}")]),
    ("load_dashboard", To(Action::ViewBalance), &[]),
    (
        "load_credits",
        To(Action::ViewCredits),
        &[("view", ""), ("operation", ""), ("user", ""), ("department", ""), ("before", "")],
    ),
    ("load_transaction", To(Action::ViewCredits), &[("sequence", "{sequence}")]),
    ("load_proof", To(Action::ViewCredits), &[("as_of", ""), ("period", "")]),
    (
        "load_analytics",
        To(Action::ViewCredits),
        &[
            ("period", ""),
            ("from", ""),
            ("to", ""),
            ("by", ""),
            ("operation", ""),
            ("user", ""),
            ("department", ""),
            ("key", ""),
        ],
    ),
    ("load_statements", To(Action::ViewCredits), &[]),
    ("load_statement", To(Action::ViewCredits), &[("month", "{month}")]),
    ("load_billing_overview", To(Action::ViewBilling), &[]),
    ("load_balance_check", To(Action::ViewCredits), &[]),
    ("load_ask", To(Action::AskAdmins), &[]),
    (
        "ask_admins",
        To(Action::AskAdmins),
        &[("about", "credits"), ("amount", "5"), ("message", "Please"), ("form_key", "{key}")],
    ),
    ("load_asks", To(Action::AnswerAsks), &[]),
    (
        "answer_ask",
        To(Action::AnswerAsks),
        &[("id", "{ask}"), ("state", "done"), ("answer", "Here you are")],
    ),
    ("load_spending_order", To(Action::SetSpendingOrder), &[]),
    (
        "set_spending_order",
        To(Action::SetSpendingOrder),
        &[("order", "expiring_first"), ("form_key", "{key}")],
    ),
    ("load_prices", To(Action::ViewBalance), &[]),
    ("load_quoted", To(Action::ViewCredits), &[("before", "")]),
    ("load_report_form", To(Action::RunAnalysis), &[]),
    (
        "start_analysis",
        To(Action::RunAnalysis),
        &[
            ("form_key", "{key}"),
            ("title", "Spring"),
            ("text", "Tea for everyone."),
            ("quoted", "1"),
        ],
    ),
    (
        "load_reports",
        To(Action::ViewOwnReports),
        &[("sort", "date"), ("status", ""), ("after", "")],
    ),
    ("load_report", To(Action::ViewOwnReports), &[("id", "{report}")]),
    ("load_buy", To(Action::BuyCredits), &[("pack", ""), ("credits", ""), ("cancelled", "")]),
    ("buy_pack", To(Action::BuyCredits), &[("pack", "{pack}"), ("form_key", "{key}")]),
    ("load_auto_top_up", To(Action::ManageAutoTopUp), &[("card", "")]),
    ("save_card", To(Action::ManageAutoTopUp), &[("consent", "yes")]),
    (
        "switch_on_top_up",
        To(Action::ManageAutoTopUp),
        &[
            ("threshold", "25"),
            ("buys", "{pack}"),
            ("credits", ""),
            ("cap", "500"),
            ("version", "{version}"),
        ],
    ),
    ("confirm_top_up", To(Action::ManageAutoTopUp), &[("id", "{top_up}")]),
    ("resume_top_up", To(Action::ManageAutoTopUp), &[]),
    ("switch_off_top_up", To(Action::ManageAutoTopUp), &[]),
    ("load_codes", To(Action::RedeemCodes), &[]),
    ("redeem_code", To(Action::RedeemCodes), &[("code", "{code}")]),
    ("load_purchase", To(Action::ViewPayments), &[("id", "{purchase}")]),
    ("recheck_purchase", To(Action::ViewPayments), &[("id", "{purchase}")]),
    ("load_organisations", Staff, &[("search", ""), ("before", "")]),
    ("load_organisation", Staff, &[("id", "{organisation}")]),
    ("load_health", Staff, &[]),
    ("load_staff_log", Staff, &[("before", "")]),
    (
        "load_grant_form",
        Staff,
        &[
            ("id", "{organisation}"),
            ("amount", ""),
            ("source", ""),
            ("expires", ""),
            ("reason", ""),
        ],
    ),
    (
        "preview_grant",
        Staff,
        &[("id", "{organisation}"), ("amount", "1"), ("source", "admin"), ("reason", "A gesture")],
    ),
    (
        "give_credits",
        Staff,
        &[
            ("id", "{organisation}"),
            ("amount", "1"),
            ("source", "admin"),
            ("reason", "A gesture"),
            ("form_key", "{key}"),
        ],
    ),
    (
        "load_adjust_form",
        Staff,
        &[("id", "{organisation}"), ("lot", "lot_first"), ("change", ""), ("reason", "")],
    ),
    (
        "preview_adjustment",
        Staff,
        &[("id", "{organisation}"), ("lot", "lot_first"), ("change", "1"), ("reason", "A gesture")],
    ),
    (
        "adjust_lot",
        Staff,
        &[
            ("id", "{organisation}"),
            ("lot", "lot_first"),
            ("change", "1"),
            ("reason", "A gesture"),
            ("form_key", "{key}"),
        ],
    ),
    ("load_requests", Staff, &[]),
    ("approve_request", Staff, &[("id", "{request}")]),
    ("decline_request", Staff, &[("id", "{other_request}")]),
    ("load_promotions", Staff, &[]),
    (
        "create_campaign",
        Staff,
        &[("code", "{new}-code"), ("name", "A test"), ("credits", "5"), ("form_key", "{key}")],
    ),
    ("end_campaign", Staff, &[("code", "{code}")]),
    ("load_catalogue", Staff, &[("draft", "")]),
    ("load_catalogue_version", Staff, &[("number", "1")]),
    ("load_catalogue_draft", Staff, &[("digest", "{draft}")]),
    ("check_catalogue", Staff, &[("text", staff::CATALOGUE)]),
    (
        "apply_catalogue",
        Staff,
        &[("digest", "{draft}"), ("against", "0"), ("at", "2999-01-01T00:00")],
    ),
    ("withdraw_catalogue", Staff, &[("number", "{version_to_come}")]),
    ("load_mass_grants", Staff, &[]),
    ("load_mass_grant", Staff, &[("digest", "{digest}")]),
    ("check_mass_grant", Staff, &[("file", staff::FILE)]),
    ("confirm_mass_grant", Staff, &[("digest", "{digest}")]),
    ("approve_mass_grant", Staff, &[("digest", "{digest}")]),
    ("drop_mass_grant", Staff, &[("digest", "{other_digest}")]),
    ("load_staff_payments", Staff, &[("search", ""), ("before", "")]),
    ("load_staff_payment", Staff, &[("id", "{purchase}")]),
    ("recheck_payment", Staff, &[("id", "{purchase}")]),
    ("close_payment", Staff, &[("id", "{purchase}"), ("reason", "Looked into")]),
    ("load_refund_dialog", Staff, &[("id", "{purchase}"), ("amount", ""), ("reason", "")]),
    ("preview_refund", Staff, &[("id", "{purchase}"), ("amount", "1"), ("reason", "A gesture")]),
    (
        "refund_payment",
        Staff,
        &[("id", "{purchase}"), ("amount", "1"), ("reason", "A gesture"), ("form_key", "{key}")],
    ),
    ("load_subscription", To(Action::ViewCredits), &[("cancelled", "")]),
    ("load_plan_preview", To(Action::BuyCredits), &[("to", "{other_plan}")]),
    ("subscribe_plan", To(Action::BuyCredits), &[("plan", "pro"), ("form_key", "{key}")]),
    (
        "change_plan",
        To(Action::BuyCredits),
        &[("plan", "{other_plan}"), ("shown_at", "{second}"), ("form_key", "{key}")],
    ),
    ("cancel_plan", To(Action::BuyCredits), &[("form_key", "{key}")]),
    ("keep_plan", To(Action::BuyCredits), &[("form_key", "{key}")]),
    ("open_portal", To(Action::BuyCredits), &[]),
    ("load_payments", To(Action::ViewPayments), &[("status", ""), ("before", "")]),
    ("load_document", To(Action::ViewPayments), &[("number", "{document}")]),
    (
        "save_billing_details",
        To(Action::EditBillingDetails),
        &[
            ("version", "0"),
            ("name", "Quay GmbH"),
            ("email", "billing@x.test"),
            ("line1", "Quay 1"),
            ("line2", ""),
            ("postcode", "20457"),
            ("city", "Hamburg"),
            ("country", "DE"),
            ("tax_id", "DE123"),
        ],
    ),
    ("load_team", To(Action::ViewTeam), &[]),
    ("load_departments", To(Action::ViewTeam), &[]),
    (
        "create_department",
        To(Action::ManageDepartments),
        &[("name", "{new}"), ("form_key", "{key}")],
    ),
    (
        "rename_department",
        To(Action::ManageDepartments),
        &[("department", "{department}"), ("name", "Renamed")],
    ),
    (
        "set_allotment",
        To(Action::ManageDepartments),
        &[("department", "{department}"), ("limit", "10"), ("form_key", "{key}")],
    ),
    (
        "remove_allotment",
        To(Action::ManageDepartments),
        &[("department", "{department}"), ("form_key", "{key}")],
    ),
    ("member_list", To(Action::ViewMembers), &[]),
    (
        "invite_member",
        To(Action::InviteMembers),
        &[("email", "ola@x.test"), ("role", "member"), ("department", "{department}")],
    ),
    ("resend_invitation", To(Action::InviteMembers), &[("id", "{invitation}")]),
    ("revoke_invitation", To(Action::InviteMembers), &[("id", "{invitation}")]),
    ("change_role", To(Action::ChangeRoles), &[("user", "{user}"), ("role", "member")]),
    (
        "change_department",
        To(Action::ChangeDepartments),
        &[("user", "{user}"), ("department", "{department}")],
    ),
    ("remove_member", To(Action::RemoveMembers), &[("user", "{user}")]),
    (
        "archive_department",
        To(Action::ManageDepartments),
        &[("department", "{shelf}"), ("form_key", "{key}")],
    ),
    ("remove_card", To(Action::ManageAutoTopUp), &[]),
    ("load_developer_guide", Session, &[]),
    ("load_api_reference", Session, &[]),
    ("load_developers", To(Action::ManageApiKeys), &[]),
    (
        "create_api_key",
        To(Action::ManageApiKeys),
        &[("name", "Worker"), ("read", "yes"), ("cap", "5"), ("form_key", "{key}")],
    ),
    (
        "set_api_key_cap",
        To(Action::ManageApiKeys),
        &[("id", "{api_key}"), ("cap", "5"), ("window", "day"), ("form_key", "{key}")],
    ),
    (
        "rotate_api_key",
        To(Action::ManageApiKeys),
        &[("id", "{api_key}"), ("rotation", "{rotation}"), ("overlap", "24")],
    ),
    ("revoke_api_key", To(Action::ManageApiKeys), &[("id", "{api_key}"), ("name", "Worker")]),
    ("load_webhooks", To(Action::ManageWebhooks), &[]),
    (
        "load_webhook",
        To(Action::ManageWebhooks),
        &[("id", "{webhook}"), ("only", ""), ("before", "")],
    ),
    (
        "load_webhook_delivery",
        To(Action::ManageWebhooks),
        &[("id", "{webhook}"), ("delivery", "{delivery}")],
    ),
    (
        "create_webhook",
        To(Action::ManageWebhooks),
        &[
            ("name", "Worker"),
            ("url", "https://hooks.example.com/scrip"),
            ("kinds[]", "usage.charged"),
            ("form_key", "{key}"),
        ],
    ),
    (
        "change_webhook",
        To(Action::ManageWebhooks),
        &[
            ("id", "{webhook}"),
            ("name", "Worker"),
            ("url", "https://hooks.example.com/scrip"),
            ("everything", "yes"),
            ("version", "{webhook_version}"),
        ],
    ),
    (
        "rotate_webhook_secret",
        To(Action::ManageWebhooks),
        &[("id", "{webhook}"), ("rotation", "{webhook_rotation}")],
    ),
    (
        "replay_webhook",
        To(Action::ManageWebhooks),
        &[("id", "{webhook}"), ("delivery", "{delivery}"), ("attempts", "0")],
    ),
    (
        "replay_failed_webhooks",
        To(Action::ManageWebhooks),
        &[("id", "{webhook}"), ("since", "2026-01-01T00:00")],
    ),
    ("switch_webhook", To(Action::ManageWebhooks), &[("id", "{old_webhook}"), ("to", "off")]),
    (
        "send_test_webhook",
        To(Action::ManageWebhooks),
        &[("id", "{old_webhook}"), ("form_key", "{key}")],
    ),
    ("delete_webhook", To(Action::ManageWebhooks), &[("id", "{old_webhook}"), ("confirm", "Old")]),
    ("end_other_sessions", Session, &[]),
    ("sign_out", Nothing, &[]),
];

/// Every page, and an address of it.
const PAGES: [(&str, Needs, &str); 57] = [
    ("/", To(Action::ViewBalance), "/"),
    ("/credits", To(Action::ViewCredits), "/credits"),
    (
        "/credits/transactions/{sequence}",
        To(Action::ViewCredits),
        "/credits/transactions/{sequence}",
    ),
    ("/credits/proof", To(Action::ViewCredits), "/credits/proof"),
    ("/usage", To(Action::ViewCredits), "/usage"),
    ("/credits/statements", To(Action::ViewCredits), "/credits/statements"),
    ("/credits/statements/{month}", To(Action::ViewCredits), "/credits/statements/{month}"),
    ("/credits/buy", To(Action::BuyCredits), "/credits/buy"),
    ("/credits/codes", To(Action::RedeemCodes), "/credits/codes"),
    ("/credits/subscription", To(Action::ViewCredits), "/credits/subscription"),
    (
        "/credits/subscription/change",
        To(Action::BuyCredits),
        "/credits/subscription/change?to=studio",
    ),
    ("/credits/billing", To(Action::ViewPayments), "/credits/billing"),
    ("/credits/documents/{number}", To(Action::ViewPayments), "/credits/documents/{document}"),
    ("/credits/return/{id}", To(Action::ViewPayments), "/credits/return/{purchase}"),
    ("/inbox", To(Action::ReadInbox), "/inbox"),
    ("/settings/alerts", To(Action::ReadInbox), "/settings/alerts"),
    ("/settings/billing", To(Action::ViewBilling), "/settings/billing"),
    ("/credits/ask", To(Action::AskAdmins), "/credits/ask"),
    ("/credits/check", To(Action::ViewCredits), "/credits/check"),
    ("/team/asks", To(Action::AnswerAsks), "/team/asks"),
    ("/settings/billing/order", To(Action::SetSpendingOrder), "/settings/billing/order"),
    ("/prices", To(Action::ViewBalance), "/prices"),
    ("/prices/quoted", To(Action::ViewCredits), "/prices/quoted"),
    ("/reports", To(Action::ViewOwnReports), "/reports"),
    ("/reports/new", To(Action::RunAnalysis), "/reports/new"),
    ("/reports/{id}", To(Action::ViewOwnReports), "/reports/{report}"),
    ("/team", To(Action::ViewTeam), "/team"),
    ("/team/departments", To(Action::ViewTeam), "/team/departments"),
    ("/team/members", To(Action::ViewMembers), "/team/members"),
    ("/admin", Staff, "/admin"),
    ("/admin/organisations/{id}", Staff, "/admin/organisations/{organisation}"),
    ("/admin/organisations/{id}/grant", Staff, "/admin/organisations/{organisation}/grant"),
    (
        "/admin/organisations/{id}/adjust",
        Staff,
        "/admin/organisations/{organisation}/adjust?lot=lot_first",
    ),
    ("/admin/requests", Staff, "/admin/requests"),
    ("/admin/health", Staff, "/admin/health"),
    ("/admin/promotions", Staff, "/admin/promotions"),
    ("/admin/catalogue", Staff, "/admin/catalogue"),
    ("/admin/catalogue/drafts/{digest}", Staff, "/admin/catalogue/drafts/{draft}"),
    ("/admin/catalogue/{number}", Staff, "/admin/catalogue/1"),
    ("/admin/mass-grants", Staff, "/admin/mass-grants"),
    ("/admin/mass-grants/{digest}", Staff, "/admin/mass-grants/{digest}"),
    ("/admin/log", Staff, "/admin/log"),
    ("/admin/payments", Staff, "/admin/payments"),
    ("/admin/payments/{id}", Staff, "/admin/payments/{purchase}"),
    ("/admin/payments/{id}/refund", Staff, "/admin/payments/{purchase}/refund"),
    ("/developers", To(Action::ManageApiKeys), "/developers"),
    ("/developers/webhooks", To(Action::ManageWebhooks), "/developers/webhooks"),
    ("/developers/webhooks/{id}", To(Action::ManageWebhooks), "/developers/webhooks/{webhook}"),
    (
        "/developers/webhooks/{id}/{delivery}",
        To(Action::ManageWebhooks),
        "/developers/webhooks/{webhook}/{delivery}",
    ),
    ("/developers/guide", Session, "/developers/guide"),
    ("/developers/reference", Session, "/developers/reference"),
    ("/developers/errors", Session, "/developers/errors"),
    ("/account", Session, "/account"),
    ("/login", Nothing, "/login"),
    ("/invitation", Nothing, "/invitation?token=none"),
    ("/setup", Nothing, "/setup?token=none"),
    ("/problem", Nothing, "/problem"),
];

/// Functions whose form carries files.
const UPLOADS: [&str; 2] = ["start_analysis", "check_mass_grant"];

/// The premises with something of every kind in Northwind, for the fields and addresses above.
struct Stage {
    premises: Premises,
    things: Vec<(&'static str, String)>,
    made: std::cell::Cell<u32>,
}

impl Stage {
    async fn set(database: TestDatabase) -> Stage {
        let premises = Premises::open(database).await;
        let (member, admin) = (premises.member().await, premises.admin().await);
        let shelf = DepartmentId::parse("dep_shelf").unwrap();
        let department = store::department::Department {
            organisation: premises.northwind.clone(),
            id: shelf.clone(),
            name: "Shelf".into(),
            created_at: Timestamp(premises.clock.now_microseconds()),
            archived_at: None,
        };
        store::department::insert(&premises.backend.db, &department).await.unwrap();
        premises.subscribed_by(&admin, "form-stage").await;
        let user = store::user::find_by_email(&premises.backend.db, "ned@northwind.test").await;
        let things = vec![
            ("{sequence}", "1".to_owned()),
            ("{month}", "2026-09".to_owned()),
            ("{report}", premises.report_of(&member, "form-stage").await),
            ("{purchase}", premises.purchase_of(&admin, "form-stage").await),
            ("{document}", premises.document_of(&admin, "form-document").await),
            ("{pack}", premises.backend.catalogue.packs[0].code.clone()),
            ("{department}", premises.brand.to_string()),
            ("{shelf}", shelf.to_string()),
            ("{user}", user.unwrap().unwrap().id.to_string()),
            ("{organisation}", premises.northwind.to_string()),
            ("{request}", staff::request(&premises, "form-request").await),
            ("{other_request}", staff::request(&premises, "form-other").await),
            ("{digest}", staff::mass_grant(&premises, "A file").await),
            ("{draft}", staff::draft(&premises).await),
            ("{version_to_come}", staff::version_to_come(&premises).await),
            ("{other_digest}", staff::mass_grant(&premises, "Another").await),
            ("{top_up}", top_ups::waiting_for_its_owner(&premises).await),
            ("{notice}", top_ups::notice(&premises).await),
            ("{webhook}", webhooks::endpoint(&premises, "Worker").await),
            ("{delivery}", webhooks::delivery(&premises).await),
        ];
        Stage { premises, things, made: std::cell::Cell::new(0) }
    }

    /// An invitation of Northwind that waits for an answer.
    async fn invitation(&self) -> String {
        let (db, organisation) = (&self.premises.backend.db, &self.premises.northwind);
        if store::invitation::list(db, organisation).await.unwrap().is_empty() {
            let fields = [("email", "pia@x.test"), ("role", "member"), ("department", "")];
            self.premises.superadmin().await.post_json("invite_member", &fields).await;
        }
        store::invitation::list(db, organisation).await.unwrap()[0].id.clone()
    }

    /// A key of Northwind that works, and how often it was rotated.
    async fn api_key(&self) -> (String, String) {
        let (db, now) = (&self.premises.backend.db, self.premises.backend.now());
        loop {
            let keys = store::api_key::list(db, &self.premises.northwind, now).await.unwrap();
            let works = keys.iter().find(|listed| listed.revoked_at.is_none());
            match works {
                Some(works) => return (works.key.id.to_string(), works.rotation.to_string()),
                None => make_api_key(&self.premises).await,
            }
        }
    }

    /// What somebody of Northwind asks for and nobody has answered.
    async fn ask(&self) -> String {
        use scrip::model::asks::{AskAbout, AskState};
        let (backend, organisation) = (&self.premises.backend, self.premises.northwind.clone());
        let id = scrip::backend::id::uuid_simple(backend.now());
        let member = store::user::find_by_email(&backend.db, "ned@northwind.test").await.unwrap();
        let ask = store::ask::Ask {
            organisation,
            id: id.clone(),
            form_key: id.clone(),
            member: member.unwrap().id,
            about: AskAbout::Credits,
            amount: None,
            message: "Please".into(),
            facts: None,
            asked_at: backend.now(),
            state: AskState::Open,
            answer: None,
        };
        store::ask::insert_once(&backend.db, &ask).await.unwrap();
        id
    }

    /// A plan that Northwind does not have.
    async fn other_plan(&self) -> &'static str {
        let state = self.premises.backend.engine.state(&self.premises.northwind).await.unwrap();
        let plan = state.terms().plan.as_ref().map(|standing| standing.plan.code.clone());
        if plan.as_deref() == Some("pro") { "studio" } else { "pro" }
    }

    /// A text with the things of Northwind in the place of their names.
    fn filled(&self, text: &str, invitation: &str) -> String {
        let count = self.made.get() + 1;
        self.made.set(count);
        let things = self
            .things
            .iter()
            .fold(text.to_owned(), |text, (name, thing)| text.replace(name, thing));
        let second = self.premises.backend.now().0 / 1_000_000;
        things
            .replace("{invitation}", invitation)
            .replace("{second}", &second.to_string())
            .replace("{new}", &format!("new-{count}"))
            .replace("{key}", &scrip::backend::id::uuid_simple(self.premises.backend.now()))
    }

    /// The body with which `function` succeeds.
    async fn body(&self, function: &Function) -> (String, Vec<u8>) {
        let (invitation, plan) = (self.invitation().await, self.other_plan().await);
        let version = top_ups::card_and_version(&self.premises).await;
        let (api_key, rotation) = self.api_key().await;
        let code = staff::campaign(&self.premises, self.made.get()).await;
        let ask = self.ask().await;
        let webhooks = webhooks::Known::of(&self.premises, &self.filled("{webhook}", "")).await;
        let fields: Vec<(&str, String)> = function
            .2
            .iter()
            .map(|(name, value)| (*name, value.replace("{other_plan}", plan)))
            .map(|(name, value)| {
                let value = self
                    .filled(&value, &invitation)
                    .replace("{version}", &version)
                    .replace("{api_key}", &api_key)
                    .replace("{rotation}", &rotation)
                    .replace("{code}", &code)
                    .replace("{ask}", &ask)
                    .replace("{old_webhook}", &webhooks.old)
                    .replace("{webhook_version}", &webhooks.version)
                    .replace("{webhook_rotation}", &webhooks.rotation);
                (name, value)
            })
            .collect();
        body_of(function.0, &fields)
    }

    async fn call(&self, visitor: &Visitor, function: &Function, accept: &str) -> Page {
        visitor.post(function.0, accept, self.body(function).await, &[]).await
    }
}

/// Makes a key for Northwind.
async fn make_api_key(premises: &Premises) {
    use scrip::backend::access::api_keys::{Maker, Mode, NewApiKey};
    use scrip::ledger::ApiKeyId;
    use scrip::model::api_keys::{Scope, Scopes};
    let (organisation, now) = (premises.northwind.clone(), premises.backend.now());
    let maker = Maker { organisation, user: None, role: Role::Superadmin, staff: false };
    let new = NewApiKey {
        id: scrip::backend::id::fresh(now, ApiKeyId::from_uuid_simple),
        name: "Worker".into(),
        scopes: Scopes::of([Scope::Read]),
        department: None,
    };
    premises.backend.access.create_api_key(&maker, &new, Mode::Test, now).await.unwrap();
}

/// Fields as the body that `function` reads.
fn body_of(function: &str, fields: &[(&str, String)]) -> (String, Vec<u8>) {
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if UPLOADS.contains(&function) { multipart(&fields) } else { encoded(&fields) }
}
