// In somebody's post: fits, and leaves the post alone.

import assert from "node:assert/strict";

async function embedded(page, fixturesUrl) {
  await page.goto(`${fixturesUrl}post.html`);
  const frame = await (await page.locator("iframe").elementHandle()).contentFrame();
  await frame.waitForURL(/scenario=/);
  await frame.waitForFunction(() => document.querySelector(".verdict")?.innerText.trim());
  return frame;
}

export default [
  {
    name: "fits into 680 by 480 pixels",
    async run({ page, fixturesUrl }) {
      const frame = await embedded(page, fixturesUrl);
      const size = await frame.evaluate(() => {
        const { scrollWidth, scrollHeight, clientWidth, clientHeight } = document.documentElement;
        return { scrollWidth, scrollHeight, clientWidth, clientHeight };
      });
      assert.equal(size.clientWidth, 680);
      assert.ok(size.scrollHeight <= 480 && size.scrollWidth <= 680, JSON.stringify(size));
    },
  },
  {
    name: "is no higher at the end of a run, with the longest words",
    async run({ page, url }) {
      await page.setViewportSize({ width: 680, height: 480 });
      for (const lang of ["en", "zh"]) {
        await page.goto(`${url}?scenario=gap-goes-on-silently&hide=panels&lang=${lang}&t=999`);
        await page.locator(".caption-next .primary").waitFor();
        const [wide, high] = await page.evaluate(() => {
          const { scrollWidth, scrollHeight } = document.documentElement;
          return [scrollWidth, scrollHeight];
        });
        assert.ok(wide <= 680 && high <= 480, `${lang}: ${wide} by ${high}`);
      }
    },
  },
  {
    name: "has a slider to be hit in a narrow frame",
    async run({ page, url }) {
      await page.setViewportSize({ width: 360, height: 480 });
      await page.goto(`${url}?scenario=opening&hide=panels&lang=en`);
      await page.locator(".verdict-word").waitFor();
      const [slider, verdict] = [await page.locator(".range").boundingBox(), await page.locator(".verdict").boundingBox()];
      assert.ok(slider.width > 200, `${slider.width} px`);
      assert.ok(slider.y > 0 && verdict.y + verdict.height <= 480, "both are seen without scrolling");
    },
  },
  {
    name: "leaves the wheel to the post",
    async run({ page, fixturesUrl }) {
      await embedded(page, fixturesUrl);
      const box = await page.locator("iframe").boundingBox();
      await page.mouse.move(box.x + 300, box.y + 150);
      await page.mouse.wheel(0, 400);
      await page.waitForFunction(() => window.scrollY > 100);
    },
  },
  {
    name: "stands still while it is out of sight",
    async run({ page, fixturesUrl, context }) {
      await context.addInitScript(() => {
        window.frames_asked = 0;
        const ask = window.requestAnimationFrame.bind(window);
        window.requestAnimationFrame = (then) => {
          window.frames_asked += 1;
          return ask(then);
        };
      });
      const frame = await embedded(page, fixturesUrl);
      await frame.getByRole("button", { name: "Play" }).click();
      await frame.waitForFunction(() => window.frames_asked > 10);
      await page.evaluate(() => window.scrollTo(0, 1400));
      const asked = () => frame.evaluate(() => window.frames_asked);
      // The observer's news takes a frame or two of the post.
      const frames = (n) =>
        page.evaluate(async (n) => {
          for (let i = 0; i < n; i++) await new Promise(requestAnimationFrame);
        }, n);
      await frames(20);
      const before = await asked();
      await frames(20);
      assert.equal(await asked(), before);
    },
  },
];
