// A purchase with tax as a person sees it, on a site of its own that adds tax to its prices.
import { available, eventually, expect, signIn, test, typeCard } from "../support/scrip.js";

test.use({ baseURL: process.env.SCRIP_TAXED_SITE });

test("a German buyer sees the tax before paying, and on the receipt", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "admin");
  const before = await available(page);
  await page.goto("/credits/buy");
  await expect(page.getByTestId("price-tax")).toContainText("without tax");
  await page.getByRole("radio").first().check();
  await page.getByRole("button", { name: "Continue to payment" }).click();
  // The provider remembers where somebody lives who has paid there before.
  const order = page.getByRole("region", { name: "Your order" });
  await expect(order).toContainText(/Choose your country|VAT 19 %/);

  await page.getByLabel(/^address/i).fill("Kai 1");
  await page.getByLabel(/city/i).fill("Hamburg");
  await page.getByLabel(/country/i).selectOption("DE");
  if (!javaScriptEnabled) await page.getByRole("button", { name: "Update total" }).click();
  await expect(order).toContainText("VAT 19 %");
  await expect(order).toContainText("$11.40");
  await typeCard(page);
  await page.getByRole("button", { name: "Pay $71.40" }).click();

  await expect(page).toHaveURL(/\/credits\/return\/pur_/);
  const done = page.getByRole("heading", { name: "Your credits are here" });
  await eventually(page, async () => (await done.count()) > 0, { reload: !javaScriptEnabled });
  await expect(page.getByTestId("tax-within")).toHaveText("$11.40");
  expect(await available(page)).toBe(before + 50);
  await page.goto("/credits/billing");
  const row = page.getByTestId("payment-row").first();
  await expect(row).toContainText("$71.40");
  await row.getByRole("link", { name: /TEST-/ }).first().click();
  await expect(page.getByTestId("paper")).toContainText("VAT 19 %");
});
