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
    name: "fetches the scenario that its address names, under a longer path too",
    async run({ page, subUrl, problems }) {
      await open(page, `${subUrl}?scenario=calm&lang=en`);
      await page.locator(".spot").first().waitFor();
      assert.equal(await page.locator("h1").innerText(), "Ten packets, each paid once");
      assert.deepEqual(problems, []);
    },
  },
  {
    name: "asks for the files of its own version",
    async run({ page, url }) {
      const asked = [];
      page.on("request", (request) => asked.push(new URL(request.url())));
      await open(page, `${url}?scenario=calm&lang=en`);
      await page.locator(".spot").first().waitFor();
      const versions = asked.filter(({ pathname }) => pathname.includes("/catalogue/")).map(({ search }) => search);
      assert.equal(versions.length, 2, "the index and the file");
      assert.match(versions[0], /^\?v=\d+$/);
      assert.equal(versions[0], versions[1]);
    },
  },
  {
    name: "says so when a scenario cannot be fetched, and tries again",
    mayReport: true,
    async run({ page, url }) {
      await page.route("**/calm.toml?*", (route) => route.abort());
      await open(page, `${url}?scenario=calm&lang=en`);
      await page.locator(".not-fetched").waitFor();
      assert.equal(await page.locator(".spot").count(), 0);
      await page.unroute("**/calm.toml?*");
      await page.getByRole("button", { name: "Try again" }).click();
      await page.locator(".spot").first().waitFor();
      assert.equal(await page.locator(".not-fetched").count(), 0);
    },
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
