//! Stripe's side of receipts and invoices.

use async_trait::async_trait;
use serde::Deserialize;
use stripe_billing::invoice::RetrieveInvoice;
use stripe_checkout::checkout_session::RetrieveCheckoutSession;
use stripe_client_core::StripeRequest;
use stripe_core::payment_intent::RetrievePaymentIntent;

use super::Stripe;
use crate::backend::payments::port::ProviderError;
use crate::backend::payments::port::documents::{DocumentProvider, ReportedTax};

/// What a tax is called that Stripe gives no name.
const UNNAMED_TAX: &str = "Tax";
/// Hundredths of a percent in one whole.
const BASIS_POINTS: i128 = 10_000;
/// Rates have one place after the point, as far as we guess them.
const GUESSED_STEP: i128 = 10;

#[async_trait]
impl DocumentProvider for Stripe {
    async fn checkout_taxes(&self, session_ref: &str) -> Result<Vec<ReportedTax>, ProviderError> {
        let plain = RetrieveCheckoutSession::new(session_ref);
        let answer: SessionTotals = self.transport.send(plain.build(), None).await?;
        if answer.total_details.as_ref().is_none_or(|details| details.amount_tax == 0) {
            return Ok(Vec::new());
        }
        // The rates are only told to who asks for them.
        let full = RetrieveCheckoutSession::new(session_ref)
            .expand(vec!["total_details.breakdown".to_owned()]);
        let answer: SessionTotals = self.transport.send(full.build(), None).await?;
        Ok(answer.total_details.map(TotalDetails::into_taxes).unwrap_or_default())
    }

    async fn invoice_taxes(&self, invoice_ref: &str) -> Result<Vec<ReportedTax>, ProviderError> {
        let request = RetrieveInvoice::new(invoice_ref);
        let answer: InvoiceAnswer = self.transport.send(request.build(), None).await?;
        Ok(answer.into_taxes())
    }

    async fn invoice_page(&self, invoice_ref: &str) -> Result<Option<String>, ProviderError> {
        let request = RetrieveInvoice::new(invoice_ref);
        let answer: InvoiceAnswer = self.transport.send(request.build(), None).await?;
        Ok(answer.hosted_invoice_url)
    }

    async fn receipt_page(&self, payment_ref: &str) -> Result<Option<String>, ProviderError> {
        let request =
            RetrievePaymentIntent::new(payment_ref).expand(vec!["latest_charge".to_owned()]);
        let answer: PaymentAnswer = self.transport.send(request.build(), None).await?;
        Ok(answer.latest_charge.and_then(|charge| charge.receipt_url))
    }
}

#[derive(Deserialize)]
struct SessionTotals {
    total_details: Option<TotalDetails>,
}

#[derive(Deserialize)]
struct TotalDetails {
    #[serde(default)]
    amount_tax: i64,
    breakdown: Option<Breakdown>,
}

#[derive(Deserialize)]
struct Breakdown {
    #[serde(default)]
    taxes: Vec<SessionTax>,
}

#[derive(Deserialize)]
struct SessionTax {
    amount: i64,
    rate: Option<TaxRate>,
}

#[derive(Deserialize)]
struct TaxRate {
    display_name: Option<String>,
    percentage: Option<serde_json::Number>,
}

#[derive(Deserialize)]
struct InvoiceAnswer {
    hosted_invoice_url: Option<String>,
    total_taxes: Option<Vec<InvoiceTax>>,
}

#[derive(Deserialize)]
struct InvoiceTax {
    amount: i64,
    taxable_amount: Option<i64>,
}

#[derive(Deserialize)]
struct PaymentAnswer {
    latest_charge: Option<ChargeAnswer>,
}

#[derive(Deserialize)]
struct ChargeAnswer {
    receipt_url: Option<String>,
}

impl TotalDetails {
    /// Line by line where Stripe says how the sum is made, else the sum.
    fn into_taxes(self) -> Vec<ReportedTax> {
        let taxes = self.breakdown.map(|breakdown| breakdown.taxes).unwrap_or_default();
        let sum = taxes.iter().fold(0, |sum: i64, tax| sum.saturating_add(tax.amount));
        if sum != self.amount_tax {
            return vec![unnamed(self.amount_tax, None)];
        }
        taxes.into_iter().filter(|tax| tax.amount != 0).map(SessionTax::into_reported).collect()
    }
}

impl SessionTax {
    fn into_reported(self) -> ReportedTax {
        let name = self.rate.as_ref().and_then(|rate| rate.display_name.clone());
        let percent = self.rate.and_then(|rate| rate.percentage).map(|number| plain(&number));
        ReportedTax {
            name: name.unwrap_or_else(|| UNNAMED_TAX.to_owned()),
            percent,
            minor: self.amount,
        }
    }
}

impl InvoiceAnswer {
    fn into_taxes(self) -> Vec<ReportedTax> {
        let taxes = self.total_taxes.unwrap_or_default();
        let with_rate = |tax: InvoiceTax| {
            let amount = tax.amount;
            let rate = tax.taxable_amount.and_then(|taxable| guessed(amount, taxable));
            unnamed(amount, rate)
        };
        taxes.into_iter().filter(|tax| tax.amount != 0).map(with_rate).collect()
    }
}

fn unnamed(minor: i64, percent: Option<String>) -> ReportedTax {
    ReportedTax { name: UNNAMED_TAX.to_owned(), percent, minor }
}

/// "19" rather than "19.0".
fn plain(number: &serde_json::Number) -> String {
    let text = number.to_string();
    match text.split_once('.') {
        Some((whole, places)) if places.bytes().all(|digit| digit == b'0') => whole.to_owned(),
        _ => text,
    }
}

/// The rate that makes exactly this tax of that amount, to a tenth of a percent; none where no such rate
/// does.
fn guessed(tax: i64, taxable: i64) -> Option<String> {
    let (tax, taxable) = (i128::from(tax), i128::from(taxable));
    if tax <= 0 || taxable <= 0 {
        return None;
    }
    let rounded =
        |numerator: i128, denominator: i128| (2 * numerator + denominator) / (2 * denominator);
    let points = rounded(tax * BASIS_POINTS, taxable * GUESSED_STEP) * GUESSED_STEP;
    if rounded(taxable * points, BASIS_POINTS) != tax {
        return None;
    }
    Some(match points % 100 {
        0 => format!("{}", points / 100),
        rest => format!("{}.{}", points / 100, rest / GUESSED_STEP),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn tax(name: &str, percent: Option<&str>, minor: i64) -> ReportedTax {
        ReportedTax { name: name.into(), percent: percent.map(str::to_owned), minor }
    }

    #[test]
    fn the_taxes_of_a_payment_page_are_read_rate_by_rate() {
        let answer: SessionTotals = serde_json::from_value(json!({"total_details": {
            "amount_tax": 1_158, "amount_discount": 0,
            "breakdown": {"discounts": [], "taxes": [
                {"amount": 958, "taxable_amount": 5_042,
                 "rate": {"display_name": "VAT", "percentage": 19.0, "inclusive": true}},
                {"amount": 200, "rate": {"display_name": "City tax", "percentage": 2.25}}]}}}))
        .unwrap();
        let taxes = answer.total_details.unwrap().into_taxes();
        assert_eq!(taxes, [tax("VAT", Some("19"), 958), tax("City tax", Some("2.25"), 200)]);
    }

    #[test]
    fn a_sum_whose_parts_are_not_told_is_one_line() {
        let answer: SessionTotals =
            serde_json::from_value(json!({"total_details": {"amount_tax": 958}})).unwrap();
        assert_eq!(answer.total_details.unwrap().into_taxes(), [tax("Tax", None, 958)]);
    }

    #[test]
    fn the_rate_of_an_invoices_tax_is_told_only_where_it_makes_that_very_amount() {
        let answer: InvoiceAnswer =
            serde_json::from_value(json!({"hosted_invoice_url": "https://x.test/1",
            "total_taxes": [
                {"amount": 958, "taxable_amount": 5_042, "tax_behavior": "inclusive"},
                {"amount": 77, "taxable_amount": 1_000},
                {"amount": 3, "taxable_amount": null},
                {"amount": 0, "taxable_amount": 10}]}))
            .unwrap();
        let expected =
            [tax("Tax", Some("19"), 958), tax("Tax", Some("7.7"), 77), tax("Tax", None, 3)];
        assert_eq!(answer.into_taxes(), expected);
        assert_eq!(guessed(12_345, 1_000_000), None);
    }

    #[test]
    fn an_invoice_without_taxes_and_a_payment_without_a_charge_have_none() {
        let invoice: InvoiceAnswer = serde_json::from_value(json!({"id": "in_1"})).unwrap();
        assert!(invoice.hosted_invoice_url.is_none() && invoice.into_taxes().is_empty());
        let payment: PaymentAnswer =
            serde_json::from_value(json!({"latest_charge": null})).unwrap();
        assert!(payment.latest_charge.is_none());
    }
}
