/**
 * What was read from files, kept in the cache: pieces, tokens and signatures. An entry is found by a key that covers
 * everything it was computed from, so preparing text again reads only files that are new.
 */
import { rmSync } from 'node:fs';
import path from 'node:path';
import type { Digest } from '@branchline/core';
import { z } from 'zod';
import { type Skipped, skippedSchema } from '../sources/bad-documents.js';
import type { Written } from '../storage/file-writer.js';
import { digestFile, lookAt } from '../storage/files.js';
import { publish } from '../storage/publish.js';
import { readSealed, writeSealed } from '../storage/sealed-json.js';

const RECORD = 'entry.json';
/** Files of an entry, by role. */
export const ENTRY_FILES = { pieces: 'pieces.parquet', tokens: 'tokens.bin', signatures: 'signatures.bin' } as const;
type Role = keyof typeof ENTRY_FILES;

/** What an entry says about itself. */
export interface EntryRecord {
  /** Documents that could be read, empty ones included. */
  readonly readable: number;
  /** Documents with text. */
  readonly documents: number;
  readonly pieces: number;
  /** Whether the delimiter of the source is in one of the files. */
  readonly isDivided: boolean;
  /** Documents that were skipped. */
  readonly skipped: readonly Skipped[];
  readonly files: { readonly pieces: Written; readonly tokens: Written; readonly signatures?: Written };
}

const whole = z.int().nonnegative();
const written = z.strictObject({ bytes: whole, digest: z.string().regex(/^[0-9a-f]{64}$/) });
const recordSchema: z.ZodType<EntryRecord> = z.strictObject({
  ...{ readable: whole, documents: whole, pieces: whole, isDivided: z.boolean(), skipped: skippedSchema },
  files: z.strictObject({ pieces: written, tokens: written, signatures: written.optional() }),
});

/** An entry of the cache. */
export interface Entry extends EntryRecord {
  readonly directory: string;
  /** Whether it was written by an earlier preparation. */
  readonly isOld: boolean;
}

/** The path of a file of an entry. */
export function fileOf({ directory }: Pick<Entry, 'directory'>, role: Role): string {
  return path.join(directory, ENTRY_FILES[role]);
}

/** Thrown for an entry whose tokens are damaged; it was removed, so the next attempt reads the files again. */
export class DamagedEntry extends Error {}

/** The entries of a cache directory. */
export class EntryStore {
  readonly #directory: string;
  readonly #report: (damage: string) => void;
  readonly #signal: AbortSignal | undefined;

  /** @param report Called for entries that are damaged and therefore read again. */
  constructor(cacheDirectory: string, report: (damage: string) => void, signal?: AbortSignal) {
    this.#directory = path.join(cacheDirectory, 'read');
    this.#report = report;
    this.#signal = signal;
  }

  /**
   * The entry of a key, if there is one. Everything except its tokens is compared with its digest: tokens are needed
   * only where text is packed.
   */
  async find(key: Digest): Promise<Entry | undefined> {
    const directory = path.join(this.#directory, key);
    if (lookAt(directory) === undefined) return undefined;
    const record = readSealed(path.join(directory, RECORD), recordSchema);
    const isWhole =
      record !== undefined &&
      lookAt(fileOf({ directory }, 'tokens'))?.size === record.files.tokens.bytes &&
      (await this.#agrees(directory, 'pieces', record.files.pieces)) &&
      (record.files.signatures === undefined || (await this.#agrees(directory, 'signatures', record.files.signatures)));
    if (isWhole) return { ...record, directory, isOld: true };
    this.#remove(directory);
    return undefined;
  }

  /** Compares the tokens of entries with their digests. @throws DamagedEntry */
  async verifyTokens(entries: readonly Entry[]): Promise<void> {
    let damaged = 0;
    for (const { directory, files, isOld } of entries) {
      if (!isOld || (await this.#agrees(directory, 'tokens', files.tokens))) continue;
      this.#remove(directory);
      damaged++;
    }
    if (damaged > 0) throw new DamagedEntry('tokens of an earlier preparation are damaged');
  }

  async #agrees(directory: string, role: Role, { bytes, digest }: Written): Promise<boolean> {
    const file = fileOf({ directory }, role);
    const found = lookAt(file);
    return found?.isFile() === true && found.size === bytes && (await digestFile(file, this.#signal)) === digest;
  }

  #remove(directory: string): void {
    this.#report(directory);
    rmSync(directory, { recursive: true });
  }

  /** Moves a folder with the files of an entry into the cache. */
  add(key: Digest, folder: string, record: EntryRecord): Entry {
    writeSealed(path.join(folder, RECORD), record);
    const directory = path.join(this.#directory, key);
    publish(folder, directory);
    return { ...record, directory, isOld: false };
  }
}
