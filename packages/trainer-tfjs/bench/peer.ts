import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Request } from './protocol.js';

/** A process that replies to requests, one at a time. */
export class Peer {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor([command, ...args]: readonly [string, ...string[]]) {
    // Other output of engines is ignored.
    this.#child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** Rejects with the process's error, or when the process ends. */
  async ask<T extends object>(request: Request): Promise<T> {
    this.#child.stdin!.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      const next = await this.#lines.next();
      if (next.done) throw new Error('its process ended');
      const { value } = next;
      if (!value.startsWith('{')) continue;
      const answer = JSON.parse(value) as T & { error?: string; version?: string };
      if (answer.version !== undefined) continue;
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer;
    }
  }

  /** Ends the process and waits for its exit, so that its memory is free. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}
