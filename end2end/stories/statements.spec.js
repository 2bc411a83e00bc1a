// A month that is over, as a statement: on its page, on paper, and as a file that says the same.
import { readFileSync } from "node:fs";
import { expect, signIn, test } from "../support/scrip.js";

test("a statement's file has the figures of its page", async ({ page }) => {
  await signIn(page, "member");
  await page.goto("/credits");
  await page.getByRole("link", { name: "Monthly statements" }).click();
  await page.getByRole("rowheader").getByRole("link").nth(1).click();
  await expect(page.getByTestId("statement")).toContainText("Closed");
  await expect(page.getByTestId("statement")).toContainText("Adds up");
  const shown = await page.locator("tr[data-line=closing] td").innerText();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV", exact: true }).first().click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/^statement-.*-\d{4}-\d\d\.csv$/);
  const file = readFileSync(await download.path(), "utf8");
  const closing = file.split("\r\n").find((line) => line.startsWith("closing,")).split(",")[4];
  expect(Number(closing)).toBe(Number(shown.replaceAll(",", "")));
  // Printed, it is the statement and nothing around it.
  await page.emulateMedia({ media: "print" });
  await expect(page.getByRole("navigation", { name: "Main" })).toBeHidden();
  await expect(page.getByTestId("statement")).toBeVisible();
});
