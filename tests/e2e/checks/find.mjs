// The list of scenarios is searched from the page, by keys alone, in both languages.

import assert from "node:assert/strict";
import { open } from "../lib/browser.mjs";

const titles = (page) => page.locator(".picker .offer").allInnerTexts();

/** Opens the list and types. */
async function search(page, url, lang, words) {
  await open(page, `${url}?scenario=opening&lang=${lang}`);
  await page.locator(".pick").click();
  await page.locator(".picker input").fill(words);
}

/** The list once it is as expected: tags come a moment later. */
async function becomes(page, test) {
  const end = Date.now() + 8_000;
  for (;;) {
    const list = await titles(page);
    if (test(list)) return list;
    if (Date.now() > end) assert.fail(`still ${JSON.stringify(list)}`);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

export default [
  {
    name: "finds by error, setting and symptom, in both languages",
    async run({ page, url }) {
      const closed = "One broker of three dies, and the shop is closed";
      const cases = [
        ["en", "NOT_ENOUGH_REPLICAS", closed],
        ["en", "org.apache.kafka.common.errors.NotEnoughReplicasException: Messages are rejected", closed],
        ["en", "acks=0", "All refused, all reported as sent"],
        ["zh", "重复", "重试把红包存了两次"],
      ];
      for (const [lang, words, title] of cases) {
        await search(page, url, lang, words);
        await becomes(page, (all) => all.includes(title) && all.length < 45);
      }
    },
  },
  {
    name: "says when nothing is found, and what may have been meant",
    async run({ page, url }) {
      await search(page, url, "en", "NOT_ENOUGH_REPLICSA");
      await becomes(page, (all) => all.length === 0);
      await page.getByText("NOT_ENOUGH_REPLICAS", { exact: true }).waitFor();
    },
  },
  {
    name: "is used by keys alone",
    async run({ page, url }) {
      await open(page, `${url}?scenario=opening&lang=en`);
      await page.locator(".pick").focus();
      await page.keyboard.press("Enter");
      await page.locator(".picker input:focus").waitFor();
      await page.keyboard.press("Escape");
      await page.locator(".pick:focus").waitFor();
      assert.equal(await page.locator(".picker").count(), 0);
      await page.keyboard.press("Enter");
      await page.keyboard.type("unclean-election");
      await becomes(page, (all) => all.length > 1 && all.length < 20);
      await page.keyboard.press("ArrowDown");
      await page.keyboard.press("ArrowDown");
      const second = (await titles(page))[1];
      assert.equal(await page.locator(".picker .offer:focus").innerText(), second);
      await page.keyboard.press("Enter");
      await page.waitForFunction((title) => document.querySelector("h1").innerText.trim() === title, second);
      // The first one, from within the field; the same key does not open the list anew.
      await page.locator(".pick:focus").waitFor();
      await page.keyboard.press("Enter");
      await page.locator(".picker input:focus").waitFor();
      await page.keyboard.type("poison-aside");
      const [first] = await becomes(page, (all) => all.length === 1);
      await page.keyboard.press("Enter");
      await page.waitForFunction((title) => document.querySelector("h1").innerText.trim() === title, first);
      await page.locator(".pick:focus").waitFor();
      assert.equal(await page.locator(".picker").count(), 0);
    },
  },
  {
    name: "tells which scenarios a real cluster was given, until one is changed",
    async run({ page, url }) {
      await open(page, `${url}?scenario=commit-after-processing&lang=en`);
      await page.getByText("Recorded on a real Kafka 4.4.0 cluster: same outcome").waitFor();
      await page.locator("#faults .break").getByRole("button").first().click();
      await page.locator(".recorded").waitFor({ state: "detached" });
    },
  },
];
