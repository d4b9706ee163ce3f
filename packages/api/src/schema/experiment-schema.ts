/**
 * The JSON Schema of experiment files: every key with its description, and the options of all known plugins, trainers
 * and loggers.
 */
import { OVERRIDABLE } from '@branchline/core';
import { dataSchema, tasksSchema } from '@branchline/data';
import { budgetObject } from '../config/budget.js';
import { compareSchema } from '../config/compare.js';
import { startSchema } from '../config/model.js';
import { onSchema } from '../config/on.js';
import { pricesSchema } from '../config/prices.js';
import { PARTS, vocabularySchema } from '../config/schema.js';
import type { Noun } from '../registry/naming.js';
import { type JsonSchema, jsonSchemaOf, type OptionsSchema, UNKNOWN_OPTIONS } from '../registry/options-schema.js';

/** A plugin or a trainer in the schema. */
export interface Offered {
  /** Accepted names; at least one. */
  readonly names: readonly string[];
  readonly description: string | undefined;
  readonly options: OptionsSchema;
}

/**
 * The schema, in draft 7. It accepts everything that Branchline accepts, except plugins that are not in the list and
 * options that are null. It also accepts some files that Branchline refuses: rules across keys cannot be expressed.
 */
export function experimentSchema(
  plugins: readonly Offered[],
  trainers: readonly Offered[],
  loggers: readonly Offered[],
): JsonSchema {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'An experiment of Branchline',
    type: 'object',
    properties: {
      $schema: { description: 'Where this schema lies; for editors, and otherwise without effect.' },
      name: part(PARTS.name, "Names the run directory. Default: the file's name."),
      model: modelPart(),
      data: part(dataSchema, 'Text and how it arrives in versions; paths are relative to this file.'),
      tasks: part(tasksSchema, 'Multiple-choice tasks that every release answers; paths are relative to this file.'),
      training: part(
        PARTS.training,
        'What the plugins do not decide: batch, the rates they start from, the optimizer.',
      ),
      trainer: {
        description: 'What computes: a trainer by name, package or path. Default: tfjs.',
        anyOf: [...trainers.flatMap((one) => entries('trainer', one)), ...paths('trainer')],
      },
      strategies: {
        type: 'object',
        description: 'Strategies to compare, by name.',
        minProperties: 1,
        additionalProperties: { $ref: '#/definitions/strategy' },
      },
      baseline: part(PARTS.baseline, 'The strategy that the others are compared with. Default: the first.'),
      compare: part(
        compareSchema,
        'How strategies are compared over seeds; fixed before the run, and recorded with it.',
      ),
      seed: part(PARTS.seed, 'Decides everything that is drawn but the split of the text.'),
      seeds: part(
        PARTS.seeds,
        'So many seeds from `seed` on, or a list of them; strategies are compared seed by seed.',
      ),
      checkpointEvery: part(
        PARTS.checkpointEvery,
        'Steps between checkpoints that exist only so that a killed run continues near where it was.',
      ),
      budget: {
        description: "What the run directory may cost in all: '2usd', '1.5B tokens, 3h', or an object.",
        anyOf: [{ type: 'string' }, budgetPart()],
      },
      prices: {
        description: 'Prices, power and peaks of devices, or a JSON or YAML file with them.',
        anyOf: [{ type: 'string' }, jsonSchemaOf(pricesSchema)],
      },
      disk: { ...QUANTITY, description: "Disk that checkpoints may take, e.g. '2GB'. Default: no limit." },
      lanes: part(
        PARTS.lanes,
        'Segments that are trained at the same time; never changes a result. Default: what suits trainer and plan.',
      ),
      on: part(onSchema, 'Where segments are trained: in this process, or each as a job of a Slurm cluster.'),
      log: {
        description: 'Where steps and releases are logged; never changes a result. Default: nowhere.',
        anyOf: [{ $ref: '#/definitions/logger' }, { type: 'array', items: { $ref: '#/definitions/logger' } }],
      },
      hookSeconds: part(PARTS.hookSeconds, 'Seconds after which a plugin that does not answer is ended. Default 30.'),
    },
    required: ['model', 'data', 'strategies'],
    additionalProperties: false,
    definitions: {
      strategy: STRATEGY,
      plugins: PLUGINS,
      plugin: { anyOf: [...plugins.flatMap((one) => entries('plugin', one)), ...paths('plugin')] },
      logger: { anyOf: [...loggers.flatMap((one) => entries('logger', one)), ...paths('logger')] },
    },
  };
}

const QUANTITY: JsonSchema = { type: ['number', 'string'] };

const part = (schema: Parameters<typeof jsonSchemaOf>[0], description: string): JsonSchema => ({
  ...jsonSchemaOf(schema),
  description,
});

/** Includes `vocabulary`, which is checked separately because it defaults to the tokenizer's. */
function modelPart(): JsonSchema {
  const { properties, ...model } = jsonSchemaOf(PARTS.model);
  const vocabulary = part(vocabularySchema, "Distinct tokens the embedding has room for. Default: the tokenizer's.");
  const architecture = {
    ...model,
    description: 'An architecture; weights are drawn from the seed.',
    properties: { ...properties, vocabulary },
  };
  const start = part(startSchema, 'A checkpoint to continue; it decides the architecture.');
  return { description: 'The model.', anyOf: [architecture, start] };
}

/** Counts may be strings such as `1.5B`. */
function budgetPart(): JsonSchema {
  const { properties, ...budget } = jsonSchemaOf(budgetObject);
  const { tokens, flops } = properties!;
  return {
    ...budget,
    properties: { ...properties, tokens: { ...tokens, ...QUANTITY }, flops: { ...flops, ...QUANTITY } },
  };
}

const OVERRIDES: JsonSchema = {
  type: 'object',
  description: 'Fields that you settle whatever the plugins say; those of forks begin with fork.',
  properties: Object.fromEntries(
    [...OVERRIDABLE].map(([name, { schema, doc, fallback }]) => [
      name,
      { ...schema, description: `${doc} Default: ${fallback}.` },
    ]),
  ),
  additionalProperties: false,
};

const PLUGINS: JsonSchema = {
  type: 'array',
  description: 'Plugins in order.',
  minItems: 1,
  items: { $ref: '#/definitions/plugin' },
};

const STRATEGY: JsonSchema = {
  anyOf: [
    { $ref: '#/definitions/plugins' },
    {
      type: 'object',
      properties: { plugins: { $ref: '#/definitions/plugins' }, overrides: OVERRIDES },
      required: ['plugins'],
      additionalProperties: false,
    },
  ],
};

/** A plugin or trainer by its name alone, and with options. */
function entries(noun: Noun, { names, description, options }: Offered): readonly JsonSchema[] {
  const said = description === undefined ? {} : { description };
  const name: JsonSchema = names.length === 1 ? { const: names[0]!, ...said } : { enum: names, ...said };
  return [name, withOptions(noun, name, options)];
}

function withOptions(noun: Noun, name: JsonSchema, options: OptionsSchema): JsonSchema {
  const taken = options === 'unknown' ? { type: 'object', description: UNKNOWN_OPTIONS } : options;
  return {
    type: 'object',
    properties: {
      [noun]: name,
      ...(taken !== 'none' && { options: { description: `Options of the ${noun}.`, ...taken } }),
    },
    required: [noun],
    additionalProperties: false,
  };
}

/** A module by its path, alone and with options. */
function paths(noun: Noun): readonly JsonSchema[] {
  const path: JsonSchema = {
    type: 'string',
    pattern: '^(\\.{1,2}[/\\\\]|/|[A-Za-z]:[/\\\\])',
    description: `A module with a ${noun}, relative to this file; it begins with ./, ../ or /.`,
  };
  return [path, withOptions(noun, path, 'unknown')];
}
