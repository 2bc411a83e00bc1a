// Plans, invoices and the portal by the test clock, driven by Stripe's own Node client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { assertTyped, recordingClient } from "./recording.mjs";
import { openSandbox, payAtPage, pressAt } from "./sandbox.mjs";

let sandbox;
let stripe;
let small;
let large;

before(async () => {
  sandbox = await openSandbox();
  stripe = recordingClient(sandbox.url, sandbox.key);
  const product = await stripe.products.create({ name: "Growth" });
  const price = (unit_amount) => stripe.prices.create({ product: product.id, currency: "usd", unit_amount, recurring: { interval: "month" } });
  [small, large] = [(await price(3000)).id, (await price(9000)).id];
});

after(() => sandbox?.close());

async function payer(card = "pm_card_visa") {
  const customer = await stripe.customers.create({ name: "Ada", email: "ada@example.com" });
  return use(customer.id, card);
}

async function use(customer, card) {
  const method = await stripe.paymentMethods.attach(card, { customer });
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: method.id } });
  return customer;
}

const subscribe = (customer, price = small) => stripe.subscriptions.create({ customer, items: [{ price }] });
const month = (days = 32) => sandbox.control("clock/advance", { days: String(days), hours: "2" });
const latest = async (id) => (await stripe.subscriptions.retrieve(id, { expand: ["latest_invoice.payments"] })).latest_invoice;

test("a plan is bought at the page, renewed, and ends with its period", async () => {
  const session = await stripe.checkout.sessions.create({
    mode: "subscription",
    success_url: "https://shop.example/return",
    line_items: [{ price: small, quantity: 1 }],
    subscription_data: { metadata: { organisation: "org_1" } },
  });
  await payAtPage(session);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["subscription", "invoice"] });
  assert.deepEqual([done.payment_status, done.subscription.status, done.invoice.billing_reason], ["paid", "active", "subscription_create"]);
  const { id } = done.subscription;
  await month();
  const renewal = await latest(id);
  assert.deepEqual([renewal.status, renewal.billing_reason, renewal.amount_paid], ["paid", "subscription_cycle", 3000]);
  assert.equal(renewal.parent.subscription_details.metadata.organisation, "org_1");
  assert.equal(renewal.payments.data[0].payment.type, "payment_intent");
  await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  await stripe.subscriptions.update(id, { cancel_at_period_end: false });
  await stripe.subscriptions.update(id, { cancel_at_period_end: true });
  await month();
  assert.equal((await stripe.subscriptions.retrieve(id)).status, "canceled");
});

test("an upgrade is previewed to the cent and then charged", async () => {
  const subscription = await subscribe(await payer());
  const [item] = subscription.items.data;
  await sandbox.control("clock/advance", { days: "10" });
  const items = [{ id: item.id, price: large }];
  const proration_behavior = "always_invoice";
  const preview = await stripe.invoices.createPreview({ subscription: subscription.id, subscription_details: { items, proration_behavior } });
  await stripe.subscriptions.update(subscription.id, { items, proration_behavior });
  const invoice = await latest(subscription.id);
  assert.ok(Math.abs(invoice.total - preview.total) <= 1, "a second may lie between the two");
  assert.deepEqual([invoice.billing_reason, invoice.status], ["subscription_update", "paid"]);
  assert.ok(invoice.lines.data.every((line) => line.parent.subscription_item_details.proration));
  const next = await stripe.invoices.createPreview({ subscription: subscription.id });
  assert.equal(next.total, 9000);
  const pdf = await fetch(invoice.invoice_pdf);
  assert.match(await pdf.text(), /^%PDF-1\.4[\s\S]*TEST invoice/);
});

test("a failing card leads to past_due, and the hosted invoice out of it", async () => {
  const customer = await payer();
  const subscription = await subscribe(customer);
  await use(customer, "pm_card_chargeCustomerFail");
  await month();
  const open = await latest(subscription.id);
  assert.deepEqual([open.status, (await stripe.subscriptions.retrieve(subscription.id)).status], ["open", "past_due"]);
  await assert.rejects(stripe.invoices.pay(open.id), Stripe.errors.StripeCardError);
  assert.equal((await pressAt(open.hosted_invoice_url, { number: "4242424242424242" })).status, 303);
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).status, "active");
});

test("a first payment that must not fail leaves nothing when it does", async () => {
  const customer = await payer("pm_card_chargeCustomerFail");
  const order = { customer, items: [{ price: small }], payment_behavior: "error_if_incomplete" };
  await assert.rejects(stripe.subscriptions.create(order), Stripe.errors.StripeCardError);
  assert.equal((await stripe.subscriptions.list({ customer, status: "all" })).data.length, 0);
  const waiting = await stripe.subscriptions.create({ ...order, payment_behavior: "default_incomplete", expand: ["latest_invoice"] });
  assert.equal(waiting.status, "incomplete");
  assert.equal((await stripe.invoices.voidInvoice(waiting.latest_invoice.id)).status, "void");
});

test("invoices page themselves, and a cancelled plan is told of", async () => {
  const customer = await payer();
  const subscription = await subscribe(customer);
  await month(95);
  const numbers = [];
  for await (const invoice of stripe.invoices.list({ customer, limit: 1 })) numbers.push(invoice.number.split("-")[1]);
  assert.deepEqual(numbers, ["0004", "0003", "0002", "0001"]);
  assert.equal((await stripe.subscriptions.cancel(subscription.id)).status, "canceled");
  const told = await stripe.events.list({ type: "customer.subscription.deleted", limit: 1 });
  assert.equal(told.data[0].data.object.id, subscription.id);
});

test("customers look after themselves at the portal", async () => {
  const customer = await payer();
  const subscription = await subscribe(customer);
  const session = await stripe.billingPortal.sessions.create({ customer, return_url: "https://shop.example/billing" });
  assert.match(await (await fetch(session.url)).text(), /Test mode[\s\S]*Growth/);
  await pressAt(session.url, { action: "cancel", target: subscription.id });
  assert.equal((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end, true);
});

test("Stripe's own types fit every answer", async () => {
  await stripe.events.list({ limit: 100 }).autoPagingToArray({ limit: 1000 });
  await stripe.invoices.list({ limit: 100 });
  await stripe.subscriptionItems.list({ subscription: (await stripe.subscriptions.list({ limit: 1 })).data[0].id });
  await assertTyped("subscriptions");
});
