/** The `trainer` of an experiment and its options. */
import {
  BranchlineError,
  type ModelDescription,
  type ObjectivePart,
  type Problem,
  type Trainer,
  type TrainerContext,
  type TrainerDefinition,
  type TrainerUse,
} from '@branchline/core';
import { isObject } from '../files/objects.js';
import { DEFAULT_TRAINER, type TrainerFinder } from '../registry/trainers.js';
import { unknownKey } from './issues.js';
import { checkOptions } from './option-issues.js';

/**
 * The type of `trainer` in an experiment file: a call such as `quadratic({ mode: 'sampled' })`, or a name, package or
 * path, with or without options.
 */
export type TrainerConfig =
  | TrainerUse
  | string
  | { readonly trainer: string; readonly options?: Readonly<Record<string, unknown>> };

/** A trainer with validated options. */
export interface CheckedTrainer {
  readonly definition: TrainerDefinition;
  /** As the schema outputs them. */
  readonly options: unknown;
  /** What its steps can optimise; see `TrainerDefinition.objectives`. */
  readonly objectives: readonly ObjectivePart[];
  /** What keeps it from training a model outside the decoder family; see `TrainerDefinition.checkModel`. */
  checkModel(model: ModelDescription): Promise<readonly Problem[]>;
  /** Rejects with the missing dependency and how to install it. */
  create(context: TrainerContext): Promise<Trainer>;
}

/** Where trainers are found, and the list that problems are added to. */
interface Reading {
  readonly finder: TrainerFinder;
  readonly problems: Problem[];
}

const HOW = "Write a call such as tfjs({ threads: 2 }), a name, or { trainer: 'tfjs', options: {...} }.";

/** Keys that used to be allowed here directly: options of the embedded trainer, and the quadratic trainer. */
const FORMER_KEYS = ['engine', 'backend', 'device', 'threads', 'quadratic'];

/**
 * Finds the trainer and validates its options. On failure adds to `problems` and returns undefined. Rejects if a value
 * cannot be read, such as a getter that throws.
 */
export async function readTrainer(value: unknown, reading: Reading): Promise<CheckedTrainer | undefined> {
  const named = await trainerIn(value, reading);
  if (named === undefined) return undefined;
  const { definition, options } = named;
  const checked = await checkOptions(definition.options, options, 'trainer.options', reading.problems);
  if (checked === undefined) return undefined;
  const { value: settings } = checked;
  return {
    definition,
    options: settings,
    objectives: definition.objectives?.(settings) ?? [],
    checkModel: async (model) => (await definition.checkModel?.(settings, model)) ?? [],
    create: (context) => definition.create(settings, context),
  };
}

async function trainerIn(value: unknown, reading: Reading) {
  if (value === undefined) return { definition: DEFAULT_TRAINER, options: undefined };
  if (typeof value === 'string') return find(value, undefined, reading);
  if (isObject(value) && typeof value.trainer === 'string') {
    for (const key of Object.keys(value)) {
      if (!['trainer', 'options'].includes(key))
        reading.problems.push(unknownKey('trainer', key, ['trainer', 'options']));
    }
    return find(value.trainer, value.options, reading);
  }
  if (isObject(value) && isDefinition(value.trainer)) return { definition: value.trainer, options: value.options };
  reading.problems.push({ configPath: 'trainer', ...describeInvalid(value) });
  return undefined;
}

async function find(name: string, options: unknown, { finder, problems }: Reading) {
  try {
    return { definition: await finder.find(name), options };
  } catch (error) {
    if (!(error instanceof BranchlineError)) throw error;
    problems.push(...error.problems.map((problem) => ({ ...problem, configPath: 'trainer' })));
    return undefined;
  }
}

function describeInvalid(value: unknown): { readonly message: string; readonly remedy: string } {
  if (typeof value === 'function' && isDefinition((value as { trainer?: unknown }).trainer)) {
    return { message: 'is a trainer that was not called', remedy: 'Add parentheses: quadratic() and not quadratic.' };
  }
  const former = isObject(value) ? Object.keys(value).find((key) => FORMER_KEYS.includes(key)) : undefined;
  if (former === 'quadratic') {
    const remedy = "Write quadratic({...}); in YAML and JSON { trainer: 'quadratic', options: {...} }.";
    return { message: 'has a trainer as a key', remedy };
  }
  if (former !== undefined) {
    const remedy = `Write tfjs({ ${former}: ... }); in YAML and JSON { trainer: 'tfjs', options: { ${former}: ... } }.`;
    return { message: `has options without a trainer: ${former} belongs to tfjs`, remedy };
  }
  return { message: 'must be a trainer', remedy: HOW };
}

function isDefinition(value: unknown): value is TrainerDefinition {
  return isObject(value) && typeof value.name === 'string' && typeof value.create === 'function';
}
