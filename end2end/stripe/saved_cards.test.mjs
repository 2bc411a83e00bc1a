// Saved cards and charges without their owner, driven by Stripe's own Node client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { assertTyped, recordingClient } from "./recording.mjs";
import { openSandbox, payAtPage, pressAt } from "./sandbox.mjs";

let sandbox;
let stripe;
let customer;

before(async () => {
  sandbox = await openSandbox();
  stripe = recordingClient(sandbox.url, sandbox.key);
  customer = (await stripe.customers.create({ name: "Ada", email: "ada@example.com" })).id;
});

after(() => sandbox?.close());

const attach = (card) => stripe.paymentMethods.attach(card, { customer });

function charge(payment_method, options = {}) {
  const order = { amount: 2500, currency: "usd", customer, payment_method, confirm: true, off_session: true, metadata: { topup: "1" } };
  return stripe.paymentIntents.create({ ...order, ...options });
}

test("a card is kept at the page and charged later", async () => {
  const session = await stripe.checkout.sessions.create({
    mode: "setup",
    customer,
    success_url: "https://shop.example/saved",
    custom_text: { submit: { message: "We may charge this card later." } },
  });
  assert.equal((await payAtPage(session)).status, 303);
  const done = await stripe.checkout.sessions.retrieve(session.id, { expand: ["setup_intent.payment_method"] });
  const { payment_method: card } = done.setup_intent;
  assert.deepEqual([card.customer, card.card.last4], [customer, "4242"]);
  await stripe.customers.update(customer, { invoice_settings: { default_payment_method: card.id } });
  const intent = await charge(card.id);
  assert.deepEqual([intent.status, intent.amount_received], ["succeeded", 2500]);
  const twin = await attach("pm_card_visa");
  assert.equal(twin.card.fingerprint, card.card.fingerprint, "the same number is known again");
});

test("declines arrive as card errors that carry the attempt", async () => {
  const card = await attach("pm_card_chargeCustomerFail");
  await assert.rejects(charge(card.id), (error) => {
    assert.ok(error instanceof Stripe.errors.StripeCardError);
    assert.deepEqual([error.code, error.decline_code, error.payment_intent.status], ["card_declined", "generic_decline", "requires_payment_method"]);
    return true;
  });
  await assert.rejects(attach("pm_card_visa_chargeDeclinedInsufficientFunds"), { decline_code: "insufficient_funds" });
  await assert.rejects(
    stripe.paymentMethods.create({ type: "card", card: { number: "4111111111111111", exp_month: 12, exp_year: 2034 } }),
    Stripe.errors.StripeInvalidRequestError,
  );
});

test("a refused charge is replayed under its key, not tried again", async () => {
  const card = await attach("pm_card_chargeCustomerFail");
  const idempotencyKey = `top-up-${Date.now()}`;
  const order = { amount: 700, currency: "usd", customer, payment_method: card.id, confirm: true, off_session: true };
  const failures = [];
  for (let tries = 0; tries < 2; tries += 1) {
    await stripe.paymentIntents.create(order, { idempotencyKey }).catch((error) => failures.push(error.payment_intent.id));
  }
  assert.equal(failures.length, 2);
  assert.equal(failures[0], failures[1]);
});

test("a charge that needs its owner is finished at the bank's page", async () => {
  const card = await attach("pm_card_authenticationRequired");
  let attempt;
  await assert.rejects(charge(card.id), (error) => {
    attempt = error.payment_intent.id;
    return error.code === "authentication_required";
  });
  const asked = await stripe.paymentIntents.confirm(attempt, { payment_method: card.id, return_url: "https://shop.example/back" });
  assert.equal(asked.status, "requires_action");
  const answer = await pressAt(asked.next_action.redirect_to_url.url, { outcome: "succeeds" });
  assert.match(answer.headers.get("location"), /^https:\/\/shop\.example\/back\?payment_intent=pi_.*redirect_status=succeeded$/);
  assert.equal((await stripe.paymentIntents.retrieve(attempt)).status, "succeeded");
});

test("a card that is set up asks its owner once", async () => {
  const asked = await stripe.setupIntents.create({ customer, payment_method: "pm_card_authenticationRequiredOnSetup", confirm: true, return_url: "https://shop.example/back" });
  assert.equal(asked.status, "requires_action");
  await pressAt(asked.next_action.redirect_to_url.url, { outcome: "succeeds" });
  const kept = await stripe.setupIntents.retrieve(asked.id);
  assert.equal(kept.status, "succeeded");
  assert.equal((await charge(kept.payment_method)).status, "succeeded");
});

test("a bank account is slow and then sure", async () => {
  const account = await attach("pm_usBankAccount_success");
  const intent = await charge(account.id);
  assert.equal(intent.status, "processing");
  await sandbox.control(`payment_intents/${intent.id}/settle`);
  assert.equal((await stripe.paymentIntents.retrieve(intent.id)).status, "succeeded");
});

test("cards are listed, taken away, and are no default any more", async () => {
  const cards = await stripe.customers.listPaymentMethods(customer, { limit: 2 }).autoPagingToArray({ limit: 50 });
  assert.ok(cards.length > 3);
  const known = await stripe.customers.retrieve(customer);
  await stripe.paymentMethods.detach(known.invoice_settings.default_payment_method);
  assert.equal((await stripe.customers.retrieve(customer)).invoice_settings.default_payment_method, null);
});

test("Stripe's own types fit every answer", async () => {
  await stripe.events.list({ limit: 100 });
  await stripe.charges.list({ limit: 100 });
  await assertTyped("saved_cards");
});
