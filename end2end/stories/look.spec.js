// Every page, in both schemes and three widths, through axe; the pictures stay in screenshots/ to be looked at.
import AxeBuilder from "@axe-core/playwright";
import { expect, signIn, test } from "../support/scrip.js";

const thisMonth = new Date().toLocaleDateString("sv", { timeZone: "Europe/Berlin" }).slice(0, 7);
const pages = {
  superadmin: {
    dashboard: "/",
    credits: "/credits",
    purchases: "/credits?view=purchases",
    billing: "/settings/billing",
    order: "/settings/billing/order",
    check: "/credits/check",
    asks: "/team/asks",
    proof: "/credits/proof",
    "proof-of-then": "/credits/proof?period=month&as_of=2020-01-01T12:00",
    usage: "/usage?period=year",
    statements: "/credits/statements",
    statement: `/credits/statements/${thisMonth}`,
    buy: "/credits/buy",
    prices: "/prices",
    quoted: "/prices/quoted",
    reports: "/reports",
    "new-analysis": "/reports/new",
    team: "/team",
    departments: "/team/departments",
    members: "/team/members",
    inbox: "/inbox",
    alerts: "/settings/alerts",
    codes: "/credits/codes",
    developers: "/developers",
    reference: "/developers/reference",
    organisations: "/admin",
    catalogue: "/admin/catalogue",
    promotions: "/admin/promotions",
    health: "/admin/health",
    nowhere: "/nowhere",
  },
  member: { dashboard: "/", ask: "/credits/ask", refused: "/credits/buy" },
};
const widths = [320, 390, 1280];

async function look(page, name, javaScriptEnabled) {
  for (const scheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: "reduce" });
    for (const width of widths) {
      await page.setViewportSize({ width, height: 900 });
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      expect(sideways, `${name} scrolls sideways at ${width} px`).toBeLessThanOrEqual(0);
      if (javaScriptEnabled) {
        await page.screenshot({ path: `screenshots/${name}-${scheme}-${width}.png`, fullPage: true });
        const { violations } = await new AxeBuilder({ page })
          .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"])
          .analyze();
        expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)]), `${name} ${scheme} ${width}`).toEqual([]);
      }
    }
  }
}

for (const [role, list] of Object.entries(pages)) {
  for (const [name, path] of Object.entries(list)) {
    test(`${name} is accessible and fits for a ${role}`, async ({ page, javaScriptEnabled }) => {
      test.setTimeout(120_000);
      await signIn(page, role);
      await page.goto(path);
      await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
      await look(page, `${role}-${name}`, javaScriptEnabled);
    });
  }
}

test("a report is accessible and fits", async ({ page, javaScriptEnabled }) => {
  test.setTimeout(120_000);
  await signIn(page, "superadmin");
  await page.goto("/reports");
  await page.getByRole("table").getByRole("link", { name: /./ }).nth(6).click();
  await expect(page).toHaveURL(/\/reports\/rep_/);
  await look(page, "superadmin-report", javaScriptEnabled);
});

test("the sign-in page is accessible and fits", async ({ page, javaScriptEnabled }) => {
  await page.goto("/login");
  await look(page, "anonymous-login", javaScriptEnabled);
});
