/** Follows a file of lines that another process appends to, or replaces. */
import { type FileHandle, open } from 'node:fs/promises';

/** What is new in a file. */
export interface News {
  /** Whether the lines are those of another file, from its first one on. */
  readonly fresh: boolean;
  /** Whole lines; one that is being written comes later. */
  readonly lines: readonly string[];
}

/** Bytes that tell a file from another one with the same number. */
const HEAD = 256;
const PIECE = 1 << 20;
const NEWLINE = 0x0a;

/** Reads the lines of a file, each once. */
export class Tail {
  #offset = 0;
  #inode: bigint | undefined;
  #head = Buffer.alloc(0);

  constructor(private readonly path: string) {}

  /** Lines that were completed since the last call. A missing file has none. */
  async read(): Promise<News> {
    const file = await open(this.path, 'r').catch(() => undefined);
    if (file === undefined) {
      const fresh = this.#inode !== undefined;
      this.#reset(undefined);
      return { fresh, lines: [] };
    }
    try {
      const stat = await file.stat({ bigint: true });
      if (!stat.isFile()) return { fresh: false, lines: [] };
      const { size, ino } = stat;
      const known = this.#inode === ino && Number(size) >= this.#offset && (await this.#hasHead(file));
      if (!known) this.#reset(ino);
      if (Number(size) === this.#offset) return { fresh: !known, lines: [] };
      return { fresh: !known, lines: await this.#linesOf(file, Number(size)) };
    } finally {
      await file.close();
    }
  }

  #reset(inode: bigint | undefined): void {
    this.#inode = inode;
    this.#offset = 0;
    this.#head = Buffer.alloc(0);
  }

  async #hasHead(file: FileHandle): Promise<boolean> {
    const { length } = this.#head;
    if (length === 0) return true;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return bytesRead === length && buffer.equals(this.#head);
  }

  async #linesOf(file: FileHandle, size: number): Promise<readonly string[]> {
    const lines: string[] = [];
    let rest = Buffer.alloc(0);
    for (let at = this.#offset; at < size; ) {
      const wanted = Math.min(PIECE, size - at);
      const { buffer, bytesRead } = await file.read(Buffer.alloc(wanted), 0, wanted, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      let piece = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      for (let next = piece.indexOf(NEWLINE); next >= 0; next = piece.indexOf(NEWLINE)) {
        const line = piece.subarray(0, next + 1);
        if (this.#head.length === 0) this.#head = Buffer.from(line.subarray(0, HEAD));
        lines.push(line.toString('utf8', 0, next));
        this.#offset += next + 1;
        piece = piece.subarray(next + 1);
      }
      rest = piece;
    }
    return lines;
  }
}
