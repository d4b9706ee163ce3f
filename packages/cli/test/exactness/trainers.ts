/** Every trainer of the repository, in every mode. */
import type { ModelDescription, Trainer } from '@branchline/core';
import { describeModel, modelSchema, optimizerSchema } from '@branchline/model';
import { syntheticData, ToyTrainer, toyModel } from '@branchline/testing';
import { OLMO_CORE, olmoCore as olmoCoreTrainer } from '@branchline/trainer-olmo-core';
import { type QuadraticOptions, quadratic as quadraticTrainer } from '@branchline/trainer-quadratic';
import { type TfjsTrainerOptions, tfjs as tfjsTrainer, tfjsTrainerOptions } from '@branchline/trainer-tfjs';
import { torch as torchTrainer, tryWorker } from '@branchline/trainer-torch';
import { z } from 'zod';

/** A trainer under test. Two instances alternate; they are created once, because they keep only compiled code. */
export interface TestedTrainer {
  readonly name: string;
  /** Number of cases in full, and limits on their size. */
  readonly runs: number;
  /** Whether cases are run in full only: a worker takes seconds to start. */
  readonly fullOnly?: boolean;
  readonly most: { readonly strategies: number; readonly versions: number; readonly batches: readonly number[] };
  readonly create: () => Promise<{
    readonly model: ModelDescription;
    readonly trainer: Trainer;
    readonly alternate: Trainer;
  }>;
  /** Why it cannot be tested here; undefined if it can. Default: it always can. */
  readonly refusal?: () => Promise<string | undefined>;
}

/** Data shared by all cases; they use different parts of it. */
const data = syntheticData();

const toy: TestedTrainer = {
  name: 'toy',
  runs: 240,
  most: { strategies: 3, versions: 3, batches: [2, 3, 4] },
  create: async () => ({ model: toyModel(data), trainer: new ToyTrainer(), alternate: new ToyTrainer() }),
};

function quadratic(options: QuadraticOptions): TestedTrainer {
  const model = { spec: null, parameters: 3, context: data.context, flopsPerToken: 18 };
  const create = () => quadraticTrainer(options).create({ model, optimizer: optimizerSchema.parse({}), data });
  return {
    name: `quadratic ${options.mode}`,
    runs: 48,
    most: { strategies: 2, versions: 3, batches: [2] },
    create: async () => ({ model, trainer: await create(), alternate: await create() }),
  };
}

const { context, vocabulary } = data;
const DECODER = describeModel(modelSchema.parse({ layers: 1, width: 8, heads: 2, context, vocabulary, initStd: 0.2 }));

function tfjs(name: string, runs: number, first: TfjsTrainerOptions, second: TfjsTrainerOptions): TestedTrainer {
  const model = DECODER;
  const create = (options: TfjsTrainerOptions) =>
    tfjsTrainer(options).create({ model, optimizer: optimizerSchema.parse({}), data });
  return {
    name: `tfjs ${name}`,
    runs,
    most: { strategies: 2, versions: 3, batches: [2] },
    create: async () => ({ model, trainer: await create(first), alternate: await create(second) }),
  };
}

/** On the CPU, where resumed steps have the bits of uninterrupted ones. */
const torch: TestedTrainer = {
  name: 'torch',
  runs: 3,
  fullOnly: true,
  most: { strategies: 2, versions: 2, batches: [2] },
  create: async () => {
    const create = () =>
      torchTrainer({ device: 'cpu', threads: 1 }).create({
        model: DECODER,
        optimizer: optimizerSchema.parse({}),
        data,
      });
    return { model: DECODER, trainer: await create(), alternate: await create() };
  },
  refusal: () =>
    tryWorker().then(
      () => undefined,
      (error: unknown) => String(error),
    ),
};

const olmoCore: TestedTrainer = {
  name: 'olmo-core',
  runs: 2,
  fullOnly: true,
  most: { strategies: 2, versions: 2, batches: [2] },
  create: async () => {
    const create = () =>
      olmoCoreTrainer({ device: 'cpu', threads: 1 }).create({
        model: DECODER,
        optimizer: optimizerSchema.parse({}),
        data,
      });
    return { model: DECODER, trainer: await create(), alternate: await create() };
  },
  refusal: () =>
    tryWorker(undefined, 120, OLMO_CORE).then(
      () => undefined,
      (error: unknown) => String(error),
    ),
};

/** How to test each engine of the tfjs trainer, or why it is not tested. */
const ENGINES: Readonly<Record<string, ((name: string) => TestedTrainer) | { readonly untested: string }>> = {
  jit: (name) => tfjs(name, 48, { engine: 'jit', threads: 1 }, { engine: 'jit', threads: 2 }),
  'eager on cpu': (name) => tfjs(name, 5, { engine: 'eager', backend: 'cpu' }, { engine: 'eager', backend: 'cpu' }),
  'eager on wasm': (name) => tfjs(name, 5, { engine: 'eager', backend: 'wasm' }, { engine: 'eager', backend: 'wasm' }),
  'eager on tensorflow': { untested: 'it says of itself that it is not deterministic' },
  auto: { untested: 'it is one of the others' },
};

const PACKAGES: readonly string[] = [
  '@branchline/trainer-tfjs',
  '@branchline/trainer-quadratic',
  '@branchline/trainer-torch',
  '@branchline/trainer-olmo-core',
  // In its own conformance test: it refuses averages and loss weights, which these cases have.
  '@branchline/trainer-simulated',
];

const ADD = 'add it to packages/cli/test/exactness/trainers.ts, so that its exact resume is tested';

/** Names of the engines of the tfjs trainer, from its options. */
export function enginesOfTfjs(): readonly string[] {
  const schema = z.toJSONSchema(tfjsTrainerOptions, { io: 'input' }) as unknown as {
    readonly properties: Readonly<Record<'engine' | 'backend', { readonly enum: readonly string[] }>>;
  };
  const { engine, backend } = schema.properties;
  return engine.enum.flatMap((name) => (name === 'eager' ? backend.enum.map((on) => `eager on ${on}`) : [name]));
}

/** What this file lacks for the existing trainers and engines; each line says what to add. */
export function missingTrainers(packages: readonly string[], engines: readonly string[]): readonly string[] {
  return [
    ...packages.filter((name) => !PACKAGES.includes(name)).map((name) => `${name} is a trainer: ${ADD}`),
    ...engines.filter((name) => !(name in ENGINES)).map((name) => `trainer-tfjs has an engine "${name}": ${ADD}`),
  ];
}

/** All trainers under test. */
export const TRAINERS: readonly TestedTrainer[] = [
  toy,
  // Tokens of the synthetic data are below 16.
  quadratic({ mode: 'exact', dimension: 3, noiseTokens: [6, 15] }),
  quadratic({ mode: 'sampled', dimension: 3, noiseTokens: [6, 15] }),
  ...Object.entries(ENGINES).flatMap(([name, engine]) => (typeof engine === 'function' ? [engine(name)] : [])),
  torch,
  olmoCore,
];
