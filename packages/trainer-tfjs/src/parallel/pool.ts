import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Reply, Request } from './protocol.js';

/** Starts a worker. When run from source, it gets a loader for TypeScript. */
function start(): Worker {
  if (!import.meta.url.endsWith('.ts')) return new Worker(new URL('./worker.js', import.meta.url));
  const transpiler = createRequire(import.meta.url).resolve('@oxc-node/core/package.json');
  const register = new URL('./register.mjs', pathToFileURL(transpiler));
  // Otherwise the transpiler reads its settings from the current working directory.
  process.env.OXC_TSCONFIG_PATH ??= fileURLToPath(new URL('../../tsconfig.json', import.meta.url));
  const execArgv = ['--conditions=@branchline/source', '--import', register.href];
  return new Worker(new URL('./worker.ts', import.meta.url), { execArgv });
}

/** A worker thread, and the error that ended it, if it has ended. */
class Member {
  readonly #worker = start();
  #ended: Error | undefined;
  #settle: ((error?: Error) => void) | undefined;

  constructor() {
    const end = (error: Error) => {
      this.#ended ??= error;
      this.#settle?.(this.#ended);
    };
    this.#worker.on('message', ({ error }: Reply) =>
      this.#settle?.(error === undefined ? undefined : new Error(error)),
    );
    this.#worker.on('error', end);
    this.#worker.on('exit', (code) => end(new Error(`trainer-tfjs: a worker ended with code ${code}`)));
    this.#worker.unref();
  }

  /** Sends a request; settles with the reply. */
  call(request: Request): Promise<void> {
    if (this.#ended) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      this.#settle = (error) => {
        this.#settle = undefined;
        // An idle worker does not keep the process alive.
        this.#worker.unref();
        if (error) reject(error);
        else resolve();
      };
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}

/** Worker threads that run the same request in parallel, each on its part. */
export class Pool {
  readonly #members: readonly Member[];

  constructor(readonly size: number) {
    this.#members = Array.from({ length: size }, () => new Member());
  }

  /**
   * Sends each worker its request and waits for all replies. Rejects with the first error after every worker has
   * finished. Calls must not overlap.
   */
  async call(request: (worker: number) => Request): Promise<void> {
    const replies = this.#members.map((member, index) => member.call(request(index)));
    const failure = (await Promise.allSettled(replies)).find(({ status }) => status === 'rejected');
    if (failure) throw (failure as PromiseRejectedResult).reason;
  }

  /** Terminates the workers. */
  async dispose(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.end()));
  }
}
