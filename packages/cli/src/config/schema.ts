import { modelOptionsSchema, optimizerSchema } from '@branchline/model';
import { z } from 'zod';
import { trainerSchema } from './trainer.js';

const lr = z
  .strictObject({
    peak: z.number().positive().default(0.002).describe('The highest learning rate.'),
    warmup: z.int().min(0).default(20).describe('Steps of linear warm-up.'),
    floor: z.number().min(0).max(1).default(0.1).describe('Where decays end, as a share of the peak.'),
  })
  .prefault({});

const training = z
  .strictObject({
    batch: z.int().positive().default(8).describe('Sequences per step.'),
    lr,
    optimizer: optimizerSchema.prefault({}),
  })
  .prefault({});

const name = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((value) => !/^\.|[/\\]|\p{Cc}/u.test(value), {
    error: 'names the run directory, so it has no path separators and does not begin with a dot',
  });

/**
 * The parts of an experiment file whose form can be checked alone. `data` is checked by the data package and `strategies`
 * by what the plugins say.
 */
export const PARTS = {
  name: name.optional(),
  model: modelOptionsSchema,
  training,
  trainer: trainerSchema.prefault({}),
  baseline: z.string().optional(),
  seed: z
    .int()
    .min(0)
    .max(2 ** 32 - 1)
    .default(1),
  checkpointEvery: z.int().positive().default(100),
};

/** All keys of an experiment file. */
export const KEYS = [
  'name',
  'model',
  'data',
  'training',
  'trainer',
  'strategies',
  'baseline',
  'seed',
  'checkpointEvery',
];

/** `vocabulary` of a model, which the tokenizer usually decides. */
export const vocabularySchema = z.int().positive().optional();
