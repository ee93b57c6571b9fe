// What the checks read from the page, and how they wait for it.

import assert from "node:assert/strict";
import { open } from "./browser.mjs";

export const verdict = (page) => page.locator(".verdict").innerText();
export const clock = (page) => page.locator(".clock-now").innerText();
export const caption = (page) => page.locator(".caption-text").innerText();
/** How long the run is, which every downfall of a leader changes. */
export const length = (page) => page.locator(".clock-end").innerText();
export const slider = (page) => page.getByRole("slider");
/** Waits for the end of the run. */
export const over = (page) => becomes(page, () => slider(page).inputValue(), (at) => at === "10000");
/** What the canvas shows, to be compared with itself. */
export const picture = (page) => page.locator("canvas").evaluate((canvas) => canvas.toDataURL());
/** A setting by its key. */
export const setting = (page, key) => page.locator(".setting", { has: page.locator(`[id="set-${key}"]`) });

/** Waits until the first run is there. */
export async function ready(page) {
  await page.waitForFunction(() => document.querySelector(".verdict")?.innerText.trim());
}

/** Opens a scenario and waits for its verdict. */
export async function shown(page, url, query) {
  await open(page, `${url}?${query}`);
  await ready(page);
}

/** Reads once a frame until the value passes. */
export async function becomes(page, read, test) {
  const end = Date.now() + 8_000;
  for (;;) {
    const value = await read(page);
    if (test(value)) return value;
    if (Date.now() > end) assert.fail(`still ${JSON.stringify(value)?.slice(0, 200)}`);
    await frames(page, 1);
  }
}

/** Lets the page draw. */
export async function frames(page, n) {
  await page.evaluate(async (n) => {
    for (let i = 0; i < n; i++) await new Promise(requestAnimationFrame);
  }, n);
}
