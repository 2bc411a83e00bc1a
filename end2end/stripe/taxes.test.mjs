// Automatic taxes at the page and on invoices, and tax numbers of customers, driven by Stripe's own Node client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { assertTyped, recordingClient } from "./recording.mjs";
import { openSandbox, payAtPage, pressAt } from "./sandbox.mjs";

let sandbox;
let stripe;

before(async () => {
  sandbox = await openSandbox();
  stripe = recordingClient(sandbox.url, sandbox.key);
});

after(() => sandbox?.close());

const CARD = "4242424242424242";
const VISA = { method: "card", number: CARD, expiry: "12/34", cvc: "123", name: "Ada", email: "ada@example.com" };

/** A session that asks for taxes, with what Stripe wants to be told beside. */
async function session(tax_behavior, options = {}) {
  const customer = (await stripe.customers.create({ name: "Nordwind", ...options.customer })).id;
  const recurring = options.mode === "subscription" ? { interval: "month" } : undefined;
  const price_data = { currency: "eur", unit_amount: 6000, tax_behavior, recurring, product_data: { name: "50 credits" } };
  return stripe.checkout.sessions.create({
    mode: options.mode ?? "payment",
    customer,
    success_url: "https://shop.example/return",
    line_items: [{ quantity: 1, price_data }],
    automatic_tax: { enabled: true },
    tax_id_collection: { enabled: true },
    customer_update: { address: "auto", name: "auto" },
    billing_address_collection: "required",
  });
}

const ALL = ["line_items", "total_details.breakdown", "payment_intent", "customer"];
const paid = (id) => stripe.checkout.sessions.retrieve(id, { expand: ALL });

test("a tax on top is added for the payer's country, and told rate by rate", async () => {
  const opened = await session("exclusive");
  assert.deepEqual([opened.automatic_tax.status, opened.amount_total], ["requires_location_inputs", 6000]);
  assert.equal((await payAtPage(opened, CARD, { country: "DE" })).status, 303);
  const done = await paid(opened.id);
  assert.deepEqual([done.amount_subtotal, done.total_details.amount_tax, done.amount_total], [6000, 1140, 7140]);
  assert.equal(done.automatic_tax.status, "complete");
  assert.deepEqual([done.payment_intent.amount_received, done.line_items.data[0].amount_tax], [7140, 1140]);
  const [tax] = done.total_details.breakdown.taxes;
  assert.deepEqual([tax.rate.display_name, tax.rate.percentage, tax.rate.inclusive, tax.taxable_amount], ["VAT", 19, false, 6000]);
  assert.deepEqual([done.customer.address.country, done.customer.address.city], ["DE", "London"]);
});

test("a tax within changes nothing of what is paid", async () => {
  const opened = await session("inclusive", { customer: { address: { country: "DE" } } });
  assert.deepEqual([opened.automatic_tax.status, opened.total_details.amount_tax], ["complete", 958]);
  await payAtPage(opened, CARD, { country: "DE" });
  const done = await paid(opened.id);
  assert.deepEqual([done.amount_subtotal, done.amount_total, done.total_details.amount_tax], [6000, 6000, 958]);
  assert.equal(done.total_details.breakdown.taxes[0].taxable_amount, 5042);
});

test("a business elsewhere in the union is reverse-charged, and its number is kept", async () => {
  const opened = await session("exclusive");
  await payAtPage(opened, CARD, { country: "FR", tax_id: "FR12345678901" });
  const done = await paid(opened.id);
  assert.deepEqual([done.amount_total, done.total_details.breakdown.taxes[0].taxability_reason], [6000, "reverse_charge"]);
  assert.deepEqual({ ...done.customer_details.tax_ids[0] }, { type: "eu_vat", value: "FR12345678901" });
  const kept = await stripe.customers.listTaxIds(done.customer.id);
  assert.deepEqual(kept.data.map(({ type, country }) => [type, country]), [["eu_vat", "FR"]]);
});

test("the page shows the total before it charges another one", async () => {
  const { id, url } = await session("exclusive");
  assert.match(await (await fetch(url)).text(), /Choose your country/);
  const place = { country: "DE", line1: "Kai 1", city: "Hamburg" };
  const surprised = await pressAt(url, { ...VISA, ...place, total: "6000" });
  assert.equal(surprised.status, 409);
  assert.match(await surprised.text(), /€71\.40/);
  assert.equal((await stripe.checkout.sessions.retrieve(id)).payment_status, "unpaid");
  const updated = await (await pressAt(url, { ...place, action: "update" })).text();
  assert.match(updated, /VAT 19 %[\s\S]*€11\.40[\s\S]*Pay €71\.40/);
  assert.equal((await pressAt(url, { ...VISA, ...place, total: "7140" })).status, 303);
});

test("a plan's invoices carry the tax of its customer, now and at the renewal", async () => {
  const opened = await session("exclusive", { mode: "subscription" });
  await payAtPage(opened, CARD, { country: "DE" });
  const { subscription } = await stripe.checkout.sessions.retrieve(opened.id);
  await sandbox.control("clock/advance", { days: "32", hours: "2" });
  const invoices = await stripe.invoices.list({ subscription });
  assert.deepEqual(invoices.data.map((one) => [one.billing_reason, one.subtotal, one.total, one.amount_paid]), [
    ["subscription_cycle", 6000, 7140, 7140],
    ["subscription_create", 6000, 7140, 7140],
  ]);
  const [{ total_taxes, lines, automatic_tax, invoice_pdf, total_excluding_tax }] = invoices.data;
  assert.deepEqual([total_taxes[0].amount, total_taxes[0].tax_behavior, total_excluding_tax], [1140, "exclusive", 6000]);
  assert.deepEqual([lines.data[0].taxes[0].amount, automatic_tax.status], [1140, "complete"]);
  assert.match(await (await fetch(invoice_pdf)).text(), /Tax on \\20060\.00: \\20011\.40/);
});

test("what Stripe refuses about taxes is refused", async () => {
  const customer = (await stripe.customers.create({ name: "Nowhere" })).id;
  const order = {
    mode: "payment",
    customer,
    success_url: "https://shop.example/return",
    line_items: [{ quantity: 1, price_data: { currency: "eur", unit_amount: 6000, tax_behavior: "exclusive", product_data: { name: "50" } } }],
    automatic_tax: { enabled: true },
  };
  await assert.rejects(stripe.checkout.sessions.create(order), { code: "customer_tax_location_invalid" });
  const update = { customer_update: { address: "auto" } };
  const unsaid = structuredClone(order.line_items);
  delete unsaid[0].price_data.tax_behavior;
  await assert.rejects(stripe.checkout.sessions.create({ ...order, ...update, line_items: unsaid }), /tax_behavior/);
  await assert.rejects(stripe.checkout.sessions.create({ ...order, ...update, tax_id_collection: { enabled: true } }), /customer_update\[name\]/);
  const price = await stripe.prices.create({ currency: "eur", unit_amount: 100, tax_behavior: "exclusive", recurring: { interval: "month" }, product_data: { name: "Plan" } });
  const plan = { customer, items: [{ price: price.id }], automatic_tax: { enabled: true } };
  await assert.rejects(stripe.subscriptions.create(plan), { code: "customer_tax_location_invalid" });
});

test("tax numbers are added, found, refused and taken away", async () => {
  const { id } = await stripe.customers.create({ name: "Nordwind", tax_id_data: [{ type: "eu_vat", value: "DE123456789" }] });
  const number = await stripe.customers.createTaxId(id, { type: "gb_vat", value: "GB123456789" });
  assert.equal((await stripe.customers.retrieveTaxId(id, number.id)).country, "GB");
  assert.equal((await stripe.customers.listTaxIds(id)).data.length, 2);
  await assert.rejects(stripe.customers.createTaxId(id, { type: "eu_vat", value: "nonsense" }), (error) => {
    assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError);
    assert.equal(error.code, "tax_id_invalid");
    return true;
  });
  assert.equal((await stripe.customers.deleteTaxId(id, number.id)).deleted, true);
  await assert.rejects(stripe.customers.retrieveTaxId(id, number.id), { code: "resource_missing" });
});

test("Stripe's own types fit every answer", async () => {
  await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  await assertTyped("taxes");
});
