import { available, eventually, expect, fixture, signIn, test } from "../support/scrip.js";

const ad = "Jackets for wet mornings, now 20 % off until 31 October. GUARANTEED to cure your cold! Terms on our site.";

async function compose(page, files, javaScriptEnabled) {
  await page.goto("/reports/new");
  await page.getByLabel("Ad text").fill(ad);
  await page.getByLabel("Images and videos").setInputFiles(files.map(fixture));
  if (!javaScriptEnabled) {
    await page.getByRole("button", { name: "Update cost" }).click();
    await page.getByLabel("Images and videos").setInputFiles(files.map(fixture));
  }
}

async function finished(page, javaScriptEnabled) {
  await expect(page).toHaveURL(/\/reports\/rep_/);
  const receipt = page.getByTestId("charged");
  await eventually(page, async () => (await receipt.count()) > 0, { reload: !javaScriptEnabled });
  return receipt;
}

test("text and two images cost 3 credits, said before the button and charged after the work", async ({
  page,
  javaScriptEnabled,
}) => {
  await signIn(page, "member");
  const before = await available(page);
  await compose(page, ["banner-square.png", "story.png"], javaScriptEnabled);
  await expect(page.getByTestId("total")).toHaveText("3 credits");
  await expect(page.getByTestId("payer")).toContainText("Performance");
  await expect(page.getByTestId("left-after")).toHaveText((before - 3).toLocaleString("en-GB"));
  await page.getByTestId("start").click();
  await expect(page).toHaveURL(/\/reports\/rep_/);
  expect(await available(page)).toBe(before - 3);
  const charged = await finished(page, javaScriptEnabled);
  await expect(charged).toContainText("3");
  await expect(page.getByText(/cure/i).first()).toBeVisible();
  expect(await available(page)).toBe(before - 3);
});

test("a broken image is not charged, and the report says so", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "member");
  const before = await available(page);
  await compose(page, ["banner-square.png", "broken.png"], javaScriptEnabled);
  await expect(page.getByTestId("total")).toHaveText("3 credits");
  await page.getByTestId("start").click();
  const charged = await finished(page, javaScriptEnabled);
  await expect(charged).toContainText("2");
  await eventually(page, async () => (await available(page)) === before - 2, { reload: !javaScriptEnabled });
});

test("nothing to analyse is refused in the page's own look, and what was typed stays", async ({ page }) => {
  await signIn(page, "member");
  const before = await available(page);
  await page.goto("/reports/new");
  await page.getByLabel("Title").fill("Only a title");
  await page.getByTestId("start").click();
  await expect(page.getByRole("alert").first()).toBeVisible();
  await expect(page.getByLabel("Title")).toHaveValue("Only a title");
  await page.goto("/");
  expect(await available(page)).toBe(before);
});

test("a file that is no image, no video and no text is refused by name before anything is held", async ({ page }) => {
  await signIn(page, "member");
  const before = await available(page);
  await page.goto("/reports/new");
  await page.getByLabel("Ad text").fill(ad);
  await page.getByLabel("Images and videos").setInputFiles({
    name: "prices.xlsx",
    mimeType: "application/vnd.ms-excel",
    buffer: Buffer.from("PK not a picture"),
  });
  await page.getByTestId("start").click();
  await expect(page.getByRole("alert").first()).toContainText("prices.xlsx");
  await expect(page.getByLabel("Ad text")).toHaveValue(ad);
  await page.goto("/");
  expect(await available(page)).toBe(before);
});
