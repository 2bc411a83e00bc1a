import { available, eventually, expect, signIn, test, typeCard } from "../support/scrip.js";

async function toCheckout(page) {
  await page.goto("/credits/buy");
  await page.getByRole("radio").first().check();
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await expect(page).toHaveURL(/\/c\/pay\//);
  await expect(page.getByText(/test mode/i).first()).toBeVisible();
}

async function pay(page, number) {
  await typeCard(page, number);
  await page.getByRole("button", { name: /^pay/i }).click();
}

test("an admin buys a pack, pays with the test card and finds the credits once", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "admin");
  const before = await available(page);
  await toCheckout(page);
  await pay(page, "4242 4242 4242 4242");
  await expect(page).toHaveURL(/\/credits\/return\/pur_/);
  const done = page.getByRole("heading", { name: "Your credits are here" });
  await eventually(page, async () => (await done.count()) > 0, { reload: !javaScriptEnabled });
  for (let reload = 0; reload < 3; reload += 1) await page.reload();
  await expect(done).toBeVisible();
  expect(await available(page)).toBe(before + 50);

  const id = page.url().match(/pur_\w+/)[0];
  await page.goto("/credits?view=purchases");
  await expect(page.getByRole("row").filter({ hasText: "Purchase" }).filter({ hasText: "50" }).first()).toBeVisible();
  expect(id).toMatch(/^pur_/);
});

test("a declined card grants nothing and leaves the pack chosen", async ({ page }) => {
  await signIn(page, "admin");
  const before = await available(page);
  await toCheckout(page);
  await pay(page, "4000 0000 0000 0002");
  await expect(page.getByText(/declined/i).first()).toBeVisible();
  await page.getByRole("link", { name: /back|cancel/i }).first().click();
  await expect(page).toHaveURL(/\/credits\/buy\?pack=/);
  await expect(page.getByRole("radio").first()).toBeChecked();
  expect(await available(page)).toBe(before);
});

test("a member finds no way to buy anywhere, and is told whom to ask", async ({ page }) => {
  await signIn(page, "member");
  for (const path of ["/", "/credits", "/settings/billing", "/reports", "/reports/new"]) {
    const html = await (await page.request.get(path)).text();
    expect(html, path).not.toMatch(/\/credits\/buy|buy_pack|Buy credits/);
  }
  const answer = await page.goto("/credits/buy");
  expect(answer.status()).toBe(403);
  await expect(page.getByText(/ask an admin or a superadmin/i).last()).toBeVisible();
});
