// The page does what it is for: it plays, goes back, breaks things, takes that back, and says what came of it.

import assert from "node:assert/strict";
import { becomes, caption, clock, length, over, shown, slider, verdict } from "../lib/page.mjs";

async function playsToItsEnd({ page, url }, lang, words) {
  await shown(page, url, `scenario=opening&lang=${lang}&autoplay&speed=4`);
  await over(page);
  assert.match(await verdict(page), words);
  assert.match(await page.locator(".funnel").innerText(), /12[^]*12[^]*9[^]*9/);
}

export default [
  {
    name: "plays to its end in English",
    run: (all) => playsToItsEnd(all, "en", /¥180[^]*¥240[^]*3 acknowledged, then lost/),
  },
  {
    name: "plays to its end in Chinese",
    run: (all) => playsToItsEnd(all, "zh", /¥240[^]*¥180[^]*3 个红包已确认却丢失/),
  },
  {
    name: "steps and steps back to the same moment",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en&t=1.5");
      // Each step is waited for: the clock says where a reader is a moment after the stage.
      const moment = async (page) => [await clock(page), await caption(page)].join();
      const press = (name) => page.getByRole("button", { name, exact: true }).click();
      const seen = [await moment(page)];
      for (const n of [0, 1]) {
        await press("Next step");
        seen.push(await becomes(page, moment, (now) => now !== seen[n]));
      }
      await press("Previous step");
      await becomes(page, moment, (now) => now === seen[1]);
      await press("Next step");
      await becomes(page, moment, (now) => now === seen[2]);
    },
  },
  {
    name: "breaks something after going back, and takes it back",
    async run({ page, url }) {
      await shown(page, url, "scenario=calm&lang=en&t=0.3");
      const whole = [await verdict(page), await length(page)];
      const breaks = page.locator("#faults .break").getByRole("button");
      await breaks.first().click();
      const undo = page.locator("#faults .in-force").getByRole("button").first();
      await undo.waitFor();
      const taken = (p) => p.locator("#faults .in-force").getByRole("button").count();
      assert.ok((await taken(page)) > 0);
      await becomes(page, length, (text) => text !== whole[1]);
      await undo.click();
      await becomes(page, taken, (count) => count === 0);
      await becomes(page, length, (text) => text === whole[1]);
      assert.equal(await verdict(page), whole[0]);
    },
  },
  {
    name: "a setting runs the scenario anew",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en");
      const lost = await verdict(page);
      await page.locator(".setting", { hasText: "acks" }).first().locator('input[value="all"]').check();
      await becomes(page, verdict, (text) => text.trim() !== "" && !text.startsWith(lost));
    },
  },
  {
    name: "is driven by keys alone, but not from within a field",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en&t=1.0");
      const before = await clock(page);
      await page.keyboard.press(".");
      await becomes(page, clock, (text) => text !== before);
      await page.keyboard.press("0");
      await becomes(page, clock, (text) => text.startsWith("0.0"));
      await page.locator('input[type="number"], input[inputmode]').first().focus();
      await page.keyboard.press("9");
      assert.match(await clock(page), /^0\.0/);
    },
  },
  {
    name: "shows the verdict without scrolling",
    async run({ page, url }) {
      for (const [width, height] of [[1280, 800], [360, 740]]) {
        await page.setViewportSize({ width, height });
        await shown(page, url, "lang=en");
        const box = await page.locator(".verdict").boundingBox();
        const bar = await page.locator(".transport").boundingBox();
        assert.ok(box.y >= 0 && box.y + box.height <= height, `verdict at ${JSON.stringify(box)}`);
        const covered = bar.y < box.y + box.height && bar.y + bar.height > box.y;
        assert.ok(!covered, `${width} px: the transport covers the verdict`);
        assert.ok(await slider(page).isVisible());
      }
    },
  },
  {
    name: "the longest ending hides no verdict, and moves no transport",
    async run({ page, url }) {
      const top = async (part) => (await page.locator(part).boundingBox()).y;
      await page.setViewportSize({ width: 320, height: 640 });
      await shown(page, url, "scenario=gap-goes-on-silently&lang=en&t=999");
      await page.locator(".caption-next .primary").waitFor();
      const box = await page.locator(".verdict").boundingBox();
      const bar = await top(".transport");
      assert.ok(box.y + box.height <= bar, `the verdict ends at ${box.y + box.height}, the transport begins at ${bar}`);
      const rest = await page.locator(".caption-text").evaluate((text) => text.scrollHeight - text.clientHeight);
      assert.ok(rest <= 1, `${rest} px of the caption are out of sight`);
      await page.setViewportSize({ width: 1280, height: 800 });
      await shown(page, url, "scenario=gap-goes-on-silently&lang=en&t=1");
      const before = await top(".transport");
      await page.keyboard.press("End");
      await page.locator(".caption-next .primary").waitFor();
      assert.equal(await top(".transport"), before);
    },
  },
  {
    name: "nothing runs off a small screen sideways",
    async run({ page, url }) {
      await page.setViewportSize({ width: 320, height: 640 });
      // Long words at the end, and names of exceptions among the causes.
      for (const scenario of ["gap-goes-on-silently", "session-refused"]) {
        for (const lang of ["en", "zh"]) {
          await shown(page, url, `scenario=${scenario}&lang=${lang}&t=999`);
          await page.locator(".caption-next .primary").waitFor();
          const [wide, room] = await page.evaluate(() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            return [scrollWidth, clientWidth];
          });
          assert.ok(wide <= room, `${scenario} ${lang}: ${wide} in ${room}`);
        }
      }
    },
  },
  {
    name: "starts by itself when nothing is asked for",
    async run({ page, url }) {
      await shown(page, url, "");
      await becomes(page, clock, (text) => parseFloat(text) > 0.1);
    },
  },
  {
    name: "marks on the slider stand apart at any width",
    async run({ page, url }) {
      for (const width of [1280, 768, 360]) {
        await page.setViewportSize({ width, height: 740 });
        await shown(page, url, "scenario=opening&lang=en");
        const lefts = await page.locator(".mark").evaluateAll((all) => all.map((m) => m.getBoundingClientRect().x));
        assert.ok(lefts.length > 5);
        lefts.slice(1).forEach((x, i) => assert.ok(x - lefts[i] > 14, `${width} px: ${lefts}`));
      }
    },
  },
  {
    name: "what has the focus is not behind the transport of a small screen",
    async run({ page, url }) {
      await page.setViewportSize({ width: 360, height: 740 });
      await shown(page, url, "scenario=opening&lang=en&autoplay=0");
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press("Tab");
        const behind = await page.evaluate(() => {
          const it = document.activeElement;
          if (!it || it === document.body) return null;
          const { x, y, width, height } = it.getBoundingClientRect();
          const there = document.elementFromPoint(x + width / 2, y + height / 2);
          const over = there?.closest(".deck, .transport");
          return over && !over.contains(it) ? it.outerHTML.slice(0, 90) : "";
        });
        if (behind === null) break;
        assert.equal(behind, "");
      }
    },
  },
  {
    name: "is reached by Tab, with a focus that can be seen",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en");
      const reached = new Set();
      for (let i = 0; i < 80; i++) {
        await page.keyboard.press("Tab");
        const where = await page.evaluate(() => {
          const it = document.activeElement;
          if (!it || it === document.body) return null;
          const ring = [it, it.nextElementSibling, it.parentElement].some((el) => {
            const style = el && getComputedStyle(el);
            return style && (style.outlineStyle !== "none" || style.boxShadow !== "none");
          });
          const part = it.closest(".header, .stage, .transport, .card, footer");
          return { part: part?.id || part?.className || "elsewhere", name: it.outerHTML.slice(0, 90), ring };
        });
        if (!where) break;
        assert.ok(where.ring, `no focus to be seen on ${where.name}`);
        reached.add(where.part.split(" ")[0]);
      }
      for (const part of ["header", "stage", "transport", "faults"]) {
        assert.ok([...reached].some((name) => name.includes(part)), `${part} is not reached: ${[...reached]}`);
      }
    },
  },
];
