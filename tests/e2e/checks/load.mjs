// The page comes up wherever it is put, and asks nobody else for anything.

import assert from "node:assert/strict";
import { open } from "../lib/browser.mjs";

const SETTLED_MS = 500;

async function loadsQuietly(page, url, problems) {
  await open(page, url);
  await page.waitForTimeout(SETTLED_MS);
  assert.deepEqual(problems, []);
  assert.notEqual((await page.locator("body").innerText()).trim(), "");
}

export default [
  {
    name: "loads without an error",
    run: ({ page, url, problems }) => loadsQuietly(page, url, problems),
  },
  {
    name: "loads without an error under a longer path",
    run: ({ page, subUrl, problems }) => loadsQuietly(page, subUrl, problems),
  },
  {
    name: "asks no other server for anything",
    async run({ page, url }) {
      const foreign = [];
      page.on("request", (request) => {
        if (!request.url().startsWith(url) && !request.url().startsWith("data:")) foreign.push(request.url());
      });
      await open(page, url);
      await page.waitForTimeout(SETTLED_MS);
      assert.deepEqual(foreign, []);
    },
  },
];
