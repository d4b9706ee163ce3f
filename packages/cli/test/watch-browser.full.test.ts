/** The live page in a real browser, while a run trains, is killed, starts again and is stopped. */
import { join } from 'node:path';
import { folder } from '@branchline/api/test/corpus.js';
import { chromiumPath, launch, noChromium } from '@branchline/report/test/browser.js';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type Started, start } from './bin.js';
import { addressIn, quadratic } from './watch.js';

if (!chromiumPath) console.warn(`SKIPPED: the live page is not tested in a browser: ${noChromium}`);

const PATIENCE = 120_000;
const WATCH = ['watch', join('runs', 'toy')];
const BENCH = ['bench', 'toy.json', '--no-report'];

/** Starts a process that is ended with the test, whatever comes. */
function started(directory: string, args: readonly string[]): Started {
  const process = start(directory, ...args);
  onTestFinished(() => void process.child.kill('SIGKILL'));
  return process;
}

// As strings: this code runs in the page, and the workspace has no DOM types.
const HEAD = `(document.querySelector('h1.state')?.textContent ?? '')`;
const DONE = `Number(document.querySelector('#status dd')?.textContent.split(' of ')[0].replaceAll(',', ''))`;

/** An open page, with messages that it should not have logged. */
async function open(browser: Browser, url: string, width: number): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    const asked = request.url();
    if (!asked.startsWith(url) && !asked.startsWith('data:')) complaints.push(`request: ${asked}`);
  });
  await page.goto(url);
  return { page, complaints };
}

/** Waits for a condition. Not by `waitForFunction`, whose polling the policy of the page forbids. */
async function untilTrue(page: Page, condition: string): Promise<void> {
  const end = Date.now() + PATIENCE;
  while ((await page.evaluate(condition)) !== true) {
    if (Date.now() > end) throw new Error(`never true: ${condition}; ${String(await page.evaluate(HEAD))}`);
    await page.waitForTimeout(100);
  }
}

async function addressOf({ child, ended }: Started): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    child.stdout!.on('data', (chunk: string) => {
      text += chunk;
      const url = addressIn(text);
      if (url !== undefined) resolve(url);
    });
    void ended.then(({ stderr }) => reject(new Error(stderr)));
  });
}

describe.skipIf(!chromiumPath || process.platform === 'win32')(
  chromiumPath ? 'the live page in Chromium' : `the live page in Chromium: ${noChromium}`,
  () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launch();
    });
    afterAll(async () => {
      await browser?.close();
    });

    it('follows a run by itself: trained, killed, started again, stopped; and says when its server is gone', async () => {
      const directory = quadratic(60, folder(), 16_384);
      const first = started(directory, BENCH);
      await first.says('steps in');
      const watch = started(directory, WATCH);
      const url = await addressOf(watch);
      const { page, complaints } = await open(browser, url, 1280);
      const until = (condition: string) => untilTrue(page, condition);
      await until(`${HEAD}.includes('Training') && ${DONE} > 0`);

      // Changes without a reload, and keeps what the reader scrolled to.
      await page.evaluate(`window.isSame = true`);
      await page.setViewportSize({ width: 700, height: 900 });
      await until(`document.querySelector('#graph .scroll') !== null`);
      await page.evaluate(`document.querySelector('#graph .scroll').scrollLeft = 120`);
      const before = Number(await page.evaluate(DONE));
      await until(`${DONE} > ${before}`);
      const between = Number(await page.evaluate(DONE));
      await until(`${DONE} > ${between}`);
      expect(await page.evaluate(`document.querySelector('#graph .scroll').scrollLeft`)).toBe(120);
      expect(await page.title()).toMatch(/^\d+(\.\d+)?% · toy · Branchline$/);
      expect(await page.evaluate(`document.querySelectorAll('#paths .line.smooth').length`)).toBeGreaterThan(0);

      first.child.kill('SIGKILL');
      await first.ended;
      await until(`${HEAD}.includes('Killed')`);
      expect(await page.evaluate(`document.querySelector('#status .about').textContent`)).toContain(
        'branchline bench toy.json',
      );

      const second = started(directory, BENCH);
      await second.says('steps in');
      await until(`${HEAD}.includes('Training')`);
      second.child.kill('SIGINT');
      await second.ended;
      await until(`${HEAD}.includes('Stopped')`);
      expect(await page.evaluate('window.isSame')).toBe(true);
      expect(complaints).toEqual([]);

      expect(await page.evaluate(`document.getElementById('connection').hidden`)).toBe(true);
      watch.child.kill('SIGKILL');
      await watch.ended;
      await until(`!document.getElementById('connection').hidden`);
      expect(await page.evaluate(`document.getElementById('connection').textContent`)).toContain('No connection');
      expect(await page.evaluate(HEAD)).toContain('Stopped');
      await page.context().close();

      // The stopped run, on a phone, without scripts, and the report behind the link.
      const again = started(directory, WATCH);
      const other = await addressOf(again);
      const phone = await open(browser, other, 360);
      expect(await phone.page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await phone.page.click('a[href=report]');
      expect(await phone.page.evaluate(`document.body.textContent.includes('Partial')`)).toBe(true);
      expect(phone.complaints).toEqual([]);
      await phone.page.context().close();
      const plain = await browser.newPage({ javaScriptEnabled: false });
      await plain.goto(other);
      expect(await plain.textContent('h1')).toContain('Stopped');
      await plain.close();
      again.child.kill('SIGINT');
      expect((await again.ended).code).toBe(0);
    });
  },
);
