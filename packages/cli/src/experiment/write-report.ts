import { join } from 'node:path';
import { report } from '@branchline/api';
import { openInBrowser } from '../ui/open-browser.js';

/** Renders the report of a run directory. */
export async function writeReport(args: {
  readonly run: string;
  readonly out?: string;
  readonly open: boolean;
  readonly json: boolean;
}): Promise<void> {
  const file = args.out ?? join(args.run, 'report.html');
  await report(args.run, { out: file });
  process.stdout.write(args.json ? `${JSON.stringify({ report: file })}\n` : `${file}\n`);
  if (args.open) openInBrowser(file);
}
