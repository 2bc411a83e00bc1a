import { available, expect, people, signIn, test } from "../support/scrip.js";

const pages = ["/", "/credits", "/settings/billing", "/reports", "/reports/new"];

test("a member sees the balance in the header of every page, already in the HTML", async ({ page }) => {
  await signIn(page, "member");
  const number = await available(page);
  expect(number).toBeGreaterThan(0);
  for (const path of pages) {
    const html = await (await page.request.get(path)).text();
    const inHeader = html.match(/data-balance="available"[^>]*>([\d,.]+)/);
    expect(inHeader, path).not.toBeNull();
    expect(Number(inHeader[1].replaceAll(",", "")), path).toBe(number);
  }
});

test("a wrong password and an unknown address get the same answer", async ({ page }) => {
  const answers = [];
  for (const address of [people.member, "nobody@example.com"]) {
    await page.goto("/login");
    await page.getByLabel(/e-?mail|mail address/i).fill(address);
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    answers.push(await page.getByRole("alert").innerText());
    await expect(page.getByLabel(/e-?mail|mail address/i)).toHaveValue(address);
  }
  expect(answers[0]).toBe(answers[1]);
});

test("an expired session leads to the sign-in page and back to the page asked for", async ({ page, context }) => {
  await signIn(page, "member");
  await context.clearCookies();
  await page.goto("/credits");
  await expect(page).toHaveURL(/\/login\?next=\/credits/);
  await page.getByLabel(/e-?mail|mail address/i).fill(people.member);
  await page.getByLabel("Password", { exact: true }).fill("scrip-demo");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page).toHaveURL(/\/credits$/);
});

test("the header says what is held and where the rest comes from", async ({ page }) => {
  await signIn(page, "member");
  await page.getByRole("button", { name: /what is held/i }).click();
  const details = page.locator("#balance-details");
  await expect(details).toBeVisible();
  await expect(details.getByText("Held by running work")).toBeVisible();
});
