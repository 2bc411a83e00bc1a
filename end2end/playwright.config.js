// Playwright starts the built server itself, on ports and files of its own, and waits for /healthz.
import { defineConfig } from "@playwright/test";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const port = Number(process.env.SCRIP_TEST_PORT ?? 3917);
const project = new URL("..", import.meta.url).pathname;
const program = process.env.SCRIP ?? join(project, "target/debug/scrip");
const chromium = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/google-chrome"].find(
  (path) => path && existsSync(path),
);
// Workers load this file again: the folder is made once and handed on.
process.env.SCRIP_TEST_FOLDER ??= mkdtempSync(join(tmpdir(), "scrip-end2end-"));

// The stories' catalogue: the one that ships first, and beside it the plans of another that ships and the
// generations of a third.
const shipped = (name) => readFileSync(new URL(`../catalogues/${name}.toml`, import.meta.url), "utf8");
const parts = (name) => shipped(name).split(/^(?=\[)/m);
const plans = parts("event-photos").filter((part) => part.startsWith("[[plans]]"));
const operations = parts("canvas").filter((part) => part.startsWith("[[operations"));
const generation = operations.slice(0, operations.lastIndexOf(operations.findLast((part) => part.startsWith("[[operations]]"))));
const catalogue = join(process.env.SCRIP_TEST_FOLDER, "catalogue.toml");
writeFileSync(catalogue, [shipped("ad-compliance"), ...plans, ...generation].join("\n"));

// A second site adds tax to its prices.
const taxedPort = port + 10;
const taxedFolder = join(process.env.SCRIP_TEST_FOLDER, "taxed");
mkdirSync(taxedFolder, { recursive: true });
process.env.SCRIP_TAXED_SITE = `http://127.0.0.1:${taxedPort}`;

function site(port, folder, database, settings = {}) {
  return {
    command: `${program} serve --demo`,
    cwd: project,
    url: `http://127.0.0.1:${port}/healthz`,
    timeout: 180_000,
    stdout: "ignore",
    stderr: "pipe",
    gracefulShutdown: { signal: "SIGTERM", timeout: 15_000 },
    env: {
      LEPTOS_SITE_ADDR: `127.0.0.1:${port}`,
      SCRIP_DATA_DIR: folder,
      SCRIP_CATALOGUE: catalogue,
      SCRIP_DATABASE_URL: database ?? `sqlite://${join(folder, "scrip.db")}`,
      // The stories' receivers of webhooks listen on this machine.
      SCRIP_WEBHOOKS_ANYWHERE: "true",
      RUST_LOG: "warn",
      ...settings,
    },
  };
}

export default defineConfig({
  testDir: "stories",
  outputDir: "test-results",
  timeout: 60_000,
  expect: { timeout: 15_000 },
  fullyParallel: false,
  workers: 1,
  forbidOnly: true,
  reporter: [["list"]],
  use: {
    baseURL: `http://127.0.0.1:${port}`,
    locale: "en-GB",
    timezoneId: "Europe/Berlin",
    screenshot: "only-on-failure",
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    { name: "scripts on", use: { javaScriptEnabled: true } },
    { name: "scripts off", use: { javaScriptEnabled: false }, testIgnore: /live\.spec/ },
  ],
  webServer: [
    // An empty PostgreSQL database, or a file of its own.
    site(port, process.env.SCRIP_TEST_FOLDER, process.env.SCRIP_TEST_DATABASE_URL),
    site(taxedPort, taxedFolder, undefined, { SCRIP_STRIPE_TAX: "exclusive" }),
  ],
});
