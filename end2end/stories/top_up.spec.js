import { available, eventually, expect, signIn, test, typeCard } from "../support/scrip.js";

const section = "/settings/billing#auto-top-up";

/** Saves a card on the provider's page, as its owner would. */
async function saveCard(page, number) {
  await typeCard(page, number);
  await page.getByRole("button", { name: "Save card" }).click();
}

/** As if nothing had ever been set up, whatever an earlier story left. */
async function beginAnew(page) {
  await page.goto(section);
  const remove = page.getByRole("button", { name: "Remove the card" });
  if ((await remove.count()) > 0) await remove.click();
  await expect(page.getByTestId("saved-card")).toHaveCount(0);
}

test("a saved card buys credits by itself when few are left, after a look at what would happen", async ({
  page,
  javaScriptEnabled,
}) => {
  await signIn(page, "admin");
  await beginAnew(page);
  await page.getByRole("checkbox", { name: /charged for .* without asking me each time/ }).check();
  await page.getByRole("button", { name: "Save a card", exact: true }).click();
  await saveCard(page, "4242 4242 4242 4242");
  await expect(page).toHaveURL(/\/settings\/billing\?card=consent_/);
  await expect(page.getByTestId("saved-card")).toContainText("Visa •••• 4242");

  const before = await available(page);
  await page.getByLabel("Buy when fewer are available than").fill(String(before));
  await page.getByLabel("Buy", { exact: true }).selectOption("pack-50");
  await page.getByLabel("Monthly limit in USD").fill("500");
  await page.getByRole("button", { name: "Show what would happen" }).click();
  const preview = page.getByTestId("top-up-preview");
  await expect(preview).toContainText("for at most $500.00 in a calendar month");
  await expect(preview.getByTestId("charges-now")).toContainText("No:");
  expect(await available(page)).toBe(before);
  await preview.getByRole("button", { name: "Switch auto top-up on" }).click();
  await expect(page.getByTestId("top-up-status")).toHaveText("On");

  await page.goto("/reports/new");
  await page.getByLabel("Ad text").fill("Tea for everyone.");
  if (!javaScriptEnabled) await page.getByRole("button", { name: "Update cost" }).click();
  await expect(page.getByTestId("total")).toHaveText("1 credit");
  await page.getByTestId("start").click();
  await expect(page).toHaveURL(/\/reports\/rep_/);
  await eventually(page, async () => (await available(page)) === before - 1 + 50, { reload: !javaScriptEnabled });

  await page.goto(section);
  await expect(page.getByTestId("top-up-spent")).toHaveText(/\$(60|120)\.00/);
  const line = page.getByRole("row").filter({ hasText: "50 credits" }).filter({ hasText: "$60.00" });
  await expect(line.first()).toContainText("Credited");
  await page.getByRole("button", { name: "Switch off" }).click();
  await expect(page.getByTestId("top-up-status")).toHaveText("Off");
});

test("an own number of credits shows its price before it is bought", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "admin");
  await page.goto("/credits/buy");
  const own = page.getByTestId("own-amount");
  await own.getByLabel("Credits").fill("137");
  if (!javaScriptEnabled) await own.getByRole("button", { name: "Update price" }).click();
  await expect(own.getByTestId("own-price")).toHaveText("$164.40");
  await expect(own.getByRole("radio")).toBeChecked();
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await expect(page).toHaveURL(/\/c\/pay\//);
  await expect(page.getByText("$164.40").first()).toBeVisible();
});

test("a member finds nothing of the card or of auto top-up", async ({ page }) => {
  await signIn(page, "member");
  await page.goto("/settings/billing");
  expect(await page.content()).not.toMatch(/auto.top.up|save_card|Saved card/i);
});
