/** Processes of the real command line, run from source, optionally with an injected fault. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { COMMAND } from './experiment.ts';
import { type Injection, type InjectionReport, VARIABLE } from './injection.ts';

const BIN = fileURLToPath(new URL('../../../packages/cli/bin/branchline.mjs', import.meta.url));
const PRELOAD = new URL('./preload.mjs', import.meta.url).href;
/** Timeout for any process. */
const LIMIT_MS = 180_000;
/** Interval for checking whether a process is suspended. */
const LOOK_MS = 20;

/** A finished process. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Standard error, then standard output. */
  readonly output: string;
  /** Whether it was killed by the timeout. */
  readonly stuck: boolean;
  /** What the injected fault hit, if there was one. */
  readonly report?: InjectionReport;
}

/** A process that may still be running. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Settles once the injected fault has happened or the process has ended. */
  untilHit(): Promise<void>;
}

const running = new Set<ChildProcess>();
let number = 0;
let over = false;

/** Starts the experiment, or another command, in a workspace. Throws after `endAll`. */
export function startCommand(workspace: string, injection?: Injection, command: readonly string[] = COMMAND): Started {
  if (over) throw new Error('the harness was stopped');
  const report = join(workspace, `report-${process.pid}-${number++}.json`);
  const env = {
    ...process.env,
    ...{ BRANCHLINE_SOURCE: '1', NO_COLOR: '1' },
    ...(injection && { [VARIABLE]: JSON.stringify({ injection, report }) }),
  };
  const preload = injection === undefined ? [] : ['--import', PRELOAD];
  const child = spawn(process.execPath, [...preload, BIN, ...command], {
    ...{ cwd: workspace, env, stdio: ['ignore', 'pipe', 'pipe'] },
  });
  running.add(child);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (text[name] += chunk));
  }
  let stuck = false;
  const limit = setTimeout(() => {
    stuck = true;
    child.kill('SIGKILL');
  }, LIMIT_MS);
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      running.delete(child);
      const end = { code, signal, output: `${text.stderr}${text.stdout}`, stuck };
      if (injection === undefined) resolve(end);
      else void readReport(report).then((found) => resolve({ ...end, report: found }));
    });
  });
  return { child, ended, untilHit: () => untilThere(report, ended) };
}

/** Runs the experiment, or another command, in a workspace to completion. */
export function runCommand(workspace: string, injection?: Injection, command?: readonly string[]): Promise<Ended> {
  return startCommand(workspace, injection, command).ended;
}

/** Kills all running processes and prevents new ones. */
export function endAll(): void {
  over = true;
  for (const child of running) child.kill('SIGKILL');
}

/** Waits until a file exists or the process has ended. */
async function untilThere(path: string, ended: Promise<Ended>): Promise<void> {
  let gone = false;
  const end = () => {
    gone = true;
  };
  ended.then(end, end);
  while (!gone && !existsSync(path)) await sleep(LOOK_MS);
}

async function readReport(path: string): Promise<InjectionReport | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as InjectionReport;
  } catch {
    return undefined;
  }
}
