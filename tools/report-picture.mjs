// Makes docs/report.png, the picture in the README, from the report of the quick experiment: `node
// tools/report-picture.mjs` after `npm run bench`. It shows the finding, its main figure and the learning-rate paths;
// the rest of the report is hidden. Needs a Chromium; CHROMIUM_PATH names one outside of the usual places.
import { existsSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const report = at('runs/quick/report.html');
const places = [process.env.CHROMIUM_PATH, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = places.find((path) => path && existsSync(path));
if (!existsSync(report)) throw new Error(`${report} is not there: run npm run bench first`);
if (!executablePath) throw new Error('no Chromium was found: install one, or name it in CHROMIUM_PATH');

const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1180, height: 900 }, colorScheme: 'light' });
await page.goto(pathToFileURL(report).href);
const left =
  'section:not(#cost-loss):not(#paths), #cost-loss h3.earlier, #cost-loss h3.earlier ~ *, footer { display: none !important }';
await page.addStyleTag({ content: left });
await page.screenshot({ path: at('docs/report.png'), fullPage: true });
await browser.close();
