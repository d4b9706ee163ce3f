/** A process that answers requests, one JSON object a line. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export class LineProcess {
  readonly #lines: AsyncIterator<string>;

  private constructor(private readonly child: ChildProcess) {
    this.#lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  }

  static start(program: string, args: readonly string[]): LineProcess {
    return new LineProcess(spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] }));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The answer to a request. Rejects when the process ends instead. */
  async ask<Answer>(request: object): Promise<Answer> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      const line = await this.#lines.next();
      if (line.done === true) throw new Error(`${this.child.spawnargs.join(' ')} ended`);
      if (line.value.startsWith('{')) return JSON.parse(line.value) as Answer;
    }
  }

  /** Ends its input, and so the process. */
  stop(): void {
    this.child.stdin!.end();
  }
}
