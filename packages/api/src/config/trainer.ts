/** The `trainer` of an experiment: which one, and its options. */
import {
  BranchlineError,
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
 * What a person writes under `trainer`: a call such as `quadratic({ mode: 'sampled' })`; or by name, package or path,
 * with options where there are any.
 */
export type TrainerConfig =
  | TrainerUse
  | string
  | { readonly trainer: string; readonly options?: Readonly<Record<string, unknown>> };

/** A trainer whose options were checked. */
export interface CheckedTrainer {
  readonly definition: TrainerDefinition;
  /** Behind the schema. */
  readonly options: unknown;
  /** Rejects with what is missing and what adds it. */
  create(context: TrainerContext): Promise<Trainer>;
}

/** What reading needs: where trainers are found, and where problems go. */
interface Reading {
  readonly finder: TrainerFinder;
  readonly problems: Problem[];
}

const HOW = "Write a call such as tfjs({ threads: 2 }), a name, or { trainer: 'tfjs', options: {...} }.";

/** Options of the embedded trainer, and the trainer, that once stood here without a name. */
const ONCE = ['engine', 'backend', 'device', 'threads', 'quadratic'];

/**
 * Finds the trainer and checks its options. Problems are added to the list and give undefined. Rejects for a value that
 * cannot be looked at, such as a getter that throws.
 */
export async function readTrainer(value: unknown, reading: Reading): Promise<CheckedTrainer | undefined> {
  const named = await trainerIn(value, reading);
  if (named === undefined) return undefined;
  const { definition, options } = named;
  const checked = await checkOptions(definition.options, options, 'trainer.options', reading.problems);
  if (checked === undefined) return undefined;
  const { value: settings } = checked;
  return { definition, options: settings, create: (context) => definition.create(settings, context) };
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
  reading.problems.push({ configPath: 'trainer', ...wrongIn(value) });
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

function wrongIn(value: unknown): { readonly message: string; readonly remedy: string } {
  if (typeof value === 'function' && isDefinition((value as { trainer?: unknown }).trainer)) {
    return { message: 'is a trainer that was not called', remedy: 'Add parentheses: quadratic() and not quadratic.' };
  }
  const once = isObject(value) ? Object.keys(value).find((key) => ONCE.includes(key)) : undefined;
  if (once === 'quadratic') {
    const remedy = "Write quadratic({...}); in YAML and JSON { trainer: 'quadratic', options: {...} }.";
    return { message: 'has a trainer as a key', remedy };
  }
  if (once !== undefined) {
    const remedy = `Write tfjs({ ${once}: ... }); in YAML and JSON { trainer: 'tfjs', options: { ${once}: ... } }.`;
    return { message: `has options without a trainer: ${once} belongs to tfjs`, remedy };
  }
  return { message: 'must be a trainer', remedy: HOW };
}

function isDefinition(value: unknown): value is TrainerDefinition {
  return isObject(value) && typeof value.name === 'string' && typeof value.create === 'function';
}
