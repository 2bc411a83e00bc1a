import { available, expect, signIn, test } from "../support/scrip.js";

test("staff grants credits after seeing what that does, and the admin reads who did it and why", async ({ page, javaScriptEnabled }) => {
  const amount = javaScriptEnabled ? "120" : "80";
  const reason = javaScriptEnabled ? "Sorry for the outage of Tuesday" : "Thanks for the visit at the fair";
  await signIn(page, "admin");
  const before = await available(page);
  expect((await page.goto("/admin")).status()).toBe(404);

  await page.context().clearCookies();
  await signIn(page, "superadmin");
  await page.goto("/admin?search=Halden");
  await page.getByRole("main").getByRole("link", { name: "Halden & Vale" }).click();
  await page.getByRole("link", { name: "Grant credits…" }).click();
  await page.getByLabel("Credits", { exact: true }).fill(amount);
  await page.getByLabel("Reason").fill(reason);
  await page.getByRole("button", { name: "Show what it does" }).click();
  const preview = page.getByTestId("change-preview");
  await expect(preview).toContainText(`+${amount}`);
  await page.getByRole("button", { name: `Add ${amount} credits` }).click();
  await expect(page.getByRole("heading", { name: "What staff did" })).toBeVisible();

  await page.context().clearCookies();
  await signIn(page, "admin");
  expect(await available(page)).toBe(before + Number(amount));
  await page.goto("/credits?view=purchases");
  const row = page.getByRole("row").filter({ hasText: reason });
  await expect(row).toContainText("Admin Grant");
  await expect(row).toContainText("Sanna Lindqvist");
});
