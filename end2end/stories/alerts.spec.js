import { available, eventually, expect, signIn, test } from "../support/scrip.js";

test("a level that an admin sets is told of when it is crossed: on every page and in the inbox", async ({ page, javaScriptEnabled }) => {
  const reload = !javaScriptEnabled;
  await signIn(page, "admin");
  const level = await available(page);
  await page.goto("/settings/alerts");
  const rule = page.locator("#rule-balance_credits");
  const before = await rule.getByLabel("Credits", { exact: true }).inputValue();
  const save = async (levels) => {
    await rule.getByLabel("Credits", { exact: true }).fill(levels);
    await rule.getByRole("button", { name: "Save: Credits left" }).click();
    await expect(rule.getByLabel("Credits", { exact: true })).toHaveValue(levels);
  };
  await save(String(level));

  await page.goto("/reports/new");
  await page.getByLabel("Ad text").fill("Coffee for the morning.");
  if (reload) await page.getByRole("button", { name: "Update cost" }).click();
  await page.getByTestId("start").click();
  const banner = page.getByTestId("banner").filter({ hasText: "Credits are running low" });
  await eventually(page, async () => (await banner.count()) > 0, { reload });
  await expect(banner.getByRole("link", { name: "Buy credits" })).toBeVisible();

  await page.goto("/inbox");
  const alert = page.getByTestId("alert").filter({ hasText: "Credits are running low" }).first();
  await expect(alert).toContainText(`fewer than ${level.toLocaleString("en-US")}`);
  await expect(page.getByTestId("unread").filter({ visible: true })).toContainText("unread");
  await banner.getByRole("button", { name: "Dismiss" }).click();
  await expect(banner).toHaveCount(0);
  await page.goto("/credits");
  await expect(banner).toHaveCount(0);

  await page.goto("/settings/alerts");
  await save(before);
});
