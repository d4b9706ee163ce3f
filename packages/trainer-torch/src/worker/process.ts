/** A worker process: requests in, results out. */
import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers';
import { messageOf } from '@branchline/core';
import { z } from 'zod';
import { errorSchema, TorchError, type WorkerErrorKind } from './errors.js';
import { encodeFrame, FrameReader } from './frames.js';

/** Lines of the worker's standard error that an error message shows. */
const LINES = 8;

/** Most characters of standard error that are kept. */
const KEPT = 1 << 14;

const replySchema = z.object({
  id: z.number().nullable(),
  beat: z.literal(true).optional(),
  result: z.unknown().optional(),
  error: errorSchema.optional(),
});

type Reply = z.infer<typeof replySchema>;

/** A request without an answer yet. */
interface Pending {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: TorchError) => void;
  /** Restarts the time limit. */
  readonly beat: () => void;
}

/** How a process is started. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Name of the trainer, which begins messages. Default: that of the torch trainer. */
  readonly trainer?: string;
}

/** A running worker. It ends with this process, whatever ends that. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #trainer: string | undefined;
  readonly #pending = new Map<number, Pending>();
  readonly #frames = new FrameReader();
  #next = 1;
  #printed = '';
  #ended: TorchError | undefined;

  constructor({ program, args, cwd, env, trainer }: Command) {
    this.#trainer = trainer;
    this.#child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true });
    const { stdin, stdout, stderr } = this.#child;
    stdout!.on('data', (piece: Buffer) => this.#receive(piece));
    stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#printed = (this.#printed + text).slice(-KEPT);
    });
    // The exit of the process says more.
    stdin!.on('error', () => undefined);
    this.#child.on('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'ENOENT' ? 'was not found' : `cannot be started: ${error.message}`;
      this.#end(this.#error('environment', `${program} ${reason}`));
    });
    this.#child.on('close', (code, signal) => this.#end(this.#death(code, signal)));
  }

  /** Process id; undefined if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Whether it can answer. */
  get isAlive(): boolean {
    return this.#ended === undefined;
  }

  /**
   * Sends a request. Rejects with a TorchError: what the worker reports, or that it ended, or that it gave no sign for
   * `timeout` seconds and was killed.
   */
  call(method: string, params: object, timeout: number): Promise<unknown> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const id = this.#next++;
    this.#child.ref();
    return new Promise((resolve, reject) => {
      const hang = () => {
        const remedy = 'If its steps take that long, raise timeout in the options of the trainer.';
        this.#end(this.#error('dead', `the worker gave no sign for ${timeout} s in ${method}`, remedy));
        this.#child.kill('SIGKILL');
      };
      let timer = setTimeout(hang, timeout * 1000);
      const beat = () => {
        clearTimeout(timer);
        timer = setTimeout(hang, timeout * 1000);
      };
      const done = () => {
        clearTimeout(timer);
        this.#pending.delete(id);
        // An idle worker does not keep this process alive.
        if (this.#pending.size === 0) this.#idle();
      };
      this.#pending.set(id, {
        method,
        beat,
        resolve: (result) => {
          done();
          resolve(result);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      this.#child.stdin!.write(encodeFrame({ id, method, params }));
    });
  }

  /** Ends the process once it has answered what it was asked. */
  async stop(): Promise<void> {
    await this.call('shutdown', {}, 5).catch(() => undefined);
    this.kill();
  }

  /** Ends the process now. */
  kill(): void {
    this.#end(this.#error('dead', 'the worker was stopped'));
    this.#child.kill('SIGKILL');
  }

  #idle(): void {
    this.#child.unref();
    for (const stream of this.#child.stdio) (stream as { unref?: () => void } | null)?.unref?.();
  }

  #receive(piece: Buffer): void {
    try {
      for (const message of this.#frames.push(piece)) this.#settle(replySchema.parse(message));
    } catch (error) {
      const reason = error instanceof z.ZodError ? 'the worker wrote an unknown message' : messageOf(error);
      this.#end(this.#error('internal', `${reason}${this.#lastLines()}`));
      this.#child.kill('SIGKILL');
    }
  }

  #settle({ id, beat, result, error }: Reply): void {
    // Not about a request, but about the worker, which ends.
    if (id === null && error !== undefined) {
      this.#fail(error);
      return;
    }
    // Requests are answered in turn, so any sign of the worker is one for those that wait.
    for (const waiting of this.#pending.values()) waiting.beat();
    const pending = this.#pending.get(id ?? 0);
    if (pending === undefined || beat) return;
    if (error === undefined) pending.resolve(result);
    else pending.reject(this.#reported(error));
  }

  #fail(error: NonNullable<Reply['error']>): void {
    this.#end(this.#reported({ ...error, message: `${error.message}${this.#doing()}` }));
    this.#child.kill('SIGKILL');
  }

  #reported(error: NonNullable<Reply['error']>): TorchError {
    return TorchError.of(error, error.kind === 'internal' ? this.#lastLines() : '', this.#trainer);
  }

  /** All requests fail, now and later. */
  #end(why: TorchError): void {
    this.#ended ??= why;
    for (const { reject } of [...this.#pending.values()]) reject(this.#ended);
  }

  #death(code: number | null, signal: NodeJS.Signals | null): TorchError {
    const how = signal === null ? `ended with exit code ${code}` : `was killed by ${signal}`;
    const remedy =
      signal === 'SIGKILL'
        ? 'Linux kills the largest process when memory runs out: set a smaller microBatch, or train a smaller model.'
        : 'Everything trained so far is stored: run the same command again.';
    return this.#error('dead', `the worker ${how}${this.#doing()}${this.#lastLines()}`, remedy);
  }

  /** The request that is worked on, at the end of a message. */
  #doing(): string {
    return [...this.#pending.values()].map(({ method }) => ` during ${method}`)[0] ?? '';
  }

  #error(kind: WorkerErrorKind, message: string, remedy?: string): TorchError {
    return new TorchError(kind, message, remedy, this.#trainer);
  }

  #lastLines(): string {
    const lines = this.#printed.trimEnd().split('\n').slice(-LINES).join('\n');
    return lines === '' ? '' : `\n${lines}`;
  }
}
