// Stripe's own Node client drives the sandbox: what it cannot parse or verify is our mistake.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import Stripe from "stripe";
import { assertTyped, recordingClient } from "./recording.mjs";
import { openReceiver, openSandbox, payAtPage } from "./sandbox.mjs";

const PACK = {
  mode: "payment",
  success_url: "https://shop.example/return?session={CHECKOUT_SESSION_ID}",
  cancel_url: "https://shop.example/cancel",
  line_items: [
    { quantity: 1, price_data: { currency: "usd", unit_amount: 1000, product_data: { name: "1,000 credits" } } },
  ],
};

let sandbox;
let receiver;
let stripe;
let endpoint;

before(async () => {
  sandbox = await openSandbox();
  receiver = await openReceiver();
  stripe = client(sandbox.key);
  endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ["*"] });
});

after(async () => {
  await receiver?.close();
  await sandbox?.close();
});

function client(key, options = {}) {
  return recordingClient(sandbox.url, key, options);
}

test("a customer is created, found and changed", async () => {
  const customer = await stripe.customers.create({ name: "Ada", email: "ada@example.com", metadata: { a: "1" } });
  assert.match(customer.id, /^cus_/);
  assert.equal(customer.livemode, false);
  assert.match(customer.lastResponse.requestId, /^req_/);
  await stripe.customers.update(customer.id, { metadata: { a: "", b: "2" } });
  const found = await stripe.customers.retrieve(customer.id);
  assert.deepEqual({ ...found.metadata }, { b: "2" });
  await stripe.customers.del(customer.id);
  assert.equal((await stripe.customers.retrieve(customer.id)).deleted, true);
});

test("a session is paid at the hosted page and expands to everything behind it", async () => {
  const session = await stripe.checkout.sessions.create(PACK);
  const answer = await payAtPage(session);
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.get("location"), `https://shop.example/return?session=${session.id}`);
  const paid = await stripe.checkout.sessions.retrieve(session.id, {
    expand: ["line_items.data.price.product", "payment_intent.latest_charge"],
  });
  assert.equal(paid.payment_status, "paid");
  assert.equal(paid.line_items.data[0].price.product.name, "1,000 credits");
  assert.equal(paid.payment_intent.status, "succeeded");
  assert.equal(paid.payment_intent.latest_charge.payment_method_details.card.last4, "4242");
});

test("a declined card leaves the session open", async () => {
  const session = await stripe.checkout.sessions.create(PACK);
  assert.equal((await payAtPage(session, "4000000000000002")).status, 402);
  const open = await stripe.checkout.sessions.retrieve(session.id, { expand: ["payment_intent"] });
  assert.equal(open.status, "open");
  assert.equal(open.payment_intent.last_payment_error.code, "card_declined");
  assert.equal((await stripe.checkout.sessions.expire(session.id)).status, "expired");
});

test("lists page themselves to the end", async () => {
  const product = await stripe.products.create({ name: "Paged" });
  for (let amount = 100; amount < 107; amount += 1) {
    await stripe.prices.create({ product: product.id, currency: "usd", unit_amount: amount });
  }
  const amounts = [];
  for await (const price of stripe.prices.list({ product: product.id, limit: 2 })) amounts.push(price.unit_amount);
  assert.deepEqual(amounts, [106, 105, 104, 103, 102, 101, 100]);
  const created = await stripe.events.list({ types: ["price.created", "product.created"], limit: 3 }).autoPagingToArray({ limit: 8 });
  assert.equal(created.length, 8);
});

test("errors arrive in the client's own classes", async () => {
  await assert.rejects(client("sk_test_wrong").customers.list(), Stripe.errors.StripeAuthenticationError);
  await assert.rejects(stripe.customers.retrieve("cus_nobody"), (error) => {
    assert.ok(error instanceof Stripe.errors.StripeInvalidRequestError);
    assert.deepEqual([error.code, error.statusCode, error.param], ["resource_missing", 404, "id"]);
    return true;
  });
  await assert.rejects(stripe.customers.create({ colour: "red" }), (error) => {
    assert.deepEqual([error.code, error.param], ["parameter_unknown", "colour"]);
    return true;
  });
  await assert.rejects(stripe.checkout.sessions.create({ ...PACK, line_items: undefined }), { code: "parameter_missing" });
});

test("one key gives one object, and other parameters under it are refused", async () => {
  const idempotencyKey = `key-${Date.now()}`;
  const first = await stripe.customers.create({ name: "Once" }, { idempotencyKey });
  const second = await stripe.customers.create({ name: "Once" }, { idempotencyKey });
  assert.equal(first.id, second.id);
  assert.equal(second.lastResponse.headers["idempotent-replayed"], "true");
  await assert.rejects(
    stripe.customers.create({ name: "Twice" }, { idempotencyKey }),
    Stripe.errors.StripeIdempotencyError,
  );
});

test("what Stripe answers in trouble arrives as the client's own errors", async () => {
  const impatient = client(sandbox.key, { maxNetworkRetries: 0 });
  const cases = [
    [{ fault: "refuse", status: "429" }, Stripe.errors.StripeRateLimitError],
    [{ fault: "refuse", status: "500" }, Stripe.errors.StripeAPIError],
    [{ fault: "garbage" }, Stripe.errors.StripeAPIError],
    [{ fault: "down" }, Stripe.errors.StripeConnectionError],
  ];
  for (const [trouble, kind] of cases) {
    // The client tries a connection that broke once more, whatever it is told.
    await sandbox.control("requests", { ...trouble, calls: "all", count: trouble.fault === "down" ? "2" : "1" });
    await assert.rejects(impatient.customers.list(), kind, JSON.stringify(trouble));
  }
  await assert.rejects(stripe.rawRequest("GET", "/v1/unicorns"), { statusCode: 404 });
});

test("a request whose answer was lost is repaired by the client's own retry", async () => {
  await sandbox.control("requests", { fault: "lose", status: "500" });
  const email = `lost-${Date.now()}@example.com`;
  await client(sandbox.key, { maxNetworkRetries: 2 }).customers.create({ email });
  assert.equal((await stripe.customers.list({ email })).data.length, 1);
});

test("a delivered event passes the client's own verification, and a forged one does not", async () => {
  const session = await stripe.checkout.sessions.create(PACK);
  await payAtPage(session);
  const { body, signature } = await receiver.waitFor("checkout.session.completed");
  const event = stripe.webhooks.constructEvent(body, signature, endpoint.secret);
  assert.equal(event.data.object.object, "checkout.session");
  const forged = Buffer.from(body.toString().replace('"paid"', '"free"'));
  assert.notDeepEqual(forged, body);
  for (const [bytes, secret] of [[forged, endpoint.secret], [body, "whsec_another"]]) {
    assert.throws(() => stripe.webhooks.constructEvent(bytes, signature, secret), Stripe.errors.StripeSignatureVerificationError);
  }
});

test("Stripe's own types fit every answer", () => assertTyped("basics"));
