import { parseQuantity } from '@branchline/data';
import { modelOptionsSchema, optimizerSchema } from '@branchline/model';
import { z } from 'zod';
import { expected } from './expected.js';
import { isRunName } from './names.js';

const aboveZero = expected('a number above 0');
const count = expected('a whole number above 0');
const steps = expected('a whole number, 0 or more');
const share = expected('a share from 0 to 1');

const lr = z
  .strictObject({
    peak: z.number(aboveZero).positive(aboveZero).default(0.002).describe('The highest learning rate.'),
    warmup: z.int(steps).min(0, steps).default(20).describe('Steps of linear warm-up.'),
    minRatio: z
      .number(share)
      .min(0, share)
      .max(1, share)
      .default(0.1)
      .describe('Where decays end, as a share of the peak.'),
  })
  .describe('The learning rate that strategies start from.')
  .prefault({});

const training = z
  .strictObject({
    batch: z.int(count).positive(count).default(8).describe('Sequences per step.'),
    lr,
    optimizer: optimizerSchema.describe('What turns gradients into steps.').prefault({}),
  })
  .prefault({});

const runName = expected(
  'a name for the run directory: up to 100 characters, none of / \\ : * ? " < > |, no dot at its ends, no name of a device',
);
const name = z.string(runName).trim().refine(isRunName, runName);

const bytes = expected('an amount of disk such as "2GB" or "500MiB"');
const disk = z.unknown().transform((value, context): number => {
  const parsed = typeof value === 'number' || typeof value === 'string' ? parseQuantity(value) : undefined;
  if (parsed !== undefined) return parsed;
  context.addIssue({ code: 'custom', message: bytes.error({ input: value }) });
  return z.NEVER;
});

const seed = expected('a whole number from 0 to 4294967295');
const LARGEST_SEED = 2 ** 32 - 1;
const anySeed = z.int(seed).min(0, seed).max(LARGEST_SEED, seed);

/** More than any experiment needs. Each seed is planned separately. */
const MOST_SEEDS = 1000;
const howMany = expected(`a number of seeds from 1 to ${MOST_SEEDS}, or a list of different seeds`);
const seeds = z.union(
  [
    z.int().min(1).max(MOST_SEEDS).describe('So many: seed, seed + 1, ...'),
    z
      .array(anySeed)
      .min(1)
      .max(MOST_SEEDS)
      .refine((list) => new Set(list).size === list.length, howMany)
      .describe('These.'),
  ],
  howMany,
);

/** More trainers than a machine has use for. */
const MOST_LANES = 64;

/**
 * The parts of an experiment file whose form can be checked independently. The data package checks `data`; plugins and
 * trainers check `strategies` and `trainer`.
 */
export const PARTS = {
  name: name.optional(),
  model: modelOptionsSchema,
  training,
  baseline: z.string(expected('the name of a strategy')).optional(),
  seed: anySeed.default(1),
  seeds,
  checkpointEvery: z.int(count).positive(count).default(100),
  lanes: z.int(count).positive(count).max(MOST_LANES, `at most ${MOST_LANES}`).optional(),
  hookSeconds: z.number(aboveZero).positive(aboveZero).optional(),
  disk: disk.describe('Bytes that checkpoints may take.'),
};

/** All keys of an experiment file. */
export const KEYS = [
  'name',
  'model',
  'data',
  'tasks',
  'training',
  'trainer',
  'strategies',
  'baseline',
  'compare',
  'seed',
  'seeds',
  'checkpointEvery',
  'budget',
  'prices',
  'disk',
  'lanes',
  'log',
  'on',
  'hookSeconds',
];

/** `vocabulary` of a model. Checked separately, because it defaults to the tokenizer's. */
export const vocabularySchema = z.int(count).positive(count).optional();
