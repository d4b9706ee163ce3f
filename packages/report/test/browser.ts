import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const candidates = [
  process.env.CHROMIUM_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Path of an installed Chromium, if any. `CHROMIUM_PATH` takes precedence. */
export const chromiumPath = candidates.find(
  (path): path is string => path !== undefined && path !== '' && existsSync(path),
);

/** Reason for skipping browser tests. */
export const noChromium = `no Chromium found (set CHROMIUM_PATH, or install one at ${candidates.slice(1, 3).join(' or ')})`;

/** Starts the browser, without its sandbox because that fails as root. */
export function launch(): Promise<Browser> {
  return chromium.launch({ executablePath: chromiumPath!, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page that shows a report, with the requests and messages it should not have made. */
export interface OpenReport {
  readonly page: Page;
  readonly complaints: string[];
}

/** Opens an HTML file. Every request except for the document is refused and recorded. */
export async function openReport(browser: Browser, file: string, options: BrowserContextOptions): Promise<OpenReport> {
  const context = await browser.newContext({ ...options, offline: false });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
  await context.route('**/*', (route) => {
    const url = route.request().url();
    if (url === file || url.startsWith('data:')) return route.continue();
    complaints.push(`request: ${url}`);
    return route.abort();
  });
  await page.goto(file);
  return { page, complaints };
}
