// What was used, from the whole to the rows: by links alone, so it needs no script.
import { expect, signIn, test } from "../support/scrip.js";

const amount = (text) => Number(text.replaceAll(",", "").replace("−", "-"));

test("from the year to a month, a department and its rows, with the same figures", async ({ page }) => {
  await signIn(page, "superadmin");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Usage", exact: true }).click();
  await page.getByRole("navigation", { name: "Period" }).getByRole("link", { name: "Last month" }).click();
  const used = amount(await page.getByTestId("used").innerText());
  expect(used).toBeLessThan(0);
  await page.getByText("The same as a table").click();
  const rows = page.getByTestId("trend").locator("tbody tr");
  const days = await rows.locator("td:nth-child(2)").allInnerTexts();
  expect(days.map(amount).reduce((sum, one) => sum + one, 0)).toBe(used);
  await expect(page.getByTestId("trend").locator("tfoot td").first()).toContainText(String(-used));
  const part = page.getByRole("region", { name: "By department" }).getByRole("listitem").first();
  await part.getByRole("link").click();
  await expect(page).toHaveURL(/\/credits\?view=usage&department=dep_\w+&before=\d+/);
  await expect(page.getByRole("table", { name: /usage/i }).first()).toBeVisible();
});
