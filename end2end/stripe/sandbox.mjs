// A sandbox to test against, a receiver for its webhooks, and a payer at its hosted page.
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const BINARY = process.env.SCRIP_BINARY ?? new URL("../../target/debug/scrip", import.meta.url).pathname;

/** The sandbox that the environment names, or one of our own on a free port. */
export async function openSandbox() {
  if (process.env.SANDBOX_URL) {
    const [url, key] = [process.env.SANDBOX_URL, process.env.SANDBOX_SECRET_KEY];
    return { url, key, control: controls(url, key), close: async () => {} };
  }
  const folder = await mkdtemp(join(tmpdir(), "scrip-sandbox-"));
  const child = spawn(BINARY, ["sandbox", "--addr", "127.0.0.1:0", "--database", join(folder, "sandbox.sqlite")], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const told = {};
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the sandbox ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const [name, value] = line.split("=");
      told[name] = value;
      if (name === "STRIPE_WEBHOOK_SECRET") resolve();
    });
  });
  const close = async () => {
    child.removeAllListeners("exit");
    child.kill();
    await rm(folder, { recursive: true, force: true });
  };
  await untilServing(told.STRIPE_API_BASE);
  const [url, key] = [told.STRIPE_API_BASE, told.STRIPE_SECRET_KEY];
  return { url, key, control: controls(url, key), close };
}

/** Calls a control route: what Stripe's dashboard, banks and time would do. */
function controls(url, key) {
  return async (path, fields = {}) => {
    const answer = await fetch(`${url}/control/${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: new URLSearchParams(fields),
    });
    if (!answer.ok) throw new Error(`control/${path}: ${await answer.text()}`);
    return answer.json();
  };
}

async function untilServing(url) {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await fetch(`${url}/healthz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`nothing serves at ${url}`);
}

/** A small server that remembers what is posted to it. */
export async function openReceiver() {
  const received = [];
  const waiting = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    received.push({ body: Buffer.concat(chunks), signature: request.headers["stripe-signature"] });
    response.end("ok");
    waiting.splice(0).forEach((wake) => wake());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const find = (type) => received.find((one) => JSON.parse(one.body).type === type);
  return {
    url: `http://127.0.0.1:${server.address().port}/hook`,
    close: () => new Promise((resolve) => server.close(resolve)),
    async waitFor(type) {
      while (!find(type)) await new Promise((resolve) => waiting.push(resolve));
      return find(type);
    },
  };
}

/** Presses a button of a hosted page that has its token in a form. */
export async function pressAt(url, fields) {
  const page = await (await fetch(url)).text();
  const token = /name="token" value="([^"]+)"/.exec(page)[1];
  return fetch(url, { method: "POST", body: new URLSearchParams({ token, ...fields }), redirect: "manual" });
}

/** Pays at the hosted page as a browser without scripts would. */
export function payAtPage(session, number = "4242424242424242", more = {}) {
  const payer = { name: "Ada", country: "GB", email: "ada@example.com", line1: "1 Quay", city: "London" };
  const form = { method: "card", number, expiry: "12/34", cvc: "123", ...payer, ...more };
  return pressAt(session.url, form);
}
