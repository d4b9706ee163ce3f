import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { RandomStream } from '@branchline/core';
import { onTestFinished } from 'vitest';
import { openScratch } from '../src/storage/duckdb.js';

/** An empty folder that is removed after the test. */
export function folder(): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'branchline-data-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Writes files below a folder. */
export function write(directory: string, files: Record<string, string | Uint8Array>): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
}

const WORDS = 'rail line branch main fork träin switch path step rate loss data token order score version'.split(' ');

/** A random text of `lines` lines, determined by `name` and unique to it. */
export function text(name: string, lines = 8): string {
  const random = new RandomStream(1, name);
  const line = () => Array.from({ length: 4 + random.below(8) }, () => WORDS[random.below(WORDS.length)]).join(' ');
  return `${name}\n${Array.from({ length: lines }, line).join('\n')}\n`;
}

/** A document of the JSONL fixture. */
export interface Row {
  text: string;
  score: number;
  year: string;
  kind: string;
  name: string;
}

/** Rows of two domains and three years. */
export function makeRows(count: number): Row[] {
  const random = new RandomStream(2, 'rows');
  return Array.from({ length: count }, (_, index) => ({
    text: text(`document ${index}`, 2 + random.below(10)),
    score: random.below(1000) / 1000,
    year: String(2020 + (index % 3)),
    kind: index % 4 === 0 ? 'code' : 'prose',
    name: `row-${index}`,
  }));
}

/** JSONL: one object per line. */
export function jsonl(rows: readonly object[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('');
}

/** Converts the JSONL file `from` with DuckDB; `options` is e.g. `(FORMAT parquet)`. */
export async function convert(from: string, to: string, options: string): Promise<void> {
  const directory = folder();
  const scratch = await openScratch(directory);
  const connection = await scratch.connect();
  const quote = (name: string) => `'${name.replaceAll("'", "''")}'`;
  await connection.run(`COPY (SELECT * FROM read_json(${quote(from)})) TO ${quote(to)} ${options}`);
  scratch.close();
}

/** A zstd frame that stores `content` in raw blocks, as RFC 8878 describes it. */
export function zstd(content: string | Uint8Array, windowLog = 20): Buffer {
  const bytes = Buffer.from(content);
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3])];
  const most = 2 ** 17;
  for (let at = 0; at === 0 || at < bytes.length; at += most) {
    const block = bytes.subarray(at, at + most);
    const header = Buffer.alloc(3);
    header.writeUIntLE((at + most >= bytes.length ? 1 : 0) | (block.length << 3), 0, 3);
    parts.push(header, block);
  }
  return Buffer.concat(parts);
}
