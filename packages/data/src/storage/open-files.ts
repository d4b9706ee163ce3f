import { closeSync, openSync, readSync } from 'node:fs';

/** Files that are open at the same time; a process may have about a thousand. */
const MOST_OPEN = 128;

/** Reads from any number of files, the last used of which are open. */
export class OpenFiles {
  readonly #paths: readonly string[];
  /** The open files, the last used one at the end. */
  readonly #open = new Map<number, number>();
  #closed = false;

  constructor(paths: readonly string[]) {
    this.#paths = paths;
  }

  /** Fills `bytes` from position `at` of a file. @throws RangeError if the file is shorter. */
  read(file: number, bytes: Uint8Array, at: number): void {
    const handle = this.#handle(file);
    for (let done = 0; done < bytes.length; ) {
      const got = readSync(handle, bytes, done, bytes.length - done, at + done);
      if (got === 0) throw new RangeError(`${this.#paths[file]} is shorter than expected`);
      done += got;
    }
  }

  #handle(file: number): number {
    if (this.#closed) throw new Error('the corpus is closed');
    const handle = this.#open.get(file) ?? openSync(this.#paths[file]!, 'r');
    this.#open.delete(file);
    this.#open.set(file, handle);
    if (this.#open.size > MOST_OPEN) {
      const [oldest, idle] = this.#open.entries().next().value!;
      closeSync(idle);
      this.#open.delete(oldest);
    }
    return handle;
  }

  /** Closes the files. `read` throws afterwards. */
  close(): void {
    this.#closed = true;
    for (const handle of this.#open.values()) closeSync(handle);
    this.#open.clear();
  }
}
