// Only with scripts: without them a page is as old as its last load.
import { available, expect, fixture, people, password, test, watch } from "../support/scrip.js";

test("every other open page shows the new balance without a reload", async ({ browser, baseURL }) => {
  const complaints = [];
  const open = async (address) => {
    const context = await browser.newContext({ baseURL });
    const page = await context.newPage();
    watch(page, baseURL, complaints);
    await page.goto("/login");
    await page.getByLabel(/e-?mail|mail address/i).fill(address);
    await page.getByLabel("Password", { exact: true }).fill(password);
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page.getByTestId("balance")).toBeVisible();
    return page;
  };
  const watcher = await open(people.superadmin);
  await watcher.goto("/settings/billing");
  const worker = await open(people.member);
  const before = await available(watcher);

  await worker.goto("/reports/new");
  await worker.getByLabel("Images and videos").setInputFiles([fixture("banner-square.png")]);
  await expect(worker.getByTestId("total")).toHaveText("1 credit");
  await worker.getByTestId("start").click();
  await expect(worker).toHaveURL(/\/reports\/rep_/);

  await expect(async () => expect(await available(watcher)).toBe(before - 1)).toPass();
  expect(complaints).toEqual([]);
});
