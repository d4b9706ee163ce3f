import { describe, expect, it } from 'vitest';
import { REACTIVE, TIDY, TIDY_TESTS } from '../test/plugins.js';
import { createStrategyTester, numberedData, ToyTrainer, toyModel } from './index.js';

const data = numberedData({ versions: [16, 16] });

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

describe('a tester', () => {
  it('needs an example', () => {
    expect(() => createStrategyTester({ plugin: TIDY }, { examples: [] })).toThrow('at least one example');
  });
});
