import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderPaper, renderReport } from '../src/index.js';
import { chromiumPath, launch, noChromium, openReport } from './browser.js';
import { seedsResults } from './comparison.js';
import { crowdedResults } from './crowded.js';
import { difficultNames, manyResults, quickResults } from './fixture.js';
import { paperPage } from './paper.js';

if (!chromiumPath) console.warn(`SKIPPED: the report is not tested in a browser: ${noChromium}`);

const cases: readonly (readonly [string, () => string])[] = [
  ['the quick experiment', () => renderReport(quickResults())],
  ['difficult names', () => renderReport(quickResults((name) => difficultNames[name]!))],
  ['twelve strategies', () => renderReport(manyResults())],
  ['three seeds with difficult names', () => renderReport(seedsResults((name) => difficultNames[name]!))],
  ['a paper', () => renderPaper(paperPage())],
  ['a paper with long names', () => renderPaper(paperPage((name) => `${name} ${'and on '.repeat(12)}`))],
];

describe.skipIf(!chromiumPath)(
  chromiumPath ? 'the report in Chromium' : `the report in Chromium: ${noChromium}`,
  () => {
    let browser: Browser;
    let folder: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'branchline-report-'));
      browser = await launch();
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    for (const [name, render] of cases) {
      for (const width of [1280, 800, 390, 360]) {
        it(`${name}: fits ${width} pixels, makes no requests, logs no messages`, async () => {
          const path = join(folder, `${name}-${width}.html`);
          writeFileSync(path, render());
          const { page, complaints } = await openReport(browser, pathToFileURL(path).href, {
            viewport: { width, height: 900 },
          });
          const picture = join(folder, `${width}.png`);
          await page.screenshot({ path: picture, fullPage: true });
          expect(statSync(picture).size).toBeGreaterThan(20_000);
          // As strings: this code runs in the page, and the workspace has no DOM types.
          expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
          expect(await page.evaluate(cutOff)).toEqual([]);
          expect(complaints).toEqual([]);
          await page.context().close();
        });
      }
    }

    it.each([
      ['one strategy', () => renderReport(oneStrategy()), false],
      ['six strategies', () => renderReport(quickResults()), true],
      ['two hundred strategies', () => renderReport(crowdedResults()), true],
      ['a paper', () => renderPaper(paperPage()), true],
    ] as const)(
      '%s on a phone: only tables scroll sideways, under their names, and say so',
      async (_, render, isWide) => {
        const path = join(folder, 'phone.html');
        writeFileSync(path, render());
        const { page, complaints } = await openReport(browser, pathToFileURL(path).href, {
          viewport: { width: 360, height: 780 },
        });
        expect(await page.evaluate('document.scrollingElement.scrollWidth')).toBeLessThanOrEqual(360);
        const regions = await page.evaluate<{ isWide: boolean; hint: string; sticky: boolean }[]>(scrollRegions);
        expect(regions.length).toBeGreaterThan(0);
        if (isWide) expect(regions.some((region) => region.isWide)).toBe(true);
        // In a paper page, claims are not short names, and scroll with the rest.
        const isPaper = (await page.locator('.claims').count()) > 0;
        for (const region of regions) {
          expect(region.hint).toBe(region.isWide ? 'visible' : 'hidden');
          if (region.isWide && !isPaper) expect(region.sticky).toBe(true);
        }
        expect(complaints).toEqual([]);
        await page.context().close();
      },
      60_000,
    );

    it('detects requests and messages', async () => {
      const path = join(folder, 'bad.html');
      writeFileSync(path, '<img src="https://example.invalid/x.png"><script>console.error("heard")</script>');
      const { page, complaints } = await openReport(browser, pathToFileURL(path).href, {});
      await page.waitForLoadState('load');
      expect(complaints).toEqual(expect.arrayContaining(['request: https://example.invalid/x.png', 'console: heard']));
      await page.context().close();
    });

    it('prints', async () => {
      const path = join(folder, 'print.html');
      writeFileSync(path, renderReport(quickResults()));
      const { page, complaints } = await openReport(browser, pathToFileURL(path).href, {
        viewport: { width: 696, height: 900 },
      });
      await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(698);
      expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
      expect((await page.pdf({ format: 'A4' })).subarray(0, 5).toString()).toBe('%PDF-');
      expect(complaints).toEqual([]);
      await page.context().close();
    });
  },
);

/** The baseline alone. */
function oneStrategy() {
  const quick = quickResults();
  return { ...quick, strategies: quick.strategies.filter(({ name }) => name === quick.baseline) };
}

/** Regions that are shown: whether they scroll sideways, their hint, and whether the first column stays. */
const scrollRegions = `[...document.querySelectorAll('.scroll')].filter((region) => region.checkVisibility() && region.clientWidth > 0).map((region) => {
  const header = region.querySelector('tbody th');
  return {
    isWide: region.scrollWidth > region.clientWidth,
    hint: getComputedStyle(region, '::before').visibility,
    sticky: header === null || getComputedStyle(header).position === 'sticky',
  };
})`;

/** Texts of charts that are cut off at the edge of their SVG. */
const cutOff = `[...document.querySelectorAll('svg[role=img]')].flatMap((svg) => {
  const frame = svg.getBoundingClientRect();
  if (frame.width === 0) return [];
  return [...svg.querySelectorAll('text')].filter((text) => {
    const box = text.getBoundingClientRect();
    return box.left < frame.left - 1.5 || box.right > frame.right + 1.5 || box.top < frame.top - 1.5 || box.bottom > frame.bottom + 1.5;
  }).map((text) => svg.getAttribute('aria-labelledby') + ': ' + text.textContent);
})`;
