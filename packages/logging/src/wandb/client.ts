/** W&B's Python client in a process of its own: one JSON object a line, each answered before the next is sent. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** The same from src/ and dist/. */
const SCRIPT = fileURLToPath(new URL('../../worker/branchline_wandb.py', import.meta.url));
/** For one request, in milliseconds: opening a run online may take 30 seconds, and there may be several. */
const TIMEOUT = 120_000;
const REMEDY = "`pip install wandb` there, or name a Python that has it: wandb({ python: '/path/to/python' })";

/** What a run has. */
export interface WandbKnown {
  readonly last: number | null;
  /** Version and loss. */
  readonly releases: readonly (readonly [number, number])[];
}

/** A run of W&B. */
export interface WandbRun {
  readonly id: string;
  readonly name: string;
  readonly group: string;
  readonly jobType: string;
  readonly config: object;
  /** Metrics on the x axis instead of the step. */
  readonly over?: readonly string[];
}

/** Options of all runs. */
export interface WandbSettings {
  readonly mode: 'online' | 'offline';
  readonly project: string;
  readonly entity?: string;
  /** W&B writes to the folder `wandb` in it. */
  readonly directory: string;
}

type Answer = { readonly result?: unknown; readonly error?: string; readonly missing?: boolean };

export class WandbClient {
  #errors = '';
  #waiting: ((answer: Answer) => void) | undefined;
  #ended: string | undefined;

  private constructor(
    private readonly child: ChildProcess,
    private readonly python: string,
  ) {
    createInterface({ input: child.stdout! }).on('line', (line) => this.#waiting?.(JSON.parse(line) as Answer));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors = (this.#errors + text).slice(-2000);
    });
    // Writing to a process that ended is an error of the pipe; that it ended is reported.
    child.stdin!.on('error', () => undefined);
    child.once('error', ({ message }) => this.#end(`cannot be started (${message}): ${REMEDY}`));
    child.once('close', (code, signal) => {
      const said = this.#errors.trim().split('\n').at(-1);
      this.#end(`ended with ${code ?? signal}${said ? `: ${said}` : ''}`);
    });
  }

  /** Starts the client. Rejects if there is no such Python or it has no wandb. It ends when `signal` is aborted. */
  static async start(python: string, settings: WandbSettings, signal: AbortSignal): Promise<WandbClient> {
    // A group of its own: Ctrl-C in a terminal must not end it before the last points. It ends with its input.
    const child = spawn(python, ['-u', SCRIPT], { stdio: 'pipe', detached: true });
    const client = new WandbClient(child, python);
    signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
    await client.#ask({ method: 'open', settings });
    return client;
  }

  /** Whether the process is there. */
  get alive(): boolean {
    return this.#ended === undefined;
  }

  known(run: string): Promise<WandbKnown> {
    return this.#ask({ method: 'known', run }) as Promise<WandbKnown>;
  }

  /** Adds rows. Without a step, a row comes after the last one. */
  async log(
    run: WandbRun,
    points: readonly { readonly step?: number; readonly values: Readonly<Record<string, number>> }[],
    summary: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    await this.#ask({ method: 'log', run, points, summary });
  }

  /** Finishes all runs, and ends the process. */
  async finish(code: number): Promise<void> {
    await this.#ask({ method: 'finish', code });
    this.child.stdin!.end();
  }

  async #ask(request: object): Promise<unknown> {
    let timer: NodeJS.Timeout | undefined;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting = resolve;
      if (this.#ended !== undefined) return resolve({ error: this.#ended });
      timer = setTimeout(() => {
        this.child.kill('SIGKILL');
        resolve({ error: `did not answer in ${TIMEOUT / 1000} seconds` });
      }, TIMEOUT);
      this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    }).finally(() => clearTimeout(timer));
    this.#waiting = undefined;
    if (answer.error === undefined) return answer.result;
    if (answer.missing) this.child.stdin!.end();
    throw new Error(`${this.python} ${answer.error}${answer.missing ? `: ${REMEDY}` : ''}`);
  }

  #end(reason: string): void {
    this.#ended ??= reason;
    this.#waiting?.({ error: this.#ended });
  }
}
