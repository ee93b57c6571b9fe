// How the page comes up: under the strictest policy, out of sight, with nonsense in its address, and without a jump.

import assert from "node:assert/strict";
import { open } from "../lib/browser.mjs";
import { becomes, caption, frames, over, ready, shown, slider, verdict } from "../lib/page.mjs";

/** Sums up what jumps without the reader having done anything. */
function watchShifts(page) {
  return page.addInitScript(() => {
    window.shifts = [];
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        if (entry.hadRecentInput) continue;
        const sources = entry.sources.map(({ node }) => node?.className || node?.nodeName);
        window.shifts.push({ value: entry.value, sources });
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
}

export default [
  {
    name: "asks for no more than a strict policy gives",
    async run({ page, strictUrl, problems }) {
      await page.addInitScript(() => {
        window.violations = [];
        addEventListener("securitypolicyviolation", (event) => {
          window.violations.push(`${event.violatedDirective} ${event.blockedURI}`);
        });
      });
      await shown(page, strictUrl, "lang=en");
      // What is asked for later: a popover is placed, a mark is placed, a file is shown.
      await page.locator("#spot-broker-2").click();
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Escape");
      await page.locator(".file summary").click();
      await frames(page, 5);
      assert.deepEqual(await page.evaluate(() => window.violations), []);
      assert.deepEqual(problems, []);
      const icon = await page.locator('link[rel="icon"]').getAttribute("href");
      assert.ok(!icon.startsWith("data:"), "the policy forbids it, and only a browser with a window asks for it");
    },
  },
  ...[[1280, 800], [768, 1024], [360, 740]].map(([width, height]) => ({
    name: `nothing jumps at ${width} pixels`,
    async run({ page, url }) {
      await watchShifts(page);
      await page.setViewportSize({ width, height });
      await shown(page, url, "lang=en&speed=4");
      await over(page);
      await page.locator(".caption-next button").first().waitFor();
      await frames(page, 5);
      const shifts = await page.evaluate(() => window.shifts);
      const sum = shifts.reduce((total, { value }) => total + value, 0);
      assert.ok(sum < 0.05, `${sum}, ${JSON.stringify(shifts)}`);
    },
  })),
  ...[[1280, 800], [360, 740]].map(([width, height]) => ({
    name: `nothing jumps at ${width} pixels while a scenario comes`,
    async run({ page, url }) {
      await watchShifts(page);
      await page.setViewportSize({ width, height });
      // What was recorded of it comes last.
      await page.route("**/index.txt*", async (route) => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        await route.continue();
      });
      for (const query of ["", "scenario=gap-goes-on-silently", "scenario=one-partition-power-loss", "scenario=calm"]) {
        await shown(page, url, `${query}&lang=en&t=1`);
        await becomes(page, (p) => p.locator("h1").isVisible(), (visible) => visible);
        await frames(page, 5);
        assert.deepEqual(await page.evaluate(() => window.shifts), [], query);
      }
    },
  })),
  {
    name: "is not blank before its program runs, and says the same",
    async run({ page, url }) {
      let go;
      const held = new Promise((resolve) => (go = resolve));
      await page.route("**/*.wasm", async (route) => {
        await held;
        await route.continue();
      });
      await page.goto(`${url}?lang=zh`, { waitUntil: "commit" });
      await page.locator(".poster-wide").waitFor();
      const before = (await page.locator(".intro").innerText()).trim();
      assert.match(before, /商店/);
      go();
      await ready(page);
      assert.equal((await page.locator(".intro").innerText()).trim(), before);
      assert.equal(await page.locator(".poster-wide").count(), 0);
    },
  },
  {
    name: "plays by itself and rests at the loss with two ways on",
    async run({ page, url }) {
      await shown(page, url, "lang=en&speed=4");
      await over(page);
      assert.match(await becomes(page, caption, (text) => text.includes("lost")), /3 acknowledged, then lost/);
      const next = page.locator(".caption-next").getByRole("button");
      await next.nth(1).waitFor();
      const words = (await next.allInnerTexts()).map((text) => text.replace(/\s+/g, " "));
      assert.deepEqual(words, ["Same faults, acks=all", "Break it yourself"]);
      const lost = await page.locator(".verdict-word").innerText();
      await next.first().click();
      await page.locator(".verdict.good").waitFor();
      assert.match(await verdict(page), /Every packet paid exactly once/);
      assert.equal(await page.locator(".verdict-before s").innerText(), lost);
    },
  },
  {
    name: "gives the cluster into the reader's hands",
    async run({ page, url }) {
      await shown(page, url, "lang=en&speed=4");
      await page.getByRole("button", { name: "Break it yourself" }).click();
      await page.locator(".verdict.good").waitFor();
      await becomes(page, caption, (text) => text.startsWith("Your turn"));
      await page.locator("#faults .break").getByRole("button").first().click();
      await page.locator("#faults .in-force li").first().waitFor();
      await becomes(page, caption, (text) => !text.startsWith("Your turn"));
    },
  },
  {
    name: "takes nonsense in its address for nothing",
    async run({ page, url, problems }) {
      const query = "t=soon&lang=xx&theme=blue&hide=nothing&speed=99&autoplay=%ZZ&scenario=no-such&%%%&=";
      await shown(page, url, query);
      assert.match(await page.locator(".intro").innerText(), /no scenario of this name/);
      assert.match(await page.locator("h1").innerText(), /Acknowledged, and gone/);
      assert.equal(await page.locator("html").getAttribute("lang"), "en");
      assert.equal(await page.locator(".speed select").inputValue(), "1");
      assert.equal(await page.locator("#ledger").count(), 1);
      assert.deepEqual(problems, []);
    },
  },
  {
    name: "begins at any moment, also beyond the end",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en&t=999999999");
      await over(page);
      assert.ok(Number(await slider(page).inputValue()) === 10_000);
    },
  },
  {
    name: "waits in a frame that is not shown yet",
    async run({ page, fixturesUrl }) {
      await page.goto(`${fixturesUrl}hidden.html`);
      const frame = await (await page.locator("iframe").elementHandle()).contentFrame();
      await frame.waitForFunction(() => document.querySelector(".verdict")?.textContent.trim());
      await page.evaluate(() => (document.querySelector("iframe").hidden = false));
      await frame.waitForFunction(() => document.querySelector("#spot-broker-1")?.getBoundingClientRect().width > 0);
    },
  },
  {
    name: "says why it cannot start",
    mayReport: true,
    async run({ page, url }) {
      await page.route("**/*.wasm", (route) => route.abort());
      await page.goto(`${url}?lang=en`);
      await page.locator("#trouble").waitFor();
      assert.notEqual((await page.locator("#trouble-details").innerText()).trim(), "");
      assert.ok(await page.getByRole("button", { name: "Start again with this scenario" }).isVisible());
      await page.unroute("**/*.wasm");
      await page.getByRole("button", { name: "Start again with this scenario" }).click();
      await ready(page);
    },
  },
  {
    name: "moves nothing along for those who want it still",
    async run({ page, url }) {
      const kinds = async (reducedMotion) => {
        await page.emulateMedia({ reducedMotion });
        await open(page, `${url}?lang=en&speed=0.25`);
        await ready(page);
        const playing = page.getByRole("button", { name: "Pause", exact: true });
        // Without being asked it moves for those alone who do not mind.
        await frames(page, 10);
        assert.equal(await playing.count(), reducedMotion === "reduce" ? 0 : 1);
        if (reducedMotion === "reduce") await page.getByRole("button", { name: "Play", exact: true }).click();
        await playing.waitFor();
        return page.evaluate(async () => {
          const canvas = document.querySelector("canvas");
          const seen = new Set();
          for (let i = 0; i < 90; i++) {
            await new Promise(requestAnimationFrame);
            seen.add(canvas.toDataURL());
          }
          return seen.size;
        });
      };
      const [moving, still] = [await kinds("no-preference"), await kinds("reduce")];
      assert.ok(still > 1, "states change all the same");
      assert.ok(still * 2 < moving, `${still} pictures instead of ${moving}`);
    },
  },
];
