/** Kinds of the fields of versions, forks and steps. */
import { didYouMean } from '../suggest.js';
import {
  described,
  isObject,
  type JsonSchema,
  type Kind,
  keyed,
  name,
  nullable,
  number,
  objectSchema,
  oneOf,
  optional,
  show,
  tagged,
} from './kinds.js';
import type { Stage } from './schedule.js';
import type { AveragedState, AveragePart, DataSpec, DistilSpec, OrderBy, StartSpec, TeacherSpec } from './values.js';

export const wholeSteps = number('a whole number of steps, 0 or more', { whole: true, minimum: 0 });
export const wholeSequence = number('a whole number of tokens, 0 or more', { whole: true, minimum: 0 });
export const positiveSteps = number('a whole number of steps, 1 or more', { whole: true, minimum: 1 });
export const passes = number('a number of passes above 0', { exclusiveMinimum: 0 });
export const rate = number('a rate above 0', { exclusiveMinimum: 0 });
export const share = number('a share from 0 to 1', { minimum: 0, maximum: 1 });
export const factor = number('a factor of 0 or more', { minimum: 0 });

export const start = tagged<StartSpec, 'from'>(
  'from',
  'Fresh weights, the end of the previous main path, or a release.',
  {
    scratch: {},
    tip: {},
    release: {
      version: described(
        'Version whose release it is. Default: the previous one.',
        optional(number('1 or more', { whole: true, minimum: 1 })),
      ),
    },
  },
);

const chosen: Kind<readonly number[] | Uint32Array> = {
  check(value) {
    const ids = value instanceof Uint32Array ? [...value] : value;
    const fits = Array.isArray(ids) && ids.length > 0 && ids.every((id) => Number.isInteger(id) && id >= 0);
    if (!fits) return `must be a list of sequence ids, not ${show(value)}`;
    return new Set(ids).size < ids.length ? 'contains a sequence id twice' : undefined;
  },
  schema: { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 1, uniqueItems: true },
};

/** How sequences of several domains are ranked. */
const domains = described(
  'separate: every domain is ranked by itself, and domains are interleaved by normalized rank. together: all sequences ' +
    'are ranked by score. Default: separate.',
  optional(oneOf('separate', 'together')),
);

const replay = number('a share from 0 to below 1', { minimum: 0, exclusiveMaximum: 1 });

export const data = tagged<DataSpec, 'use'>('use', 'Which sequences are used.', {
  new: {},
  all: {},
  mixture: {
    replay: described('Share of the sequences that come from earlier versions.', replay),
    to: described(
      'The share at the end of each pass; it changes linearly from `replay`. Default: `replay`.',
      optional(replay),
    ),
  },
  subset: {
    of: described('Of the increment, or of all data so far.', oneOf('new', 'all')),
    by: described('Those with the highest scores, or any.', oneOf('score', 'random')),
    share: described(
      'Share of the sequences; at least one batch.',
      number('a share above 0, at most 1', { exclusiveMinimum: 0, maximum: 1 }),
    ),
    domains,
    replay: described(
      'Share of a subset of the increment that sequences of earlier versions replace. Default: 0.',
      optional(replay),
    ),
  },
  chosen: { sequences: described('Ids of the sequences, each once.', chosen) },
});

const count = number('a whole number, 1 or more', { whole: true, minimum: 1 });
const direction = described('Whether scores rise or fall.', oneOf('ascending', 'descending'));
export const orderBy = tagged<OrderBy, 'by'>('by', 'Any order, or one by score.', {
  shuffled: {},
  ascending: { domains },
  descending: { domains },
  folded: { folds: described('Stages, each a stratified part of the data, sorted within.', count), direction, domains },
  interleaved: {
    buckets: described('Buckets; bucket k holds rank slice k of every domain.', count),
    direction,
    domains,
  },
  finish: {
    best: described(
      'Share of the sequences, those with the highest scores, that comes last, ascending. The others are shuffled.',
      number('a share above 0, below 1', { exclusiveMinimum: 0, exclusiveMaximum: 1 }),
    ),
    domains,
  },
});

/** Tolerates rounding: users write weights and shares in decimals, code computes them in floating point. */
const isOne = (sum: number) => Math.abs(sum - 1) < 1e-9;

/** A message for the first key of an object that is not known; undefined if all are. */
function unknownKey(value: Readonly<Record<string, unknown>>, known: readonly string[]): string | undefined {
  const key = Object.keys(value).find((one) => value[one] !== undefined && !known.includes(one));
  return key && `has no key ${show(key)}. ${didYouMean(key, known)}`;
}

const level = number('"min" or a level of 0 or more', { minimum: 0 });
const to: Kind<Stage['to']> = {
  check: (value) => (value === 'min' ? undefined : value === 'floor' ? '"floor" is called "min"' : level.check(value)),
  schema: { anyOf: [{ const: 'min' }, level.schema] },
};
const stage = {
  share: described(
    'Share of the steps after the warm-up; the shares of a schedule add up to 1.',
    number('a share above 0, at most 1', { exclusiveMinimum: 0, maximum: 1 }),
  ),
  curve: described('How the rate moves to `to`.', oneOf('constant', 'linear', 'cosine', '1-sqrt')),
  to: described('The rate at its end, as a share of the rate at the start; or "min".', to),
};

/** Stages of a learning-rate schedule. */
export const stages: Kind<readonly Stage[]> = {
  check(value) {
    if (!Array.isArray(value) || value.length === 0) return `must be a list of stages, not ${show(value)}`;
    let shares = 0;
    for (const [index, one] of (value as unknown[]).entries()) {
      if (!isObject(one)) return `stage ${index} must be { share, curve, to }, not ${show(one)}`;
      const problem =
        stage.share.check(one.share) ??
        stage.curve.check(one.curve) ??
        stage.to.check(one.to) ??
        unknownKey(one, Object.keys(stage));
      if (problem !== undefined) return `stage ${index}: ${problem}`;
      shares += one.share as number;
    }
    return isOne(shares) ? undefined : `shares must add up to 1, not ${shares}`;
  },
  schema: { type: 'array', items: objectSchema(stage), minItems: 1 },
};

/** Names of branches. */
export const names: Kind<readonly string[]> = {
  check(value) {
    if (!Array.isArray(value) || value.some((item) => name.check(item) !== undefined))
      return `must be a list of names, not ${show(value)}`;
    if (new Set(value).size < value.length) return `names a fork twice: ${value.join(', ')}`;
    return value.includes('main') ? '"main" is the main path, not a fork' : undefined;
  },
  schema: { type: 'array', items: { ...name.schema, not: { const: 'main' } }, uniqueItems: true },
};

const weight = described('Weight of that state; all weights add up to 1.', number('a finite number'));
const stepsBack = described('Steps before the end of the path that releases.', wholeSteps);
const versionNumber = number('1 or more', { whole: true, minimum: 1 });

/** A state of an average that is not counted back from the release. */
const namedState = tagged<Exclude<AveragedState, { state?: undefined }> & { readonly weight: number }, 'state'>(
  'state',
  'The state the version starts from, the weights before the first step, an earlier release, or a state of a path.',
  {
    start: { weight },
    fresh: { weight },
    release: {
      version: described('Version whose release it is. Default: the previous one.', optional(versionNumber)),
      weight,
    },
    path: {
      path: described('`main`, or the name of a fork.', name),
      version: described('Version whose path it is. Default: the one that releases.', optional(versionNumber)),
      stepsBack: described('Steps before the end of that path. Default: 0.', optional(wholeSteps)),
      weight,
    },
  },
);

function wrongPart(one: unknown): string | undefined {
  if (!isObject(one)) return `must be { stepsBack, weight } or { state, weight }, not ${show(one)}`;
  if (one.state !== undefined) return namedState.check(one);
  return (
    stepsBack.check(one.stepsBack) ?? weight.check(one.weight) ?? unknownKey(one, ['stepsBack', 'weight', 'state'])
  );
}

/** Null, or the states and weights of an average. */
export const average: Kind<readonly AveragePart[] | null> = {
  check(value) {
    if (value === null) return undefined;
    if (!Array.isArray(value) || value.length === 0)
      return `must be null or a list of { stepsBack, weight }, not ${show(value)}`;
    let sum = 0;
    for (const [index, one] of (value as unknown[]).entries()) {
      const problem = wrongPart(one);
      if (problem !== undefined) return `part ${index}: ${problem}`;
      sum += (one as AveragePart).weight;
    }
    return isOne(sum) ? undefined : `weights must add up to 1, not ${sum}`;
  },
  schema: {
    anyOf: [
      { type: 'null' },
      {
        type: 'array',
        items: { anyOf: [objectSchema({ stepsBack, weight }), ...(namedState.schema.anyOf as JsonSchema[])] },
        minItems: 1,
      },
    ],
  },
};

/** A checkpoint, or a state of the strategy. */
const teacher = tagged<TeacherSpec, 'state'>(
  'state',
  'The state the version starts from, an earlier release, a state of an earlier path, or a checkpoint from elsewhere.',
  {
    start: {},
    release: {
      version: described('Version whose release it is. Default: the previous one.', optional(versionNumber)),
    },
    path: {
      path: described('`main`, or the name of a fork.', name),
      version: described('Version whose path it is. Default: the one that trains.', optional(versionNumber)),
      stepsBack: described('Steps before the end of that path. Default: 0.', optional(wholeSteps)),
    },
    checkpoint: {
      from: described('Folder of a Hugging Face checkpoint with the same tokenizer, relative to the experiment.', name),
    },
  },
);

/** Null, or the distillation in the first steps of a path. */
export const distil: Kind<DistilSpec | null> = nullable(
  keyed<DistilSpec>({
    teacher: described('The model whose predictions are learned.', teacher),
    weight: described(
      'Weight of the divergence from the teacher; the negative log-likelihood has the rest.',
      number('a share above 0, at most 1', { exclusiveMinimum: 0, maximum: 1 }),
    ),
    temperature: described(
      'Divides the logits of both models. Default: 1.',
      optional(number('a temperature above 0', { exclusiveMinimum: 0 })),
    ),
    steps: described(
      'Steps of the path that distil, from its first one; the others train plainly. Default: all.',
      optional(positiveSteps),
    ),
  }),
);

/** Null, or the loss weights of the sequences of a batch. */
export const sequenceWeights: Kind<readonly number[] | null> = {
  check(value) {
    if (value === null) return undefined;
    const numbers =
      Array.isArray(value) && value.every((item) => typeof item === 'number' && Number.isFinite(item) && item >= 0);
    if (!numbers) return `must be a list of weights of 0 or more, not ${show(value)}`;
    return (value as number[]).some((item) => item > 0) ? undefined : 'must have a weight above 0';
  },
  schema: { anyOf: [{ type: 'null' }, { type: 'array', items: { type: 'number', minimum: 0 } }] },
};
