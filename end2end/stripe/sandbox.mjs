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
    return { url: process.env.SANDBOX_URL, key: process.env.SANDBOX_SECRET_KEY, close: async () => {} };
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
  return { url: told.STRIPE_API_BASE, key: told.STRIPE_SECRET_KEY, close };
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

/** Pays at the hosted page as a browser without scripts would. */
export async function payAtPage(session, number = "4242424242424242") {
  const page = await (await fetch(session.url)).text();
  const token = /name="token" value="([^"]+)"/.exec(page)[1];
  const form = { token, method: "card", number, expiry: "12/34", cvc: "123", name: "Ada", country: "GB", email: "ada@example.com" };
  return fetch(session.url, { method: "POST", body: new URLSearchParams(form), redirect: "manual" });
}
