// How the balance is made: the same digits everywhere, at any time, and recomputed by the browser itself.
import { available, expect, signIn, test } from "../support/scrip.js";

test("under every balance there is the way to its proof, with the same digits", async ({ page }) => {
  await signIn(page, "member");
  for (const path of ["/", "/credits", "/settings/billing"]) {
    await page.goto(path);
    await page.locator("main").getByRole("link", { name: /How is this number made|Lot by lot/ }).first().click();
    await expect(page.getByRole("heading", { level: 1, name: "How is this number made?" })).toBeVisible();
    const shown = await page.getByTestId("proof-available").innerText();
    expect(Number(shown.replaceAll(",", ""))).toBe(await available(page));
    await expect(page.getByTestId("proof").getByText("Adds up")).toBeVisible();
  }
});

test("a date of the past is asked for with a form and shown to the second", async ({ page }) => {
  await signIn(page, "member");
  await page.goto("/credits/proof");
  await page.getByLabel(/As of/).fill("2020-01-01T12:00");
  await page.getByRole("button", { name: "Show" }).click();
  await expect(page.getByTestId("proof")).toContainText("1 Jan 2020, 12:00:00");
  await expect(page.getByTestId("proof-available")).toHaveText("0");
  await page.getByRole("link", { name: "Now" }).click();
  await expect(page).toHaveURL(/\/credits\/proof$/);
});

test("the browser recomputes the balance, or says how to do it without scripts", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "admin");
  await page.goto("/credits/proof");
  const download = page.getByRole("link", { name: "Download the journal" });
  const journal = await (await page.request.get(await download.getAttribute("href"))).text();
  expect(JSON.parse(journal.split("\n")[0]).format).toBe("scrip-journal");
  if (!javaScriptEnabled) {
    await expect(page.getByText("Recomputing here needs scripts")).toBeVisible();
    await expect(page.getByText(/scrip verify --journal/)).toBeVisible();
    await expect(page.getByTestId("recompute")).toHaveCount(0);
    return;
  }
  await page.getByTestId("recompute").click();
  await expect(page.getByTestId("verdict")).toContainText("It agrees");
  const transactions = journal.trim().split("\n").length - 2;
  await expect(page.getByTestId("verdict")).toContainText(`${transactions.toLocaleString("en-GB")} transactions replayed`);
  // A second press does it again.
  await page.getByTestId("recompute").click();
  await expect(page.getByTestId("verdict")).toContainText("It agrees");
});
