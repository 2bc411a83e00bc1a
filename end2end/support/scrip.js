// What every story stands on: the demo's people, the balance, and a page that reports what it should not do.
import { test as base, expect } from "@playwright/test";
import { fileURLToPath } from "node:url";

export { expect };

export const people = {
  superadmin: "superadmin@example.com",
  admin: "admin@example.com",
  member: "member@example.com",
};
export const password = "scrip-demo";

/** A file of the Rust tests' fixtures: real images, one of them broken, and a real video. */
export const fixture = (name) => fileURLToPath(new URL(`../../tests/fixtures/${name}`, import.meta.url));

/**
 * `page` fails its story on a console error, an uncaught exception, or a request that leaves this machine's
 * own two addresses (the site and the test checkout).
 */
export const test = base.extend({
  page: async ({ page, baseURL }, use) => {
    const complaints = [];
    watch(page, baseURL, complaints);
    await use(page);
    expect(complaints).toEqual([]);
  },
});

export function watch(page, baseURL, complaints) {
  const site = new URL(baseURL);
  page.on("console", (message) => {
    // A refused form is an answer with a status of its own; the browser logs that as an error.
    const refusal = /Failed to load resource: the server responded with a status of 4\d\d/;
    if (message.type() === "error" && !refusal.test(message.text())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = new URL(request.url());
    if (url.protocol.startsWith("http") && url.hostname !== site.hostname) complaints.push(`request to ${url.href}`);
  });
}

/** Signs in by address and password. */
export async function signIn(page, who) {
  await page.goto("/login");
  await page.getByLabel(/e-?mail|mail address/i).fill(people[who]);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByTestId("balance")).toBeVisible();
}

/** The number in the header, as a number. */
export async function available(page) {
  const text = await page.locator('[data-balance="available"]').first().textContent();
  return Number(text.replaceAll(",", "").replace("−", "-"));
}

/** Reloads until `check` is true: what a person without scripts does. With scripts the page does it itself. */
export async function eventually(page, check, { reload = false } = {}) {
  await expect(async () => {
    if (reload) await page.reload();
    expect(await check()).toBe(true);
  }).toPass({ timeout: 30_000, intervals: [200, 400, 800] });
}

/** Types a card and its owner on the provider's page, and leaves the button to the caller. */
export async function typeCard(page, number = "4242 4242 4242 4242") {
  await expect(page).toHaveURL(/\/c\/pay\//);
  const mail = page.getByLabel(/e-?mail/i);
  if (await mail.isEditable()) await mail.fill("buyer@example.com");
  await page.getByLabel(/card number/i).fill(number);
  await page.getByLabel(/expiry|expiration/i).fill("12 / 34");
  await page.getByLabel(/cvc|security code/i).fill("123");
  await page.getByLabel(/name/i).first().fill("Amir Haddad");
}

/** Buys the smallest pack: the purchase's id. */
export async function buyPack(page) {
  await page.goto("/credits/buy");
  await page.getByRole("radio").first().check();
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await typeCard(page);
  await page.getByRole("button", { name: /^pay/i }).click();
  await expect(page).toHaveURL(/\/credits\/return\/pur_/);
  return page.url().match(/pur_\w+/)[0];
}
