/** Finds the files of a Hugging Face checkpoint and the arrays in them. Reads headers, no weights. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type JsonValue, messageOf, readSafetensorsHeader, type SafetensorsEntry } from '@branchline/core';
import type { LanguageModelSpec, TransformersSpec } from '../transformers.js';
import {
  type CheckpointProblem,
  type CheckpointWishes,
  type FoundSpec,
  type HuggingFaceConfig,
  INCONSISTENT,
  type OtherModel,
  specOfHuggingFace,
} from './config.js';
import { differencesFrom, parametersIn, unreadableIn } from './differences.js';

/** An array of a checkpoint, and the file that has it. */
export interface StoredArray extends SafetensorsEntry {
  readonly path: string;
}

/** A checkpoint whose arrays are all there. */
export interface CheckpointFolder {
  readonly path: string;
  readonly config: HuggingFaceConfig;
  readonly spec: LanguageModelSpec;
  /** What the model has that the decoder family lacks: `is of the type qwen2`. Empty for a decoder. */
  readonly reasons: readonly string[];
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** The safetensors files, in a fixed order. */
  readonly files: readonly string[];
  /** Path of its `tokenizer.json`; undefined without one. */
  readonly tokenizer: string | undefined;
}

/** What is wrong with a checkpoint. */
export class CheckpointError extends Error {
  constructor(readonly problems: readonly CheckpointProblem[]) {
    super(problems.map(({ message }) => message).join('; '));
  }
}

const WHOLE = 'Copy the whole folder again; save_pretrained of transformers writes one.';
const WEIGHTS = 'model.safetensors';

/** Opens a checkpoint folder. Throws a CheckpointError with all its problems. */
export async function openCheckpoint(path: string, wishes: CheckpointWishes = {}): Promise<CheckpointFolder> {
  const folder = await stat(path).catch(() => undefined);
  if (folder === undefined) throw wrong(`there is no folder ${path}`, 'Name a folder with config.json and weights.');
  if (!folder.isDirectory()) throw wrong(`${path} is a file`, 'Name the folder with config.json and the weights.');
  const config = await readJson(join(path, 'config.json'));
  const found = specOfHuggingFace(config, wishes);
  const about = ({ message, remedy }: CheckpointProblem) => ({
    message: `the checkpoint in ${path} ${message}`,
    remedy,
  });
  const problems = 'problems' in found ? found.problems.map(about) : [];
  const files = await weightFiles(path).catch((error: unknown) => {
    if (!(error instanceof CheckpointError)) throw error;
    problems.push(...error.problems);
    return [];
  });
  const arrays = new Map<string, StoredArray>();
  for (const file of files) {
    try {
      for (const entry of await readSafetensorsHeader(file)) arrays.set(entry.name, { ...entry, path: file });
    } catch (error) {
      const missing = (error as { code?: string }).code === 'ENOENT';
      const message = missing
        ? `${file} is missing`
        : `${file} is not a complete safetensors file: ${messageOf(error)}`;
      problems.push({ message, remedy: WHOLE });
    }
  }
  if (problems.length === 0) problems.push(...misfits(found, arrays).map(about));
  if ('problems' in found || problems.length > 0) throw new CheckpointError(problems);
  const [spec, reasons] = 'spec' in found ? [found.spec, []] : [withArrays(found, arrays), found.reasons];
  const names = await readdir(path);
  const tokenizer = names.includes('tokenizer.json') ? join(path, 'tokenizer.json') : undefined;
  return { path, config, spec, reasons, arrays, files, tokenizer };
}

/** Arrays that training cannot start from. Those of another model than a decoder are compared by its trainer. */
function misfits(found: FoundSpec, arrays: ReadonlyMap<string, StoredArray>): readonly CheckpointProblem[] {
  if ('spec' in found) {
    return differencesFrom(found.spec, arrays).map((message) => ({ message, remedy: INCONSISTENT }));
  }
  if ('problems' in found) return [];
  const remedy = 'Continue from a checkpoint with float32, bfloat16, float16 or float64 weights.';
  return unreadableIn(parametersIn(arrays, found.other.config)).map((message) => ({ message, remedy }));
}

function withArrays({ other }: OtherModel, arrays: ReadonlyMap<string, StoredArray>): TransformersSpec {
  const parameters = [...parametersIn(arrays, other.config).values()];
  return { ...other, arrays: Object.fromEntries(parameters.map(({ name, shape }) => [name, [...shape]])) };
}

const wrong = (message: string, remedy: string) => new CheckpointError([{ message, remedy }]);

async function readJson(file: string): Promise<HuggingFaceConfig> {
  let json: JsonValue;
  try {
    json = JSON.parse(await readFile(file, 'utf8')) as JsonValue;
  } catch (error) {
    const missing = (error as { code?: string }).code === 'ENOENT';
    throw wrong(missing ? `there is no ${file}` : `${file} cannot be read: ${messageOf(error)}`, WHOLE);
  }
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json as HuggingFaceConfig;
  throw wrong(`${file} is not a JSON object`, WHOLE);
}

/** The one file, which `transformers` prefers too, else the files that an index names. */
async function weightFiles(path: string): Promise<readonly string[]> {
  const names = await readdir(path);
  if (names.includes(WEIGHTS)) return [join(path, WEIGHTS)];
  if (names.includes(`${WEIGHTS}.index.json`)) {
    const index = join(path, `${WEIGHTS}.index.json`);
    const { weight_map: map } = await readJson(index);
    const shards = typeof map === 'object' && map !== null ? Object.values(map) : [];
    // Names of files in this folder, never paths to others.
    if (shards.length === 0 || !shards.every((name) => typeof name === 'string' && basename(name) === name))
      throw wrong(`${index} has no weight_map with names of files`, WHOLE);
    return [...new Set(shards as string[])].sort().map((name) => join(path, name));
  }
  const pickled = names.find((name) => /^pytorch_model.*\.bin$/.test(name));
  const remedy =
    pickled === undefined
      ? WHOLE
      : `Convert ${pickled}: AutoModelForCausalLM.from_pretrained(folder).save_pretrained(folder).`;
  throw wrong(`there is no ${WEIGHTS} in ${path}`, remedy);
}
