//! Purchases and packs as pages show them. Reads and words only; what a state *is* is decided in
//! [`super::settle`].

use super::checkout::FIRST_CHECK_AFTER;
use super::money_back;
use super::{PaymentError, Payments, TaxMode, Why};
use crate::backend::store::correction::{self, Standing};
use crate::backend::store::purchase::{self, Purchase, PurchaseStatus};
use crate::catalogue::Catalogue;
use crate::ledger::{OrganisationId, PurchaseId, Timestamp};
use crate::model::Moment;
use crate::model::billing::{OwnAmountOffer, PackOffer, PriceTax, PurchaseState, PurchaseView};
use crate::model::format::{format_basis_points, format_price_per_credit};

/// The packs of a catalogue as offers, the smallest first.
pub fn offers(catalogue: &Catalogue) -> Vec<PackOffer> {
    let offer = |pack: &crate::catalogue::Pack| PackOffer {
        code: pack.code.clone(),
        name: pack.name.clone(),
        tagline: pack.tagline.clone(),
        credits: pack.credits,
        price: pack.price,
        credit_price: format_price_per_credit(pack.price_per_credit(), pack.price.currency),
        saving: catalogue.saving_basis_points(pack).map(format_basis_points),
        validity: pack.validity.to_string(),
        recommended: pack.recommended,
    };
    catalogue.packs.iter().map(offer).collect()
}

/// An own number of credits as an offer, with what was typed so far.
pub fn own_amount_offer(catalogue: &Catalogue, typed: &str) -> Option<OwnAmountOffer> {
    let terms = catalogue.own_amount?;
    let refusal = terms.read(typed).err().filter(|_| !typed.trim().is_empty());
    Some(OwnAmountOffer {
        terms,
        credit_price: format_price_per_credit(terms.price_per_credit(), terms.currency),
        validity: terms.validity.to_string(),
        typed: typed.to_owned(),
        problem: refusal.map(|refusal| refusal.to_string()),
    })
}

impl Payments {
    /// What the prices that pages show say about taxes.
    pub fn price_tax(&self) -> PriceTax {
        match self.tax() {
            TaxMode::Off => PriceTax::None,
            TaxMode::Exclusive => PriceTax::OnTop,
            TaxMode::Inclusive => PriceTax::Within,
        }
    }

    /// A purchase as the return page shows it, after asking the provider where that may bring news.
    /// `moment` prints an instant in the organisation's time zone.
    ///
    /// # Errors
    /// There is no such purchase, or the database failed. A provider that does not answer is no error:
    /// the page then says that nobody knows yet.
    pub async fn look(
        &self,
        organisation: &OrganisationId,
        id: &PurchaseId,
        now: Timestamp,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<PurchaseView, PaymentError> {
        let (purchase, asked) = match self.settle(organisation, id, Why::ReturnPage, now).await {
            Ok(purchase) => (purchase, true),
            Err(error @ (PaymentError::Provider(_) | PaymentError::Ledger(_))) => {
                tracing::warn!(purchase = %id, %error, "the return page could not learn more");
                (self.purchase(organisation, id).await?, false)
            }
            Err(error) => return Err(error),
        };
        let back = self.money_back(&purchase, &moment).await?;
        let standing = correction::standing_of(&self.db, organisation, id).await?;
        Ok(PurchaseView { back, ..self.view(&purchase, &standing, asked, now, moment) })
    }

    /// A purchase as it is written down, without asking anyone.
    ///
    /// # Errors
    /// There is no such purchase, or the database failed.
    pub async fn recall(
        &self,
        organisation: &OrganisationId,
        id: &PurchaseId,
        now: Timestamp,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<PurchaseView, PaymentError> {
        let purchase = self.purchase(organisation, id).await?;
        let standing = correction::standing_of(&self.db, organisation, id).await?;
        Ok(self.view(&purchase, &standing, false, now, moment))
    }

    /// The organisation's purchases, the newest first, from before `before`; nobody is asked.
    ///
    /// # Errors
    /// The database failed.
    pub async fn purchases(
        &self,
        organisation: &OrganisationId,
        before: Option<(Timestamp, &PurchaseId)>,
        limit: i64,
        now: Timestamp,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> Result<Vec<PurchaseView>, PaymentError> {
        let purchases = purchase::list(&self.db, organisation, before, limit).await?;
        let standings = correction::standings(&self.db, organisation).await?;
        let none = Standing::default();
        let view = |purchase: &Purchase| {
            let standing = standings.get(&purchase.id).unwrap_or(&none);
            self.view(purchase, standing, false, now, &moment)
        };
        Ok(purchases.iter().map(view).collect())
    }

    /// `asked`: whether the provider has just been heard.
    fn view(
        &self,
        purchase: &Purchase,
        standing: &Standing,
        asked: bool,
        now: Timestamp,
        moment: impl Fn(Timestamp) -> Moment,
    ) -> PurchaseView {
        let young = now.since(purchase.created_at) < FIRST_CHECK_AFTER;
        let state = state_of(purchase.status, asked, young);
        let open = purchase.status == PurchaseStatus::Open && now < purchase.expires_at;
        let credited = purchase.paid_at.filter(|_| state == PurchaseState::Credited);
        PurchaseView {
            id: purchase.id.to_string(),
            pack: purchase.pack.clone(),
            pack_name: purchase.pack_name.clone(),
            credits: purchase.credits,
            price: purchase.total(),
            tax: purchase.tax(),
            state,
            status: words_of(purchase, standing).to_owned(),
            explanation: explained(purchase, standing, state),
            pay_at: purchase.checkout_url.clone().filter(|_| open),
            begun: moment(purchase.created_at),
            credited: credited.map(&moment),
            payment_reference: purchase.payment_ref.clone(),
            back: None,
            test: !purchase.livemode,
        }
    }
}

fn state_of(status: PurchaseStatus, asked: bool, young: bool) -> PurchaseState {
    match status {
        PurchaseStatus::Credited => PurchaseState::Credited,
        PurchaseStatus::Processing => PurchaseState::AwaitingBank,
        PurchaseStatus::Failed | PurchaseStatus::Expired => PurchaseState::NotPaid,
        PurchaseStatus::Review => PurchaseState::Unknown,
        PurchaseStatus::Closed => PurchaseState::Closed,
        PurchaseStatus::Created | PurchaseStatus::Open if asked => PurchaseState::NotPaid,
        PurchaseStatus::Created | PurchaseStatus::Open if young => PurchaseState::Confirming,
        PurchaseStatus::Created | PurchaseStatus::Open => PurchaseState::Unknown,
    }
}

/// The state in two or three words, with what went back of it.
pub(super) fn words_of(purchase: &Purchase, standing: &Standing) -> &'static str {
    match purchase.status {
        PurchaseStatus::Credited => {
            money_back::status_words(standing, purchase).unwrap_or("Credited")
        }
        status => status_of(status),
    }
}

/// How far a purchase has come, in two or three words.
pub(super) fn status_of(status: PurchaseStatus) -> &'static str {
    match status {
        PurchaseStatus::Created => "Begun",
        PurchaseStatus::Open => "Not paid yet",
        PurchaseStatus::Processing => "Waiting for the bank",
        PurchaseStatus::Failed => "Payment failed",
        PurchaseStatus::Expired => "Not paid",
        PurchaseStatus::Review => "Under review",
        PurchaseStatus::Closed => "Closed",
        PurchaseStatus::Credited => "Credited",
    }
}

/// What the state means, with the reason where a person gave one.
fn explained(purchase: &Purchase, standing: &Standing, state: PurchaseState) -> String {
    match (purchase.status, &purchase.note) {
        (PurchaseStatus::Credited, _) if money_back::status_words(standing, purchase).is_some() => {
            "The payment had arrived and its credits were added. What became of it since is told below."
                .to_owned()
        }
        (PurchaseStatus::Closed, Some(reason)) => {
            format!("Whoever runs this installation has looked into this payment and closed it: {reason}")
        }
        (status, _) => explanation(status, state).to_owned(),
    }
}

fn explanation(status: PurchaseStatus, state: PurchaseState) -> &'static str {
    match (status, state) {
        (PurchaseStatus::Credited, _) => {
            "The payment has arrived and the credits are in the organisation's balance."
        }
        (PurchaseStatus::Processing, _) => {
            "Your bank takes its time with this kind of payment, up to a few days. The credits are \
             added by themselves when the money arrives; you need not stay on this page."
        }
        (PurchaseStatus::Failed, _) => {
            "The bank did not make this payment, so nothing was charged and no credits were added. \
             You can try again with another way to pay."
        }
        (PurchaseStatus::Expired, _) => {
            "The payment page has closed without a payment. Nothing was charged and no credits were \
             added."
        }
        (PurchaseStatus::Review, _) => {
            "The payment provider reports something else than what was ordered, so no credits were \
             added yet. Whoever runs this installation has been told. Quote the reference below when \
             you ask."
        }
        (PurchaseStatus::Closed, _) => {
            "Whoever runs this installation has looked into this payment and closed it."
        }
        (_, PurchaseState::Confirming) => {
            "We are asking the payment provider whether the payment has arrived."
        }
        (_, PurchaseState::NotPaid) => {
            "The payment provider reports no payment yet. Nothing has been charged so far; you can \
             still pay, or leave it."
        }
        _ => {
            "The payment provider has not said yet what became of this payment. If you have paid, \
             nothing is lost: we keep asking, and the credits are added by themselves. You can also \
             recheck now."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_never_said_before_the_ledger_has_the_grant() {
        for status in PurchaseStatus::ALL {
            for asked in [false, true] {
                let credited = state_of(status, asked, true) == PurchaseState::Credited;
                assert_eq!(credited, status == PurchaseStatus::Credited, "{status}");
            }
        }
    }

    #[test]
    fn an_open_purchase_is_confirming_for_two_minutes_and_then_unknown_unless_we_were_told() {
        let open = |asked, young| state_of(PurchaseStatus::Open, asked, young);
        assert_eq!(open(false, true), PurchaseState::Confirming);
        assert_eq!(open(false, false), PurchaseState::Unknown);
        assert_eq!(open(true, false), PurchaseState::NotPaid);
    }

    #[test]
    fn the_offers_show_a_saving_only_where_there_is_one() {
        let offers = offers(&crate::catalogue::parse::built_in());
        let saving = |offer: Option<&PackOffer>| offer.and_then(|offer| offer.saving.clone());
        assert_eq!(saving(offers.first()), None);
        assert_eq!(saving(offers.last()).as_deref(), Some("16.6 %"));
        assert_eq!(offers[0].credit_price, "$1.200");
    }
}
