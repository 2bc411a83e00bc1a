import { available, buyPack, eventually, expect, signIn, test } from "../support/scrip.js";

test("staff refund half of a pack, and the admin who bought it reads how much and why", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "admin");
  const id = await buyPack(page);
  const credited = page.getByRole("heading", { name: "Your credits are here" });
  await eventually(page, async () => (await credited.count()) > 0, { reload: !javaScriptEnabled });
  const before = await available(page);
  expect((await page.goto("/admin/payments")).status()).toBe(404);

  await page.context().clearCookies();
  await signIn(page, "superadmin");
  await page.goto(`/admin/payments?search=${id}`);
  await expect(page.getByTestId("last-webhook")).toContainText(".");
  await page.getByRole("link", { name: "Single campaign" }).first().click();
  await page.getByRole("link", { name: "Refund…" }).click();
  await expect(page.getByLabel("Amount in USD")).toHaveValue("60.00");
  await page.getByLabel("Amount in USD").fill("30");
  await page.getByLabel("Reason").fill("Half of it was not needed");
  await page.getByRole("button", { name: "Show what it does" }).click();
  await expect(page.getByTestId("refund-preview")).toContainText("25");
  await page.getByRole("button", { name: "Refund $30.00" }).click();
  await expect(page.getByTestId("money-back")).toContainText("Half of it was not needed");

  await page.context().clearCookies();
  await signIn(page, "admin");
  expect(await available(page)).toBe(before - 25);
  await page.goto(`/credits/return/${id}`);
  const told = page.getByTestId("money-back");
  await expect(told).toContainText("$30.00");
  await expect(told).toContainText("Half of it was not needed");
  await page.goto("/credits?view=purchases");
  await expect(page.getByRole("row").filter({ hasText: "Refund" }).filter({ hasText: "25" }).first()).toBeVisible();
});
