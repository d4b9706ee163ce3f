/** Makes the weights of a checkpoint folder a file of ours, named by its digest. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdtemp, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BranchlineError,
  type CheckpointReader,
  type Digest,
  decodeSafetensors,
  digestBytes,
  digestJson,
  encodeSafetensorsHeader,
  isDigest,
  makeFolder,
  writeFileAtomic,
  writingTo,
} from '@branchline/core';
import { sizeOf } from '../parameters.js';
import { type ArrayShape, storedArrays } from '../transformers.js';
import { bytesOfFloat, toFloat32 } from './floats.js';
import type { CheckpointFolder, StoredArray } from './open.js';

/** Weights that training starts from. */
export interface AdoptedWeights {
  /** SHA-256 of the file: equal digests, equal weights, however they were stored before. */
  readonly digest: Digest;
  /** `<directory>/<digest>`, with the weights. */
  readonly directory: string;
  /**
   * Digest of what describes the checkpoint: its config and other small files, of which this folder of `directory` has
   * copies. Equal weights can have other descriptions.
   */
  readonly description: Digest;
}

/** Files that an export gives back as they were. The tokenizer's are kept with the text. */
const DESCRIPTIONS = ['config.json', 'generation_config.json', 'special_tokens_map.json', 'chat_template.jinja'];

const WEIGHTS = 'model.safetensors';

/** Read at a time: whole elements of every type. */
const PIECE = 1 << 22;

/** Options of `adoptWeights`. */
export interface AdoptionOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: { readonly bytes: number; readonly of: number }) => void;
}

/**
 * Writes the weights of a checkpoint to a file in `directory`, in float32 and in the order of `storedArrays`, and
 * returns its digest. A checkpoint with the same content that was adopted before is only read. Uses little memory.
 */
export async function adoptWeights(
  folder: CheckpointFolder,
  directory: string,
  { signal, onProgress = () => undefined }: AdoptionOptions = {},
): Promise<AdoptedWeights> {
  const sizes = await Promise.all(folder.files.map(async (file) => (await stat(file)).size));
  const table = storedArrays(folder.spec);
  const of = sizes.reduce((sum, size) => sum + size, 0) + 4 * table.reduce((sum, row) => sum + sizeOf(row.shape), 0);
  let bytes = 0;
  const advance = (more: number) => {
    signal?.throwIfAborted();
    bytes += more;
    onProgress({ bytes, of });
  };
  const sources: Digest[] = [];
  for (const file of folder.files) sources.push(await digestOf(file, advance));
  const known = join(directory, 'adopted', `${digestJson([sources, table.map(({ name }) => name)])}.txt`);
  const before = (await readFile(known, 'utf8').catch(() => '')).trim();
  if (isDigest(before) && (await isWhole(join(directory, before, WEIGHTS), table)))
    return describe(folder, before, join(directory, before));

  await writingTo(directory, () => makeFolder(join(directory, 'adopted')));
  const temporary = await writingTo(directory, () => mkdtemp(join(directory, 'tmp-')));
  try {
    const digest = await writeWeights(join(temporary, WEIGHTS), table, folder.arrays, advance);
    const target = join(directory, digest);
    if (!(await isWhole(join(target, WEIGHTS), table))) {
      await rm(target, { recursive: true, force: true });
      await rename(temporary, target);
    }
    await writeFileAtomic(known, `${digest}\n`);
    return await describe(folder, digest, target);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Keeps copies of what describes a checkpoint with its weights. */
async function describe(folder: CheckpointFolder, digest: Digest, directory: string): Promise<AdoptedWeights> {
  const found: [string, Buffer][] = [];
  for (const name of DESCRIPTIONS) {
    const content = await readFile(join(folder.path, name)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    if (content !== undefined) found.push([name, content]);
  }
  const description = digestJson(found.map(([name, content]) => [name, digestBytes(content)]));
  for (const [name, content] of found) await writeFileAtomic(join(directory, description, name), content);
  return { digest, directory, description };
}

/** Verifies adopted weights and opens them. Throws a BranchlineError (`damaged`) if they are not what was written. */
export async function openAdopted({ digest, directory }: AdoptedWeights): Promise<CheckpointReader> {
  const path = join(directory, WEIGHTS);
  if ((await digestOf(path)) !== digest) {
    await rm(directory, { recursive: true, force: true });
    const message = `${path} is damaged: its content is not what was written`;
    throw new BranchlineError('damaged', { message, remedy: 'It was removed. Run the same command again.' });
  }
  const read = async (group: string) => (group === 'weights' ? decodeSafetensors(await readFile(path)) : []);
  return { key: digest, groups: ['weights'], step: 0, read, file: () => path };
}

async function digestOf(file: string, advance: (bytes: number) => void = () => undefined): Promise<Digest> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: PIECE })) {
    hash.update(chunk as Buffer);
    advance((chunk as Buffer).byteLength);
  }
  return hash.digest('hex');
}

/** Whether a file has the size of the weights. Its content is verified before training. */
async function isWhole(file: string, table: readonly ArrayShape[]): Promise<boolean> {
  const header = encodeSafetensorsHeader(table.map(({ name, shape }) => ({ name, dtype: 'F32', shape })));
  const bytes = header.byteLength + 4 * table.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return (await stat(file).catch(() => undefined))?.size === bytes;
}

async function writeWeights(
  path: string,
  table: readonly ArrayShape[],
  arrays: ReadonlyMap<string, StoredArray>,
  advance: (bytes: number) => void,
): Promise<Digest> {
  const hash = createHash('sha256');
  const out = await open(path, 'w');
  const write = async (bytes: Uint8Array) => {
    hash.update(bytes);
    await writingTo(path, () => out.writeFile(bytes));
  };
  const sources = new Map<string, FileHandle>();
  try {
    await write(encodeSafetensorsHeader(table.map(({ name, shape }) => ({ name, dtype: 'F32', shape }))));
    for (const { name } of table) {
      const array = arrays.get(name)!;
      const source = sources.get(array.path) ?? (await open(array.path, 'r'));
      sources.set(array.path, source);
      for await (const values of piecesOf(source, array)) {
        assertFinite(values, array);
        await write(new Uint8Array(values.buffer));
        advance(values.byteLength);
      }
    }
    await writingTo(path, () => out.sync());
  } finally {
    await out.close();
    for (const source of sources.values()) await source.close();
  }
  return hash.digest('hex');
}

async function* piecesOf(
  file: FileHandle,
  { begin, end, dtype, path }: StoredArray,
): AsyncGenerator<Float32Array<ArrayBuffer>> {
  const piece = Buffer.alloc(Math.min(PIECE, end - begin));
  for (let at = begin; at < end; at += piece.byteLength) {
    const { bytesRead } = await file.read(piece, 0, Math.min(piece.byteLength, end - at), at);
    if (bytesRead % bytesOfFloat(dtype) !== 0 || (bytesRead < piece.byteLength && at + bytesRead < end))
      throw new BranchlineError('config', { configPath: 'model.from', message: `${path} changed while it was read` });
    yield toFloat32(piece.subarray(0, bytesRead), dtype);
  }
}

function assertFinite(values: Float32Array, { name, path }: StoredArray): void {
  if (values.every(Number.isFinite)) return;
  const message = `${name} in ${path} has a value that is not a finite number`;
  const remedy = 'Name a checkpoint from before the training that broke it.';
  throw new BranchlineError('config', { configPath: 'model.from', message, remedy });
}
