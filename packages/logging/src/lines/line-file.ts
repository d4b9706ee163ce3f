/** A text file to which whole lines are appended. */
import { appendFile, mkdir, open, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';

export class LineFile {
  private constructor(readonly path: string) {}

  /**
   * Opens a file, created if missing, and gives every line of it to `read`. A last line without an end is of a write
   * that was interrupted, and is removed.
   */
  static async open(path: string, read: (line: string) => void): Promise<LineFile> {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      const whole = await endOfLastLine(file, size);
      if (whole < size) await truncate(path, whole);
      if (whole > 0) {
        const input = file.createReadStream({ start: 0, end: whole - 1, autoClose: false });
        for await (const line of createInterface({ input, crlfDelay: Infinity })) read(line);
      }
    } finally {
      await file.close();
    }
    return new LineFile(path);
  }

  async append(lines: readonly string[]): Promise<void> {
    await appendFile(this.path, lines.map((line) => `${line}\n`).join(''));
  }
}

const WINDOW = 65_536;

async function endOfLastLine(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  for (let end = size; end > 0; end -= WINDOW) {
    const begin = Math.max(0, end - WINDOW);
    const bytes = Buffer.alloc(end - begin);
    await file.read(bytes, 0, bytes.length, begin);
    const at = bytes.lastIndexOf('\n');
    if (at >= 0) return begin + at + 1;
  }
  return 0;
}
