import {
  type CheckpointReader,
  type CheckpointWriter,
  constant,
  definePlugin,
  type EvaluationSet,
  linear,
  type PluginDefinition,
  type PluginUse,
  type RestoreParts,
  type StepBatch,
} from '@branchline/core';
import { describe, expect, inject, test } from 'vitest';
import { checkResume } from './resume.js';
import type { Cut } from './start.js';
import { syntheticData } from './synthetic-data.js';
import { type ToyState, ToyTrainer } from './toy-trainer.js';

/** A main path at the peak, branches with fresh moments that decay, and an average at the end of each. */
const branching = definePlugin({
  name: 'branching',
  onVersion: () => ({
    lr: { schedule: constant() },
    forks: ['branch'],
    release: {
      path: 'branch',
      average: [
        { stepsBack: 0, weight: 0.5 },
        { stepsBack: 3, weight: 0.5 },
      ],
    },
  }),
  onFork: { branch: () => ({ at: 3, steps: 4, lr: { schedule: linear() }, carry: { optimizer: false } }) },
});

/** Releases the main path of `branching`, so that training continues after a release. */
const plain = definePlugin({ name: 'plain' });

/** Two versions of six steps with a branch of four steps each. */
const small = {
  strategies: { branching: [branching()], plain: [plain()] },
  data: syntheticData({ versions: [24, 24] }),
};
const STEPS = 20;
const stop = (after: number): Cut => ({ by: 'stop', after });

test('a run that is cut after any step, in any way, ends like an uncut one', async () => {
  const ways = ['crash', 'crash-in-save', 'crash-in-evaluation'] as const;
  for (let after = 1; after <= STEPS; after += inject('full') ? 1 : 4) {
    for (const by of ['stop', ways[after % ways.length]!] as const) {
      const { starts, results } = await checkResume({ ...small, cuts: [{ by, after }] });
      expect(results.actual.steps).toBe(STEPS);
      const made = starts.reduce((sum, start) => sum + start.made, 0);
      if (by === 'stop') expect(made).toBe(STEPS);
      else expect(made - STEPS).toBeLessThanOrEqual(3);
    }
  }
});

test('a run that is cut several times ends like an uncut one', async () => {
  const cuts = [stop(1), stop(4), { by: 'crash', after: 2 }, stop(1), { by: 'crash-in-save', after: 1 }] as const;
  const { starts } = await checkResume({ ...small, cuts });
  expect(starts.map(({ made }) => made)).toEqual([1, 4, 2, 1, 2, 13]);
});

describe('a trainer that', () => {
  /** Cuts after each step in turn, until `checkResume` throws. Returns its message. */
  const caught = async (trainer: ToyTrainer) => {
    for (let after = 1; after < STEPS; after++) {
      const error = await checkResume({ ...small, trainer, cuts: [stop(after)] }).catch((cause: unknown) => cause);
      if (error instanceof Error) return error.message;
    }
    return undefined;
  };

  const lost = /Two runs that were not cut agree: state that the next step depends on is not saved/;

  test.each([
    [
      'does not save its moments',
      class extends ToyTrainer {
        override save(state: ToyState, to: CheckpointWriter) {
          return super.save({ ...state, momentum: state.momentum.map(() => 0) }, to);
        }
      },
    ],
    [
      'does not restore how many steps its moments have seen',
      class extends ToyTrainer {
        override async restore(checkpoint: CheckpointReader, parts?: RestoreParts) {
          return { ...(await super.restore(checkpoint, parts)), step: 0 };
        }
      },
    ],
    [
      'saves its weights in less precision than it trains with',
      class extends ToyTrainer {
        override save(state: ToyState, to: CheckpointWriter) {
          return super.save({ ...state, weights: state.weights.map((value) => Math.round(value * 4096) / 4096) }, to);
        }
      },
    ],
    [
      'trains a little when it evaluates',
      class extends ToyTrainer {
        override evaluate(state: ToyState, set: EvaluationSet) {
          state.momentum[0]! += 1e-9;
          return super.evaluate(state, set);
        }
      },
    ],
    [
      'keeps momentum outside of the state',
      class extends ToyTrainer {
        #last = 0;
        override async initialize(seed: number) {
          this.#last = 0;
          return super.initialize(seed);
        }
        override async restore(checkpoint: CheckpointReader, parts?: RestoreParts) {
          this.#last = 0;
          return super.restore(checkpoint, parts);
        }
        override async *train(state: ToyState, steps: StepBatch) {
          for await (const metrics of super.train(state, steps)) {
            state.weights[0]! += 1e-6 * this.#last;
            this.#last = metrics.loss;
            yield metrics;
          }
        }
      },
    ],
  ])('%s is caught', async (_, Broken) => {
    const message = await caught(new Broken());
    expect(message).toMatch(
      /^a run that was cut \(stop after \d+\) ended differently from one that was not\n {2}states \/ \w{8} at step \d+ of /,
    );
    expect(message).toMatch(lost);
  });

  test('is not deterministic is caught, and distinguished from one that loses state', async () => {
    let calls = 0;
    class Noisy extends ToyTrainer {
      override async *train(state: ToyState, steps: StepBatch) {
        for await (const metrics of super.train(state, steps)) {
          state.weights[0]! += 1e-6 * calls++;
          yield metrics;
        }
      }
    }
    expect(await caught(new Noisy())).toMatch(/Two runs that were not cut differ as well: the trainer is not determin/);
  });

  test('declares that it is not deterministic is refused', async () => {
    class Honest extends ToyTrainer {
      override describe() {
        return { ...super.describe(), deterministic: false };
      }
    }
    expect(await caught(new Honest())).toBe('toy declares that it is not deterministic');
  });

  test('reports another loss the second time is caught, although its weights are equal', async () => {
    let reported = 0;
    class Boasting extends ToyTrainer {
      override async *train(state: ToyState, steps: StepBatch) {
        for await (const metrics of super.train(state, steps)) yield { ...metrics, loss: metrics.loss - reported++ };
      }
    }
    expect(await caught(new Boasting())).toMatch(/ended differently.*\n {2}curves \/ branching \/ 0 \/ loss/);
  });
});

describe('a plugin that', () => {
  const plugin = (onStep: NonNullable<PluginDefinition['onStep']>): PluginUse => ({
    plugin: { name: 'own', onStep },
    options: undefined,
  });
  const check = (own: PluginUse) =>
    checkResume({ ...small, strategies: { own: [branching(), own] }, cuts: [stop(5), stop(2)] });

  test('counts in its state slot and draws from its stream resumes exactly', async () => {
    const own = plugin(({ state, random }) => {
      const count = Number(state.get()) + 1;
      state.set(count);
      return { lr: { factor: 1 / count }, weights: Array.from({ length: 4 }, () => random('weights').uniform()) };
    });
    const { starts } = await check(own);
    expect(starts.map(({ made }) => made)).toEqual([5, 2, 10]);
  });

  test('remembers across calls is caught', async () => {
    let calls = 0;
    const own = plugin(() => ({ lr: { factor: 1 + calls++ / 1000 } }));
    await expect(check(own)).rejects.toThrow(
      /^the same experiment was planned differently the second time\n {2}own \/ releases \/ 0: .*keeps state outside its state slot/s,
    );
  });

  test('fails in an uncut run is not reported as one that cannot be resumed', async () => {
    const own = plugin(() => {
      throw new TypeError('no such thing');
    });
    await expect(check(own)).rejects.toThrow(/no such thing/);
  });
});
