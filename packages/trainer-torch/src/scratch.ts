/** Files for what is not in a file: initial weights, checkpoints in memory, sequences of generated text, passages. */
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  decodeSafetensors,
  encodeSafetensors,
  makeFolderSync,
  type SequenceSource,
  type Tensor,
  type TokenRange,
} from '@branchline/core';

/** A folder of files with short lives. */
export class Scratch {
  readonly #folder: string;
  #files = 0;

  /** `kept`: a folder whose files stay, because a recording names them. */
  constructor(private readonly kept?: string) {
    this.#folder = kept ?? mkdtempSync(join(tmpdir(), 'branchline-torch-'));
    makeFolderSync(this.#folder);
  }

  /** A new path. */
  path(name: string): string {
    return join(this.#folder, `${this.#files++}-${name}`);
  }

  /** Writes arrays to a new file. */
  async write(tensors: readonly Tensor[]): Promise<string> {
    const path = this.path('tensors.safetensors');
    await writeFile(path, encodeSafetensors(tensors));
    return path;
  }

  /** Writes token ids to a new file, as 32-bit integers. */
  async writeTokens(tokens: readonly Int32Array[]): Promise<string> {
    const path = this.path('tokens.bin');
    await writeFile(
      path,
      tokens.map((own) => Buffer.from(Int32Array.from(own).buffer)),
    );
    return path;
  }

  /** Arrays from a file of the worker. */
  async read(path: string): Promise<readonly Tensor[]> {
    return decodeSafetensors(await readFile(path));
  }

  /** Numbers from a file of the worker. */
  async readFloats(path: string): Promise<Float32Array> {
    return new Float32Array(Uint8Array.from(await readFile(path)).buffer);
  }

  /** Removes those files that are in this folder, unless they belong to a recording. */
  async removeOwn(paths: readonly (string | undefined)[]): Promise<void> {
    if (this.kept !== undefined) return;
    for (const path of paths) if (path?.startsWith(this.#folder)) await rm(path, { force: true });
  }

  /** Removes all files. */
  dispose(): void {
    if (this.kept === undefined) rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Gives every sequence a number by which the worker finds it in a file. */
export interface Numbering {
  /** What a new worker must know. */
  files(): readonly TokenRange[];
  /** Numbers of sequences. `grown` is set when there are more files since the last call. */
  numbers(ids: Uint32Array): { readonly numbers: Uint32Array; readonly grown?: readonly TokenRange[] };
  dispose(): void;
}

/** Sequences that are in files already keep their ids; others are written to a file when they are first used. */
export function numberingOf(data: SequenceSource, scratch: Scratch): Numbering {
  const { files } = data;
  if (files !== undefined)
    return { files: () => files, numbers: (ids) => ({ numbers: ids }), dispose: () => undefined };
  const path = scratch.path('sequences.bin');
  const file = openSync(path, 'a');
  const rows = new Map<number, number>();
  const ranges = (): TokenRange[] =>
    rows.size === 0 ? [] : [{ path, offset: 0, first: 0, count: rows.size, width: 4 }];
  const numbers = (ids: Uint32Array) => {
    const fresh = [...new Set(ids)].filter((id) => !rows.has(id));
    for (const id of fresh) rows.set(id, rows.size);
    const found = ids.map((id) => rows.get(id)!);
    if (fresh.length === 0) return { numbers: found };
    // Token ids are not negative, so signed and unsigned integers are equal.
    writeSync(file, Buffer.from(Int32Array.from(data.read(Uint32Array.from(fresh))).buffer));
    return { numbers: found, grown: ranges() };
  };
  return { files: ranges, numbers, dispose: () => closeSync(file) };
}
