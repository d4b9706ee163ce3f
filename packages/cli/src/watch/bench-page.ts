/** The page of `bench --watch`, `run --watch` and `update --watch`. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { BranchlineError } from '@branchline/core';
import { listenForInterrupt } from '../ui/interrupt.js';
import { addressText } from './address.js';
import type { PageMessage } from './page-process.js';
import { checkPort } from './port.js';

/** Arguments of commands that can show their run. */
export interface PageArguments {
  readonly watch: boolean;
  readonly port?: number;
  readonly json: boolean;
  readonly runs: string;
}

/** Where the page says something. */
interface Output {
  line(text: string): void;
  warn(text: string): void;
}

/** The page of a run that is trained by this process. */
export interface BenchPage {
  /** Says where the page is, and from then on once if it is lost. */
  announce(output: Output): void;
  /** On a terminal, keeps the page of the finished run until Ctrl-C. */
  stay(): Promise<void>;
  /** Shows the last state to open pages and ends the page. */
  end(): Promise<void>;
}

const BIN = fileURLToPath(new URL('../../bin/branchline.mjs', import.meta.url));
/** Milliseconds that the process of the page has for its first and its last words. */
const START_MS = 60_000;
const END_MS = 5_000;

/**
 * Starts the page of an experiment that is about to be trained; undefined without `--watch`. Throws a `config` error if
 * the port cannot be used. If the page cannot be started for another reason, that is a warning, and training begins.
 */
export async function benchPage(
  experiment: unknown,
  defaultName: string,
  { watch, port, json, runs }: PageArguments,
): Promise<BenchPage | undefined> {
  if (!watch) {
    if (port === undefined) return undefined;
    throw new BranchlineError('config', {
      message: '--port is the port of the page, and there is none',
      remedy: 'Give --watch too.',
    });
  }
  checkPort(port);
  const directory = join(runs, nameOf(experiment) ?? defaultName);
  const args = [
    'watch',
    directory,
    '--attached',
    String(Date.now()),
    ...(port === undefined ? [] : ['--port', String(port)]),
  ];
  const child = fork(BIN, args, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const message = await firstMessage(child);
  if (message !== undefined && 'problems' in message) throw new BranchlineError('config', message.problems);
  const url = message !== undefined && 'url' in message ? message.url : undefined;
  const failure = message !== undefined && 'failure' in message ? message.failure : undefined;
  if (message === undefined) child.kill('SIGKILL');
  child.unref();
  child.channel?.unref();
  const isInteractive = process.stderr.isTTY && process.stdin.isTTY && !json;
  return new PageOfProcess(child, { url, failure }, directory, isInteractive);
}

/** The name that an experiment gives itself. Whether it is valid is checked when it is trained. */
function nameOf(experiment: unknown): string | undefined {
  const { name } = (experiment ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? name : undefined;
}

/** The first message of the process; undefined if it ends without one, or takes too long. */
async function firstMessage(child: ChildProcess): Promise<PageMessage | undefined> {
  const stop = new AbortController();
  const { signal } = stop;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]) => message as PageMessage),
      once(child, 'exit', { signal }).then(() => undefined),
      sleep(START_MS, undefined, { signal }),
    ]);
  } catch {
    return undefined; // It could not be started.
  } finally {
    stop.abort();
  }
}

class PageOfProcess implements BenchPage {
  #isEnding = false;
  #output: Output | undefined;
  private readonly url: string | undefined;
  private readonly failure: string | undefined;
  readonly #exited: Promise<void>;

  constructor(
    private readonly child: ChildProcess,
    { url, failure }: { readonly url: string | undefined; readonly failure: string | undefined },
    private readonly directory: string,
    private readonly isInteractive: boolean,
  ) {
    this.url = url;
    this.failure = failure;
    child.on('error', () => undefined);
    this.#exited = this.#isGone()
      ? Promise.resolve()
      : new Promise((resolve) => {
          child.once('exit', () => resolve());
        });
    void this.#exited.then(() => {
      if (!this.#isEnding && this.url !== undefined) this.#output?.warn(this.#lost('has ended'));
    });
  }

  announce(output: Output): void {
    this.#output = output;
    if (this.url === undefined)
      output.warn(this.#lost(`could not be started${this.failure === undefined ? '' : ` (${this.failure})`}`));
    else for (const line of `watch it at ${addressText(this.url)}`.split('\n')) output.line(line);
  }

  async stay(): Promise<void> {
    if (!this.isInteractive || this.#isGone()) return;
    process.stderr.write(`\nThe page stays until Ctrl-C: ${this.url}\n`);
    this.child.ref();
    const { signal, stop } = listenForInterrupt(() => undefined);
    const interrupted = new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve());
    });
    await Promise.race([interrupted, this.#exited]);
    stop();
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#isGone()) return;
    this.child.ref();
    if (this.child.connected) this.child.disconnect();
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), END_MS);
    late.signal.addEventListener('abort', () => this.child.kill('SIGKILL'));
    await this.#exited;
    clearTimeout(timer);
  }

  #isGone(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null || this.child.pid === undefined;
  }

  #lost(what: string): string {
    return `the page ${what}; the run continues. To show it again: branchline watch ${this.directory}`;
  }
}
