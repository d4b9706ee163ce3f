/** Trainers that save, evaluate or dispose states wrongly, and the messages expected for them. */
import type {
  CheckpointReader,
  CheckpointWriter,
  EvaluationSet,
  Passage,
  RestoreParts,
  WeightedCheckpoint,
} from '@branchline/core';
import { type BigramState, BigramTrainer } from './bigram.js';
import type { WrongTrainer } from './wrong-steps.js';

/** Module state that outlives trainers. */
let handles = 0;

export const WRONG_STATES: Readonly<Record<string, WrongTrainer>> = {
  'loses a moment when it is saved': {
    check: 'resumes from every saved step',
    kind: class extends BigramTrainer {
      override save(state: BigramState, to: CheckpointWriter) {
        return super.save({ ...state, second: state.second.map((values) => values.map(Math.round)) }, to);
      }
    },
    says: ['training resumed from step 1 ends differently from uninterrupted training', /^ {2}weights \/ table: /],
  },
  'keeps moments that it should drop': {
    check: 'restores weights and moments, each alone',
    kind: class extends BigramTrainer {
      override restore(checkpoint: CheckpointReader, { weights, seed }: RestoreParts = {}) {
        return super.restore(checkpoint, { weights, seed: seed ?? 1 });
      }
    },
    says: [
      'a state restored in parts has the wrong parts',
      /^ {2}optimizer: false: optimizer \/ first.table: /,
      /^ {2}optimizer: false: optimizer \/ first.bias: /,
    ],
  },
  'scores one token too many': {
    check: 'scores passages as it evaluates text, if it supports scoring',
    kind: class extends BigramTrainer {
      override score(state: BigramState, passages: readonly Passage[]) {
        return super.score(
          state,
          passages.map(({ tokens, scored }) => ({ tokens, scored: Math.min(scored + 1, tokens.length - 1) })),
        );
      }
    },
    says: [
      'log-likelihoods of passages differ from the reference',
      /^ {2}[\d.e-]+ apart: -[\d.,-]+ instead of -/,
      'The sum of log softmax(logits)[token] over the last tokens of a passage: natural logarithms, at most 0.',
      'Pad short passages at the end, which causal attention does not see.',
    ],
  },
  'continues the first token of a call': {
    check: 'continues texts as it evaluates text, if it can generate',
    kind: class extends BigramTrainer {
      override async decode(state: BigramState) {
        const text = await super.decode(state);
        return { ...text, append: async (tokens: Int32Array) => text.append(tokens.subarray(0, 1)) };
      }
    },
    says: [
      'a text is not continued as text is evaluated',
      /^ {2}in 2 calls, the last logits are [\d.e-]+ apart$/,
      '  5 tokens are not refused',
      'The last logits of `append` are those of the token after all tokens so far, at their positions in the text.',
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
    says: ['evaluation changed the state', /^ {2}right after it: optimizer \/ first.table: /, /^ {2}two steps later: /],
  },
  'adds up all parts in one sum': {
    check: 'evaluates each part independently of the others',
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
      'the result of a part depends on the parts evaluated with it',
      /^ {2}each alone \/ part \/ \d \/ nll: [\d.]+ instead of [\d.]+$/,
    ],
  },
  'lets a loss be NaN': {
    check: 'rejects non-finite numbers',
    kind: class extends BigramTrainer {
      protected override assertFinite() {}
    },
    says: [
      'non-finite numbers are accepted',
      '  a rate of NaN is accepted',
      '  a rate of Infinity is accepted',
      /^ {2}five steps at a rate of 1e38 are made, with losses of /,
      '  a loss of Infinity is yielded as a result',
    ],
  },
  'reports a finite loss for NaN weights': {
    check: 'rejects non-finite numbers',
    kind: class extends BigramTrainer {
      override async evaluate(state: BigramState, set: EvaluationSet) {
        return (await super.evaluate(state, set)).map((result) => ({ ...result, nll: result.nll || 0 }));
      }
    },
    says: ['non-finite numbers are accepted', '  weights that are NaN have a held-out loss of 0'],
  },
  'has one momentum for all states': {
    check: 'keeps states independent',
    kind: class extends BigramTrainer {
      #shared: BigramState | undefined;
      protected override state(...given: Parameters<BigramTrainer['state']>) {
        this.#shared ??= super.state(0, []);
        return { ...super.state(...given), first: this.#shared.first };
      }
    },
    says: ['two states that train in turns affect each other', /^ {2}state 1: /],
  },
  'trains states that are disposed': {
    check: 'frees disposed states',
    kind: class extends BigramTrainer {
      protected override assertAlive() {}
    },
    says: [
      'disposed states are not freed',
      '  train accepts a disposed state',
      '  evaluate accepts a disposed state',
      '  save accepts a disposed state',
    ],
  },
  'leaks a handle with every combination': {
    check: 'frees disposed states',
    probe: () => handles,
    kind: class extends BigramTrainer {
      override combine(parts: readonly WeightedCheckpoint[]) {
        handles++;
        return super.combine(parts);
      }
    },
    says: ['disposed states are not freed', '  3 more of what the probe counts after three rounds'],
  },
  'forgets a moment in a run': {
    check: 'resumes after a stop or crash in a run',
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
