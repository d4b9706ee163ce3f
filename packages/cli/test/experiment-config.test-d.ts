/** Types of experiment files. `npm run typecheck` checks this file; it is never run. */
import { expectTypeOf, test } from 'vitest';
import {
  continual,
  curriculum,
  defineExperiment,
  type ExperimentConfig,
  modelAveraging,
  pathSwitching,
} from '../src/index.js';

const model = { layers: 1, width: 16, heads: 2, context: 32 };
const data = { sources: ['texts'] };
const strategies = { continual: [continual()] };

test('the smallest experiment has a model, data and strategies', () => {
  expectTypeOf(defineExperiment).toBeCallableWith({ model, data, strategies });
  // @ts-expect-error no strategies
  defineExperiment({ model, data });
  // @ts-expect-error no data
  defineExperiment({ model, strategies });
});

test('strategies are lists of plugins, by value or by name, or objects with overrides', () => {
  defineExperiment({
    model,
    data,
    strategies: {
      values: [pathSwitching({ alpha: 0.6 }), modelAveraging({ last: 3 })],
      names: ['continual', { plugin: 'path-switching', options: { alpha: 0.5 } }],
      overridden: { plugins: ['path-switching'], overrides: { 'lr.minRatio': 0.05 } },
    },
  });
  // @ts-expect-error a strategy is not a number
  defineExperiment({ model, data, strategies: { wrong: 3 } });
  // @ts-expect-error an option that the plugin does not have
  pathSwitching({ alfa: 0.6 });
  // @ts-expect-error an option of another type
  pathSwitching({ alpha: '0.6' });
});

test('an order is a name, or an object with its options', () => {
  expectTypeOf(curriculum).toBeCallableWith({ order: 'finish' });
  expectTypeOf(curriculum).toBeCallableWith({ order: { by: 'finish' } });
  expectTypeOf(curriculum).toBeCallableWith({ order: { by: 'finish', best: 0.3, domains: 'together' } });
  expectTypeOf(curriculum).toBeCallableWith({ order: { by: 'ascending', domains: 'together' } });
  // @ts-expect-error an option of another order
  curriculum({ order: { by: 'finish', folds: 3 } });
  // @ts-expect-error a word
  curriculum({ order: { by: 'finish', domains: 'apart' } });
});

test('misspelt settings do not compile', () => {
  // @ts-expect-error seedz
  defineExperiment({ model, data, strategies, seedz: 2 });
  // @ts-expect-error a model has no depth
  defineExperiment({ model: { ...model, depth: 3 }, data, strategies });
  // @ts-expect-error lr has no top
  defineExperiment({ model, data, strategies, training: { lr: { top: 1 } } });
});

test('seeds are a number of them or a list', () => {
  expectTypeOf<ExperimentConfig['seeds']>().toEqualTypeOf<number | readonly number[] | undefined>();
  expectTypeOf<ExperimentConfig['baseline']>().toEqualTypeOf<string | undefined>();
});
