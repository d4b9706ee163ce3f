import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { checkRunDirectory, readResults } from '@branchline/api/internal';
import { BranchlineError, writeFileAtomic } from '@branchline/core';
import { renderReport } from '@branchline/report';

/** Draws the report of a run directory. */
export async function writeReport(args: {
  readonly run: string;
  readonly out?: string;
  readonly open: boolean;
  readonly json: boolean;
}): Promise<void> {
  await checkRunDirectory(args.run);
  const results = await readResults(args.run);
  if (results === undefined) {
    const message = `${args.run} has no results.json: its run has not come to the end yet`;
    throw new BranchlineError('store', { message, remedy: 'Run the experiment to its end first.' });
  }
  const file = args.out ?? join(args.run, 'report.html');
  await writeFileAtomic(file, renderReport(results));
  process.stdout.write(args.json ? `${JSON.stringify({ report: file })}\n` : `${file}\n`);
  if (args.open) openInBrowser(file);
}

function openInBrowser(file: string): void {
  const [command, ...before] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[
    process.platform as 'darwin'
  ] ?? ['xdg-open'];
  const child = spawn(command!, [...before, file], { stdio: 'ignore', detached: true });
  child.on('error', () => process.stderr.write(`no browser could be started; open ${file} yourself\n`));
  child.unref();
}
