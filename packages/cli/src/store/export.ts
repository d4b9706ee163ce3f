/** `store export`: writes a release as a folder that Hugging Face tools can read. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findRelease, notStored, requireResults } from '@branchline/api/internal';
import {
  BranchlineError,
  type Digest,
  describeDiskError,
  makeFolder,
  messageOf,
  writeFileAtomic,
  writingTo,
} from '@branchline/core';
import { keptFile } from '@branchline/data';
import type { Results } from '@branchline/evaluation';
import { huggingFaceConfig, modelSchema } from '@branchline/model';
import { quantity } from '../ui/format.js';
import { printable } from '../ui/printable.js';
import { shortKey } from './format-reasons.js';
import { takeInventory } from './inventory.js';
import { lineageOf } from './lineage.js';

/** Arguments of `store export`. */
export interface ExportArguments {
  readonly run: string;
  readonly strategy: string;
  /** Default: the last version. */
  readonly version?: number;
  /** Default: the first seed of the run. */
  readonly seed?: number;
  readonly out: string;
  /** Writes into a folder that is not empty, replacing files of the same names. */
  readonly force: boolean;
  readonly json: boolean;
}

/** Writes `model.safetensors`, `config.json`, the files of the tokenizer and `lineage.json`. */
export async function exportRelease({ run, out, force, json, ...wanted }: ExportArguments): Promise<void> {
  const { store } = await takeInventory(run);
  const results = await requireResults(run);
  const found = findRelease(results, wanted);
  const { strategy, release } = found;
  const { checkpoint, weightsDigest, version, seed } = release;
  const start = startFolder(run, results);
  const drawn = start === undefined ? configOf(run, results) : undefined;
  const config = start === undefined ? `${JSON.stringify(drawn, null, 2)}\n` : await startConfig(start);
  const weights = store.manifest(checkpoint)?.files.weights;
  if (weights === undefined) throw notStored(run, found, results);
  if (!force) await assertEmpty(out);
  await makeFolder(out);
  await copyVerified(
    join(run, 'checkpoints', checkpoint, 'model.safetensors'),
    join(out, 'model.safetensors'),
    weightsDigest,
  );
  const tokenizer = await copyTokenizer(run, out, results);
  await writeFileAtomic(join(out, 'config.json'), config);
  const described =
    start === undefined ? await writeGenerationConfig(out, drawn!) : await copyDescriptions(start, out, tokenizer);
  await writeFileAtomic(
    join(out, 'lineage.json'),
    `${JSON.stringify(lineageOf(results, strategy, release), null, 2)}\n`,
  );

  const files = ['model.safetensors', 'config.json', ...described, ...tokenizer, 'lineage.json'].map((name) =>
    join(out, name),
  );
  const summary = {
    run,
    strategy: strategy.name,
    version,
    seed,
    checkpoint,
    weightsDigest,
    bytes: weights.bytes,
    files,
  };
  const text = json
    ? JSON.stringify(summary, null, 2)
    : [
        `release ${version} of ${strategy.name}, checkpoint ${shortKey(checkpoint)}, ${quantity(weights.bytes, 'B')} with the digest of the run`,
        ...files,
      ].join('\n');
  process.stdout.write(`${printable(text)}\n`);
}

function configOf(run: string, { model, data }: Results): Record<string, unknown> {
  const spec = modelSchema.safeParse(model.spec);
  if (spec.success) return huggingFaceConfig(spec.data, data.tokenizer?.endOfDocument);
  throw new BranchlineError('store', {
    message: `${join(run, 'results.json')} does not describe a model of this version of Branchline: ${spec.error.issues[0]!.message}`,
    remedy: 'Run the experiment again: what is stored is not trained again.',
  });
}

/** The folder that describes the checkpoint that a run started from; undefined if weights were drawn. */
const startFolder = (run: string, { model: { start } }: Results): string | undefined =>
  start && join(dirname(run), '.data', 'checkpoints', start.digest, start.description);

/** Type of the weights, called `dtype` by newer versions of transformers. */
const DTYPE = /("(?:torch_)?dtype"\s*:\s*)("[^"]*"|null)/g;

/**
 * The text of the config of the checkpoint that was continued, for float32 weights. Nothing else changes: transformers
 * tells 30 from 30.0.
 */
async function startConfig(folder: string): Promise<string> {
  try {
    const text = await readFile(join(folder, 'config.json'), 'utf8');
    JSON.parse(text);
    if (text.search(DTYPE) === -1) return text.replace('{', '{\n  "torch_dtype": "float32",');
    return text.replace(DTYPE, '$1"float32"');
  } catch (cause) {
    const message = `${join(folder, 'config.json')} cannot be read: ${messageOf(cause)}`;
    const remedy = 'Run the experiment again: nothing is trained again, and its checkpoint is read again.';
    throw new BranchlineError('damaged', { message, remedy }, { cause });
  }
}

/** Copies what else describes a continued checkpoint, unless it is there, and returns the names. */
async function copyDescriptions(folder: string, out: string, there: readonly string[]): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => !['config.json', ...there].includes(name));
  for (const name of names) await copyFile(join(folder, name), join(out, name));
  return names.sort();
}

/** Writes `generation_config.json` and returns its name: `generate()` ends a text at the end of a document. */
async function writeGenerationConfig(out: string, config: Record<string, unknown>): Promise<readonly string[]> {
  const { bos_token_id, eos_token_id, pad_token_id } = config;
  const content = { _from_model_config: true, bos_token_id, eos_token_id, pad_token_id };
  await writeFileAtomic(join(out, 'generation_config.json'), `${JSON.stringify(content, null, 2)}\n`);
  return ['generation_config.json'];
}

async function assertEmpty(out: string): Promise<void> {
  const names = await readdir(out).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    const message = `${out} is not a folder that can be written to: ${describeDiskError(error)?.what ?? error.message}`;
    throw new BranchlineError('config', { message, remedy: 'Name another folder (--out).' }, { cause: error });
  });
  if (names.length === 0) return;
  throw new BranchlineError('config', {
    message: `${out} is not empty`,
    remedy: 'Name another folder (--out), or give --force to replace the files of an export in it.',
  });
}

/** Copies the files of the tokenizer and returns their names. */
async function copyTokenizer(run: string, out: string, { data }: Results): Promise<readonly string[]> {
  const files = data.tokenizer?.files ?? [];
  const remedy =
    'Run the experiment again: nothing is trained again, and its tokenizer is kept with its prepared text.';
  for (const { name, digest } of files)
    await copyVerified(keptFile(join(dirname(run), '.data'), digest), join(out, name), digest, remedy);
  return files.map(({ name }) => name);
}

const VERIFY = 'branchline store verify says what else is, and --set-aside there makes the next run train it again.';

/** Copies a file as a stream. If the digest differs, throws and removes the copy. */
async function copyVerified(from: string, to: string, digest: Digest, remedy = VERIFY): Promise<void> {
  const temporary = `${to}.tmp-${process.pid}`;
  const target = await open(temporary, 'w');
  const hash = createHash('sha256');
  try {
    try {
      for await (const chunk of createReadStream(from, { highWaterMark: 1 << 20 })) {
        hash.update(chunk as Buffer);
        await writingTo(to, () => target.writeFile(chunk as Buffer));
      }
      await writingTo(to, () => target.sync());
    } finally {
      await target.close();
    }
    if (hash.digest('hex') !== digest) throw new RangeError('its content is not what was written');
    await rename(temporary, to);
  } catch (cause) {
    await rm(temporary, { force: true });
    const missing = (cause as { code?: string }).code === 'ENOENT';
    if (!missing && !(cause instanceof RangeError)) throw cause;
    const message = `${from} is damaged: ${missing ? 'it is missing' : messageOf(cause)}`;
    throw new BranchlineError('damaged', { message, remedy }, { cause });
  }
}
