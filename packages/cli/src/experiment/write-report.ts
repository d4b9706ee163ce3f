import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { report } from '@branchline/api';

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

function openInBrowser(file: string): void {
  const [command, ...before] = { darwin: ['open'], win32: ['cmd', '/c', 'start', ''] }[
    process.platform as 'darwin'
  ] ?? ['xdg-open'];
  const child = spawn(command!, [...before, file], { stdio: 'ignore', detached: true });
  child.on('error', () => process.stderr.write(`no browser could be started; open ${file} yourself\n`));
  child.unref();
}
