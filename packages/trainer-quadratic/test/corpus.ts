import type {
  CheckpointReader,
  CheckpointWriter,
  SequenceSource,
  StepBatch,
  Tensor,
  TensorGroup,
} from '@branchline/core';
import type { QuadraticOptions } from '../src/options.js';
import type { QuadraticState } from '../src/state.js';
import { type QuadraticTrainer, quadratic } from '../src/trainer.js';

/** Targets per sequence, so that qualities are multiples of 1/100. */
const CONTEXT = 100;
/** A token inside the default range of noise tokens, and one outside. */
const [NOISE, CLEAN] = [64, 0];

/** Sequences that begin with a share `1 - quality` of noise. */
export function sequencesOf(qualityOf: (id: number) => number): SequenceSource {
  return {
    context: CONTEXT,
    vocabulary: 128,
    read(ids) {
      const tokens = new Int32Array(ids.length * (CONTEXT + 1)).fill(CLEAN);
      for (const [row, id] of ids.entries()) {
        const begin = row * (CONTEXT + 1) + 1;
        tokens.fill(NOISE, begin, begin + Math.round(CONTEXT * (1 - qualityOf(id))));
      }
      return tokens;
    },
  };
}

/** A trainer over such sequences. */
export async function trainerOf(
  options: QuadraticOptions,
  qualityOf: (id: number) => number,
): Promise<QuadraticTrainer> {
  const context = { model: {} as never, optimizer: {} as never, data: sequencesOf(qualityOf) };
  return quadratic(options).create(context);
}

/** Steps of one sequence each, in order of ids, at these rates. */
export function single(rates: readonly number[], first = 0): StepBatch {
  return { lr: Float64Array.from(rates), sequences: rates.map((_, step) => Uint32Array.of(first + step)) };
}

/** Trains to the end; the last loss. */
export async function train(trainer: QuadraticTrainer, state: QuadraticState, steps: StepBatch): Promise<number> {
  let last = Number.NaN;
  for await (const { loss } of trainer.train(state, steps)) last = loss;
  return last;
}

/** Expected loss per token on clean text. */
export async function lossOf(trainer: QuadraticTrainer, state: QuadraticState): Promise<number> {
  const part = { version: 1, domain: 'text', sequences: Uint32Array.of(0), bytes: CONTEXT };
  const [result] = await trainer.evaluate(state, { digest: '', parts: [part] });
  return result!.nll / result!.tokens;
}

/** A checkpoint in memory. */
export async function saved(trainer: QuadraticTrainer, state: QuadraticState): Promise<CheckpointReader> {
  const groups = new Map<TensorGroup, readonly Tensor[]>();
  const writer: CheckpointWriter = { write: async (group, tensors) => void groups.set(group, tensors) };
  await trainer.save(state, writer);
  return {
    key: 'memory',
    step: state.step,
    groups: [...groups.keys()],
    read: async (group) => groups.get(group) ?? [],
  };
}
