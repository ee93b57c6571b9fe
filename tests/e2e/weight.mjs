// Weighs all that the built page loads before it runs, and fails above the budget.

import { brotliCompressSync, gzipSync } from "node:zlib";
import { launch, open } from "./lib/browser.mjs";
import { serve } from "./lib/server.mjs";

/** What the page should weigh at most (gzip). */
const GOAL = 200_000;
/** What it may weigh until it does: to be lowered with each kilobyte saved. */
const BUDGET = 430_500;
const SETTLED_MS = 500;

const site = await serve();
const browser = await launch();
const page = await browser.newPage();
const responses = new Map();
page.on("response", (response) => {
  if (response.url().startsWith(site.url)) responses.set(response.url(), response);
});
await open(page, site.url);
await page.waitForTimeout(SETTLED_MS);

const rows = [];
for (const [url, response] of responses) {
  const body = await response.body();
  rows.push({
    name: url.slice(site.url.length) || "index.html",
    sizes: [body.length, gzipSync(body, { level: 9 }).length, brotliCompressSync(body).length],
  });
}
await browser.close();
site.close();

const sum = [0, 1, 2].map((column) => rows.reduce((total, row) => total + row.sizes[column], 0));
const line = (name, sizes) => name.padEnd(32) + sizes.map((size) => String(size).padStart(10)).join("");
console.log(line("bytes", ["raw", "gzip -9", "brotli"]));
for (const row of rows.sort((a, b) => b.sizes[1] - a.sizes[1])) console.log(line(row.name, row.sizes));
console.log(line("together", sum));
if (sum[1] > GOAL) console.log(`${sum[1] - GOAL} bytes above the goal of ${GOAL}.`);
if (sum[1] > BUDGET) {
  console.log(`The page weighs ${sum[1]} bytes, ${sum[1] - BUDGET} over its budget of ${BUDGET} (gzip).`);
  process.exit(1);
}
