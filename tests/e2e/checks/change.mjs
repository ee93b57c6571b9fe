// What the reader changes: settings, the file, the stage, language and theme; and what is kept of it.

import assert from "node:assert/strict";
import { becomes, caption, clock, frames, length, picture, ready, setting, shown, slider, verdict } from "../lib/page.mjs";

const OWN = "format = 1\ntitle = \"Mine\"\n";

async function runText(page, text) {
  if (!(await page.locator(".file-text").isVisible())) await page.locator(".file summary").click();
  await page.locator(".file-text").fill(text);
  await page.getByRole("button", { name: "Run this file" }).click();
}

async function play(page) {
  await page.getByRole("button", { name: "Play", exact: true }).click();
  const from = await clock(page);
  await becomes(page, clock, (text) => text !== from);
}

/** The ratio of WCAG 2 for two colours such as `#fff` and `#1d2127`. */
function contrast(...colours) {
  const light = (colour) => {
    const hex = colour.length === 4 ? colour.replace(/[^#]/g, "$&$&") : colour;
    const [r, g, b] = [1, 3, 5].map((at) => {
      const share = parseInt(hex.slice(at, at + 2), 16) / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const [low, high] = colours.map(light).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

export default [
  {
    name: "the remedy under why proves itself, beside the verdict before",
    async run({ page, url }) {
      await shown(page, url, "scenario=retry-makes-a-copy&lang=en");
      const bad = await page.locator(".verdict-word").innerText();
      await page.locator("#why .remedy").getByRole("button").first().click();
      await page.locator(".verdict.good").waitFor();
      assert.equal(await page.locator(".verdict-before s").innerText(), bad);
      assert.match(await page.locator("#why").innerText(), /Nothing went wrong/);
      await page.getByRole("button", { name: "As in the scenario" }).click();
      await becomes(page, (p) => p.locator(".verdict-word").innerText(), (text) => text === bad);
    },
  },
  {
    name: "a refused setting is said beside its field, and the run stays",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en&t=2");
      const before = await verdict(page);
      await setting(page, "enable.idempotence").locator('input[value="true"]').check();
      // Beside the one that must be another.
      const field = setting(page, "acks");
      const said = await field.locator(".wrong").innerText();
      assert.match(said, /acks/);
      const described = await field.getByRole("radiogroup").getAttribute("aria-describedby");
      assert.equal(await page.locator(`[id="${described}"]`).innerText(), said);
      assert.equal(await verdict(page), before);
      await play(page);
      await field.locator('input[value="all"]').check();
      await page.locator(".setting .wrong").first().waitFor({ state: "detached" });
    },
  },
  {
    name: "a file with mistakes says each with its line, and the page lives on",
    async run({ page, url, problems }) {
      await shown(page, url, "scenario=opening&lang=en");
      const before = await verdict(page);
      const wrong = page.locator("#file-wrong li");
      await runText(page, "format = 1\n[producer\n");
      assert.match(await wrong.first().innerText(), /line 2/);
      await runText(page, "format = 1\n[producer]\nrecrods = 3\nacks = \"most\"\n");
      await wrong.nth(1).waitFor();
      const said = (await wrong.allInnerTexts()).join("\n");
      assert.match(said, /line 3[^\n]*records/);
      assert.match(said, /line 4/);
      assert.equal(await page.locator(".file-text").getAttribute("aria-invalid"), "true");
      await runText(page, `${OWN}[producer]\nacks = "1"\n"enable.idempotence" = true\n`);
      await becomes(page, async () => (await wrong.allInnerTexts()).join(), (text) => /idempotence/.test(text));
      assert.equal(await verdict(page), before);
      await runText(page, OWN);
      await becomes(page, (p) => p.locator("h1").innerText(), (text) => text === "Mine");
      await wrong.first().waitFor({ state: "detached" });
      // Out of sight it would stand still.
      await page.evaluate(() => scrollTo(0, 0));
      await becomes(page, clock, (text) => parseFloat(text) > 0);
      assert.deepEqual(problems, []);
    },
  },
  {
    name: "after a panic what was decided can be copied and begun again",
    mayReport: true,
    async run({ page, url, context }) {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      await shown(page, url, "scenario=opening&lang=en&t=0.5&speed=4");
      await setting(page, "acks").locator('input[value="all"]').check();
      await page.locator(".verdict.good").waitFor();
      await page.getByRole("button", { name: "Pull the power: leader" }).click();
      await page.locator("#faults .in-force li").first().waitFor();
      const decided = await page.locator(".file-text").inputValue();
      assert.match(decided, /acks = "all"[^]*power-loss/);
      // A browser that ceases to do what every browser does: the next picture that was not drawn yet is a panic.
      await page.evaluate(() => {
        window.Path2D = class {
          constructor() {
            throw new Error("no paths any more");
          }
        };
      });
      await page.getByRole("button", { name: "Play", exact: true }).click();
      const box = page.locator("#trouble");
      await box.waitFor();
      assert.match(await box.innerText(), /ackscope has stopped because of a mistake of its own/);
      assert.ok(!/自身的错误/.test(await box.innerText()), "one language is enough");
      const details = await page.locator("#trouble-details").innerText();
      assert.match(details, /panicked at .*painter\.rs[^]*our own paths are well formed/);
      // What follows from it tells nothing.
      await page.keyboard.press(".");
      assert.equal(await page.locator("#trouble-details").innerText(), details);
      await box.getByRole("button", { name: "Copy the scenario" }).click();
      assert.equal(await page.locator("#trouble-scenario").inputValue(), decided);
      assert.equal(await becomes(page, (p) => p.evaluate(() => navigator.clipboard.readText()), (text) => text), decided);
      await box.getByRole("button", { name: "Start again with this scenario" }).click();
      await page.waitForFunction(() => document.getElementById("trouble").hidden);
      await ready(page);
      assert.equal(await page.locator(".file-text").inputValue(), decided);
      await becomes(page, clock, (text) => parseFloat(text) > 0);
    },
  },
  {
    name: "is there again after going back",
    async run({ page, url, fixturesUrl }) {
      await shown(page, url, "scenario=calm&lang=en");
      await page.goto(`${fixturesUrl}post.html`);
      await page.goBack();
      await ready(page);
      await play(page);
      await page.goForward();
      await page.goBack();
      await ready(page);
      await play(page);
    },
  },
  {
    name: "something on the stage is broken where it stands",
    async run({ page, url }) {
      await shown(page, url, "scenario=calm&lang=en&t=0.3");
      const before = await length(page);
      const spot = page.locator("#spot-broker-1");
      await spot.click();
      const dialog = page.getByRole("dialog");
      await dialog.waitFor();
      assert.ok(await dialog.locator(".offer").first().evaluate((it) => it === document.activeElement));
      await page.keyboard.press("Escape");
      await dialog.waitFor({ state: "detached" });
      assert.ok(await spot.evaluate((it) => it === document.activeElement), "the focus goes back");
      await spot.click();
      await dialog.getByRole("button", { name: "Kill the process" }).click();
      await dialog.waitFor({ state: "detached" });
      assert.match(await page.locator("#faults .in-force").innerText(), /0\.30 s Kill the process: broker-1/);
      await becomes(page, length, (text) => text !== before);
      await becomes(page, caption, (text) => text.startsWith("Broker-1 is killed"));
      assert.match(await spot.getAttribute("aria-label"), /killed/);
    },
  },
  {
    name: "the controller's links can be cut in one column too",
    async run({ page, url }) {
      await page.setViewportSize({ width: 360, height: 740 });
      await shown(page, url, "scenario=calm&lang=en&t=0.3");
      const spot = page.locator("#spot-broker-2--controller");
      await spot.scrollIntoViewIfNeeded();
      await spot.focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog").getByRole("button", { name: "Cut the link" }).click();
      await becomes(page, () => spot.getAttribute("aria-label"), (text) => /cut/.test(text));
    },
  },
  {
    name: "a column of the ledger leads to the packet's moment",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en");
      const column = page.locator("#ledger .column", { hasText: /^7$/ });
      await column.click();
      const at = parseFloat(await becomes(page, clock, (text) => parseFloat(text) > 1));
      assert.match(await caption(page), /3[^]*off its log/);
      await page.locator("#ledger .column", { hasText: /^2$/ }).click();
      await becomes(page, clock, (text) => parseFloat(text) < at);
      assert.equal(await caption(page), "Packet 2 is paid: ¥20.");
    },
  },
  {
    name: "a moment of the reasons is seen where it happens, and the keyboard stays",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en");
      const link = page.locator("#why .moment").last();
      await link.focus();
      await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
      await page.keyboard.press("Enter");
      await becomes(page, caption, (text) => /cuts the last 3 off/.test(text));
      const stage = await page.locator(".stage").boundingBox();
      assert.ok(stage.y >= 0 && stage.y < 400, `the stage is at ${stage.y}`);
      assert.ok(await link.evaluate((it) => it === document.activeElement));
    },
  },
  {
    name: "many marks share the slider",
    async run({ page, url }) {
      await page.setViewportSize({ width: 360, height: 740 });
      await shown(page, url, "scenario=calm&lang=en");
      const pause = (n) => `[[fault]]\nwhen = { acked = ${n} }\ndo = "pause"\non = "consumer-1"\nfor_ms = 20\n`;
      await runText(page, `${OWN}[producer]\nrecords = 20\n[consumer]\n${[...Array(18).keys()].map((n) => pause(n + 1)).join("")}`);
      const marks = page.locator(".mark");
      await becomes(page, () => marks.count(), (count) => count > 24);
      const [from, to] = await page.locator(".range").evaluate((it) => {
        const { left, right } = it.getBoundingClientRect();
        return [left, right];
      });
      const lefts = await marks.evaluateAll((all) => all.map((mark) => mark.getBoundingClientRect().x));
      assert.ok(lefts[0] >= from - 1 && lefts.at(-1) + 16 <= to + 1, `${lefts} between ${from} and ${to}`);
      lefts.slice(1).forEach((x, i) => assert.ok(x - lefts[i] > 3, `${lefts}`));
    },
  },
  {
    name: "space, arrows and brackets do what they do in a player",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en&t=0.2");
      const main = page.locator(".transport .main");
      const label = () => main.getAttribute("aria-label");
      await page.keyboard.press(" ");
      await becomes(page, label, (text) => text === "Pause");
      await page.keyboard.press(" ");
      await becomes(page, label, (text) => text === "Play");
      const place = async () => Number(await slider(page).inputValue());
      await page.keyboard.press("Home");
      await becomes(page, place, (at) => at === 0);
      await page.keyboard.press("ArrowRight");
      const five = await becomes(page, place, (at) => at > 0);
      await page.keyboard.press("ArrowRight");
      await becomes(page, place, (at) => Math.abs(at - 2 * five) <= 2);
      await page.keyboard.press("ArrowLeft");
      await becomes(page, place, (at) => Math.abs(at - five) <= 2);
      await page.keyboard.press("Shift+ArrowRight");
      await becomes(page, place, (at) => Math.abs(at - five - 1_000) <= 2);
      await page.keyboard.press("Home");
      const marks = await page.locator(".mark").evaluateAll((all) => all.map((mark) => mark.getAttribute("aria-label")));
      await page.keyboard.press("]");
      await becomes(page, caption, (text) => text.startsWith(marks[0]));
      const first = await becomes(page, place, (at) => at > 0);
      await page.keyboard.press("]");
      const second = await becomes(page, place, (at) => at > first);
      await page.keyboard.press("]");
      await becomes(page, place, (at) => at > second);
      await page.keyboard.press("[");
      await becomes(page, place, (at) => at === second);
      await page.keyboard.press("End");
      await becomes(page, place, (at) => at === 10_000);
    },
  },
  {
    name: "the thumb stays with the moment whatever is drawn anew",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en&t=6");
      const place = async () => Number(await slider(page).inputValue());
      const at = await becomes(page, place, (at) => at > 5_000);
      await page.getByRole("button", { name: "中文" }).click();
      await page.getByRole("button", { name: "English" }).waitFor();
      await frames(page, 10);
      assert.equal(await place(), at);
    },
  },
  {
    name: "changes its language in place",
    async run({ page, url }) {
      await shown(page, url, "scenario=opening&lang=en&t=6");
      const [at, drawn] = [await clock(page), await picture(page)];
      await page.getByRole("button", { name: "中文" }).click();
      await becomes(page, (p) => p.locator("html").getAttribute("lang"), (lang) => lang === "zh-Hans");
      await becomes(page, picture, (now) => now !== drawn);
      assert.match(await verdict(page), /已确认却丢失/);
      assert.equal(await clock(page), at);
      await page.getByRole("button", { name: "English" }).click();
      await becomes(page, picture, (now) => now === drawn);
    },
  },
  {
    name: "text stands out from its ground in either theme",
    async run({ page, url }) {
      const grounds = { card: ["ink", "ink-soft", "green", "blue"], "card-blue": ["ink", "ink-soft", "green", "blue"] };
      for (const ground of ["paper", "card-down", "wash"]) grounds[ground] = ["ink", "ink-soft"];
      Object.assign(grounds, { packet: ["packet-text"], "packet-outline-fill": ["packet-outline-text"], alarm: ["alarm-ink"] });
      for (const theme of ["light", "dark"]) {
        await shown(page, url, `scenario=opening&lang=en&theme=${theme}`);
        const colours = await page.evaluate((names) => {
          const style = getComputedStyle(document.documentElement);
          return Object.fromEntries(names.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
        }, [...Object.keys(grounds), ...Object.values(grounds).flat()]);
        for (const [ground, texts] of Object.entries(grounds)) {
          for (const text of texts) {
            const ratio = contrast(colours[ground], colours[text]);
            assert.ok(ratio >= 4.5, `${theme}: ${text} on ${ground} is ${ratio.toFixed(2)} to 1`);
          }
        }
      }
    },
  },
  {
    name: "follows the system's theme, unless the address names one",
    async run({ page, url }) {
      const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      await page.emulateMedia({ colorScheme: "light" });
      await shown(page, url, "scenario=opening&lang=en&t=6");
      const [light, drawn] = [await paper(), await picture(page)];
      await page.emulateMedia({ colorScheme: "dark" });
      await becomes(page, paper, (colour) => colour !== light);
      await becomes(page, picture, (now) => now !== drawn);
      await shown(page, url, "scenario=opening&lang=en&t=6&theme=light");
      assert.equal(await paper(), light);
      await becomes(page, picture, (now) => now === drawn);
    },
  },
];
