import { definePlugin } from '@branchline/core';
import { describe, expect, inject, it } from 'vitest';
import { z } from 'zod';
import { EARLY, HARD_EXAMPLES, PATIENT, pluginOf, REACTIVE, TIDY, TIDY_TESTS } from '../test/plugins.js';
import { createStrategyTester, syntheticData, ToyTrainer, toyModel } from './index.js';

const data = syntheticData({ versions: [16, 16] });

createStrategyTester(
  { plugin: TIDY },
  {
    ...TIDY_TESTS,
    trainer: { name: 'the toy', create: async () => new ToyTrainer(), model: toyModel(data), data },
  },
).register({ describe, it });

createStrategyTester(
  { plugin: REACTIVE },
  { examples: [{}, { options: { share: 1 } }], invalid: [{ options: { share: 2 }, message: 'options.share' }] },
).register({ describe, it });

if (inject('full')) {
  createStrategyTester({ plugin: HARD_EXAMPLES }, { examples: [{}], with: [EARLY] }).register({ describe, it });
  createStrategyTester(
    { plugin: PATIENT },
    { examples: [{}, { options: { least: 10 } }], invalid: [{ options: { least: 'much' }, message: 'options.least' }] },
  ).register({ describe, it });
}

/** Decides only steps, so the kit also runs it with a branch. */
const stepping = pluginOf({
  name: 'stepping',
  initialState: { count: 0 },
  owns: ['lr.factor'],
  onStep({ state, random }) {
    const { count } = state.get() as { readonly count: number };
    state.set({ count: count + 1 });
    return { lr: { factor: random('rate').uniform() / (1 + count) } };
  },
});

if (inject('full')) createStrategyTester({ plugin: stepping }, { examples: [{}] }).register({ describe, it });

/** Only watches, with an option that has no default. */
const watching = definePlugin({
  name: 'watching',
  options: z.strictObject({ every: z.int().min(1) }),
  observe: ({ options: { every }, log }) => ({
    afterStep: ({ position }) => void (position % every === 0 && log.info(`at ${position}`)),
  }),
});

createStrategyTester(watching, {
  examples: [{ options: { every: 3 } }, { options: { every: 4 } }],
  invalid: [{ options: {}, message: 'every is missing' }],
}).register({ describe, it });

describe('a tester', () => {
  it('needs an example', () => {
    expect(() => createStrategyTester({ plugin: TIDY }, { examples: [] })).toThrow('at least one example');
  });
});
