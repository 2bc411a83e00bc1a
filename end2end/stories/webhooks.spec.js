import { createServer } from "node:http";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { expect, signIn, test } from "../support/scrip.js";

/** A program that listens on this machine: what it was sent, and where. */
async function receiver() {
  const got = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    got.push({ headers: request.headers, body });
    response.writeHead(204).end();
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return { got, url: `http://127.0.0.1:${server.address().port}/hook`, close: () => server.close() };
}

test("an admin adds a webhook, and the guide's own lines verify what arrives", async ({ page }, testInfo) => {
  const { got, url, close } = await receiver();
  const name = `Worker, ${testInfo.project.name}`;
  await signIn(page, "admin");
  await page.goto("/developers/webhooks");
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Address", { exact: true }).fill(url);
  await page.getByRole("button", { name: "Add the webhook" }).click();
  const secret = await page.getByTestId("webhook-secret").textContent();

  await page.getByRole("link", { name }).click();
  await page.getByRole("button", { name: "Send a test event" }).click();
  await expect(page.getByRole("heading", { name: "webhook.test" })).toBeVisible();
  await expect(page.locator("[data-fact=state]")).toHaveText("Delivered");
  expect(got).toHaveLength(1);

  await page.goto("/developers/guide");
  const lines = await page.getByTestId("verify").textContent();
  const file = join(mkdtempSync(join(tmpdir(), "scrip-webhook-")), "verify.mjs");
  writeFileSync(file, lines);
  const { isFromScrip } = await import(file);
  const [{ headers, body }] = got;
  expect(isFromScrip(secret, headers, body)).toBe(true);
  expect(isFromScrip(secret, headers, `${body} `)).toBe(false);
  // The specification's own library says the same.
  expect(new Webhook(secret).verify(body, headers)).toMatchObject({ type: "webhook.test" });

  await page.goto("/developers/webhooks");
  await page.getByRole("link", { name }).click();
  await page.locator("summary", { hasText: "Delete" }).click();
  await page.getByLabel("It goes with its log.").fill(name);
  await page.getByRole("button", { name: `Delete ${name}` }).click();
  await expect(page).toHaveURL(/\/developers\/webhooks$/);
  await expect(page.getByRole("link", { name })).toHaveCount(0);
  close();
});
