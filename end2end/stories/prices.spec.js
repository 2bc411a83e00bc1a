import { available, expect, signIn, test } from "../support/scrip.js";

test("every model's cost follows the settings, next to the balance", async ({ page, javaScriptEnabled }) => {
  await signIn(page, "member");
  await page.getByRole("link", { name: "Prices", exact: true }).click();
  const generation = page.locator("[data-operation=generation]");
  await generation.getByLabel("Output").selectOption("video");
  await generation.getByLabel("Resolution").selectOption("720p");
  await generation.getByLabel("Length").fill("10");
  await generation.getByLabel(/^Standard/).check();
  if (!javaScriptEnabled) await generation.getByRole("button", { name: "Update cost" }).click();

  await expect(generation.getByTestId("price")).toHaveText("100 credits");
  await expect(generation.locator("[data-cost]")).toHaveText(["40 credits", "100 credits", "250 credits"]);
  const left = (await available(page)) - 100;
  await expect(generation.getByTestId("left-after")).toHaveText(left.toLocaleString("en-GB").replace("-", "−"));
  // What an image needs is of no use to a video; without scripts it stays, and says so.
  await expect(generation.getByLabel("Images")).toBeVisible({ visible: !javaScriptEnabled });

  await generation.getByLabel("Length").fill("600");
  if (javaScriptEnabled) await expect(generation.getByText("The most is 60 seconds.")).toBeVisible();
  await expect(page.locator("[data-operation=analysis]").getByTestId("price")).toHaveText("3 credits");
});
