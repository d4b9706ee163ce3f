/**
 * Renders the fixture's report into `dist/preview`, as HTML, PNG and PDF, for inspection:
 * `node --conditions=@branchline/source --import @oxc-node/core/register test/preview.ts [results.json]`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseResults, renderReport } from '../src/index.js';
import { chromiumPath, launch, noChromium, openReport } from './browser.js';
import { manyResults, quickResults } from './fixture.js';

const folder = new URL('../dist/preview/', import.meta.url);
mkdirSync(folder, { recursive: true });
const given = process.argv[2];
const results =
  given === '--many' ? manyResults() : given ? parseResults(JSON.parse(readFileSync(given, 'utf8'))) : quickResults();
const file = new URL('report.html', folder);
writeFileSync(file, renderReport(results));
if (!chromiumPath) throw new Error(noChromium);

const browser = await launch();
const looks = [
  ['desktop', 1280, 'light'],
  ['dark', 1280, 'dark'],
  ['phone', 390, 'light'],
  ['phone-dark', 360, 'dark'],
  ['print', 696, 'dark'],
] as const;
for (const [name, width, colorScheme] of looks) {
  const { page, complaints } = await openReport(browser, file.href, {
    viewport: { width, height: 900 },
    colorScheme,
    deviceScaleFactor: width < 600 ? 2 : 1,
  });
  if (name === 'print') await page.emulateMedia({ media: 'print' });
  await page.screenshot({ path: new URL(`${name}.png`, folder).pathname, fullPage: true });
  for (const part of await page.locator('header, section').all()) {
    const id = (await part.getAttribute('id')) ?? 'header';
    await part.screenshot({ path: new URL(`${name}-${id}.png`, folder).pathname });
  }
  if (name === 'desktop') await page.pdf({ path: new URL('print.pdf', folder).pathname, format: 'A4' });
  console.log(name, complaints.length === 0 ? 'quiet' : complaints);
}
await browser.close();
