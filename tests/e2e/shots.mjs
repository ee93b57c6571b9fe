// Takes screenshots of the built page into target/shots.
//
// node tests/e2e/shots.mjs [QUERY] [--size WxH]... [--theme light|dark]... [--lang en|zh]... [--wait MS] [--full]
//                          [--name PREFIX]
//
// QUERY is what stands after the `?` of the address, such as `scenario=NAME&t=4`. Without options it takes every
// size, theme and language.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { launch, open, watch } from "./lib/browser.mjs";
import { root, serve } from "./lib/server.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: "string", multiple: true, default: ["1280x800", "768x1024", "360x740"] },
    theme: { type: "string", multiple: true, default: ["light", "dark"] },
    lang: { type: "string", multiple: true, default: ["en", "zh"] },
    wait: { type: "string", default: "500" },
    full: { type: "boolean", default: false },
    name: { type: "string", default: "" },
  },
});

const folder = join(root, "target/shots");
await mkdir(folder, { recursive: true });
const site = await serve();
const browser = await launch();
for (const size of values.size) {
  const [width, height] = size.split("x").map(Number);
  for (const colorScheme of values.theme) {
    for (const lang of values.lang) {
      const locale = lang === "zh" ? "zh-CN" : "en-GB";
      const context = await browser.newContext({ viewport: { width, height }, colorScheme, locale });
      const page = await context.newPage();
      const problems = watch(page);
      const query = new URLSearchParams(positionals[0] ?? "");
      query.set("lang", lang);
      query.set("theme", colorScheme);
      await open(page, `${site.url}?${query}`);
      await page.waitForTimeout(Number(values.wait));
      const prefix = values.name ? `${values.name}-` : "";
      const path = join(folder, `${prefix}${size}-${colorScheme}-${lang}.png`);
      await page.screenshot({ path, fullPage: values.full });
      console.log(path, ...problems);
      await context.close();
    }
  }
}
await browser.close();
site.close();
