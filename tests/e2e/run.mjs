// Runs the checks of `checks/*.mjs` on the built page: `node tests/e2e/run.mjs [WORD...]` runs those whose file
// or name has one of the words.
//
// A check file exports by default a list of `{ name, run }`, or of `{ name, run, mayReport: true }` where the
// page is meant to report errors. `run` is given `page` (fresh, in a context of its own), `context`, `browser`,
// `url`, `subUrl` (the same page under a longer path), `strictUrl` (under a strict policy), `fixturesUrl`
// (`tests/e2e/fixtures`) and `problems` (what the page reported so far). It fails by throwing.

import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { launch, watch } from "./lib/browser.mjs";
import { root, serve } from "./lib/server.mjs";

const LIMIT_MS = 20_000;
const WINDOW = { width: 1280, height: 800 };

const shots = join(root, "target/e2e");
await rm(shots, { recursive: true, force: true });

async function discover(words) {
  const folder = new URL("./checks/", import.meta.url);
  const files = (await readdir(folder)).filter((file) => file.endsWith(".mjs")).sort();
  const checks = [];
  for (const file of files) {
    const { default: list } = await import(new URL(file, folder));
    for (const check of list) checks.push({ ...check, label: `${file.replace(/\.mjs$/, "")}: ${check.name}` });
  }
  return checks.filter(({ label }) => words.length === 0 || words.some((word) => label.includes(word)));
}

function withinLimit(work) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${LIMIT_MS / 1000} s`)), LIMIT_MS);
  });
  return Promise.race([work, limit]).finally(() => clearTimeout(timer));
}

async function runOne(browser, site, check) {
  const context = await browser.newContext({ viewport: WINDOW });
  context.setDefaultTimeout(LIMIT_MS / 2);
  const page = await context.newPage();
  const problems = watch(page);
  try {
    await withinLimit(check.run({ page, context, browser, problems, ...site }));
    if (problems.length > 0 && !check.mayReport) {
      throw new Error(`the page reported\n${problems.join("\n")}`);
    }
  } catch (error) {
    await mkdir(shots, { recursive: true });
    const file = join(shots, `${check.label.replace(/[^\p{L}\p{N}]+/gu, "-")}.png`);
    // A page that hangs gives no picture; the error is what counts.
    await page.screenshot({ path: file, timeout: 5_000 }).catch(() => {});
    error.alsoReported = problems.filter((problem) => !error.message.includes(problem));
    throw error;
  } finally {
    await context.close().catch(() => {});
  }
}

const checks = await discover(process.argv.slice(2));
const site = await serve();
const browser = await launch();
let failed = 0;
for (const check of checks) {
  const started = Date.now();
  try {
    await runOne(browser, site, check);
    console.log(`ok      ${check.label} (${Date.now() - started} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${check.label} (${Date.now() - started} ms)`);
    const lines = [error.stack ?? String(error), ...(error.alsoReported ?? [])];
    console.log(lines.join("\n").replace(/^/gm, "        "));
  }
}
await browser.close();
site.close();
if (failed > 0) console.log(`\nScreenshots of what failed are in ${shots}`);
console.log(`\n${checks.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 || checks.length === 0 ? 1 : 0);
