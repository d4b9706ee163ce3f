/** Reads the sealed records of stretches and evaluations, the originals of the ledger's lines. Nothing is written. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digestBytes, type LedgerEntry, wrongInEntry } from '@branchline/core';

/** A record that is as it was written. */
export interface SealedRecord {
  /** Path of its file. */
  readonly file: string;
  readonly entry: LedgerEntry;
}

/** Records of a run. */
export interface Records {
  /** By the id of the entry. */
  readonly sound: ReadonlyMap<Digest, SealedRecord>;
  readonly damaged: readonly { readonly file: string; readonly message: string }[];
}

const FOLDERS = { stretches: /^[0-9a-f]{64}\.json$/, evaluations: /^[0-9a-f]{64}-[0-9a-f]{16}\.json$/ };

/** Reads all records of a run directory; folders that are missing have none. */
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
        damaged.push({ file, message: 'is of another entry' });
      else sound.set(entry.id, { file, entry });
    }
  }
  return { sound, damaged };
}

/** The entry of a record, or what is wrong with it. */
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
