/**
 * Renders a made-up paper page into `dist/preview-paper`, as HTML, PNG and SVG, for inspection:
 * `node --conditions=@branchline/source --import @oxc-node/core/register test/preview-paper.ts [page.html]`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { renderFigure, renderPaper } from '../src/index.js';
import { chromiumPath, launch, noChromium, openReport } from './browser.js';
import { paperPage } from './paper.js';

const folder = new URL('../dist/preview-paper/', import.meta.url);
mkdirSync(folder, { recursive: true });
const page = paperPage();
const given = process.argv[2];
const file = new URL('report.html', folder);
writeFileSync(file, given === undefined ? renderPaper(page) : readFileSync(given));
for (const figure of page.figures) writeFileSync(new URL(`${figure.id}.svg`, folder), renderFigure(figure));
if (!chromiumPath) throw new Error(noChromium);

const browser = await launch();
const looks = [
  ['desktop', 1280, 'light'],
  ['dark', 1280, 'dark'],
  ['phone', 390, 'light'],
  ['phone-dark', 360, 'dark'],
] as const;
for (const [name, width, colorScheme] of looks) {
  const opened = await openReport(browser, file.href, {
    viewport: { width, height: 900 },
    colorScheme,
    deviceScaleFactor: width < 600 ? 2 : 1,
  });
  for (const part of await opened.page.locator('header, section').all()) {
    const id = (await part.getAttribute('id')) ?? 'header';
    await part.screenshot({ path: new URL(`${name}-${id}.png`, folder).pathname });
  }
  console.log(name, opened.complaints.length === 0 ? 'quiet' : opened.complaints);
}
for (const colorScheme of ['light', 'dark'] as const) {
  const shown = new URL('svg.html', folder);
  writeFileSync(shown, page.figures.map(({ id }) => `<img src="${id}.svg" width="840">`).join('<br>'));
  const context = await browser.newContext({ viewport: { width: 880, height: 900 }, colorScheme });
  const view = await context.newPage();
  await view.goto(shown.href);
  await view.screenshot({ path: new URL(`svg-${colorScheme}.png`, folder).pathname, fullPage: true });
}
await browser.close();
