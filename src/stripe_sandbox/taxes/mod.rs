//! Automatic taxes, by a small table of made-up rates: enough to see every case, and true nowhere.
//!
//! The merchant is registered in Germany. What a payer owes goes by the country of their address:
//! Germany 19 %, France 20 %, the United Kingdom 20 %, Switzerland 8.1 %, everywhere else nothing is
//! collected. A business of another country of the European Union that gives its VAT number pays no tax:
//! it is reverse-charged. Each line is reckoned for itself and rounded to the nearest minor unit, halves
//! away from zero; sums add up the rounded lines.
//!
//! `rates` is the table and the arithmetic (pure), `places` who is taxed where, `sessions` and `invoices`
//! lay taxes over the two, `tax_ids` is the API of customers' tax numbers.

pub(crate) mod invoices;
pub(crate) mod places;
pub(crate) mod rates;
pub(crate) mod sessions;
pub(crate) mod tax_ids;
