import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The executable. */
export const BIN = fileURLToPath(new URL('../bin/branchline.mjs', import.meta.url));

/** A finished process. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process of the real command line, run from source. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Settles once standard error contains a text. */
  says(text: string): Promise<void>;
}

/** Starts `branchline` in a folder. */
export function start(cwd: string, ...args: readonly string[]): Started {
  const env = { ...process.env, BRANCHLINE_SOURCE: '1', NO_COLOR: '1' };
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (chunk: string) => (output[name] += chunk));
  }
  const ended = new Promise<Ended>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      const look = () => output.stderr.includes(text) && resolve();
      child.stderr.on('data', look);
      child.on('close', () => reject(new Error(`ended without saying "${text}":\n${output.stderr}`)));
      look();
    });
  return { child, ended, says };
}

/** Runs `branchline` to completion. */
export function branchline(cwd: string, ...args: readonly string[]): Promise<Ended> {
  return start(cwd, ...args).ended;
}
