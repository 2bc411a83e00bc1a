// A client of Stripe's that remembers every answer, and the proof that Stripe's own types fit them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import Stripe from "stripe";

const FOLDER = new URL(".recorded/", import.meta.url);
const TSC = fileURLToPath(new URL("node_modules/.bin/tsc", import.meta.url));

/** Stripe's name for the type of each kind of object. */
const TYPES = {
  balance_transaction: "Stripe.BalanceTransaction",
  "billing_portal.session": "Stripe.BillingPortal.Session",
  charge: "Stripe.Charge",
  "checkout.session": "Stripe.Checkout.Session",
  customer: "Stripe.Customer",
  dispute: "Stripe.Dispute",
  event: "Stripe.Event",
  invoice: "Stripe.Invoice",
  invoice_payment: "Stripe.InvoicePayment",
  item: "Stripe.LineItem",
  line_item: "Stripe.InvoiceLineItem",
  payment_intent: "Stripe.PaymentIntent",
  payment_method: "Stripe.PaymentMethod",
  price: "Stripe.Price",
  product: "Stripe.Product",
  refund: "Stripe.Refund",
  setup_intent: "Stripe.SetupIntent",
  subscription: "Stripe.Subscription",
  subscription_item: "Stripe.SubscriptionItem",
  tax_id: "Stripe.TaxId",
  webhook_endpoint: "Stripe.WebhookEndpoint",
};

const answers = new Map();

/** A client of the sandbox at `url` whose answers are remembered. */
export function recordingClient(url, key, options = {}) {
  const { protocol, hostname, port } = new URL(url);
  const inner = Stripe.createNodeHttpClient();
  const httpClient = Object.create(inner, {
    makeRequest: {
      value: async (...request) => {
        const response = await inner.makeRequest(...request);
        const toJSON = response.toJSON.bind(response);
        response.toJSON = async () => {
          const body = await toJSON();
          remember(body);
          return body;
        };
        return response;
      },
    },
  });
  return new Stripe(key, { protocol: protocol.slice(0, -1), host: hostname, port, telemetry: false, httpClient, ...options });
}

/** Keeps one answer of each shape. */
export function remember(body) {
  if (body?.object === "list") return body.data.forEach(remember);
  if (!body?.object) return;
  // A copy: the client makes objects of decimals within the body it was given.
  answers.set(`${body.object} ${JSON.stringify(body, shapeOf)}`, structuredClone(body));
}

/** Words of Stripe's stay, everything else is only a kind of value. */
function shapeOf(key, value) {
  if (typeof value === "string") return /^[a-z_.]{1,60}$/.test(value) ? value : "text";
  return typeof value === "number" ? 0 : value;
}

/** Compiles every remembered answer as a constant of Stripe's own type. */
export async function assertTyped(name) {
  const constants = [...answers.values()].map((answer, index) => {
    const type = answer.deleted ? deletedType(answer) : TYPES[answer.object];
    assert.ok(type, `a type for ${answer.object}`);
    return `export const answer${index}: ${type} = ${literal(answer)};`;
  });
  assert.ok(constants.length > 5, "there were answers to check");
  await assertCompiles(name, constants);
}

/** Compiles constants that name Stripe's own types. */
export async function assertCompiles(name, constants) {
  const lines = ['import Stripe from "stripe";', "declare function decimal(text: string): Stripe.Decimal;", ...constants].join("\n").split("\n");
  await mkdir(FOLDER, { recursive: true });
  const file = new URL(`${name}.ts`, FOLDER);
  await writeFile(file, lines.join("\n"));
  const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "nodenext", "--types", ""];
  const run = promisify(execFile)(TSC, [...options, fileURLToPath(file)], { maxBuffer: 1 << 24 });
  const complaints = await run.then(() => "", (error) => error.stdout || error.message);
  assert.equal(complaints.replaceAll(/^.*\((\d+),\d+\): (.*)$/gm, (_, line, text) => `${lines[line - 1]} ← ${text}`), "");
  await rm(file);
}

function deletedType(answer) {
  return { customer: "Stripe.DeletedCustomer", tax_id: "Stripe.DeletedTaxId", webhook_endpoint: "Stripe.DeletedWebhookEndpoint" }[answer.object];
}

/** A TypeScript literal; decimals, which the client makes objects of, are such objects. */
export function literal(value, key = "") {
  if (typeof value === "string" && key.endsWith("_decimal")) return `decimal(${JSON.stringify(value)})`;
  if (Array.isArray(value)) return `[${value.map((one) => literal(one)).join(", ")}]`;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const fields = Object.entries(value).map(([name, inner]) => `${JSON.stringify(name)}: ${literal(inner, name)}`);
  return `{\n${fields.join(",\n")} }`;
}
