/** Reads the sealed records of training chunks and evaluations, from which ledger lines are written. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestBytes, type LedgerEntry, wrongInEntry } from '@branchline/core';

/** An intact record. */
export interface SealedRecord {
  /** Path of its file. */
  readonly file: string;
  readonly entry: LedgerEntry;
}

/** Records of a run. */
export interface Records {
  /** Intact records by entry id. */
  readonly sound: ReadonlyMap<Digest, SealedRecord>;
  readonly damaged: readonly { readonly file: string; readonly message: string }[];
}

const FOLDERS = { stretches: /^[0-9a-f]{64}\.json$/, evaluations: /^[0-9a-f]{64}-[0-9a-f]{16}\.json$/ };

/** Reads all records of a run directory; missing folders count as empty. */
export async function readRecords(run: string): Promise<Records> {
  const sound = new Map<Digest, SealedRecord>();
  const damaged: { file: string; message: string }[] = [];
  for (const [folder, pattern] of Object.entries(FOLDERS)) {
    const names = await readdir(join(run, folder)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    for (const name of names.filter((found) => pattern.test(found)).sort()) {
      const file = join(run, folder, name);
      const entry = await readRecord(file);
      if (typeof entry === 'string') damaged.push({ file, message: entry });
      else if (folder === 'stretches' && `${entry.id}.json` !== name)
        damaged.push({ file, message: 'belongs to another entry' });
      else sound.set(entry.id, { file, entry });
    }
  }
  return { sound, damaged };
}

/** Reads the entry of a record; returns a message if it is damaged. */
async function readRecord(file: string): Promise<LedgerEntry | string> {
  let value: { digest?: unknown; record?: { entry?: unknown } } | null;
  try {
    value = JSON.parse(await readFile(file, 'utf8')) as typeof value;
  } catch (error) {
    return error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
  }
  const { digest, record } = value ?? {};
  if (digestBytes(JSON.stringify(record ?? null)) !== digest) return 'was altered';
  const wrong = wrongInEntry(record?.entry);
  return wrong === undefined ? (record!.entry as LedgerEntry) : `its entry ${wrong}`;
}
