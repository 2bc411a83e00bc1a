import { available, eventually, expect, signIn, test } from "../support/scrip.js";

test("a level that an admin sets is told of when it is crossed: on every page and in the inbox", async ({ page, browser, baseURL, javaScriptEnabled }) => {
  const reload = !javaScriptEnabled;
  await signIn(page, "admin");
  const level = await available(page);
  await page.goto("/settings/alerts");
  const rule = page.locator("#rule-balance_credits");
  const levels = rule.getByLabel("Credits", { exact: true });
  const before = await levels.inputValue();
  const save = async (wanted) => {
    await levels.fill(wanted);
    await rule.getByRole("button", { name: "Save: Credits left" }).click();
    await expect(levels).toHaveValue(wanted);
  };
  await save(String(level));

  const context = await browser.newContext({ baseURL, javaScriptEnabled });
  const member = await context.newPage();
  await signIn(member, "member");
  await member.goto("/reports/new");
  await member.getByLabel("Ad text").fill("Coffee for the morning.");
  if (reload) await member.getByRole("button", { name: "Update cost" }).click();
  await expect(member.getByTestId("total")).toHaveText("1 credit");
  await member.getByTestId("start").click();
  await expect(member).toHaveURL(/\/reports\/rep_/);
  const banner = member.getByTestId("banner").filter({ hasText: "Credits are running low" });
  await eventually(member, async () => (await banner.count()) > 0, { reload });
  await expect(banner).toContainText("Ask an admin");

  await member.goto("/inbox");
  const alert = member.getByTestId("alert").filter({ hasText: "Credits are running low" }).first();
  await expect(alert).toContainText(`fewer than ${level.toLocaleString("en-US")}`);
  await expect(member.getByTestId("unread").filter({ visible: true })).toContainText("unread");
  await banner.getByRole("button", { name: "Dismiss" }).click();
  await expect(banner).toHaveCount(0);
  await member.goto("/credits");
  await expect(banner).toHaveCount(0);
  await context.close();

  await page.goto("/settings/alerts");
  await save(before);
});
