/** Trainers that break a promise each, and what is said of them. */
import type {
  CheckpointReader,
  CheckpointWriter,
  EvaluationSet,
  RestoreParts,
  StepBatch,
  Trainer,
  TrainerContext,
  WeightedCheckpoint,
} from '@branchline/core';
import { type BigramState, BigramTrainer } from './bigram.js';

/** A trainer that breaks a promise, and the check that must say so. */
export interface WrongTrainer {
  readonly check: string;
  readonly kind: new (context: TrainerContext) => Trainer;
  readonly probe?: () => number;
  /** The first lines of the message; patterns where they hold numbers or digests. */
  readonly says: readonly (string | RegExp)[];
}

/** Outlives every trainer. */
const outside = { trainers: 0, handles: 0, noise: 0 };

export const WRONG_TRAINERS: Readonly<Record<string, WrongTrainer>> = {
  'counts itself in its numerics': {
    check: 'describes itself, always alike',
    kind: class extends BigramTrainer {
      readonly #number = outside.trainers++;
      override describe() {
        return { ...super.describe(), device: '', numerics: `bigram ${this.#number}` };
      }
    },
    says: [
      'a trainer does not describe itself, or in two ways',
      '  another one, made alike / numerics: "bigram 1" instead of "bigram 0"',
      '  device is empty',
    ],
  },
  'draws from anywhere': {
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
      'the initial weights of seed 1 are not those of the reference',
      '  up to 5.0e-1 apart, relative to the largest',
      'Compare the order of the arrays, their shapes, the stream of each, and how wide its values are spread.',
    ],
  },
  'evaluates in bits': {
    check: 'evaluates as the reference does',
    kind: class extends BigramTrainer {
      override async evaluate(state: BigramState, set: EvaluationSet) {
        return (await super.evaluate(state, set)).map((result) => ({ ...result, nll: result.nll / Math.LN2 }));
      }
    },
    says: ['held-out losses are not those of the reference', /^ {2}version 1, domain-1: [\d.]+ instead of [\d.]+$/],
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
      'step 1 is not that of AdamW on the reference',
      /^ {2}weights moved otherwise: up to [\de.-]+ apart, relative to the largest$/,
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
    says: ['step 1, with clipped gradients is not that of AdamW on the reference', /^ {2}weights moved otherwise/],
  },
  'tells the loss after the update': {
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
    says: ['step 1 is not that of AdamW on the reference', /^ {2}loss: [\d.]+ instead of [\d.]+$/],
  },
  'is noisy and does not say so': {
    check: 'ends in the same bits again, or says that it does not',
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
      'the same steps, made again, end in other bits',
      /^ {2}(weights|optimizer) \//,
      /^ {2}/,
      /^ {2}/,
      /^ {2}/,
      /^ {2}/,
      /^ {2}and \d+ more$/,
      /^Sums whose order depends on threads/,
    ],
  },
  'makes all steps before it tells of one': {
    check: 'makes steps one by one',
    kind: class extends BigramTrainer {
      override async *train(state: BigramState, steps: StepBatch) {
        const results = [];
        for await (const metrics of super.train(state, steps)) results.push(metrics);
        yield* results;
      }
    },
    says: ['steps are not made one by one', '  step is 4 after 1 results', '  stopped after 1: step: 4 instead of 1'],
  },
  'sums up a batch where it should take the mean': {
    check: 'trains batches of one',
    kind: class extends BigramTrainer {
      protected override factors(weights: Float32Array) {
        return super.factors(weights).map((factor) => factor * weights.length);
      }
    },
    says: [
      'the loss of a batch is not the mean of those of its sequences, each in a batch of one',
      /^ {2}[\d.]+ instead of the mean of [\d.]+ and [\d.]+$/,
      'Sequences do not see each other, and no size of a batch is special.',
    ],
  },
  'ignores weights': {
    check: 'counts sequences by their weight',
    kind: class extends BigramTrainer {
      protected override factors(weights: Float32Array) {
        return super.factors(weights.map(() => 1));
      }
    },
    says: [
      'sequences do not count by their weight',
      /^ {2}a weight of 0 is not as without the sequence: loss [\d.]+ instead of [\d.]+$/,
      /^ {2}\[1, 3\]: loss [\d.]+ instead of [\d.]+$/,
      '  [1, 3] train as [1, 1] do',
      'The loss is sum(w * nll) / sum(w) over tokens.',
    ],
  },
  'loses a moment when it is saved': {
    check: 'goes on from every saved step',
    kind: class extends BigramTrainer {
      override save(state: BigramState, to: CheckpointWriter) {
        return super.save({ ...state, second: state.second.map((values) => values.map(Math.round)) }, to);
      }
    },
    says: [
      'training that goes on from step 1 ends otherwise than training that was not stopped',
      /^ {2}weights \/ table: /,
    ],
  },
  'keeps moments that it should drop': {
    check: 'restores weights and moments, each alone',
    kind: class extends BigramTrainer {
      override restore(checkpoint: CheckpointReader, { weights, seed }: RestoreParts = {}) {
        return super.restore(checkpoint, { weights, seed: seed ?? 1 });
      }
    },
    says: [
      'a state that is restored in parts has others',
      /^ {2}optimizer: false: optimizer \/ first.table: /,
      /^ {2}optimizer: false: optimizer \/ first.bias: /,
    ],
  },
  'rounds before it adds': {
    check: 'combines checkpoints in weighted sums',
    kind: class extends BigramTrainer {
      override async combine(parts: readonly WeightedCheckpoint[]) {
        const state = await super.combine(parts);
        return {
          ...state,
          weights: state.weights.map((values) => values.map((value) => Math.round(value * 1e5) / 1e5)),
        };
      }
    },
    says: [
      'a combination is not the weighted sum of its parts',
      /^ {2}\[1\]: -?[\d.]+ instead of -?[\d.]+$/,
      /^ {2}\[0.5, 0.5\]: /,
      /^ {2}\[1.5, -0.5\]: /,
      /^ {2}\[0.2, 1.3, -0.5\]: /,
      'Sum up in float64, round once at the end, start the moments at zero. Weights need not be positive.',
    ],
  },
  'trains a little when it evaluates': {
    check: 'evaluates without side effects',
    kind: class extends BigramTrainer {
      override evaluate(state: BigramState, set: EvaluationSet) {
        state.first[0]![0]! += 1e-6;
        return super.evaluate(state, set);
      }
    },
    says: [
      'a state that was evaluated is not the state it was',
      /^ {2}right after it: optimizer \/ first.table: /,
      /^ {2}two steps later: /,
    ],
  },
  'adds up all parts in one sum': {
    check: 'evaluates every part alike in any company',
    kind: class extends BigramTrainer {
      override async evaluate(state: BigramState, set: EvaluationSet) {
        let sum = 0;
        return (await super.evaluate(state, set)).map((result) => {
          const before = sum;
          sum += result.nll;
          return { ...result, nll: sum - before };
        });
      }
    },
    says: [
      'the result of a part depends on what is evaluated with it',
      /^ {2}each alone \/ part \/ \d \/ nll: [\d.]+ instead of [\d.]+$/,
    ],
  },
  'lets a loss be NaN': {
    check: 'notices numbers that are none',
    kind: class extends BigramTrainer {
      protected override assertFinite() {}
    },
    says: [
      'numbers that are none go unnoticed',
      '  a rate of NaN is accepted',
      '  a rate of Infinity is accepted',
      /^ {2}five steps at a rate of 1e38 are made, with losses of /,
      '  a loss of Infinity is given as a result',
    ],
  },
  'lies about what is no number': {
    check: 'notices numbers that are none',
    kind: class extends BigramTrainer {
      override async evaluate(state: BigramState, set: EvaluationSet) {
        return (await super.evaluate(state, set)).map((result) => ({ ...result, nll: result.nll || 0 }));
      }
    },
    says: ['numbers that are none go unnoticed', '  weights that are NaN have a held-out loss of 0'],
  },
  'has one momentum for all states': {
    check: 'keeps several states apart',
    kind: class extends BigramTrainer {
      #shared: BigramState | undefined;
      protected override state(...given: Parameters<BigramTrainer['state']>) {
        this.#shared ??= super.state(0, []);
        return { ...super.state(...given), first: this.#shared.first };
      }
    },
    says: ['two states that train in turns disturb each other', /^ {2}state 1: /],
  },
  'trains states that are disposed': {
    check: 'lets go of what is disposed',
    kind: class extends BigramTrainer {
      protected override assertAlive() {}
    },
    says: [
      'what is disposed is not gone',
      '  train takes a state that was disposed',
      '  evaluate takes a state that was disposed',
      '  save takes a state that was disposed',
    ],
  },
  'leaks a handle with every combination': {
    check: 'lets go of what is disposed',
    probe: () => outside.handles,
    kind: class extends BigramTrainer {
      override combine(parts: readonly WeightedCheckpoint[]) {
        outside.handles++;
        return super.combine(parts);
      }
    },
    says: ['what is disposed is not gone', '  3 more of what the probe counts after three rounds'],
  },
  'forgets a moment in a run': {
    check: 'goes on after a stop or a crash in a run',
    kind: class extends BigramTrainer {
      override async restore(...given: Parameters<BigramTrainer['restore']>) {
        const state = await super.restore(...given);
        for (const values of state.first) values.fill(0);
        return state;
      }
    },
    says: [/^a run that was cut \(stop after 2/, /^ {2}states \//],
  },
};
