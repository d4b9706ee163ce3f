/** Runs other programs: short probes, and build steps whose output goes to a log. */
import { execFile, spawn } from 'node:child_process';
import { createWriteStream, type WriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { BranchlineError } from '@branchline/core';
import { describeFailure } from './failures.js';
import type { Step } from './plan.js';
import { PROBE, type Python, parsePython } from './python.js';

/** Timeout of a probe. */
const PROBE_MS = 30_000;

/** Standard output of a program; undefined if it is missing or fails. */
function outputOf(program: string, ...args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    // In another directory, a folder named tensorflow could be mistaken for the package.
    execFile(program, args, { cwd: '/', timeout: PROBE_MS }, (error, stdout) => resolve(error ? undefined : stdout));
  });
}

/** Probes each Python and omits those that do not work. */
export async function probePythons(names: readonly string[]): Promise<readonly Python[]> {
  const pythons: Python[] = [];
  for (const name of names) {
    const python = parsePython((await outputOf(name, '-c', PROBE)) ?? '');
    if (python && !pythons.some(({ executable }) => executable === python.executable)) pythons.push(python);
  }
  return pythons;
}

/** The first C++ compiler that runs. */
export async function findCompiler(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const names = [...(env.CXX ? [env.CXX] : []), 'c++', 'g++', 'clang++'];
  for (const name of names) if ((await outputOf(name, '--version')) !== undefined) return name;
  throw new BranchlineError('config', {
    message: `no C++ compiler was found (${names.join(', ')})`,
    remedy: 'Install g++ or clang++ (Debian and Ubuntu: apt-get install g++), or name one in the variable CXX.',
  });
}

/** The log of all build steps. */
export class Log {
  readonly #stream: WriteStream;

  constructor(readonly path: string) {
    this.#stream = createWriteStream(path);
  }

  write(text: string): void {
    this.#stream.write(text);
  }

  async close(): Promise<void> {
    this.#stream.end();
    await finished(this.#stream);
  }
}

/** Runs the commands of a step. Returns all output. Throws a BranchlineError with the last lines if one fails. */
export async function runStep(step: Step, log: Log, signal: AbortSignal): Promise<string> {
  let printed = '';
  for (const command of step.commands) {
    log.write(`$ ${command.join(' ')}\n`);
    const { output, how } = await runToEnd(command, log, signal);
    if (signal.aborted) throw new BranchlineError('interrupted', { message: 'interrupted; nothing was installed' });
    if (how !== undefined) {
      throw new BranchlineError('trainer', describeFailure(step.name, { command, output, how, log: log.path }));
    }
    printed += output;
  }
  return printed;
}

/** Resolves to how it failed; undefined on success. */
function runToEnd(
  [program = '', ...args]: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<{ readonly output: string; readonly how?: string }> {
  return new Promise((resolve) => {
    // A separate process group, so that children of a compiler or pip end with it.
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        log.write(text);
      });
    }
    const stop = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
      } catch {
        // It has just exited.
      }
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    child.on('error', (error: NodeJS.ErrnoException) => resolve({ output, how: error.code ?? error.message }));
    child.on('close', (code, killed) => {
      signal.removeEventListener('abort', stop);
      resolve(code === 0 ? { output } : { output, how: killed ?? `exit code ${code}` });
    });
  });
}
