import { available, eventually, expect, signIn, test, typeCard } from "../support/scrip.js";

const subscription = "/credits/subscription";

async function pay(page) {
  await typeCard(page);
  await page.getByRole("button", { name: /^subscribe/i }).click();
}

const chargedToday = (page) => page.getByTestId("charge-today");

test("an admin subscribes, upgrades with a preview, cancels and keeps the plan after all", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "admin");
  await page.goto(subscription);
  const plan = page.getByTestId("plan");
  // The story runs twice on one organisation: the second time the plan is there already.
  if ((await plan.textContent()) !== "Pay As You Go") {
    await expect(plan).toHaveText("Studio");
    test.info().annotations.push({ type: "note", description: "subscribed by the run before" });
  } else {
    const before = await available(page);
    await page.getByRole("link", { name: "Choose Pro", exact: true }).click();
    await expect(page.getByText("3,000 credits")).toBeVisible();
    await expect(chargedToday(page)).toHaveText("$99.00");
    await page.getByRole("button", { name: "Continue to payment" }).click();
    await expect(page).toHaveURL(/\/c\/pay\//);
    await pay(page);
    await expect(page).toHaveURL(/\/credits\/subscription/);
    await eventually(page, async () => (await plan.textContent()) === "Pro", { reload: !javaScriptEnabled });
    await expect(page.getByText(/Next reset on|will lapse/).first()).toBeVisible();
    await eventually(page, async () => (await available(page)) === before + 3000, { reload: !javaScriptEnabled });

    await page.getByRole("link", { name: "Upgrade to Studio" }).click();
    await expect(chargedToday(page)).toContainText("$2");
    await expect(page.getByText("None").first()).toBeVisible();
    await page.getByRole("button", { name: /Upgrade and pay/ }).click();
    await expect(plan).toHaveText("Studio");
    await eventually(page, async () => (await available(page)) > before + 11_990, { reload: !javaScriptEnabled });
  }

  await page.getByRole("link", { name: "Cancel the plan" }).click();
  await expect(chargedToday(page)).toHaveText("Nothing");
  await page.getByRole("button", { name: /Cancel Studio on/ }).click();
  await expect(page.getByText(/The plan ends on/).first()).toBeVisible();
  await page.getByRole("button", { name: "Keep the plan" }).click();
  await expect(page.getByText(/The plan ends on/)).toHaveCount(0);
  await expect(plan).toHaveText("Studio");

  await page.getByRole("button", { name: "Manage card and invoices at Stripe" }).click();
  await expect(page).toHaveURL(/\/p\/session\//);
});

test("a member reads the plan and is told whom to ask", async ({ page }) => {
  await signIn(page, "member");
  await page.goto(subscription);
  await expect(page.getByTestId("plan")).toBeVisible();
  await expect(page.getByText("Ask an admin of your organisation.")).toBeVisible();
  await expect(page.getByRole("link", { name: /Choose|Upgrade|Cancel/ })).toHaveCount(0);
  const answer = await page.goto(`${subscription}/change?to=studio`);
  expect(answer.status()).toBe(403);
});
