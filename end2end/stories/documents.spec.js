import { readFile } from "node:fs/promises";
import { buyPack, eventually, expect, signIn, test } from "../support/scrip.js";

test("an admin says who is billed, buys, reads the receipt and keeps its PDF", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "admin");
  await page.goto("/settings/billing");
  const form = page.locator("#billing-details");
  await form.getByLabel("Name", { exact: true }).fill("Søren & Łucja “Nord”");
  await form.getByLabel("Address", { exact: true }).fill("Quay 1");
  await form.getByLabel("City").fill("Hamburg");
  await form.getByLabel("Country").selectOption("DE");
  await form.getByRole("button", { name: "Save billing details" }).click();
  await expect(form.getByText(/^Saved\./)).toBeVisible();

  await buyPack(page);
  const done = page.getByRole("heading", { name: "Your credits are here" });
  await eventually(page, async () => (await done.count()) > 0, { reload: !javaScriptEnabled });
  const trail = page.getByTestId("trail").getByRole("listitem");
  await expect(trail.filter({ hasText: "Credited" })).toBeVisible();

  await page.goto("/credits/billing");
  const payment = page.getByTestId("payment-row").first();
  await expect(payment).toContainText("Credited");
  await payment.getByRole("link", { name: /^Receipt/ }).first().click();
  const paper = page.getByTestId("paper");
  await expect(paper).toContainText("Søren & Łucja “Nord”");
  await expect(paper).toContainText("TEST");
  const number = page.url().split("/").pop();
  await expect(paper).toContainText(number);

  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Download PDF" }).click(),
  ]);
  expect(download.suggestedFilename()).toBe(`receipt-${number}.pdf`);
  const bytes = await readFile(await download.path());
  expect(bytes.subarray(0, 8).toString()).toBe("%PDF-1.7");
});

test("a member is told whom to ask instead of seeing payments", async ({ page }) => {
  await signIn(page, "member");
  const answer = await page.goto("/credits/billing");
  expect(answer.status()).toBe(403);
  await expect(page.getByText(/ask an admin or a superadmin/i).last()).toBeVisible();
});
