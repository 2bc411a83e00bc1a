// Refunds and disputes, driven by Stripe's own Node client.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { assertTyped, recordingClient, remember } from "./recording.mjs";
import { openSandbox } from "./sandbox.mjs";

let sandbox;
let stripe;

before(async () => {
  sandbox = await openSandbox();
  stripe = recordingClient(sandbox.url, sandbox.key);
});

after(() => sandbox?.close());

function paid(payment_method = "pm_card_visa", amount = 1000) {
  return stripe.paymentIntents.create({ amount, currency: "usd", payment_method, confirm: true });
}

test("a payment is refunded in parts and not beyond", async () => {
  const intent = await paid();
  for (const amount of [333, 333]) await stripe.refunds.create({ payment_intent: intent.id, amount });
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id, amount: 335 }), Stripe.errors.StripeInvalidRequestError);
  await stripe.refunds.create({ payment_intent: intent.id, reason: "requested_by_customer", metadata: { by: "staff" } });
  const charge = await stripe.charges.retrieve(intent.latest_charge, { expand: ["refunds", "balance_transaction"] });
  assert.deepEqual([charge.refunded, charge.amount_refunded, charge.refunds.data.length], [true, 1000, 3]);
  await assert.rejects(stripe.refunds.create({ charge: charge.id }), { code: "charge_already_refunded" });
  const all = await stripe.refunds.list({ payment_intent: intent.id, limit: 1 }).autoPagingToArray({ limit: 9 });
  assert.deepEqual(all.map((refund) => refund.amount), [334, 333, 333]);
});

test("a refund waits, or fails afterwards", async () => {
  const waiting = await stripe.refunds.create({ payment_intent: (await paid("pm_card_pendingRefund")).id });
  assert.equal(waiting.status, "pending");
  await sandbox.control(`refunds/${waiting.id}/settle`, { outcome: "succeeds" });
  assert.equal((await stripe.refunds.retrieve(waiting.id)).status, "succeeded");
  const failing = await stripe.refunds.create({ payment_intent: (await paid("pm_card_refundFail")).id });
  await sandbox.control("clock/advance", { minutes: "1" });
  const failed = await stripe.refunds.retrieve(failing.id, { expand: ["charge"] });
  assert.deepEqual([failed.status, failed.charge.amount_refunded], ["failed", 0]);
  const told = await stripe.events.list({ types: ["refund.failed"] });
  assert.equal(told.data[0].data.object.id, failing.id);
});

test("a dispute takes the money, evidence brings it back", async () => {
  const intent = await paid();
  const dispute = await sandbox.control(`charges/${intent.latest_charge}/dispute`, { amount: "600", reason: "product_not_received" });
  remember(dispute);
  assert.deepEqual([dispute.status, dispute.balance_transactions[0].amount], ["needs_response", -600]);
  await assert.rejects(stripe.refunds.create({ payment_intent: intent.id }), { code: "charge_disputed" });
  const won = await stripe.disputes.update(dispute.id, { evidence: { uncategorized_text: "winning_evidence" } });
  assert.equal(won.status, "won");
  const [listed] = (await stripe.disputes.list({ payment_intent: intent.id })).data;
  assert.deepEqual(listed.balance_transactions.map((one) => one.amount), [-600, 600]);
  const events = await stripe.events.list({ types: ["charge.dispute.*"] });
  const told = events.data.filter((event) => event.data.object.id === dispute.id).map((event) => event.type);
  assert.deepEqual(told.reverse(), [
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_reinstated",
  ]);
});

test("an inquiry is closed, or becomes a dispute that is lost", async () => {
  const [first, second] = [await paid(), await paid()];
  const inquiry = await sandbox.control(`charges/${first.latest_charge}/dispute`, { inquiry: "true" });
  assert.equal((await stripe.disputes.close(inquiry.id)).status, "warning_closed");
  const other = await sandbox.control(`charges/${second.latest_charge}/dispute`, { inquiry: "true" });
  await sandbox.control(`disputes/${other.id}/escalate`);
  const lost = await stripe.disputes.close(other.id);
  assert.deepEqual([lost.status, lost.balance_transactions.length], ["lost", 1]);
});

test("Stripe's own types fit every answer", async () => {
  await stripe.events.list({ limit: 100 });
  await assertTyped("money_back");
});
