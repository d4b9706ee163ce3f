/** The `model` of an experiment: an architecture, or a checkpoint to continue. */
import { resolve } from 'node:path';
import type { Problem } from '@branchline/core';
import {
  CheckpointError,
  type CheckpointFolder,
  flopsPerToken,
  isTransformers,
  type ModelOptions,
  modelOptionsSchema,
  openCheckpoint,
  type TransformersSpec,
  withVocabulary,
} from '@branchline/model';
import { z } from 'zod';
import { expected } from './expected.js';
import { parsePart } from './issues.js';
import { vocabularySchema } from './schema.js';

/** A checkpoint that training starts from. */
export interface StartCheckpoint {
  /** As the user wrote it. */
  readonly from: string;
  readonly folder: CheckpointFolder;
}

/** A model that passed the check. */
export interface CheckedModel {
  readonly model: ModelOptions | TransformersSpec;
  /** From the file, or from the checkpoint; the tokenizer's size otherwise. */
  readonly vocabulary: number | undefined;
  readonly start?: StartCheckpoint;
}

const folder = expected('the path of a folder with config.json and safetensors files');
const tokens = expected('a whole number above 0');
const share = expected('a number, 0 or more');

/** Schema of a model that continues a checkpoint. */
export const startSchema = z.strictObject({
  from: z
    .string(folder)
    .min(1, folder)
    .describe('Folder of a Hugging Face checkpoint to continue, relative to the experiment file.'),
  context: z
    .int(tokens)
    .positive(tokens)
    .optional()
    .describe('Tokens of a training sequence. Default: what the checkpoint allows, at most 1024.'),
  balance: z
    .number(share)
    .min(0, share)
    .optional()
    .describe(
      'For a checkpoint of the type mixtral: weight of its load-balancing loss, 0 for none. Both trainers then train it ' +
        'as a model with `experts`. Default: `torch` trains it, without that loss.',
    ),
});

/** Reads `model`. On failure adds to `problems` and returns undefined. */
export async function readModel(
  value: unknown,
  baseDirectory: string,
  problems: Problem[],
): Promise<CheckedModel | undefined> {
  if (typeof value !== 'object' || value === null) {
    const remedy = 'Write for example model: { layers: 2, width: 64, heads: 2, context: 128 }.';
    problems.push({ configPath: 'model', message: value === undefined ? 'is missing' : 'must be an object', remedy });
    return undefined;
  }
  const { tokenizer, ...model } = value as Record<string, unknown>;
  if (tokenizer !== undefined) {
    const remedy = 'Move it to data.tokenizer.';
    problems.push({ configPath: 'model.tokenizer', message: 'the tokenizer belongs to the text', remedy });
  }
  return 'from' in model ? readStart(model, baseDirectory, problems) : readArchitecture(model, problems);
}

function readArchitecture(value: Record<string, unknown>, problems: Problem[]): CheckedModel | undefined {
  const { vocabulary: size, ...rest } = value;
  const vocabulary = parsePart(vocabularySchema, size, 'model.vocabulary', problems);
  const model = parsePart(modelOptionsSchema, rest, 'model', problems);
  if (model !== undefined && isTooLarge(model, vocabulary)) {
    problems.push({
      configPath: 'model',
      message: 'no machine can train a model of this size',
      remedy: 'Use fewer layers, a smaller width, context or vocabulary.',
    });
  }
  return model && { model, vocabulary };
}

async function readStart(
  value: Record<string, unknown>,
  baseDirectory: string,
  problems: Problem[],
): Promise<CheckedModel | undefined> {
  const architecture = Object.keys(value).filter((key) => Object.hasOwn(modelOptionsSchema.def.in.shape, key));
  const decided = [...architecture, 'vocabulary'].filter((key) => key !== 'context' && key in value);
  for (const key of decided) {
    const remedy = 'Leave it out, or leave out model.from.';
    problems.push({ configPath: `model.${key}`, message: 'is decided by the checkpoint of model.from', remedy });
  }
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !decided.includes(key)));
  const start = parsePart(startSchema, rest, 'model', problems);
  if (start === undefined) return undefined;
  try {
    const { context, balance } = start;
    const found = await openCheckpoint(resolve(baseDirectory, start.from), { context, balance });
    const { spec } = found;
    if (isTransformers(spec))
      return { model: spec, vocabulary: spec.vocabulary, start: { from: start.from, folder: found } };
    const { vocabulary, ...model } = spec;
    return { model, vocabulary, start: { from: start.from, folder: found } };
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error;
    problems.push(...error.problems.map((problem) => ({ configPath: 'model.from', ...problem })));
    return undefined;
  }
}

/** Whether a model is too large to handle: listing its parameters, or counting them in safe integers, would fail. */
export function isTooLarge(model: ModelOptions, vocabulary = 1): boolean {
  if (model.layers > 10_000 || model.layers * (model.experts?.count ?? 1) > 100_000) return true;
  try {
    flopsPerToken(withVocabulary(model, vocabulary));
    return false;
  } catch {
    return true;
  }
}
