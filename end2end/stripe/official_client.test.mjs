// Stripe's own Node client drives the sandbox: what it cannot parse or verify is our mistake.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, test } from "node:test";
import Stripe from "stripe";
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
  const { protocol, hostname, port } = new URL(sandbox.url);
  return new Stripe(key, { protocol: protocol.slice(0, -1), host: hostname, port, telemetry: false, ...options });
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

test("a request whose answer was lost is repaired by the client's own retry", async () => {
  await fetch(`${sandbox.url}/control/requests`, {
    method: "POST",
    headers: { authorization: `Bearer ${sandbox.key}` },
    body: new URLSearchParams({ fault: "lose", status: "500" }),
  });
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

// The types that come with the client say which fields every object has.
const DECLARED = [
  ["Checkout/Sessions", "Session", async () => stripe.checkout.sessions.create(PACK)],
  ["Customers", "Customer", async () => stripe.customers.create({})],
  ["Products", "Product", async () => stripe.products.create({ name: "x" })],
  ["Prices", "Price", async () => (await stripe.prices.list({ limit: 1 })).data[0]],
  ["PaymentIntents", "PaymentIntent", async () => (await stripe.paymentIntents.list({ limit: 1 })).data[0]],
  ["Charges", "Charge", async () => (await stripe.charges.list({ limit: 1 })).data[0]],
  ["LineItems", "LineItem", async () => {
    const session = await stripe.checkout.sessions.create(PACK);
    return (await stripe.checkout.sessions.listLineItems(session.id)).data[0];
  }],
  ["PaymentMethods", "PaymentMethod", async () => {
    const charge = (await stripe.charges.list({ limit: 1 })).data[0];
    return stripe.paymentMethods.retrieve(charge.payment_method);
  }],
  ["WebhookEndpoints", "WebhookEndpoint", async () => stripe.webhookEndpoints.retrieve(endpoint.id)],
];

for (const [file, name, make] of DECLARED) {
  test(`${name} has every field that its declaration requires`, async () => {
    assert.deepEqual(missingFields(await make(), name, await declaration(file)), []);
  });
}

async function declaration(file) {
  const path = new URL(`node_modules/stripe/esm/resources/${file}.d.ts`, import.meta.url);
  return (await readFile(path, "utf8")).replace(/\/\*[\s\S]*?\*\//g, "");
}

/** The required fields that the object lacks, and those that the groups within it lack. */
function missingFields(object, name, text) {
  const own = declaredFields(text, name, 0);
  assert.ok(own.length > 5, `the declaration of ${name} was found`);
  return own.flatMap(({ field, optional, type }) => {
    if (!(field in object)) return optional ? [] : [field];
    const group = new RegExp(`^${name}\\.(\\w+)`).exec(type);
    if (!group || object[field] === null || typeof object[field] !== "object") return [];
    const inner = declaredFields(text, group[1], 4).filter((one) => !one.optional);
    return inner.filter((one) => !(one.field in object[field])).map((one) => `${field}.${one.field}`);
  });
}

/** The fields of an interface that is declared at this indentation. */
function declaredFields(text, name, indent) {
  const margin = " ".repeat(indent);
  const body = new RegExp(`^${margin}(?:export )?interface ${name} \\{([\\s\\S]*?)\\n${margin}\\}`, "m").exec(text)?.[1] ?? "";
  const lines = body.matchAll(new RegExp(`^${margin} {4}(\\w+)(\\??): (.*);$`, "gm"));
  return [...lines].map(([, field, mark, type]) => ({ field, optional: mark === "?", type }));
}
