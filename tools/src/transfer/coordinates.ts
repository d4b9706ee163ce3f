/** The coordinate check: sizes and changes of activations over width and depth, under a rule of transfer. */
import type { CheckpointWriter, OptimizerSpec, SequenceSource, Tensor } from '@branchline/core';
import {
  type Coordinates,
  classesOf,
  coordinatesOf,
  describeModel,
  headSize,
  initialize,
  initialStd,
  type ModelSpec,
  modelSchema,
  optimizerSchema,
  parameterTable,
} from '@branchline/model';
import { tfjs } from '@branchline/trainer-tfjs/define';
import { type TransferRuleName, transferSettings } from 'branchline';

/** The tuned size, at which all rules are the same. */
export const BASE = { width: 32, layers: 2 };

const HEAD = 16;
const STEPS = 8;
const BATCH = 8;

/** Of the steps: large enough that a change is more than noise, and within what all sizes train at. */
const RATE = 4e-3;

const architecture = { context: 32, vocabulary: 64 };

/** The model and the optimizer of a size under a rule. */
export function sized(rule: TransferRuleName, { width, layers }: typeof BASE) {
  const base = modelSchema.parse({ ...architecture, ...BASE, heads: BASE.width / HEAD });
  const optimizer = optimizerSchema.parse({});
  const pointOf = (own: typeof BASE) => ({ ...own, headSize: headSize(base), batch: BATCH, tokens: 1 });
  const init = Object.fromEntries(
    (['embedding', 'hidden', 'residual'] as const).map((kind) => [kind, initialStd(kind, base)]),
  );
  const { settings } = transferSettings(
    rule,
    pointOf(BASE),
    pointOf({ width, layers }),
    { ...optimizer, peak: RATE, groups: {}, multipliers: {}, init },
    { tied: base.tieEmbeddings, classes: [...classesOf(base)] },
  );
  const { peak, epsilon, weightDecay, groups, multipliers } = settings;
  return {
    peak,
    spec: modelSchema.parse({
      ...{ ...architecture, width, layers, heads: width / HEAD, multipliers, init: settings.init },
    }),
    optimizer: optimizerSchema.parse({ ...optimizer, epsilon, weightDecay, groups }),
  };
}

/** Coordinates of a size after a few steps on sequences of which each token follows from the one before. */
export async function coordinatesAfter(
  rule: TransferRuleName,
  size: typeof BASE,
  seed = 1,
): Promise<{ readonly spec: ModelSpec; readonly coordinates: Coordinates }> {
  const { peak, spec, optimizer } = sized(rule, size);
  const after = await train(spec, optimizer, peak, seed);
  const tokens = patterns(spec).read(Uint32Array.of(9999)).subarray(0, spec.context);
  return { spec, coordinates: coordinatesOf(spec, initialize(spec, seed), after, tokens) };
}

async function train(spec: ModelSpec, optimizer: OptimizerSpec, rate: number, seed: number): Promise<Float32Array[]> {
  const trainer = await tfjs({ engine: 'jit', threads: 1 }).create({
    model: describeModel(spec),
    optimizer,
    data: patterns(spec),
  });
  const state = await trainer.initialize(seed);
  const lr = new Float64Array(STEPS).fill(rate);
  const sequences = Array.from({ length: STEPS }, (_, step) =>
    Uint32Array.from({ length: BATCH }, (_row, row) => BATCH * step + row),
  );
  for await (const _ of trainer.train(state, { lr, sequences })) void _;
  const weights = new Map<string, Float32Array>();
  const writer: CheckpointWriter = {
    write: async (group, tensors) => {
      if (group === 'weights') for (const { name, data } of tensors) weights.set(name, floats(data));
    },
  };
  await trainer.save(state, writer);
  state.dispose();
  await trainer.dispose();
  return parameterTable(spec).map(({ name }) => weights.get(name)!);
}

const floats = (data: Tensor['data']): Float32Array => new Float32Array(Uint8Array.from(data).buffer);

/** Sequences that a model can learn: a token is the one before times 5 plus a step of the sequence. */
function patterns({ context, vocabulary }: Pick<ModelSpec, 'context' | 'vocabulary'>): SequenceSource {
  return {
    context,
    vocabulary,
    read: (ids) =>
      Int32Array.from({ length: ids.length * (context + 1) }, (_, at) => {
        const id = ids[Math.floor(at / (context + 1))]!;
        let token = (id * 7) % vocabulary;
        for (let i = 0; i < at % (context + 1); i++) token = (5 * token + 1 + (id % 3)) % vocabulary;
        return token;
      }),
  };
}
