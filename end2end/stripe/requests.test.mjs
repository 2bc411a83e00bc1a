// Stripe's own types judge what the production adapter asks for. The requests are in `requests.json`, which
// the Rust test `payments::requests` compares with what the adapter really sends.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { assertCompiles, literal } from "./recording.mjs";

/** Stripe's name for the parameters of each request; ids in a path are left out. */
const PARAMETERS = {
  "DELETE /customers/:id/tax_ids/:id": "Stripe.CustomerDeleteTaxIdParams",
  "GET /checkout/sessions/:id": "Stripe.Checkout.SessionRetrieveParams",
  "GET /customers/:id/tax_ids": "Stripe.CustomerListTaxIdsParams",
  "GET /disputes": "Stripe.DisputeListParams",
  "GET /events": "Stripe.EventListParams",
  "GET /invoices": "Stripe.InvoiceListParams",
  "GET /invoices/:id": "Stripe.InvoiceRetrieveParams",
  "GET /payment_intents": "Stripe.PaymentIntentListParams",
  "GET /payment_intents/:id": "Stripe.PaymentIntentRetrieveParams",
  "GET /payment_methods/:id": "Stripe.PaymentMethodRetrieveParams",
  "GET /products/:id": "Stripe.ProductRetrieveParams",
  "GET /refunds": "Stripe.RefundListParams",
  "GET /subscriptions/:id": "Stripe.SubscriptionRetrieveParams",
  "POST /billing_portal/sessions": "Stripe.BillingPortal.SessionCreateParams",
  "POST /checkout/sessions": "Stripe.Checkout.SessionCreateParams",
  "POST /checkout/sessions/:id/expire": "Stripe.Checkout.SessionExpireParams",
  "POST /customers": "Stripe.CustomerCreateParams",
  "POST /customers/:id": "Stripe.CustomerUpdateParams",
  "POST /customers/:id/tax_ids": "Stripe.CustomerCreateTaxIdParams",
  "POST /invoices/create_preview": "Stripe.InvoiceCreatePreviewParams",
  "POST /payment_intents": "Stripe.PaymentIntentCreateParams",
  "POST /payment_intents/:id/cancel": "Stripe.PaymentIntentCancelParams",
  "POST /payment_methods/:id/detach": "Stripe.PaymentMethodDetachParams",
  "POST /products": "Stripe.ProductCreateParams",
  "POST /refunds": "Stripe.RefundCreateParams",
  "POST /subscriptions/:id": "Stripe.SubscriptionUpdateParams",
};

test("every request of the adapter has the parameters that Stripe's own types allow", async () => {
  const requests = JSON.parse(await readFile(new URL("requests.json", import.meta.url), "utf8"));
  const constants = requests.map(({ request, parameters }, index) => {
    const route = request.replace("/v1", "").replaceAll(/\/[a-z]+_\d+/g, "/:id");
    const type = PARAMETERS[route];
    assert.ok(type, `a type for ${route}`);
    return `export const request${index}: ${type} = ${literal(nested(parameters))};`;
  });
  await assertCompiles("requests", constants);
});

/** `a[b][0]=1` as objects and lists; in a form every value is text, so numbers and truths are read back. */
function nested(parameters) {
  const whole = {};
  for (const parameter of parameters) {
    const [name, value] = split(parameter, "=");
    const path = name.replaceAll("]", "").split("[");
    const last = path.pop();
    const place = path.reduce((at, key) => (at[key] ??= {}), whole);
    // A postcode of digits is text all the same.
    place[last === "" ? Object.keys(place).length : last] = last === "postal_code" ? value : plain(value);
  }
  return listed(whole);
}

function split(text, at) {
  const index = text.indexOf(at);
  return [text.slice(0, index), text.slice(index + 1)];
}

function plain(value) {
  if (value === "true" || value === "false") return value === "true";
  return /^-?\d+$/.test(value) ? Number(value) : value;
}

/** Objects whose keys count from 0 are lists. */
function listed(value) {
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, listed(inner)]);
  const counts = entries.length > 0 && entries.every(([key], index) => key === String(index));
  return counts ? entries.map(([, inner]) => inner) : Object.fromEntries(entries);
}
