/**
 * Renders live pages of made-up states into a folder, as HTML and PNG, for inspection:
 * `node --conditions=@branchline/source --import @oxc-node/core/register test/preview-live.ts <folder>`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type LiveState, livePage } from '../src/index.js';
import { chromiumPath, launch, noChromium, openReport } from './browser.js';
import { manyOf } from './crowd.js';
import { manyResults, quickResults } from './fixture.js';
import { finishedState, NOW, planningState, trainingState } from './live.js';

const folder = resolve(process.argv[2] ?? 'dist/preview-live');
mkdirSync(folder, { recursive: true });
if (!chromiumPath) throw new Error(noChromium);
const states: Readonly<Record<string, LiveState>> = {
  planning: planningState(),
  early: trainingState(quickResults(), 0.02, { timeLeft: undefined, tokensPerSecond: undefined }),
  half: trainingState(quickResults(), 0.55),
  killed: trainingState(quickResults(), 0.55, {
    status: 'killed',
    about: 'Its process is gone, and it did not say why.\nTo continue: npx branchline bench examples/quick.config.ts',
    lanes: [],
    timeLeft: undefined,
    tokensPerSecond: undefined,
  }),
  finished: finishedState(quickResults()),
  one: trainingState(manyOf(1), 0.4),
  twelve: trainingState(manyResults(), 0.6),
  thirty: trainingState(manyOf(30), 0.4),
};
const looks = [
  ['light', 1280, 'light'],
  ['dark', 1280, 'dark'],
  ['phone', 360, 'dark'],
] as const;
const wanted = process.argv.slice(3);
const browser = await launch();
for (const [name, state] of Object.entries(states)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const begun = performance.now();
  const text = livePage(state, { now: NOW });
  console.log(name, `${Math.round(text.length / 1024)} KB`, `${Math.round(performance.now() - begun)} ms`);
  const file = join(folder, `${name}.html`);
  writeFileSync(file, text);
  for (const [look, width, colorScheme] of looks) {
    const { page, complaints } = await openReport(browser, pathToFileURL(file).href, {
      viewport: { width, height: 900 },
      colorScheme,
      deviceScaleFactor: width < 600 ? 2 : 1,
    });
    await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
    if (complaints.length > 0) console.log(name, look, complaints);
    await page.context().close();
  }
}
await browser.close();
