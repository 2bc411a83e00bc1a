import { expect, fixture, signIn, test } from "../support/scrip.js";

test("a superadmin sees allowance, consumption and a card for each department", async ({ page }) => {
  await signIn(page, "superadmin");
  await page.goto("/team");
  await expect(page.getByRole("heading", { level: 1, name: "Team overview" })).toBeVisible();
  await expect(page.getByText(/allowance/i).first()).toBeVisible();
  await page.goto("/team/departments");
  for (const name of ["Brand", "Performance", "Social"]) {
    const card = page.locator("[data-department]").filter({ has: page.getByRole("heading", { name, exact: true }) });
    await expect(card.getByText(/allocated|allotted/i).first()).toBeVisible();
    await expect(card.getByText(/used/i).first()).toBeVisible();
    await expect(card.getByText(/member/i).first()).toBeVisible();
  }
});

test("an analysis that would pass the department's allotment is refused with the arithmetic", async ({ page, browser, baseURL, javaScriptEnabled }) => {
  await signIn(page, "superadmin");
  const card = page
    .locator("[data-department]")
    .filter({ has: page.getByRole("heading", { name: "Performance", exact: true }) });
  const limit = card.getByLabel(/limit for the year/i);
  const setLimit = async (credits) => {
    await page.goto("/team/departments");
    if (!(await limit.isVisible())) await card.getByText("Change", { exact: true }).click();
    const before = await limit.inputValue();
    await limit.fill(credits);
    await card.getByRole("button", { name: "Set limit" }).click();
    await expect(card.locator('[data-fact="allocated"]')).toHaveText(credits);
    return before;
  };
  await page.goto("/team/departments");
  const used = Number(await card.locator('[data-fact="used"]').innerText());
  const before = await setLimit(String(used + 1));

  const context = await browser.newContext({ baseURL, javaScriptEnabled });
  const member = await context.newPage();
  await signIn(member, "member");
  await member.goto("/reports/new");
  await member.getByLabel("Ad text").fill("Tea for the afternoon.");
  await member.getByLabel("Images and videos").setInputFiles([fixture("banner-square.png")]);
  if (!javaScriptEnabled) {
    await member.getByRole("button", { name: "Update cost" }).click();
    await member.getByLabel("Images and videos").setInputFiles([fixture("banner-square.png")]);
  }
  await expect(member.getByTestId("total")).toHaveText("2 credits");
  await member.getByTestId("start").click();
  const refusal = member.getByRole("alert").first();
  await expect(refusal).toContainText("2 credits");
  await expect(refusal).toContainText(String(used + 1));
  await expect(member.getByLabel("Ad text")).toHaveValue("Tea for the afternoon.");
  await context.close();

  await setLimit(before);
});

test("an invitation is a link that works once, and role and department can be changed", async ({ page, browser, baseURL, javaScriptEnabled }, info) => {
  const address = `new-${info.project.name.replace(" ", "-")}-${info.retry}@example.com`;
  await signIn(page, "superadmin");
  await page.goto("/team/members");
  await page.getByLabel(/mail address/i).fill(address);
  await page.getByRole("button", { name: /invite/i }).first().click();
  const link = (await page.getByTestId("invitation-link").first().innerText()).trim();
  expect(link).toContain("/invitation");

  const context = await browser.newContext({ baseURL, javaScriptEnabled });
  const guest = await context.newPage();
  await guest.goto(new URL(link).pathname + new URL(link).search);
  await guest.getByLabel(/name/i).first().fill("Noor Visser");
  await guest.getByLabel(/password/i).first().fill("a long and quiet afternoon");
  await guest.getByRole("button", { name: /join|accept/i }).click();
  await expect(guest.getByTestId("balance")).toBeVisible();
  await context.close();

  await page.goto("/team/members");
  const row = page.getByRole("row").filter({ hasText: address });
  await expect(row).toContainText("Noor Visser");
});

test("what a member may not see is a 403 page that says whom to ask", async ({ page }) => {
  await signIn(page, "member");
  for (const path of ["/team", "/team/departments", "/team/members"]) {
    const answer = await page.goto(path);
    expect(answer.status(), path).toBe(403);
    await expect(page.getByRole("main").getByText(/ask /i).first()).toBeVisible();
  }
});
