/** Trainers that train wrongly, and the messages expected for them. */
import type { EvaluationSet, StepBatch, Trainer, TrainerContext } from '@branchline/core';
import { type BigramState, BigramTrainer } from './bigram.js';

/** A trainer that breaks a promise, and the check that must fail. */
export interface WrongTrainer {
  readonly check: string;
  readonly kind: new (context: TrainerContext) => Trainer;
  readonly probe?: () => number;
  /** The first lines of the expected message. Patterns replace lines with numbers or digests. */
  readonly says: readonly (string | RegExp)[];
}

/** Module state that outlives trainers. */
const outside = { trainers: 0, noise: 0 };

export const WRONG_STEPS: Readonly<Record<string, WrongTrainer>> = {
  'counts itself in its numerics': {
    check: 'describes itself, always alike',
    kind: class extends BigramTrainer {
      readonly #number = outside.trainers++;
      override describe() {
        return { ...super.describe(), device: '', numerics: `bigram ${this.#number}`, processor: 'cpu' };
      }
    },
    says: [
      'describe() is incomplete or changes',
      '  another one, made alike / numerics: "bigram 1" instead of "bigram 0"',
      '  device is empty',
      '  processor "cpu" is not in numerics exactly once',
    ],
  },
  'draws weights without the seed': {
    check: 'draws fresh weights from a seed',
    kind: class extends BigramTrainer {
      override initialize() {
        return super.initialize(outside.noise++);
      }
    },
    says: [
      'fresh weights are not a function of the seed',
      /^ {2}drawn again \/ table: "F32 \[6, 6\]/,
      /^ {2}drawn again \/ bias: /,
    ],
  },
  'draws the same from every seed': {
    check: 'draws fresh weights from a seed',
    kind: class extends BigramTrainer {
      override initialize() {
        return super.initialize(7);
      }
    },
    says: ['fresh weights are not a function of the seed', '  seeds 1 and 2 draw the same'],
  },
  'draws wider than the reference': {
    check: 'draws the initial weights of the reference',
    kind: class extends BigramTrainer {
      override async initialize(seed: number) {
        const state = await super.initialize(seed);
        return { ...state, weights: state.weights.map((values) => values.map((value) => 1.5 * value)) };
      }
    },
    says: [
      'the initial weights of seed 1 differ from the reference',
      '  up to 5.0e-1 apart, relative to the largest',
      'Compare the order of the arrays, their shapes, the stream of each, and the scale of its values.',
    ],
  },
  'evaluates in bits': {
    check: 'evaluates as the reference does',
    kind: class extends BigramTrainer {
      override async evaluate(state: BigramState, set: EvaluationSet) {
        return (await super.evaluate(state, set)).map((result) => ({ ...result, nll: result.nll / Math.LN2 }));
      }
    },
    says: ['held-out losses differ from the reference', /^ {2}version 1, domain-1: [\d.]+ instead of [\d.]+$/],
  },
  'decays vectors too': {
    check: 'trains as the reference does',
    kind: class extends BigramTrainer {
      protected override update(state: BigramState, gradient: readonly Float64Array[], gradNorm: number, rate: number) {
        super.update(state, gradient, gradNorm, rate);
        const bias = state.weights[1]!;
        bias.set(bias.map((value) => value * (1 - rate * this.given.optimizer.weightDecay)));
      }
    },
    says: [
      'step 1 differs from AdamW on the reference',
      /^ {2}weights differ: up to [\de.-]+ apart, relative to the largest$/,
      'The loss is sum(w * nll) / sum(w) over tokens, before the update. Gradients are clipped by their global norm; decay',
    ],
  },
  'never clips': {
    check: 'trains as the reference does',
    kind: class extends BigramTrainer {
      protected override update(state: BigramState, gradient: readonly Float64Array[], _norm: number, rate: number) {
        super.update(state, gradient, 0, rate);
      }
    },
    says: ['step 1, with clipped gradients differs from AdamW on the reference', /^ {2}weights differ/],
  },
  'reports the loss after the update': {
    check: 'trains as the reference does',
    kind: class extends BigramTrainer {
      override async *train(state: BigramState, steps: StepBatch) {
        let index = 0;
        for await (const { gradNorm } of super.train(state, steps)) {
          const ids = steps.sequences[index++]!;
          yield { gradNorm, loss: this.backward(state, ids, this.factors(new Float32Array(ids.length).fill(1))).loss };
        }
      }
    },
    says: ['step 1 differs from AdamW on the reference', /^ {2}loss: [\d.]+ instead of [\d.]+$/],
  },
  'is noisy and does not say so': {
    check: 'repeats bit for bit, or declares that it does not',
    kind: class extends BigramTrainer {
      protected override assertFinite(rate: number) {
        super.assertFinite(rate);
        outside.noise++;
      }
      protected override factors(weights: Float32Array) {
        return super.factors(weights).map((factor) => factor * (1 + 1e-9 * outside.noise));
      }
    },
    says: [
      'the same steps, made again, end in different bits',
      /^ {2}(weights|optimizer) \//,
      /^ {2}/,
      /^ {2}/,
      /^ {2}/,
      /^ {2}/,
      /^ {2}and \d+ more$/,
      /^Look for sums whose order depends on threads/,
    ],
  },
  'makes all steps before it yields one': {
    check: 'yields one step at a time',
    kind: class extends BigramTrainer {
      override async *train(state: BigramState, steps: StepBatch) {
        const results = [];
        for await (const metrics of super.train(state, steps)) results.push(metrics);
        yield* results;
      }
    },
    says: [
      'train does not yield one step at a time',
      '  step is 4 after 1 results',
      '  stopped after 1: step: 4 instead of 1',
    ],
  },
  'sums up a batch where it should take the mean': {
    check: 'trains batches of one',
    kind: class extends BigramTrainer {
      protected override factors(weights: Float32Array) {
        return super.factors(weights).map((factor) => factor * weights.length);
      }
    },
    says: [
      'the loss of a batch is not the mean of the losses of its sequences, each in a batch of one',
      /^ {2}[\d.]+ instead of the mean of [\d.]+ and [\d.]+$/,
      'Sequences do not affect each other, and no batch size is special.',
    ],
  },
  'ignores weights': {
    check: 'applies the loss weights of sequences',
    kind: class extends BigramTrainer {
      protected override factors(weights: Float32Array) {
        return super.factors(weights.map(() => 1));
      }
    },
    says: [
      'loss weights of sequences are not applied',
      /^ {2}a weight of 0 differs from leaving the sequence out: loss [\d.]+ instead of [\d.]+$/,
      /^ {2}\[1, 3\]: loss [\d.]+ instead of [\d.]+$/,
      '  [1, 3] train as [1, 1] do',
      'The loss is sum(w * nll) / sum(w) over tokens.',
    ],
  },
};
